"""A request of a gateway or a browser as use cases see it, and back from storage."""

from __future__ import annotations

from urllib.parse import parse_qsl

from application.callbacks import RawCallback
from application.ports.gateway import InboundMessage

MAX_FIELDS = 1000


def form_of(body: bytes, content_type: str) -> tuple[tuple[str, str], ...]:
    """The fields of a form body in order, repetitions kept; nothing for any other or oversized body."""
    if content_type.split(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        return ()
    try:
        return tuple(
            parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
        )
    except ValueError:
        return ()


def message_of(raw: RawCallback) -> InboundMessage:
    """The message as it came, for judging it again."""
    return InboundMessage(
        method=raw.method,
        body=raw.body,
        headers=raw.headers,
        query=raw.query,
        form=form_of(raw.body, raw.headers.get("content-type", "")),
        remote=raw.remote,
        payment_id=raw.payment_hint,
        received_at=raw.received_at,
    )
