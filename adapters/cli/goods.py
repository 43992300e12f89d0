"""A file of products, TOML or JSON, read and checked as a whole before anything is saved."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field, StrictBool, StrictInt, ValidationError, ValidationInfo, field_validator

from adapters.cli.shop import Refused
from adapters.settings.model import CurrencyCode, Name, Part, Percent
from adapters.wire.errors import did_you_mean
from domain.basket import Product
from domain.errors import InvalidMoney
from domain.money import Currency, Money

MOST: Final = 1_000_000
"""Pieces of one product that may be counted."""


class Goods(Part):
    """One product as it is written: prices by currency as text, VAT inside; ``tax_rate`` in percent."""

    sku: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    name: Name
    prices: Annotated[Mapping[CurrencyCode, str], Field(min_length=1)]
    tax_rate: Percent = Decimal(0)
    available: Annotated[StrictInt, Field(ge=0, le=MOST)] | None = None
    description: Annotated[str, Field(max_length=2000)] = ""
    needs_delivery: StrictBool = True
    enabled: StrictBool = True

    @field_validator("prices")
    @classmethod
    def _amounts(cls, prices: Mapping[str, str], _info: ValidationInfo) -> Mapping[str, str]:
        for code, text in prices.items():
            try:
                good = Money.parse(text, Currency.of(code)).minor >= 0
            except InvalidMoney:
                good = False
            if not good:
                raise ValueError(f'the price in {code} is no amount, like "49.90"')
        return prices

    def product(self) -> Product:
        return Product(
            sku=self.sku,
            name=self.name,
            prices={code: Money.parse(text, Currency.of(code)) for code, text in self.prices.items()},
            tax_rate=self.tax_rate,
            available=self.available,
            description=self.description,
            needs_delivery=self.needs_delivery,
            enabled=self.enabled,
        )


def read_products(file: Path) -> list[Product]:
    """All of them, or none: Refused names the product and the field."""
    return products_of(_content(file), file.name)


def products_of(content: object, where: str) -> list[Product]:
    """From a list of products, or a table whose key ``products`` has one. Raises Refused."""
    listed = content.get("products") if isinstance(content, Mapping) else content
    if not isinstance(listed, list) or not listed:
        raise Refused(f"{where} has no products: a list of them, or [[products]] tables, is meant")
    found: dict[str, Product] = {}
    for place, entry in enumerate(listed, start=1):
        product = _product(entry, place)
        if product.sku in found:
            raise Refused(f"product {product.sku}: sku is there twice")
        found[product.sku] = product
    return list(found.values())


def _content(file: Path) -> object:
    try:
        text = file.read_text(encoding="utf-8")
        return json.loads(text) if file.suffix.lower() == ".json" else tomllib.loads(text)
    except OSError as error:
        raise Refused(f"{file.name} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        kind = "JSON" if file.suffix.lower() == ".json" else "TOML"
        raise Refused(f"{file.name} is no {kind}: {error}") from error


def _product(entry: object, place: int) -> Product:
    sku = entry.get("sku") if isinstance(entry, Mapping) else None
    named = f"product {sku}" if isinstance(sku, str) and sku else f"product number {place}"
    try:
        return Goods.model_validate(entry).product()
    except ValidationError as error:
        raise Refused(f"{named}: {_complaint(error)}") from error


def _complaint(error: ValidationError) -> str:
    """The first thing that is wrong: an unknown key first, for it may be the missing one misspelt."""
    found: Sequence[Any] = error.errors(include_url=False, include_input=False)
    first = next((one for one in found if one["type"] == "extra_forbidden"), found[0])
    path = [str(part) for part in first["loc"] if part != "[key]"]
    key = ".".join(path)
    match first["type"]:
        case "missing":
            return f"{key} is missing"
        case "extra_forbidden":
            return f"{key} is no field of a product{did_you_mean(path[-1], Goods.model_fields)}"
        case "string_pattern_mismatch":
            return f"{key} has letters, digits, '.', '_' and '-' only, 64 at most"
        case "string_type" if path[0] == "prices":
            return f'{key} is written as text, like "49.90"'
        case _:
            return f"{key}: {first['msg'].removeprefix('Value error, ')}".removeprefix(": ")
