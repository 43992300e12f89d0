"""Amounts as the sandbox keeps them: whole numbers of the wire's smallest unit, and its decimals."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_PLACES = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_EXCEPTIONS = {code: places for places, codes in _PLACES.items() for code in codes.split()}
_DIGITS = re.compile(r"[0-9]{1,18}\Z", re.ASCII)


def places_of(currency: str) -> int:
    """How many decimals ISO 4217 gives `currency`; two when it is not one of the exceptions."""
    return _EXCEPTIONS.get(currency, 2)


def whole(value: object) -> int | None:
    """The number in a string of 1 to 18 ASCII digits; None for all else (signs, points, JSON numbers)."""
    return int(value) if isinstance(value, str) and _DIGITS.match(value) else None


def whole_or_number(value: object) -> int | None:
    """As `whole`, and JSON's own whole numbers, too: for a gateway that reads both alike."""
    return whole(str(value) if type(value) is int else value)


def shown(amount: int, places: int) -> str:
    """`amount` for a person: 4990 with two places is "49.90"."""
    digits = str(abs(amount)).rjust(places + 1, "0")
    sign = "-" if amount < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"


def is_web_address(text: object) -> bool:
    """Whether a browser or a callback may be sent to `text`: an absolute http or https address."""
    if not isinstance(text, str):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False
