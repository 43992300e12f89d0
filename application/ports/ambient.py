"""Time, identity and chance, so that a test can hold them still."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, timezone-aware, in UTC."""
        ...


class Ids(Protocol):
    def new(self) -> UUID:
        """A time-ordered id (UUIDv7)."""
        ...

    def payment_reference(self, id: UUID) -> str:
        """The id in 26 Crockford base32 characters: what gateways echo."""
        ...

    def order_reference(self, now: datetime) -> str:
        """``YYMMDD`` and six random digits; may collide, then the database says so."""
        ...

    def secret(self) -> str:
        """At least 128 random bits, safe in a URL."""
        ...
