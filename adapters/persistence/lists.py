"""The statements behind lists: each page begins after a keyset, newest first, whatever was filtered."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, or_, select, text, tuple_

from adapters.persistence import callbacks, orders, payments
from adapters.persistence import tables as t
from adapters.persistence.compiled import Statement
from adapters.persistence.packing import pack
from application.callbacks import FAILING
from application.overview import Mark, OrderFilter, OrderView

ESCAPE = "!"
"""Makes the next character of a LIKE pattern a plain one."""

VIEWS: Mapping[OrderView, str] = {
    OrderView.WAITING: "orders.paid_by IS NULL AND orders.status IN ('open', 'pending', 'validated')",
    OrderView.PAID: "orders.paid_by IS NOT NULL AND orders.status IN ('open', 'pending', 'validated')",
    OrderView.ERROR: "orders.status = 'error'",
    OrderView.CLOSED: "orders.status IN ('cancelled', 'stopped')",
}
FAILED = "callbacks.state IN ({})".format(", ".join(f"'{state.value}'" for state in sorted(FAILING)))


def values_of(wanted: OrderFilter) -> dict[str, object]:
    """What ``page_of_orders`` for the same filter has to be given."""
    typed = wanted.text.strip()
    values: dict[str, object] = {"b_limit": wanted.limit, **values_of_mark(wanted.before)}
    if wanted.status:
        values["b_status"] = wanted.status
    if typed:
        values |= {"b_text": typed, "b_email": typed.lower()}
        values |= {"b_part": part_of(typed), "b_capital": part_of(typed.title())}
    return values


def values_of_mark(before: Mark | None) -> dict[str, object]:
    return {} if before is None else {"b_before": before[0], "b_before_id": before[1]}


def part_of(typed: str) -> str:
    """A pattern for what was typed, anywhere in packed text; ``%`` and ``_`` are plain characters in it."""
    inside = pack(typed)[1:-1]
    for special in (ESCAPE, "%", "_"):
        inside = inside.replace(special, ESCAPE + special)
    return f"%{inside}%"


def page_of_orders(wanted: OrderFilter) -> tuple[Statement, Statement]:
    """A page of orders, and the payments beside it."""
    return _orders(wanted.view, bool(wanted.status), bool(wanted.text.strip()), wanted.before is not None)


@cache
def _orders(view: OrderView, status: bool, typed: bool, before: bool) -> tuple[Statement, Statement]:
    o, p = t.orders.c, t.payments.c
    page = orders.SELECT.order_by(o.placed_at.desc(), o.id.desc()).limit(bindparam("b_limit"))
    if view in VIEWS:
        page = page.where(text(VIEWS[view]))
    if status:
        page = page.where(o.status == bindparam("b_status"))
    if typed:
        page = page.where(_matches())
    if before:
        page = page.where(_after(o.placed_at, o.id))
    ids = page.with_only_columns(o.id).subquery()
    beside = payments.SELECT.join_from(t.payments, ids, p.order_id == ids.c.id)
    return page, beside.order_by(p.created_at, p.id)


@cache
def page_of_payments(status: bool, account: bool, before: bool) -> Statement:
    p = t.payments.c
    found = payments.WITH_ORDER.order_by(p.created_at.desc(), p.id.desc()).limit(bindparam("b_limit"))
    if status:
        found = found.where(p.status == bindparam("b_status"))
    if account:
        found = found.where(p.account == bindparam("b_account"))
    return found.where(_after(p.created_at, p.id)) if before else found


@cache
def page_of_callbacks(state: bool, account: bool, before: bool, failing: bool) -> Statement:
    c = t.callbacks.c
    found: Select[Any] = callbacks.SELECT.order_by(c.received_at.desc(), c.id.desc())
    found = found.limit(bindparam("b_limit"))
    if failing:
        found = found.where(text(FAILED))
    if state:
        found = found.where(c.state == bindparam("b_state"))
    if account:
        found = found.where(c.account == bindparam("b_account"), t.ANY_STATE)
    return found.where(_after(c.received_at, c.id)) if before else found


def _matches() -> ColumnElement[bool]:
    """An id in full, or a part of who bought. Letters beyond ASCII match as typed or capitalised."""
    o, p, f = t.orders.c, t.payments.c, t.money_facts.c
    typed: BindParameter[str] = bindparam("b_text")
    paid = select(p.order_id).where(or_(p.reference == typed, p.gateway_reference == typed))
    moved = select(f.order_id).where(f.gateway_id == typed, f.order_id.is_not(None))
    return or_(
        o.reference == typed,
        o.key == typed,
        o.source_reference == typed,
        o.email == bindparam("b_email"),
        o.buyer.ilike(bindparam("b_part"), escape=ESCAPE),
        o.buyer.ilike(bindparam("b_capital"), escape=ESCAPE),
        o.id.in_(paid),
        o.id.in_(moved),
    )


def _after(moment: ColumnElement[Any], id: ColumnElement[Any]) -> ColumnElement[bool]:
    last = tuple_(bindparam("b_before", type_=moment.type), bindparam("b_before_id", type_=id.type))
    return tuple_(moment, id) < last
