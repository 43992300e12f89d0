"""From what a unit of work collected to the statements that write it, in an order foreign keys accept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import groupby
from typing import TypeVar

from sqlalchemy import Insert, Update

from adapters.persistence import (
    baskets,
    callbacks,
    events,
    journal,
    orders,
    payments,
    refunds,
    reviews,
    stock,
)
from adapters.persistence.channel import Write
from adapters.persistence.collecting import Collected, Identified, Tracked
from adapters.persistence.compiled import Values
from adapters.persistence.derived import all_stock_moves
from application.ports.ambient import Ids
from domain.events import Event

A = TypeVar("A", bound=Identified)


def writes(
    collected: Collected, numbered: list[tuple[int, Event]], ids: Ids, now: datetime
) -> Iterator[Write]:
    """Orders before payments before the rest: rows are locked in the same order everywhere."""
    yield from _changed(collected.baskets, baskets.INSERT, baskets.UPDATE, baskets.to_row, baskets.to_change)
    for basket_id in collected.dropped:
        yield Write(baskets.DELETE, {"b_id": basket_id})
    yield from _changed(collected.orders, orders.INSERT, orders.UPDATE, orders.to_row, orders.to_change)
    yield from _changed(
        collected.payments, payments.INSERT, payments.UPDATE, payments.to_row, payments.to_change
    )
    yield from _changed(collected.refunds, refunds.INSERT, refunds.UPDATE, refunds.to_row, refunds.to_change)
    yield from _stock(collected, ids, now)
    for id, callback in collected.callbacks.after.items():
        if id in collected.callbacks.before:
            yield Write(callbacks.UPDATE, callbacks.to_change(callback), guarded=True)
        else:
            yield Write(callbacks.INSERT, callbacks.to_row(callback))
    for transaction in collected.transactions:
        yield Write(journal.INSERT_TRANSACTION, journal.transaction_to_row(transaction))
    for fact in collected.facts:
        yield Write(journal.INSERT_FACT, journal.fact_to_row(fact))
    yield from _changed(collected.reviews, reviews.INSERT, reviews.UPDATE, reviews.to_row, reviews.to_change)
    yield from _told(numbered, ids, now)


def _changed(
    tracked: Tracked[A],
    insert: Insert,
    update: Update,
    to_row: Callable[[A], Values],
    to_change: Callable[[A, A], Values],
) -> Iterator[Write]:
    for before, after in tracked.changes():
        if before is None:
            yield Write(insert, to_row(after))
        else:
            yield Write(update, to_change(before, after), guarded=True)


def _stock(collected: Collected, ids: Ids, now: datetime) -> Iterator[Write]:
    moves = all_stock_moves(collected.orders.changes())
    for sku, group in groupby(moves, key=lambda move: move[0]):
        yield Write(stock.MOVE, stock.to_move(sku, sum(quantity for _, _, quantity in group)))
    for sku, order, quantity in moves:
        yield Write(stock.RECORD, stock.to_record(ids.new(), order.id, sku, quantity, now))


def _told(numbered: list[tuple[int, Event]], ids: Ids, now: datetime) -> Iterator[Write]:
    for seq, event in numbered:
        yield Write(events.INSERT, events.to_row(event, id=ids.new(), seq=seq, at=now))
