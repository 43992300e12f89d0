"""The tree of commands; each is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Final

import click

from adapters.cli.shop import Command, Group, Shop

COMMANDS: Final[Mapping[str, str]] = {
    "demo": "adapters.cli.demo:demo",
    "serve": "adapters.cli.serve:serve",
    "worker": "adapters.cli.work:worker",
    "sandbox": "adapters.cli.sandbox:sandbox",
    "db": "adapters.cli.upkeep:db",
    "gateways": "adapters.cli.gateways:gateways",
    "products": "adapters.cli.products:products",
    "orders": "adapters.cli.orders:orders",
    "payments": "adapters.cli.payments:payments",
    "callbacks": "adapters.cli.callbacks:callbacks",
    "reviews": "adapters.cli.upkeep:reviews",
    "events": "adapters.cli.upkeep:events",
    "expire": "adapters.cli.upkeep:expire",
    "check": "adapters.cli.upkeep:check",
    "users": "adapters.cli.users:users",
}


def command(name: str) -> click.Command:
    """The command called ``name``. Raises KeyError."""
    module, _, attribute = COMMANDS[name].partition(":")
    found = getattr(import_module(module), attribute)
    assert isinstance(found, click.Command)  # noqa: S101 - a slip in the table above, never in use
    return found


class Root(Group):
    """Lists every command, imports the one that runs."""

    command_class = Command

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return command(cmd_name) if cmd_name in COMMANDS else None


@click.group(cls=Root, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The configuration file (else CALLBANK_CONFIG, else callbank.toml here).",
)
@click.version_option(package_name="callbank", prog_name="callbank")
@click.pass_context
def callbank(ctx: click.Context, config: Path | None) -> None:
    """Checkout and payments: the order is paid when the gateway says so, once.

    Try `callbank demo` first. Money is moved by the same rules whether a gateway, a page or a command asks.
    """
    ctx.obj = Shop(config)
    ctx.call_on_close(ctx.obj.close)
