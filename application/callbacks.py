"""The inbox: what a gateway sent, byte for byte, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class CallbackState(StrEnum):
    PENDING = "pending"
    """Stored, not judged yet: the worker does it."""
    APPLIED = "applied"
    DUPLICATE = "duplicate"
    STALE = "stale"
    IGNORED = "ignored"
    REVIEW = "review"
    REFUSED = "refused"
    """Not authenticated."""
    UNREADABLE = "unreadable"
    ORPHAN = "orphan"
    """Authentic, but the order never appeared."""
    POISON = "poison"
    """Judging it failed too often."""


FAILING = frozenset(
    {CallbackState.REFUSED, CallbackState.UNREADABLE, CallbackState.ORPHAN, CallbackState.POISON}
)
"""Nothing came of these messages, and something may have to be mended."""

NOT_ADMITTED = "not from an allowed address"


@dataclass(frozen=True, slots=True)
class RawCallback:
    """One received message (or one part of a batch), with its verdict.

    ``event_key`` is unique per account among authenticated messages that are not duplicates. ``headers``
    are the allow-listed ones. ``code`` is a verdict of Sonata ecommerce's transaction codes.
    """

    id: UUID
    account: str
    received_at: datetime
    method: str
    body: bytes
    digest: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: tuple[tuple[str, str], ...] = ()
    remote: str = ""
    payment_hint: str = ""
    state: CallbackState = CallbackState.PENDING
    note: str = ""
    code: int | None = None
    event_key: str | None = None
    duplicate_of: UUID | None = None
    order_id: UUID | None = None
    payment_id: UUID | None = None
    tries: int = 0
    due_at: datetime | None = None
    judged_at: datetime | None = None
