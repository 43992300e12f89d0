"""A gateway's settings block, checked before anything starts; what is wrong is named, never shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any, ClassVar, Final, TypeVar

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from adapters.wire.errors import SettingsError, did_you_mean
from adapters.wire.links import is_secure
from domain.currencies import EXPONENTS

Text = Annotated[str, StringConstraints(min_length=1, max_length=4096)]
Digits = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,32}$")]
ACCOUNT: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
ENVIRONMENTS: Final = ("test", "live")
UNKNOWN: Final = ("unexpected_keyword_argument", "extra_forbidden")


def listed(value: object) -> object:
    """Environment variables are text: ``PLN, EUR`` is a list, too."""
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _iso(code: str) -> str:
    if code not in EXPONENTS:
        raise ValueError("no ISO 4217 currency")
    return code


def _network(value: object) -> IPv4Network | IPv6Network:
    try:
        return ip_network(str(value))
    except ValueError:
        raise ValueError("no address or network like 203.0.113.7 or 203.0.113.0/24") from None


Network = Annotated[IPv4Network | IPv6Network, PlainValidator(_network)]
Networks = Annotated[tuple[Network, ...], BeforeValidator(listed)]
CurrencyCode = Annotated[str, BeforeValidator(_iso)]
CurrencyCodes = Annotated[tuple[CurrencyCode, ...], BeforeValidator(listed)]


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySettings:
    """What every block may say. ``order`` is the place in the merchant's list, ``timeout`` seconds in all.

    ``allowed_ips`` are the only networks a message may come from; empty: any, as the proof is inside it.
    A subclass adds its own keys; a key with ``repr=False`` is a secret. ``PUBLISHED`` are secrets that the
    world knows (test accounts), refused in live. ``VARIANTS`` are the blocks of an adapter's other ways to
    speak, by what ``api`` names.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", coerce_numbers_to_str=True)
    PUBLISHED: ClassVar[frozenset[str]] = frozenset()
    VARIANTS: ClassVar[Mapping[str, type[GatewaySettings]]] = {}

    offer: bool = True
    label: str = ""
    hint: str = ""
    order: int = 100
    base_url: str = ""
    timeout: Annotated[float, Field(ge=0.1, le=60)] = 10.0
    currencies: CurrencyCodes = ()
    allowed_ips: Networks = ()

    def require_sound(self, account: str, environment: str) -> None:
        """Raise SettingsError for what no single key shows: keys that need each other, or another place."""

    def secrets(self) -> tuple[str, ...]:
        """The values that must never be shown."""
        hidden = (getattr(self, item.name) for item in fields(self) if not item.repr)
        return tuple(value for value in hidden if isinstance(value, str) and value)


Settings = TypeVar("Settings")


def read_settings(
    kind: type[Settings], account: str, block: Mapping[str, object], environment: str
) -> Settings:
    """The block as ``kind``. Raises SettingsError naming ``gateways.<account>.<key>``, never a value."""
    where = f"gateways.{account}"
    if not ACCOUNT.fullmatch(account):
        raise SettingsError("gateways", "names an account not made of a-z, 0-9, - and _")
    kind = getattr(kind, "VARIANTS", {}).get(str(block.get("api")), kind)
    try:
        settings = TypeAdapter(kind).validate_python(dict(block))
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        # An unknown key first: it may be the missing one misspelt.
        first = next((one for one in found if one["type"] in UNKNOWN), found[0])
        key = _key(first["loc"])
        raise SettingsError(f"{where}.{key}", _reason(first, key, kind)) from None
    if isinstance(settings, GatewaySettings):
        _require_safe(settings, where, environment)
    return settings


def require_keys(settings: GatewaySettings, account: str, *names: str) -> None:
    """Raise SettingsError for a key that is empty though this way of speaking to the gateway needs it."""
    for name in names:
        if not getattr(settings, name):
            raise SettingsError(f"gateways.{account}.{name}", "is missing")


def require_own(account: str, key: str, moves: str, environment: str) -> None:
    """Raise SettingsError for a key that tells by its own letters that it moves the money of ``moves``."""
    if moves != environment:
        raise SettingsError(f"gateways.{account}.{key}", f"is a {moves} key, refused in {environment}")


def _require_safe(settings: GatewaySettings, where: str, environment: str) -> None:
    for item in fields(settings):
        address = getattr(settings, item.name) if item.name.endswith("_url") else ""
        if address and not is_secure(address, environment):
            raise SettingsError(
                f"{where}.{item.name}", "is not https (http: only this machine, only in test)"
            )
        if environment == "live" and not item.repr and getattr(settings, item.name) in settings.PUBLISHED:
            raise SettingsError(f"{where}.{item.name}", "is a published test secret, refused in live")


def _key(location: tuple[int | str, ...]) -> str:
    return str(location[0]) if location else "?"


def _reason(error: Any, key: str, kind: Any) -> str:
    match error["type"]:
        case "missing" | "missing_keyword_only_argument" | "missing_argument":
            return "is missing"
        case unknown if unknown in UNKNOWN:
            names = [*(item.name for item in fields(kind)), "adapter"]
            return f"is no setting of this gateway{did_you_mean(key, names)}"
        case "string_too_short":
            return "is empty"
        case _:
            return f"is not valid: {error['msg'].removeprefix('Value error, ')}"
