"""What stands in for the outside in tests: a still clock, counted ids, a database made of dicts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID


class FrozenClock:
    """Time that moves only when told to."""

    def __init__(self, at: datetime = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)) -> None:
        self._now = at

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> datetime:
        self._now += by
        return self._now


class SequentialIds:
    """Ids that count: the same in every run, ordered like the real ones, unique within one instance."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def new(self) -> UUID:
        return UUID(int=next(self._numbers) | 7 << 76 | 2 << 62)

    def order_reference(self, now: datetime) -> str:
        return f"{now:%y%m%d}{next(self._numbers):06}"

    def secret(self) -> str:
        return f"secret-{next(self._numbers):032}"
