"""Events as rows: what happened, and how far its delivery got."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, bindparam, insert, select

from adapters.persistence.compiled import Row, Values
from adapters.persistence.packing import pack, unpack
from adapters.persistence.tables import events
from application.ports.persistence import EventRecord
from domain.events import Event

INSERT = insert(events)

_e = events.c
COLUMNS = (
    _e.id, _e.order_id, _e.seq, _e.name, _e.payload, _e.at, _e.attempts, _e.delivered_at, _e.dead_at,
    _e.last_error,
)  # fmt: skip
SELECT: Select[tuple[object, ...]] = select(*COLUMNS)
OF_ORDER = SELECT.where(events.c.order_id == bindparam("b_order_id")).order_by(events.c.seq)
NEWEST = SELECT.order_by(events.c.id.desc()).limit(bindparam("b_limit"))
UNDELIVERED = (
    SELECT.where(_e.delivered_at.is_(None), _e.dead_at.is_(None))
    .order_by(_e.due_at, _e.order_id, _e.seq)
    .limit(bindparam("b_limit"))
)


def to_row(event: Event, *, id: UUID, seq: int, at: datetime) -> Values:
    """A new event: its delivery is due at once."""
    return {
        "id": id,
        "order_id": event.order_id,
        "seq": seq,
        "name": event.name,
        "payload": pack(event.payload()),
        "at": at,
        "due_at": at,
        "attempts": 0,
        "last_error": "",
    }


def from_row(row: Row) -> EventRecord:
    id, order_id, seq, name, payload, at, attempts, delivered_at, dead_at, last_error = row
    return EventRecord(
        id, order_id, seq, name, unpack(payload), at, attempts, delivered_at, dead_at, last_error
    )
