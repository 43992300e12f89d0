"""How both sides of the test gateway prove themselves: an HMAC over a timestamp and what is said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from adapters.wire.signing import REFUSED, hmac_digest, require_match
from application.errors import InvalidSignature
from application.ports.gateway import InboundMessage

TIMESTAMP: Final = "X-Dummy-Timestamp"
SIGNATURE: Final = "X-Dummy-Signature"
TOLERANCE: Final = timedelta(seconds=300)


def signed_headers(secret: str, signed: bytes, now: datetime) -> dict[str, str]:
    """The headers that prove ``signed``: a body, or the path with its query."""
    stamp = str(int(now.timestamp()))
    return {TIMESTAMP: stamp, SIGNATURE: _digest(secret, stamp, signed)}


def require_genuine(message: InboundMessage, secrets: Sequence[str], now: datetime) -> None:
    """Raise InvalidSignature unless the body is signed and its timestamp at most 300 s away."""
    stamp = message.headers.get(TIMESTAMP.lower(), "")
    expected = [_digest(secret, stamp, message.body) for secret in secrets]
    require_match(message.headers.get(SIGNATURE.lower()), expected)
    is_number = stamp.isascii() and stamp.isdigit() and len(stamp) < 12
    if not is_number or abs(int(now.timestamp()) - int(stamp)) > TOLERANCE // timedelta(seconds=1):
        raise InvalidSignature(REFUSED)


def _digest(secret: str, stamp: str, signed: bytes) -> str:
    return hmac_digest("sha256", secret, stamp.encode("utf-8", "surrogatepass"), b".", signed)
