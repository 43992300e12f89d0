"""What proves a form and a notification. Source: Tpay, "Webhooks" (JWS); tpay-php (both md5 sums).

The md5 of a notification covers neither what was paid nor the status: only the JWS over its bytes does.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Final

from adapters.wire.payloads import json_object, text_of
from adapters.wire.signing import REFUSED, digest, unreadable_is_refused
from application.errors import InvalidSignature
from application.ports.gateway import InboundMessage

HEADER: Final = "x-jws-signature"


def form_sum(merchant: str, amount: str, crc: str, code: str, *, joined: bool = False) -> str:
    """The ``md5sum`` of a form; ``amount`` is the very text that is posted."""
    return digest("md5", ("" if joined else "&").join((merchant, amount, crc, code)).encode())


def notice_sum(merchant: str, title: str, amount: str, crc: str, code: str) -> str:
    """The ``md5sum`` of a notification; ``amount`` has two decimals."""
    return digest("md5", "".join((merchant, title, amount, crc, code)).encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True)
class Seal:
    """A detached JWS: where its certificate stands, what it covers, the signature."""

    address: str
    covered: bytes
    signature: bytes


def seal_of(message: InboundMessage) -> Seal:
    """The seal in the header. Raises InvalidSignature for any other shape, algorithm or encoding."""
    with unreadable_is_refused():
        head, middle, tail = message.headers.get(HEADER, "").split(".")
        if not head or middle or not tail:
            raise InvalidSignature(REFUSED)
        told = json_object(_decoded(head))
        if told.get("alg") != "RS256" or "crit" in told:
            raise InvalidSignature(REFUSED)
        covered = f"{head}.".encode() + urlsafe_b64encode(message.body).rstrip(b"=")
        return Seal(text_of(told, "x5u"), covered, _decoded(tail))


def _decoded(part: str) -> bytes:
    """Base64url without padding, in its one and only spelling."""
    raw = urlsafe_b64decode(part + "=" * (-len(part) % 4))
    if urlsafe_b64encode(raw).rstrip(b"=") != part.encode():
        raise ValueError("not the way it is written")
    return raw
