"""PayParts' words and shapes, translated. Pure. Every amount is in hryvnias with two decimals.

Source: manual of API v2. The amount is in no callback, so the order id says it: it is signed both ways.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from adapters.gateways.payparts.settings import Settings
from adapters.wire import hosted
from adapters.wire.amounts import from_decimal, from_digits, to_decimal, to_digits
from adapters.wire.hosted import by_word
from adapters.wire.items import items
from application.errors import GatewayRejected
from application.phrases import Phrase
from application.ports.gateway import Brief, MethodOption
from domain.money import Money
from domain.payment import Payment, PaymentStatus

CURRENCY: Final = "UAH"
SMALLEST_PRICE: Final = Money.of(100, CURRENCY)
"""Below it clients disagree about what is signed."""
STATUSES: Final = by_word(
    {
        PaymentStatus.IN_PROGRESS: "CREATED CLIENT_WAIT OTP_WAITING PP_CREATION",
        PaymentStatus.AUTHORIZED: "LOCKED",
        PaymentStatus.PAID: "SUCCESS",
        PaymentStatus.CANCELLED: "CANCELED",
        PaymentStatus.FAILED: "FAIL REJECTED",
    }
)
TYPES: Final[Mapping[str, Phrase]] = {
    "II": Phrase("Instalments, the bank's fee is added"),
    "PP": Phrase("Pay in parts, the shop bears the fee"),
    "PB": Phrase("Pay in parts over the period"),
    "IA": Phrase("Promotional instalments, half of the bank's fee is added"),
}
PLAN: Final = Phrase("%(count)s payments: %(first)s, then %(more)s × %(each)s monthly = %(total)s")
PLANS: Final[Mapping[str, Phrase]] = {
    "PP": Phrase(
        "%(count)s payments: %(first)s, then %(more)s × %(each)s monthly = %(total)s, no extra cost"
    ),
    "II": Phrase(
        "%(count)s payments: %(first)s, then %(more)s × %(each)s monthly = %(total)s, and the bank's fee"
    ),
    "IA": Phrase(
        "%(count)s payments: %(first)s, then %(more)s × %(each)s monthly = %(total)s, "
        "and half of the bank's fee"
    ),
}
"""A plan where this is the one way offered, so that it can say who bears the fee."""
_ORDER: Final = re.compile(r"([0-9A-Z]{26})-([0-9]{1,12})", re.ASCII)


def order_id(payment: Payment) -> str:
    """What we call the attempt at the bank, at most 50 characters: our reference and the kopecks."""
    return f"{payment.reference}-{to_digits(payment.amount, 2)}"


def order_of(order: str) -> tuple[str, Money | None]:
    """Our reference and the amount in an order id; of one that is not of our making the id and nothing."""
    found = _ORDER.fullmatch(order)
    return (found[1], from_digits(found[2], CURRENCY)) if found else (order, None)


def kopecks(amount: Money) -> str:
    """An amount as it is signed: 301.00 is 30100, 0.01 is 001."""
    return to_decimal(amount, 2).replace(".", "")


def options(amount: Money, settings: Settings) -> tuple[MethodOption, ...]:
    """The plans, and who bears the fee where more than one way is offered.

    How the bank divides what does not divide, and its fee, is not in its manual: its own page says both.
    Here the first payment takes the remainder.
    """
    kinds = settings.merchant_types
    words = PLANS.get(kinds[0], PLAN) if len(kinds) == 1 else PLAN
    plans = tuple((str(count), _plan(words, amount, count)) for count in settings.parts)
    asked = (MethodOption("parts_count", Phrase("Number of payments"), plans),)
    if len(kinds) == 1:
        return asked
    types = tuple((kind, TYPES[kind]) for kind in kinds)
    return (*asked, MethodOption("merchant_type", Phrase("Kind of instalments"), types))


def _plan(words: Phrase, amount: Money, count: int) -> Phrase:
    each, more = amount.share(count)[-1], count - 1
    return words.about(count=count, first=amount - each * more, more=more, each=each, total=amount)


def chosen(given: Mapping[str, str], settings: Settings) -> tuple[str, str]:
    """The parts and the merchant type asked for, else the first offered. Raises GatewayRejected naming it."""

    def one_of(name: str, offered: Sequence[str]) -> str:
        wanted = given.get(name) or offered[0]
        if wanted not in offered:
            raise GatewayRejected(f"{name} is not one of {', '.join(offered)}", code=name)
        return wanted

    parts = one_of("parts_count", [str(count) for count in settings.parts])
    return parts, one_of("merchant_type", settings.merchant_types)


def recipient(settings: Settings) -> dict[str, str]:
    """Who gets the money, or gives it back, where that is not the store's usual recipient. Not signed."""
    return {"recipientId": settings.recipient_id} if settings.recipient_id else {}


def payment_body(
    brief: Brief, settings: Settings, parts: str, kind: str
) -> tuple[dict[str, object], tuple[str, ...]]:
    """The body of a new payment without its ids, and its signed values after them."""
    amount = brief.payment.amount
    products = [
        (item.name, item.quantity, item.unit)
        for item in items(brief.lines, longest_name=128, with_free=False)
    ]
    if any(unit < SMALLEST_PRICE for _, _, unit in products):
        products = [((brief.description or brief.order_reference)[:128], 1, amount)]
    body: dict[str, object] = {
        "amount": amount.decimal,
        "partsCount": int(parts),
        "merchantType": kind,
        "products": [{"name": name, "count": count, "price": unit.decimal} for name, count, unit in products],
        "responseUrl": brief.callback_url,
        "redirectUrl": brief.return_url,
    }
    body |= recipient(settings)
    if settings.scheme is not None:
        body["scheme"] = settings.scheme
    listed = "".join(f"{name}{count}{kopecks(unit)}" for name, count, unit in products)
    return body, (kopecks(amount), parts, kind, brief.callback_url, brief.return_url, listed)


def amount_of(told: Mapping[str, Any]) -> Money | None:
    """The amount an answer names beside its signed fields. Raises GatewayProtocolError."""
    amount = told.get("amount")
    exact = f"{amount:f}" if type(amount) in (int, Decimal) else amount
    return None if amount is None else from_decimal(exact, CURRENCY)


def receipt(told: Mapping[str, Any]) -> dict[str, str]:
    """What the bank shows of the card, by our own names."""
    return hosted.receipt(told.get("cardMask"), authorization_code=told.get("authCode"))
