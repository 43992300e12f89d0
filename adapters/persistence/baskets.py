"""Baskets as rows; also how addresses and buyers are packed, which orders share."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from operator import attrgetter
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from adapters.persistence.compiled import Row, Values
from adapters.persistence.packing import pack, unpack
from adapters.persistence.tables import baskets
from domain.basket import Address, Basket, BasketLine, Buyer, Choices
from domain.money import Currency, Money

COLUMNS = tuple(baskets.columns)
SELECT = select(*COLUMNS).where(baskets.c.id == bindparam("b_id"))
LOCK = SELECT.with_for_update()
INSERT = insert(baskets)
UPDATE = update(baskets).where(baskets.c.id == bindparam("b_id"), baskets.c.version == bindparam("b_version"))
DELETE = delete(baskets).where(baskets.c.id == bindparam("b_id"))
_buyer = attrgetter(*(cell.name for cell in fields(Buyer)))
_address = attrgetter(*(cell.name for cell in fields(Address)))


def _content(basket: Basket) -> dict[str, Any]:
    return {
        "currency": basket.currency.code,
        "locale": basket.locale,
        "lines": pack([_line_cells(line) for line in basket.lines]),
        "choices": pack(_choice_cells(basket.choices)),
        "voucher": basket.voucher,
        "customer_id": basket.customer_id,
    }


def to_row(basket: Basket) -> Values:
    return {"id": basket.id, "version": basket.version, **_content(basket)}


def to_change(before: Basket, after: Basket) -> Values:
    """What an UPDATE of this basket needs; a basket counts its own changes, and a save is one at least."""
    version = max(after.version, before.version + 1)
    return {"b_id": before.id, "b_version": before.version, "version": version, **_content(after)}


def from_row(row: Row) -> Basket:
    id, code, version, locale, lines, choices, voucher, customer_id = row
    currency = Currency.of(code)
    return Basket(
        id=id,
        currency=currency,
        version=version,
        locale=locale,
        lines=tuple(_line(cells, currency) for cells in unpack(lines)),
        choices=_choices(unpack(choices)),
        voucher=voucher,
        customer_id=customer_id,
    )


def _line_cells(line: BasketLine) -> list[Any]:
    return [
        line.sku, line.name, line.unit_price.minor, line.quantity, str(line.tax_rate), line.needs_delivery,
    ]  # fmt: skip


def _line(cells: list[Any], currency: Currency) -> BasketLine:
    sku, name, price, quantity, rate, needs_delivery = cells
    return BasketLine(sku, name, Money(price, currency), quantity, Decimal(rate), needs_delivery)


def _choice_cells(choices: Choices) -> dict[str, Any]:
    return {
        "buyer": buyer_cells(choices.buyer),
        "addresses": [address_cells(choices.delivery_address), address_cells(choices.billing_address)],
        "delivery": choices.delivery,
        "account": choices.account,
        "options": dict(choices.options),
    }


def _choices(cells: dict[str, Any]) -> Choices:
    delivery_address, billing_address = (address_of(packed) for packed in cells["addresses"])
    return Choices(
        buyer=buyer_of(cells["buyer"]),
        delivery_address=delivery_address,
        billing_address=billing_address,
        delivery=cells["delivery"],
        account=cells["account"],
        options=cells["options"],
    )


def buyer_cells(buyer: Buyer | None) -> list[str] | None:
    return None if buyer is None else list(_buyer(buyer))


def buyer_of(cells: list[str] | None) -> Buyer | None:
    return None if cells is None else Buyer(*cells)


def address_cells(address: Address | None) -> list[str] | None:
    return None if address is None else list(_address(address))


def address_of(cells: list[str] | None) -> Address | None:
    return None if cells is None else Address(*cells)
