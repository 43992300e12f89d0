"""Wrong keys are counted per address, so that trying many of them gets slow before it gets far."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable

from flask import current_app, request
from werkzeug.exceptions import TooManyRequests

BURST = 30
"""Wrong keys one address may try at once."""
PER_SECOND = 0.5
MOST_ADDRESSES = 10_000
KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
"""The shape of every key and token of ours; anything else is not even looked up."""


class Guesses:
    """What each address has left of its wrong keys; kept in this process only."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._left: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def is_exhausted(self, address: str) -> bool:
        with self._lock:
            return self._balance(address) < 1

    def count(self, address: str) -> None:
        """One more wrong key."""
        with self._lock:
            balance = self._balance(address)
            self._left.pop(address, None)
            self._left[address] = (max(balance - 1, 0), self._now())
            while len(self._left) > MOST_ADDRESSES:
                del self._left[next(iter(self._left))]

    def _balance(self, address: str) -> float:
        left, since = self._left.get(address, (BURST, self._now()))
        return min(BURST, left + (self._now() - since) * PER_SECOND)


def refuse_guessers() -> None:
    """Raises TooManyRequests for an address that tried too many wrong keys."""
    if _guesses().is_exhausted(request.remote_addr or ""):
        raise TooManyRequests(retry_after=60)


def count_wrong_key() -> None:
    _guesses().count(request.remote_addr or "")


def _guesses() -> Guesses:
    guesses: Guesses = current_app.extensions.setdefault("callbank_guesses", Guesses())
    return guesses
