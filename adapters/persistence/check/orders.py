"""Orders, their baskets and their goods: what must hold between their rows."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from adapters.persistence import tables as t
from adapters.persistence.check.dialect import line_quantity, lines_gross
from adapters.persistence.check.rule import Rule, e, o, p, there_is
from adapters.persistence.shop_tables import stock, stock_moves
from domain.order import OrderStatus, StockHold
from domain.payment import HOLDS_ORDER

_HOLDING: Final = [status.value for status in sorted(HOLDS_ORDER)]
_PAYABLE: Final = ["open", "pending"]
_OWN: Final = [StockHold.HELD.value, StockHold.COMMITTED.value]


def _order(*conditions: ColumnElement[bool], **columns: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    shown = [column.label(name) for name, column in columns.items()]
    return select(o.reference.label("subject"), *shown).where(*conditions)


def _has_payment(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return there_is(t.payments, p.order_id == o.id, *conditions)


def _told_paid() -> ColumnElement[Any]:
    counted = select(func.count()).select_from(t.events).where(e.order_id == o.id, e.name == "OrderPaid")
    return counted.correlate(t.orders).scalar_subquery()


_PAID: Final = (
    Rule(
        "I1",
        "order {subject} says it is paid, but no paid payment of it settled it",
        _order(o.paid_by.is_not(None), ~_has_payment(p.id == o.paid_by, p.status == "paid")),
    ),
    Rule(
        "I1",
        "order {subject} is paid and {status}",
        _order(
            o.paid_by.is_not(None),
            o.status != "validated",
            ~and_(o.status == "cancelled", o.closed_by == "staff"),
            status=o.status,
        ),
    ),
    Rule(
        "I1",
        "order {subject} can still be paid, but a payment of it is paid",
        _order(o.status.in_(_PAYABLE), _has_payment(p.status == "paid")),
    ),
    Rule(
        "I3",
        "order {subject} is paid and told so {count} times",
        _order(o.paid_by.is_not(None), _told_paid() != 1, count=_told_paid()),
    ),
    Rule(
        "I3",
        "order {subject} is not paid, but told so {count} times",
        _order(o.paid_by.is_(None), _told_paid() != 0, count=_told_paid()),
    ),
    Rule(
        "I4",
        "order {subject}: its lines add up to {lines}, its total is {total} (minor units)",
        _order(lines_gross(o.lines) != o.total, lines=lines_gross(o.lines), total=o.total),
    ),
)

_STATUSES: Final = (
    Rule(
        "I5",
        "order {subject} is pending, but no attempt is out and no promise made",
        _order(o.status == "pending", ~_has_payment(p.status.in_(_HOLDING))),
    ),
    Rule(
        "I5",
        "order {subject} is open, but an attempt is out",
        _order(o.status == "open", _has_payment(p.status.in_(_HOLDING))),
    ),
    Rule(
        "I5",
        "order {subject} is validated without money and without a promise",
        _order(o.status == "validated", o.paid_by.is_(None), ~_has_payment(p.status.in_(_HOLDING))),
    ),
    Rule(
        "I5",
        "order {subject} is {status}, closed by {closed_by}",
        _order(
            func.coalesce(o.closed_by, "")
            != case((o.status == "stopped", "buyer"), (o.status == "cancelled", o.closed_by), else_=""),
            status=o.status,
            closed_by=func.coalesce(o.closed_by, "nobody"),
        ),
    ),
    Rule(
        "I5",
        "order {subject} is cancelled, but not by staff and not by its deadline",
        _order(
            o.status == OrderStatus.CANCELLED.value,
            func.coalesce(o.closed_by, "").not_in(["staff", "deadline"]),
        ),
    ),
    Rule(
        "I5",
        "order {subject} is {status}, its fulfilment {fulfilment}",
        _order(
            or_(
                and_(o.status == "open", o.fulfilment.not_in(["new", "failed"])),
                and_(o.status == "pending", o.fulfilment != "hold"),
                and_(
                    o.status == "validated",
                    o.fulfilment.not_in(["processing", "shipped", "delivered", "completed"]),
                ),
            ),
            status=o.status,
            fulfilment=o.fulfilment,
        ),
    ),
)

_moved = (
    select(stock_moves.c.order_id, stock_moves.c.sku, func.sum(stock_moves.c.quantity).label("quantity"))
    .group_by(stock_moves.c.order_id, stock_moves.c.sku)
    .subquery("moved")
)
_due = case((o.stock.in_(_OWN), -line_quantity(o.lines, _moved.c.sku)), else_=0)

_GOODS: Final = (
    Rule(
        "I6",
        "product {subject} has {available} left",
        select(stock.c.sku.label("subject"), stock.c.available).where(stock.c.available < 0),
    ),
    Rule(
        "I6",
        "order {subject} ({stock}): {sku} moved by {quantity}, which should be {due}",
        select(
            o.reference.label("subject"),
            o.stock.label("stock"),
            _moved.c.sku,
            _moved.c.quantity,
            _due.label("due"),
        )
        .join_from(t.orders, _moved, _moved.c.order_id == o.id)
        .where(_moved.c.quantity != _due),
    ),
    Rule(
        "I6",
        "order {subject} is {status} and its goods are {stock}",
        _order(
            or_(
                and_(o.stock == "held", o.status.not_in([*_PAYABLE, "error"])),
                and_(o.stock == "released", o.status.in_([*_PAYABLE, "validated"])),
                and_(o.stock == "committed", o.status.in_([*_PAYABLE, "stopped"])),
            ),
            status=o.status,
            stock=o.stock,
        ),
    ),
    Rule(
        "I7",
        "a basket became {count} orders, among them {subject}",
        select(func.min(o.reference).label("subject"), func.count().label("count"))
        .where(o.basket_id.is_not(None))
        .group_by(o.basket_id, o.basket_version)
        .having(func.count() > 1),
    ),
    Rule(
        "I7",
        "order {subject} was saved, but its basket was not emptied",
        select(o.reference.label("subject")).join_from(
            t.orders,
            t.baskets,
            and_(t.baskets.c.id == o.basket_id, t.baskets.c.version == o.basket_version),
        ),
    ),
)

RULES: Final = (*_PAID, *_STATUSES, *_GOODS)
