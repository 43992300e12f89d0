"""The statements behind the front page of the back office: counts, sums and last moments."""

from __future__ import annotations

from functools import cache

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ScalarSelect,
    Select,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    select,
    text,
)

from adapters.persistence import tables as t
from adapters.persistence.compiled import Row, Statement
from adapters.persistence.lists import FAILED
from application.overview import Attention, Taking
from domain.money import Currency, Money
from domain.transaction import FactKind

_f = t.money_facts.c
_NONE, _ONE = literal_column("0", BigInteger), literal_column("1", BigInteger)


def _count(table: str, condition: str) -> ScalarSelect[int]:
    return select(func.count()).select_from(text(table)).where(text(condition)).scalar_subquery()


_failing = (
    select(func.count())
    .select_from(t.callbacks)
    .where(t.callbacks.c.received_at >= bindparam("b_since", type_=t.callbacks.c.received_at.type))
    .where(text(FAILED))
    .scalar_subquery()
)
ATTENTION: Select[tuple[int, int, int, int, int]] = select(
    _count("review_items", "decided_at IS NULL"),
    _count("payments", "status = 'unknown'"),
    _count("callbacks", "state = 'pending'"),
    _failing,
    _count("orders", "status = 'error'"),
)


def _sum(*kinds: FactKind) -> ColumnElement[int]:
    listed = ", ".join(f"'{kind.value}'" for kind in kinds)
    return cast(func.sum(case((text(f"kind IN ({listed})"), _f.amount), else_=_NONE)), BigInteger)


TAKINGS: Statement = (
    select(
        _f.currency,
        _sum(FactKind.CAPTURED),
        _sum(FactKind.REFUNDED),
        _sum(FactKind.REVERSED, FactKind.CHARGED_BACK),
        _sum(FactKind.DISPUTE_WON),
        func.sum(case((text("kind = 'captured'"), _ONE), else_=_NONE)),
    )
    .where(_f.at >= bindparam("b_since", type_=_f.at.type))
    .group_by(_f.currency)
    .order_by(_f.currency)
)


def attention_of(row: Row) -> Attention:
    reviews, unknown, pending, failing, errors = row
    return Attention(reviews, unknown, pending, failing, errors)


def taking_of(row: Row) -> Taking:
    code, received, refunded, lost, won, count = row
    currency = Currency.of(code)
    return Taking(
        Money(received, currency), Money(refunded, currency), Money(lost - won, currency), int(count)
    )


@cache
def last_callbacks(accounts: int) -> Statement:
    """The last moment of each of so many accounts (``b_account_0`` ...), one index lookup each."""
    c = t.callbacks.c
    return select(
        *(
            select(func.max(c.received_at))
            .where(c.account == bindparam(f"b_account_{number}"), t.ANY_STATE)
            .scalar_subquery()
            .label(f"last_{number}")
            for number in range(accounts)
        )
    )


@cache
def references(orders: int) -> Statement:
    """Id and reference of so many orders (``b_id_0`` ...)."""
    o = t.orders.c
    return select(o.id, o.reference).where(
        o.id.in_([bindparam(f"b_id_{number}", type_=o.id.type) for number in range(orders)])
    )
