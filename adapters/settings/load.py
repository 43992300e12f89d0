"""Settings out of a file, the environment or a program; all of it agrees, or nothing starts."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableVariable

from adapters.settings.complaints import FILE, PREFIX, complaint, refuse_text, refuse_unknown_variables
from adapters.settings.model import Settings
from adapters.wire.errors import SettingsError
from adapters.wire.links import is_secure

_OFF: Final = frozenset({"", "0", "false", "no", "off"})
_FIELD: Final = re.compile(r'field "(\w+)"')


class _Sources(BaseSettings, Settings):
    """The environment over what is given to it: the content of the file."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings


def load_settings(path: Path | str | None = None) -> Settings:
    """Read ``path`` (else CALLBANK_CONFIG, else ``callbank.toml`` here) and the environment over it.

    Raises SettingsError naming the key at fault.
    """
    file = _file(path)
    content = {} if file is None else _read(file)
    refuse_unknown_variables()
    refuse_text(Settings, content)
    try:
        settings = _Sources(**content)
    except ValidationError as error:
        raise complaint(error, has_file=file is not None) from None
    except UnreadableVariable as error:
        field = _FIELD.search(str(error))
        raise SettingsError(field.group(1) if field else PREFIX, "is no JSON in the environment") from None
    return checked(settings)


def settings_of(content: Mapping[str, object]) -> Settings:
    """Settings written down in a program: nothing is read from elsewhere. Raises SettingsError."""
    refuse_text(Settings, content)
    try:
        return checked(Settings.model_validate(dict(content)))
    except ValidationError as error:
        raise complaint(error) from None


def checked(settings: Settings) -> Settings:
    """The settings, when no key contradicts another. Raises SettingsError."""
    address = urlsplit(settings.base_url)
    if not is_secure(settings.base_url, settings.environment) or address.query or address.fragment:
        raise SettingsError("base_url", "is not https://host (http: only this machine, only in test)")
    if settings.default_account and settings.default_account not in settings.gateways:
        raise SettingsError("default_account", "names no account of [gateways]")
    if settings.is_live:
        _require_safe(settings)
    return settings.model_copy(update={"base_url": settings.base_url.rstrip("/")})


def environment_of(path: Path | str | None = None) -> str:
    """The environment alone, for a command that needs nothing else; ``test`` when nothing is configured.

    Raises SettingsError for a file that cannot be read.
    """
    file = _file(path)
    content = {} if file is None else _read(file)
    return str(os.environ.get(f"{PREFIX}ENVIRONMENT") or content.get("environment", "test")).strip().lower()


def _require_safe(settings: Settings) -> None:
    if os.environ.get("FLASK_DEBUG", "").strip().lower() not in _OFF:
        raise SettingsError("FLASK_DEBUG", "is on, refused in live")
    if settings.demo:
        raise SettingsError("demo", "is on, refused in live")
    if settings.secret_key is None:
        raise SettingsError("secret_key", "is missing (live needs one; in test it is generated)")


def _file(path: Path | str | None) -> Path | None:
    """The named file, else the one that lies here, if one does."""
    named = path or os.environ.get(f"{PREFIX}CONFIG")
    if named:
        return Path(named)
    return Path(FILE) if Path(FILE).exists() else None


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(file.name, f"is no TOML: {error}") from None
    except UnicodeDecodeError:
        raise SettingsError(file.name, "is no UTF-8 text") from None
    except OSError as error:
        reason = f"cannot be read: {error.strerror} (named by --config or {PREFIX}CONFIG)"
        raise SettingsError(str(file), reason) from None
