"""The real time, real ids and real chance; tests put their own in these places."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from application.ports.ambient import Clock

CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH: Final = 26
_READ_AS: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class RandomIds:
    """UUIDv7 by the given clock (RFC 9562, section 5.7), and secrets of the operating system's generator."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def new(self) -> UUID:
        now = self._clock.now()
        milliseconds = int(now.timestamp()) * 1000 + now.microsecond // 1000
        # The sub-millisecond part follows (section 6.2): ids of one process stay in order.
        fraction = (now.microsecond % 1000) * 4096 // 1000
        value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | fraction << 64
        return UUID(int=value | 0b10 << 62 | secrets.randbits(62))

    def payment_reference(self, id: UUID) -> str:
        """128 bits as 26 characters that people can read out."""
        return "".join(CROCKFORD[id.int >> shift & 31] for shift in range(5 * (_LENGTH - 1), -1, -5))

    def order_reference(self, now: datetime) -> str:
        return f"{now:%y%m%d}{secrets.randbelow(1_000_000):06}"

    def secret(self) -> str:
        """192 random bits in 32 characters."""
        return secrets.token_urlsafe(24)


def id_of_reference(reference: str) -> UUID:
    """The way back from ``payment_reference``; forgives case, O, I and L. Raises ValueError."""
    typed = reference.strip().upper().translate(_READ_AS)
    if len(typed) != _LENGTH or any(letter not in CROCKFORD for letter in typed):
        raise ValueError("a payment reference has 26 letters and digits")
    value = 0
    for letter in typed:
        value = value << 5 | CROCKFORD.index(letter)
    if value >> 128:
        raise ValueError("a payment reference starts with 0 to 7")
    return UUID(int=value)
