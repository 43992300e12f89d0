"""Digests over bytes, and comparing them so that nothing can be learnt from the time it takes."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from application.errors import GatewayProtocolError, InvalidSignature

REFUSED = "the message does not prove itself"


def digest(algorithm: str, *parts: bytes) -> str:
    """Lower-case hex of a plain hash over the joined parts; ``algorithm`` is a name of hashlib."""
    return hashlib.new(algorithm, b"".join(parts), usedforsecurity=False).hexdigest()


def hmac_digest(algorithm: str, secret: str, *parts: bytes) -> str:
    """Lower-case hex of an HMAC over the joined parts. Raises ValueError for an empty secret."""
    if not secret:
        raise ValueError("an empty secret signs nothing")
    return hmac.new(secret.encode(), b"".join(parts), algorithm).hexdigest()


def require_match(given: str | None, expected: Iterable[str]) -> None:
    """Raise InvalidSignature unless ``given`` is one of ``expected`` (several while a key is rotated).

    Missing and empty never match. Constant time per candidate; the text of the error tells nothing.
    """
    claimed = (given or "").encode("utf-8", "surrogatepass")
    matches = [hmac.compare_digest(claimed, candidate.encode()) for candidate in expected]
    if not claimed or not any(matches):
        raise InvalidSignature(REFUSED)


def current_and_previous(current: str, previous: str) -> tuple[str, ...]:
    """The secrets that are believed now: two during a rotation, never an empty one."""
    return tuple(secret for secret in (current, previous) if secret)


@contextmanager
def unreadable_is_refused() -> Iterator[None]:
    """Around reading what carries its proof inside: bytes that cannot even be read prove nothing."""
    try:
        yield
    except (GatewayProtocolError, LookupError, TypeError, ValueError) as problem:
        raise InvalidSignature(REFUSED) from problem
