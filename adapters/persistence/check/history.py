"""The history: every move is listed, the chain has no gap, and it ends where the rows stand now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Subquery, and_, func, or_, select

from adapters.persistence import tables as t
from adapters.persistence.check.dialect import told, told_id
from adapters.persistence.check.rule import Rule, c, e, o, there_is
from domain.order import FULFILMENT_MOVES
from domain.order import MOVES as ORDER_MOVES
from domain.payment import MOVES as PAYMENT_MOVES
from domain.refund import MOVES as REFUND_MOVES


def _moves(event: str, whose: ColumnElement[Any]) -> Subquery:
    """The moves of a field as its events tell them, each beside what the one before it led to."""
    return (
        select(
            whose.label("whose"),
            told(e.payload, "old").label("old"),
            told(e.payload, "new").label("new"),
            func.lag(told(e.payload, "new")).over(partition_by=whose, order_by=e.seq).label("before"),
            func.row_number().over(partition_by=whose, order_by=e.seq.desc()).label("from_last"),
        )
        .where(e.name == event)
        .subquery(event)
    )


def _chain(
    what: str,
    event: str,
    table: Mapping[Any, frozenset[Any]],
    whose: ColumnElement[Any],
    id: Column[Any],
    status: Column[Any],
    subject: Column[Any],
    first: frozenset[StrEnum],
    *,
    told_from_birth: bool,
) -> Iterator[Rule]:
    """``first``: where a field may stand untold. ``told_from_birth``: its first move starts there, too."""
    moves = _moves(event, whose)
    legal = [f"{old.value}>{new.value}" for old, news in table.items() for new in news]
    where_it_was = moves.c.before if not told_from_birth else func.coalesce(moves.c.before, min(first))
    shown = [subject.label("subject"), moves.c.old, moves.c.new]
    joined = select(*shown).join_from(moves, id.table, id == moves.c.whose)
    yield Rule(
        "I5",
        f"{what} {{subject}} moved from {{old}} to {{new}}, which no table lists",
        joined.where((moves.c.old + ">" + moves.c.new).not_in(legal)),
    )
    yield Rule(
        "I17",
        f"{what} {{subject}} moved from {{old}} to {{new}}, but was {{before}} then",
        joined.add_columns(where_it_was.label("before")).where(moves.c.old != where_it_was),
    )
    yield Rule(
        "I5",
        f"{what} {{subject}} is {{status}}, its history ends with {{new}}",
        joined.add_columns(status.label("status")).where(moves.c.from_last == 1, moves.c.new != status),
    )
    yield Rule(
        "I5",
        f"{what} {{subject}} is {{status}} without any history",
        select(subject.label("subject"), status.label("status")).where(
            status.not_in(sorted(word.value for word in first)),
            ~there_is(t.events, e.name == event, whose == id),
        ),
    )


def _words(table: Mapping[Any, frozenset[Any]], *words: str) -> frozenset[StrEnum]:
    return frozenset(status for status in table if status.value in words)


_STATUSES: Final = (
    *_chain(
        "order", "OrderStatusChanged", ORDER_MOVES, e.order_id, o.id, o.status, o.reference,
        _words(ORDER_MOVES, "open", "validated"), told_from_birth=False,
    ),
    *_chain(
        "fulfilment of order", "FulfilmentChanged", FULFILMENT_MOVES, e.order_id, o.id, o.fulfilment,
        o.reference, _words(FULFILMENT_MOVES, "new", "processing"), told_from_birth=False,
    ),
    *_chain(
        "payment", "PaymentStatusChanged", PAYMENT_MOVES, told_id(e.payload, "payment_id"), t.payments.c.id,
        t.payments.c.status, t.payments.c.reference, _words(PAYMENT_MOVES, "new"), told_from_birth=True,
    ),
    *_chain(
        "refund", "RefundStatusChanged", REFUND_MOVES, told_id(e.payload, "refund_id"), t.refunds.c.id,
        t.refunds.c.status, t.refunds.c.key, _words(REFUND_MOVES, "requested"), told_from_birth=True,
    ),
)  # fmt: skip

_counted = (
    select(
        e.order_id,
        func.count().label("count"),
        func.min(e.seq).label("first"),
        func.max(e.seq).label("last"),
    )
    .group_by(e.order_id)
    .subquery("counted")
)
_later = t.events.alias("later")

_OUTBOX: Final = (
    Rule(
        "I17",
        "order {subject} counts {event_seq} events, {count} are there, numbered {first} to {last}",
        select(o.reference.label("subject"), o.event_seq, _counted.c.count, _counted.c.first, _counted.c.last)
        .join_from(t.orders, _counted, _counted.c.order_id == o.id)
        .where(or_(_counted.c.count != o.event_seq, _counted.c.first != 1, _counted.c.last != o.event_seq)),
    ),
    Rule(
        "I16",
        "order {subject} was placed, but nothing tells so",
        select(o.reference.label("subject")).where(
            ~there_is(t.events, e.order_id == o.id, e.seq == 1, e.name == "OrderPlaced")
        ),
    ),
    Rule(
        "I16",
        "event {seq} of order {subject} waits, a later one is delivered already",
        select(o.reference.label("subject"), e.seq)
        .join_from(t.events, t.orders, o.id == e.order_id)
        .where(
            e.delivered_at.is_(None),
            e.dead_at.is_(None),
            there_is(
                _later,
                _later.c.order_id == e.order_id,
                _later.c.seq > e.seq,
                _later.c.delivered_at.is_not(None),
            ),
        ),
    ),
)

_INBOX: Final = (
    Rule(
        "I14",
        "callback {subject} is {state}, but it was never judged to the end",
        select(c.id.label("subject"), c.state).where(
            or_(
                and_(c.state == "applied", or_(c.judged_at.is_(None), c.payment_id.is_(None))),
                and_(c.state == "pending", c.judged_at.is_not(None)),
            )
        ),
    ),
    Rule(
        "I14",
        "callback {subject} was applied, but no exchange of its payment is recorded",
        select(c.id.label("subject")).where(
            c.state == "applied",
            ~there_is(t.transactions, t.transactions.c.payment_id == c.payment_id),
        ),
    ),
)

RULES: Final = (*_STATUSES, *_OUTBOX, *_INBOX)
