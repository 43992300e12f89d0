"""Money to what a wire carries and back, exactly; the number of decimals is the gateway's, not ours.

Writing raises GatewayRejected (nothing is sent), reading raises GatewayProtocolError.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from application.errors import GatewayProtocolError, GatewayRejected
from domain.errors import InvalidMoney, UnknownCurrency
from domain.money import Currency, Money

_DIGITS: Final = re.compile(r"[0-9]{1,18}\Z", re.ASCII)
_DECIMAL: Final = re.compile(r"([0-9]{1,18})(?:\.([0-9]{1,6}))?\Z", re.ASCII)


def to_scaled(money: Money, places: int | None = None) -> int:
    """A whole number of units with ``places`` decimals (None: the currency's own), like 4990 for 49.90."""
    try:
        return money.scaled(money.currency.exponent if places is None else places)
    except InvalidMoney as error:
        raise GatewayRejected(f"{money} has too many decimals for this gateway", code="amount") from error


def to_digits(money: Money, places: int | None = None) -> str:
    """``to_scaled`` as text."""
    return str(to_scaled(money, places))


def to_decimal(money: Money, places: int | None = None) -> str:
    """Text with a point and always ``places`` decimals (None: the currency's own), like ``49.90``."""
    places = money.currency.exponent if places is None else places
    digits = str(to_scaled(money, places)).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits


def from_digits(value: object, code: object, places: int | None = None) -> Money:
    """Money of a whole number of units, given as a string of ASCII digits or as an int; never below zero."""
    if type(value) is int:
        value = str(value)
    if not isinstance(value, str) or not _DIGITS.match(value):
        raise GatewayProtocolError("the amount is no whole number")
    currency = currency_of(code)
    return _exact(int(value), currency.exponent if places is None else places, currency)


def from_decimal(value: object, code: object) -> Money:
    """Money of a text like ``49.9`` or ``49.900``: ASCII digits and a point; surplus decimals are zeros."""
    found = _DECIMAL.match(value) if isinstance(value, str) else None
    if found is None:
        raise GatewayProtocolError("the amount is no decimal")
    decimals = found[2] or ""
    return _exact(int(found[1] + decimals), len(decimals), currency_of(code))


def from_number(value: object, code: object) -> Money:
    """Money of a JSON number of major units, or of such a number as text; never below zero, never rounded."""
    if isinstance(value, str):
        return from_decimal(value, code)
    number = Decimal(value) if type(value) is int else value
    if not isinstance(number, Decimal) or number.is_signed():
        raise GatewayProtocolError("the amount is no number from zero on")
    try:
        return Money.from_decimal(number, currency_of(code))
    except InvalidMoney as error:
        raise GatewayProtocolError("the amount fits no unit of its currency") from error


def currency_of(code: object) -> Currency:
    """The currency of an upper-case ISO code."""
    try:
        return Currency.of(code if isinstance(code, str) else "")
    except UnknownCurrency as error:
        raise GatewayProtocolError("the currency is missing or unknown") from error


def _exact(value: int, places: int, currency: Currency) -> Money:
    try:
        return Money.from_scaled(value, places, currency)
    except InvalidMoney as error:
        raise GatewayProtocolError("the amount fits no unit of its currency") from error
