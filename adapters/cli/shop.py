"""What every command stands on: the built application, one-line errors, and the options they share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from adapters.wire.errors import SettingsError
from application.errors import NotFound
from domain.errors import CheckoutError

if TYPE_CHECKING:
    from adapters.container import Application, Settings
    from application.use_cases import UseCases

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
MISCONFIGURED: Final = 2
FAILED: Final = 1


class Refused(click.ClickException):
    """An error as people read it: one line on standard error."""

    exit_code = FAILED

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))

    def show(self, file: Any = None) -> None:
        click.echo(f"callbank: {self.message}", file=file, err=file is None)


class Misconfigured(Refused):
    """A setting that stops the start, named by its key."""

    exit_code = MISCONFIGURED


@contextmanager
def one_line() -> Iterator[None]:
    """Turn whatever Callbank raises on purpose into one line and an exit code."""
    try:
        yield
    except SettingsError as error:
        raise Misconfigured(str(error)) from error
    except CheckoutError as error:
        raise Refused(_sentence(error)) from error


def _sentence(error: CheckoutError) -> str:
    said = str(error)
    if isinstance(error, NotFound) and " " not in said:
        what = type(error).__name__.removesuffix("NotFound").lower()
        return f"there is no {what} {said}".rstrip()
    return said or type(error).__name__


class Command(click.Command):
    """A command whose errors are one line."""

    def invoke(self, ctx: click.Context) -> Any:
        with one_line():
            return super().invoke(ctx)


class Group(click.Group):
    """A group of such commands."""

    command_class = Command
    group_class = type

    def invoke(self, ctx: click.Context) -> Any:
        with one_line():
            return super().invoke(ctx)


class Shop:
    """The application behind a command; built when it is first asked for, from the file and environment."""

    def __init__(self, config: Path | None = None) -> None:
        if config is not None:
            os.environ["CALLBANK_CONFIG"] = str(config)

    @cached_property
    def settings(self) -> Settings:
        from adapters.container import configure_logs, load_settings

        settings = load_settings()
        configure_logs(settings.environment, secrets=settings.secrets())
        return settings

    @cached_property
    def application(self) -> Application:
        """Raises SettingsError, StorageUnavailable: the tables are there and current, or nothing starts."""
        built = self.unchecked
        built.require_ready()
        return built

    @cached_property
    def unchecked(self) -> Application:
        """The application before anybody asked whether its tables are there."""
        from adapters.container import build

        return build(self.settings)

    def close(self) -> None:
        """Let go of what was built, if anything was."""
        if "unchecked" in vars(self):
            self.unchecked.close()

    @property
    def use_cases(self) -> UseCases:
        return self.application.use_cases


pass_shop = click.make_pass_decorator(Shop, ensure=True)

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
limited = click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)


def staff_move(command: Decorated) -> Decorated:
    """The name and the reason that every act of staff needs."""
    by = click.option("--by", required=True, help="Who does this: a name that others know.")
    reason = click.option("--reason", required=True, help="Why, in a few words; kept in the history.")
    return by(reason(command))
