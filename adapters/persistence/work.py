"""Claims for the run-once jobs: a lease has an owner and an end, by the database's own clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Table,
    Update,
    bindparam,
    insert,
    literal_column,
    null,
    or_,
    select,
    update,
)

from adapters.persistence import callbacks, events, payments, refunds
from adapters.persistence import tables as t
from adapters.persistence.channel import Link
from adapters.persistence.columns import database_later, database_now
from adapters.persistence.shop_tables import worker_heartbeats
from application.callbacks import CallbackState, RawCallback
from application.ports.persistence import EventRecord
from domain.payment import Payment
from domain.refund import OPEN, Refund


def _is_free(table: Table) -> ColumnElement[bool]:
    return or_(table.c.leased_until.is_(None), table.c.leased_until < database_now())


def _claim(
    table: Table,
    key: Column[Any],
    due: ColumnElement[Any],
    columns: Sequence[Column[Any]],
    *conditions: ColumnElement[bool],
) -> Update:
    """Lease the rows that are longest due; rows another worker is just taking are passed over."""
    picked = (
        select(key)
        .where(*conditions, due <= database_now(), _is_free(table))
        .order_by(due, key)
        .limit(bindparam("b_limit"))
        .with_for_update(skip_locked=True)
        .cte("picked")
    )
    return (
        update(table)
        .where(key.in_(select(picked.c[key.key])))
        .values(leased_by=bindparam("b_owner"), leased_until=database_later(bindparam("b_seconds")))
        .returning(*columns)
    )


_c, _p, _r, _e = t.callbacks.c, t.payments.c, t.refunds.c, t.events.c

CLAIM_CALLBACKS = _claim(
    t.callbacks,
    _c.id,
    t.CALLBACK_DUE,
    callbacks.COLUMNS,
    _c.state == literal_column(f"'{CallbackState.PENDING.value}'"),
)
CLAIM_PAYMENTS = _claim(t.payments, _p.id, _p.look_at, payments.COLUMNS, _p.look_at.is_not(None))
CLAIM_REFUNDS = _claim(
    t.refunds,
    _r.id,
    _r.look_at,
    refunds.COLUMNS,
    _r.look_at.is_not(None),
    _r.status.in_([literal_column(f"'{status.value}'") for status in sorted(OPEN)]),
)

_earlier = t.events.alias("earlier")
CLAIM_EVENTS = _claim(
    t.events,
    _e.id,
    _e.due_at,
    events.COLUMNS,
    _e.delivered_at.is_(None),
    _e.dead_at.is_(None),
    ~select(_earlier.c.id)
    .where(
        _earlier.c.order_id == _e.order_id,
        _earlier.c.seq < _e.seq,
        _earlier.c.delivered_at.is_(None),
        _earlier.c.dead_at.is_(None),
    )
    .exists(),
)
_of_owner = update(t.events).where(_e.id == bindparam("b_event_id"), _e.leased_by == bindparam("b_owner"))
_settled = {
    "attempts": _e.attempts + literal_column("1"),
    "leased_by": null(),
    "leased_until": null(),
}
DELIVERED = _of_owner.values(delivered_at=database_now(), **_settled)
POSTPONED = _of_owner.values(due_at=bindparam("b_due_at"), last_error=bindparam("b_error"), **_settled)
BURIED = _of_owner.values(dead_at=database_now(), last_error=bindparam("b_error"), **_settled)

_o = t.orders.c
OVERDUE = (
    select(_o.id)
    .where(t.PAYABLE, _o.deadline < database_now())
    .order_by(_o.deadline, _o.id)
    .limit(bindparam("b_limit"))
    .offset(bindparam("b_skip"))
)
BEAT = (
    update(worker_heartbeats)
    .where(worker_heartbeats.c.owner == bindparam("b_owner"))
    .values(at=bindparam("b_at"))
    .returning(worker_heartbeats.c.owner)
)
FIRST_BEAT = insert(worker_heartbeats)


class SqlWork:
    """See ``application.ports.persistence.Work``."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def _claimed(self, claim: Update, owner: str, lease: timedelta, limit: int) -> list[Any]:
        seconds = max(1, round(lease.total_seconds()))
        return self._link.rows(claim, {"b_owner": owner, "b_seconds": seconds, "b_limit": limit})

    def claim_callbacks(self, owner: str, lease: timedelta, limit: int) -> Sequence[RawCallback]:
        """Pending callbacks that are due, oldest first."""
        found = [callbacks.from_row(row) for row in self._claimed(CLAIM_CALLBACKS, owner, lease, limit)]
        return sorted(found, key=lambda callback: (callback.received_at, callback.id))

    def claim_payments(self, owner: str, lease: timedelta, limit: int) -> Sequence[Payment]:
        """Payments whose ``look_at`` has come."""
        return [payments.from_row(row) for row in self._claimed(CLAIM_PAYMENTS, owner, lease, limit)]

    def claim_refunds(self, owner: str, lease: timedelta, limit: int) -> Sequence[Refund]:
        """Open refunds whose ``look_at`` has come."""
        return [refunds.from_row(row) for row in self._claimed(CLAIM_REFUNDS, owner, lease, limit)]

    def overdue_orders(self, limit: int, *, skip: int = 0) -> Sequence[UUID]:
        """Payable orders past their deadline, oldest first, without the first ``skip``."""
        return [row[0] for row in self._link.rows(OVERDUE, {"b_limit": limit, "b_skip": skip})]

    def claim_events(self, owner: str, lease: timedelta, limit: int) -> Sequence[EventRecord]:
        """The oldest undelivered, due event of each order; never two of one order."""
        found = [events.from_row(row) for row in self._claimed(CLAIM_EVENTS, owner, lease, limit)]
        return sorted(found, key=lambda event: (event.at, event.seq))

    def event_delivered(self, event_id: UUID, owner: str) -> None:
        self._link.rows(DELIVERED, {"b_event_id": event_id, "b_owner": owner})

    def event_failed(self, event_id: UUID, owner: str, error: str, retry_at: datetime | None) -> None:
        """``retry_at`` None: a dead letter; later events of its order go on."""
        values: dict[str, object] = {"b_event_id": event_id, "b_owner": owner, "b_error": error}
        if retry_at is None:
            self._link.rows(BURIED, values)
        else:
            self._link.rows(POSTPONED, values | {"b_due_at": retry_at})

    def heartbeat(self, owner: str, at: datetime) -> None:
        if not self._link.rows(BEAT, {"b_owner": owner, "b_at": at}):
            self._link.rows(FIRST_BEAT, {"owner": owner, "at": at})
