"""Every key that a merchant may configure, with its type and its default."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StrictInt,
    model_validator,
)
from pydantic_settings import NoDecode

from domain.currencies import EXPONENTS
from domain.errors import DomainError, InvalidMoney
from domain.money import Currency, Money

LANGUAGES: Final = ("en", "es", "pl", "uk", "pt_BR")
SHORTEST_SECRET: Final = 16
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


def _listed(value: object) -> object:
    """The environment has only text: ``en, pl`` is a list, too."""
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _country(code: str) -> str:
    if not _COUNTRY.fullmatch(code):
        raise ValueError("two capital letters (ISO 3166-1)")
    return code


def _currency(code: str) -> str:
    if code not in EXPONENTS:
        raise ValueError("no ISO 4217 currency")
    return code


def _locale(code: str) -> str:
    return code.replace("-", "_")


def _exact(value: object) -> object:
    """A rate or percentage typed as text or as a whole number; TOML's floats are refused near money."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise ValueError('write it as text, like "23" or "5.5"')
    return value


Country = Annotated[str, BeforeValidator(_country)]
CurrencyCode = Annotated[str, BeforeValidator(_currency)]
Language = Annotated[str, BeforeValidator(_locale)]
Percent = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, le=100)]
Name = Annotated[str, Field(min_length=1, max_length=128)]
Secret = Annotated[SecretStr, Field(min_length=1)]
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]


class Part(BaseModel):
    """A section: unknown keys are refused, nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class BrandSettings(Part):
    """What the shop looks like; ``accent`` is a colour like ``#0a6b4f``."""

    name: Name = "Shop"
    logo: str = ""
    accent: str | None = None
    contact: str = ""


class DatabaseSettings(Part):
    url: Annotated[str, Field(min_length=1, repr=False)] = "sqlite:///instance/callbank.db"


class DeliverySettings(Part):
    """One way to bring goods: ``prices`` by currency as text (``PLN = "14.99"``), VAT inside.

    ``countries`` empty: everywhere. ``days`` from the day of the order, earliest and latest.
    """

    name: Name
    prices: Mapping[CurrencyCode, str]
    tax_rate: Percent = Decimal(0)
    countries: Annotated[tuple[Country, ...], BeforeValidator(_listed)] = ()
    needs_address: bool = True
    days: tuple[StrictInt, StrictInt] = (1, 3)

    def price_in(self, currency: Currency) -> Money | None:
        text = self.prices.get(currency.code)
        return None if text is None else Money.parse(text, currency)

    @model_validator(mode="after")
    def _sound(self) -> DeliverySettings:
        for code in self.prices:
            try:
                price = self.price_in(Currency.of(code))
            except InvalidMoney:
                price = None
            if price is None or price.minor < 0:
                raise ValueError(f"the price in {code} is no amount")
        if not 0 <= self.days[0] <= self.days[1]:
            raise ValueError("days are the earliest and the latest")
        return self


class VoucherSettings(Part):
    """A discount on goods: ``percent`` of them, or an ``amount`` like ``"5.00 EUR"``."""

    percent: Percent | None = None
    amount: str = ""

    @property
    def money(self) -> Money | None:
        text, _, code = self.amount.partition(" ")
        return Money.parse(text, Currency.of(code)) if self.amount else None

    @model_validator(mode="after")
    def _sound(self) -> VoucherSettings:
        if (self.percent is None) is not bool(self.amount):
            raise ValueError("either a percent or an amount")
        try:
            money = self.money
        except DomainError as error:
            raise ValueError('the amount is written like "5.00 EUR"') from error
        if money is not None and not money.is_positive:
            raise ValueError("the amount is more than zero")
        return self


class Settings(Part):
    """Everything a merchant may configure. Made by ``load_settings``, or by hand in a script or a test."""

    base_url: Annotated[str, Field(min_length=1)]
    environment: Literal["test", "live"] = "test"
    secret_key: Annotated[SecretStr | None, Field(min_length=SHORTEST_SECRET)] = None
    secret_key_fallbacks: Annotated[tuple[Secret, ...], NoDecode, BeforeValidator(_listed)] = ()
    trusted_proxies: Annotated[int, Field(ge=0, le=10)] = 0
    guest_checkout: bool = False
    sends_mail: bool = False
    shop_enabled: bool = True
    demo: bool = False
    retention_days: Annotated[int, Field(ge=1)] = 400
    region: Annotated[str, Field(pattern=r"^([A-Z]{2})?$")] = ""
    timezone: str = ""
    languages: Annotated[tuple[Language, ...], NoDecode, BeforeValidator(_listed)] = LANGUAGES
    currencies: Annotated[tuple[CurrencyCode, ...], NoDecode, BeforeValidator(_listed)] = ()
    default_account: str = ""
    allowed_return_hosts: Words = ()
    brand: BrandSettings = BrandSettings()
    database: DatabaseSettings = DatabaseSettings()
    gateways: dict[str, dict[str, Any]] = Field(default_factory=dict, repr=False)
    delivery: dict[str, DeliverySettings] = Field(default_factory=dict)
    vouchers: dict[str, VoucherSettings] = Field(default_factory=dict)

    @property
    def is_live(self) -> bool:
        return self.environment == "live"

    def secrets(self) -> tuple[str, ...]:
        """Every value that must never be shown: what gateways prove themselves with, and our own keys."""
        ours = [key.get_secret_value() for key in (self.secret_key, *self.secret_key_fallbacks) if key]
        password = urlsplit(self.database.url).password
        words = ("secret", "key", "password", "pin", "token", "salt", "crc", "pass")
        theirs = [
            value
            for block in self.gateways.values()
            for name, value in block.items()
            if isinstance(value, str) and any(word in name for word in words)
        ]
        return tuple(value for value in [*ours, password or "", *theirs] if value)
