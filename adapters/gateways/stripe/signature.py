"""Whether a Stripe event is genuine. Source: stripe-python, webhook signatures (scheme ``v1``)."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from adapters.wire.signing import REFUSED, hmac_digest
from application.errors import InvalidSignature
from application.ports.gateway import InboundMessage

HEADER: Final = "stripe-signature"
TOLERANCE: Final = 300
"""Seconds; exactly as old still passes, and so does a stamp of the future."""


def require_genuine(message: InboundMessage, secrets: Sequence[str], now: datetime) -> None:
    """Raise InvalidSignature unless one ``v1`` of the header is that of a secret, and its time is fresh.

    While a secret is rolled an event carries one ``v1`` for each; other schemes prove nothing.
    """
    parts = [part.partition("=")[::2] for part in message.headers.get(HEADER, "").split(",")]
    stamps, given = ([value for name, value in parts if name == wanted] for wanted in ("t", "v1"))
    stamp = stamps[0] if len(stamps) == 1 else ""
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
        raise InvalidSignature(REFUSED)
    expected = [hmac_digest("sha256", key, f"{stamp}.".encode(), message.body).encode() for key in secrets]
    claimed = [value.encode("utf-8", "surrogatepass") for value in given]
    genuine = [hmac.compare_digest(one, other) for one in claimed for other in expected]
    if not any(genuine) or int(stamp) < int(now.timestamp()) - TOLERANCE:
        raise InvalidSignature(REFUSED)
