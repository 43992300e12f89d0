"""Received callbacks as rows: bytes as they came, and what became of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, func, insert, null, select, update

from adapters.persistence.compiled import Row, Values
from adapters.persistence.packing import pack_map, pack_pairs, unpack_map, unpack_pairs
from adapters.persistence.tables import ANY_STATE, callbacks
from application.callbacks import CallbackState, RawCallback

COLUMNS = tuple(column for column in callbacks.columns if not column.key.startswith("leased_"))
SELECT = select(*COLUMNS)
BY_ID = SELECT.where(callbacks.c.id == bindparam("b_id"))
OF_ORDER = SELECT.where(callbacks.c.order_id == bindparam("b_order_id")).order_by(
    callbacks.c.received_at, callbacks.c.id
)
LAST_AT = select(func.max(callbacks.c.received_at)).where(
    callbacks.c.account == bindparam("b_account"), ANY_STATE
)
INSERT = insert(callbacks)
UPDATE = (
    update(callbacks).where(callbacks.c.id == bindparam("b_id")).values(leased_by=null(), leased_until=null())
)


def _verdict(callback: RawCallback) -> dict[str, Any]:
    return {
        "state": callback.state.value,
        "note": callback.note,
        "code": callback.code,
        "event_key": callback.event_key,
        "duplicate_of": callback.duplicate_of,
        "order_id": callback.order_id,
        "payment_id": callback.payment_id,
        "tries": callback.tries,
        "due_at": callback.due_at,
        "judged_at": callback.judged_at,
    }


def to_row(callback: RawCallback) -> Values:
    return {
        "id": callback.id,
        "account": callback.account,
        "received_at": callback.received_at,
        "method": callback.method,
        "body": callback.body,
        "digest": callback.digest,
        "headers": pack_map(callback.headers),
        "query": pack_pairs(callback.query),
        "remote": callback.remote,
        "payment_hint": callback.payment_hint,
        **_verdict(callback),
    }


def to_change(callback: RawCallback) -> Values:
    """What an UPDATE of the verdict needs: never the message; it ends the judge's lease."""
    return {"b_id": callback.id, **_verdict(callback)}


def from_row(row: Row) -> RawCallback:
    (
        id, account, received_at, method, body, digest, headers, query, remote, payment_hint, state, note,
        code,
        event_key, duplicate_of, order_id, payment_id, tries, due_at, judged_at,
    ) = row  # fmt: skip
    return RawCallback(
        id, account, received_at, method, bytes(body), digest, unpack_map(headers), unpack_pairs(query),
        remote,
        payment_hint, CallbackState(state), note, code, event_key, duplicate_of, order_id, payment_id, tries,
        due_at, judged_at,
    )  # fmt: skip
