"""The built application: use cases to call, the database to prepare, and what the web is told."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from dependency_injector import providers

from adapters.container.wiring import Container
from adapters.persistence import Database
from adapters.settings import Settings, load_settings, settings_of
from adapters.web.settings import WebSettings
from adapters.wire.errors import SettingsError
from adapters.wire.links import is_loopback, origin
from application.hooks import Handler
from application.use_cases import UseCases

INSTANCE: Final = Path("instance")
"""Where the generated secret key is kept, below the working folder, beside the default database."""


@dataclass(frozen=True, slots=True)
class Application:
    """Everything wired. Safe to share between threads; close it when done, or use it in a ``with`` block."""

    settings: Settings
    use_cases: UseCases
    database: Database
    container: Container

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of threads and connections."""
        self.container.askers().shutdown(wait=False, cancel_futures=True)
        self.database.dispose()

    def require_ready(self) -> None:
        """Raises StorageUnavailable, or SettingsError when the tables are not what this program needs."""
        self.database.ping()
        current, head = self.database.current(), self.database.head()
        if current != head:
            found = f"has tables of revision {current}" if current else "has no tables yet"
            raise SettingsError(
                "database.url", f"{found}, this program needs {head}: run `callbank db upgrade`"
            )

    def web_settings(self) -> WebSettings:
        """What pages are told. Raises SettingsError naming the key of a bad value."""
        return web_settings_of(self.settings)


def build(
    settings: Settings | Mapping[str, object] | None = None,
    *,
    handlers: Mapping[str, Handler] | None = None,
) -> Application:
    """Wire everything; nothing connects before it is used.

    ``settings`` None: from ``callbank.toml`` and the environment. ``handlers`` are plain functions by the
    name of a hook (``order_paid``, ``new_payment_query``). Raises SettingsError naming the key at fault.
    """
    if settings is None:
        settings = load_settings()
    elif isinstance(settings, Mapping):
        settings = settings_of(settings)
    container = Container(settings=providers.Object(settings))
    application = Application(settings, container.use_cases(), container.database(), container)
    for name, handler in (handlers or {}).items():
        application.use_cases.hooks.connect(name, handler)
    return application


def web_settings_of(settings: Settings) -> WebSettings:
    """The part of the settings that pages need. Raises SettingsError naming the key."""
    try:
        return WebSettings(
            base_url=settings.base_url,
            secret_key=secret_key_of(settings),
            environment=settings.environment,
            trusted_proxies=settings.trusted_proxies,
            guest_checkout=settings.guest_checkout,
            sends_mail=settings.sends_mail,
            region=settings.region,
            timezone=settings.timezone,
            secret_key_fallbacks=tuple(key.get_secret_value() for key in settings.secret_key_fallbacks),
            brand_name=settings.brand.name,
            brand_contact=settings.brand.contact,
            brand_accent=settings.brand.accent,
            brand_logo=settings.brand.logo,
            demo=settings.demo,
            shop_enabled=settings.shop_enabled,
            sandbox_origin=sandbox_origin(settings),
            languages=settings.languages,
            currencies=settings.currencies,
            allowed_return_hosts=settings.allowed_return_hosts,
        )
    except ValueError as error:
        key, _, reason = str(error).partition(": ")
        raise SettingsError(key.replace("brand_", "brand."), reason or "is not valid") from error


def sandbox_origin(settings: Settings) -> str:
    """Where the sandbox runs that the gateways of a test point at; empty when none does."""
    addresses = (str(block.get("base_url", "")) for block in settings.gateways.values())
    local = (address for address in addresses if not settings.is_live and is_loopback(address))
    return next((origin(address) for address in local), "")


def secret_key_of(settings: Settings, folder: Path = INSTANCE) -> str:
    """The configured key, or in test one that is made once and kept in ``folder``. Raises SettingsError."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    kept = folder / "secret_key"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f"secret_key.{os.getpid()}.{secrets.token_hex(4)}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(32), encoding="ascii")
        try:
            os.link(draft, kept)
        except FileExistsError:
            return kept.read_text(encoding="ascii").strip()
        finally:
            draft.unlink()
        return kept.read_text(encoding="ascii").strip()
    except OSError as error:
        raise SettingsError(
            "secret_key", f"is missing and none can be kept in {folder}: {error.strerror}"
        ) from error
