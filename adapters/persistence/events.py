"""Events as rows, each with the row that tells how far its delivery got."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, bindparam, insert, select

from adapters.persistence.compiled import Row, Values
from adapters.persistence.packing import pack, unpack
from adapters.persistence.tables import event_deliveries, events
from application.ports.persistence import EventRecord
from domain.events import Event

INSERT = insert(events)
INSERT_DELIVERY = insert(event_deliveries)

_d = event_deliveries.c
SELECT: Select[tuple[object, ...]] = select(
    *events.columns, _d.attempts, _d.delivered_at, _d.dead_at, _d.last_error
).join_from(events, event_deliveries, events.c.id == _d.event_id)
OF_ORDER = SELECT.where(events.c.order_id == bindparam("b_order_id")).order_by(events.c.seq)
NEWEST = SELECT.order_by(events.c.id.desc()).limit(bindparam("b_limit"))
UNDELIVERED = (
    SELECT.where(_d.delivered_at.is_(None), _d.dead_at.is_(None))
    .order_by(_d.due_at, _d.order_id, _d.seq)
    .limit(bindparam("b_limit"))
)


def to_rows(event: Event, *, id: UUID, seq: int, at: datetime) -> tuple[Values, Values]:
    """The event's own row, and its delivery: due at once."""
    row = {
        "id": id,
        "order_id": event.order_id,
        "seq": seq,
        "name": event.name,
        "payload": pack(event.payload()),
        "at": at,
    }
    delivery = {
        "event_id": id,
        "order_id": event.order_id,
        "seq": seq,
        "due_at": at,
        "attempts": 0,
        "last_error": "",
    }
    return row, delivery


def from_row(row: Row) -> EventRecord:
    id, order_id, seq, name, payload, at, attempts, delivered_at, dead_at, last_error = row
    return EventRecord(
        id, order_id, seq, name, unpack(payload), at, attempts, delivered_at, dead_at, last_error
    )
