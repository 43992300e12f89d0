"""When to leave a gateway alone for a while: it said so itself, or it has not been answering."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from application.errors import GatewayUnavailable

FAILURES: Final = 8
PAUSE: Final = 20.0
LONGEST_PAUSE: Final = 600.0


class Breaker:
    """Opens after some failures in a row; after a pause one call at a time probes, a success closes it.

    Times are seconds of a monotonic clock. State is per process: each learns by itself.
    """

    def __init__(
        self,
        *,
        failures: int = FAILURES,
        pause: float = PAUSE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit, self._pause, self._clock = failures, pause, clock
        self._lock = threading.Lock()
        self._failed = 0
        self._shut_until = 0.0
        self._since: datetime | None = None

    @property
    def down_since(self) -> datetime | None:
        """When (UTC) the gateway stopped answering; None while it is believed to be up."""
        with self._lock:
            return self._since

    def require_closed(self) -> None:
        """Raises GatewayUnavailable while open; the one call let through after a pause shuts it again."""
        with self._lock:
            now = self._clock()
            if now < self._shut_until:
                raise GatewayUnavailable("the gateway is left alone for a while", code="open")
            if self._since is not None:
                self._shut_until = now + self._pause

    def succeeded(self) -> None:
        """An answer came, whatever it said."""
        with self._lock:
            self._failed, self._shut_until, self._since = 0, 0.0, None

    def failed(self) -> None:
        """No usable answer came."""
        with self._lock:
            self._failed += 1
            if self._failed >= self._limit:
                self._since = self._since or datetime.now(UTC)
                self._shut_until = self._clock() + self._pause

    def told_to_wait(self, seconds: float) -> None:
        """The gateway asked for a pause of so many seconds."""
        with self._lock:
            self._shut_until = max(self._shut_until, self._clock() + min(seconds, LONGEST_PAUSE))
