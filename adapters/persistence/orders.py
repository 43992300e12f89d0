"""Orders as rows. What was agreed is written once; the few fields that move are updated together."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, insert, literal_column, select, update

from adapters.persistence.baskets import address_cells, address_of, buyer_cells, buyer_of
from adapters.persistence.compiled import Row, Values
from adapters.persistence.packing import pack, pack_map, unpack, unpack_map
from adapters.persistence.tables import orders
from domain.money import Currency, Money
from domain.order import ClosedBy, Fulfilment, Order, OrderStatus, StockHold
from domain.quote import LineKind, OrderLine

COLUMNS = tuple(column for column in orders.columns if column.key != "email")
SELECT = select(*COLUMNS)
BY_ID = SELECT.where(orders.c.id == bindparam("b_id"))
LOCK = BY_ID.with_for_update()
BY_KEY = SELECT.where(orders.c.key == bindparam("b_key"))
BY_REFERENCE = SELECT.where(orders.c.reference == bindparam("b_reference"))
BY_BASKET = SELECT.where(
    orders.c.basket_id == bindparam("b_id"), orders.c.basket_version == bindparam("b_version")
)
BY_SOURCE = SELECT.where(
    orders.c.source == bindparam("b_source"), orders.c.source_reference == bindparam("b_reference")
)
INSERT = insert(orders)
UPDATE = (
    update(orders)
    .where(orders.c.id == bindparam("b_id"), orders.c.version == bindparam("b_version"))
    .values(version=orders.c.version + literal_column("1"))
)


def _moving(order: Order) -> dict[str, Any]:
    return {
        "deadline": order.deadline,
        "account": order.account,
        "options": pack_map(order.options),
        "locale": order.locale,
        "customer_id": order.customer_id,
        "return_url": order.return_url,
        "basket_restored": order.basket_restored,
        "status": order.status.value,
        "closed_by": order.closed_by.value if order.closed_by else None,
        "close_reason": order.close_reason,
        "fulfilment": order.fulfilment.value,
        "stock": order.stock.value,
        "paid_by": order.paid_by,
        "validated_at": order.validated_at,
        "event_seq": order.event_seq,
    }


def to_row(order: Order) -> Values:
    addresses = [address_cells(order.delivery_address), address_cells(order.billing_address)]
    return {
        "id": order.id,
        "reference": order.reference,
        "key": order.key,
        "source": order.source,
        "currency": order.currency.code,
        "lines": pack([_line_cells(line) for line in order.lines]),
        "total": order.total.minor,
        "tax": order.tax.minor,
        "buyer": pack(buyer_cells(order.buyer)),
        "placed_at": order.placed_at,
        "environment": order.environment,
        "addresses": pack(addresses),
        "description": order.description,
        "voucher": order.voucher,
        "source_reference": order.source_reference,
        "source_digest": order.source_digest,
        "basket_id": order.basket_id,
        "basket_version": order.basket_version,
        "version": order.version,
        "email": order.buyer.email.lower(),
        **_moving(order),
    }


def to_change(before: Order, after: Order) -> Values:
    """What an UPDATE of this order needs; what was agreed is not among it."""
    return {"b_id": before.id, "b_version": before.version, **_moving(after)}


def from_row(row: Row) -> Order:
    (
        id, reference, key, source, code, lines, total, tax, buyer, placed_at, environment, deadline,
        addresses,
        locale, description, account, options, voucher, customer_id, source_reference, source_digest,
        return_url, basket_id, basket_version, basket_restored, status, closed_by, close_reason, fulfilment,
        stock, paid_by, validated_at, event_seq, version,
    ) = row  # fmt: skip
    currency = Currency.of(code)
    delivery_address, billing_address = (address_of(cells) for cells in unpack(addresses))
    known = buyer_of(unpack(buyer))
    if known is None:
        raise ValueError(f"order {reference} has no buyer")
    return Order(
        id, reference, key, source, currency, tuple(_line(cells, currency) for cells in unpack(lines)),
        Money(total, currency), Money(tax, currency), known, placed_at, environment, deadline,
        delivery_address, billing_address, locale, description, account, unpack_map(options), voucher,
        customer_id, source_reference, source_digest, return_url, basket_id, basket_version, basket_restored,
        OrderStatus(status), ClosedBy(closed_by) if closed_by else None, close_reason, Fulfilment(fulfilment),
        StockHold(stock), paid_by, validated_at, event_seq, version,
    )  # fmt: skip


def _line_cells(line: OrderLine) -> list[Any]:
    return [
        line.sku, line.name, line.unit_price.minor, line.quantity, line.discount.minor, str(line.tax_rate),
        line.tax.minor, line.kind.value,
    ]  # fmt: skip


def _line(cells: list[Any], currency: Currency) -> OrderLine:
    sku, name, price, quantity, discount, rate, tax, kind = cells
    return OrderLine(
        sku, name, Money(price, currency), quantity, Money(discount, currency), Decimal(rate),
        Money(tax, currency), LineKind(kind),
    )  # fmt: skip
