"""How both sides prove themselves: SHA-1 over the values between two passwords, in Base64.

Source: manual of API v2, signatures of requests, replies and callbacks. Replies do not cover amounts.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from adapters.wire.signing import require_match

Names = tuple[str, ...]
"""The signed fields of a message in their order."""

_ABOUT: Final = ("storeId", "orderId")
CALLBACK: Final = (*_ABOUT, "paymentState", "message")
STATE: Final = (("state", *_ABOUT, "paymentState", "message"),)
"""Of the answers to state and decline."""
CREATED: Final[tuple[Names, ...]] = (
    ("state", *_ABOUT, "token"),
    ("state", *_ABOUT, "token", "message"),
    ("state", *_ABOUT, "message", "token"),
)
"""The manual has the first, and the second of a refusal; a token with a message may come either way."""
MOVED: Final[tuple[Names, ...]] = (_ABOUT, ("state", *_ABOUT, "token", "paymentState", "message"))
"""Of the answers to confirm and cancel: the manual's way, and that of yii2-payparts."""


def sign(password: str, *values: str) -> str:
    """The signature of these values, as they stand in the JSON."""
    text = "".join((password, *values, password))
    return base64.b64encode(
        hashlib.sha1(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()
    ).decode()


def require_genuine(told: Mapping[str, Any], recipes: Iterable[Names], passwords: Sequence[str]) -> None:
    """Raise InvalidSignature unless one recipe with one password made the message's ``signature``."""
    given = told.get("signature")
    texts = {name: value for name, value in told.items() if isinstance(value, str)}
    expected = [
        sign(password, *(texts.get(name, "") for name in recipe))
        for recipe in recipes
        for password in passwords
    ]
    require_match(given if isinstance(given, str) else None, expected)
