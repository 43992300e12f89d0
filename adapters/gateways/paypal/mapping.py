"""PayPal's words and shapes, translated. Amounts are decimal text, in three currencies without decimals."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.gateways.paypal.settings import Settings
from adapters.wire.amounts import from_decimal, to_decimal
from adapters.wire.hosted import RefundTold, by_word
from adapters.wire.links import GIVEN_UP, adding
from adapters.wire.payloads import object_of, objects_of, text_of
from application.errors import GatewayProtocolError, GatewayRejected
from application.ports.gateway import Brief
from domain.money import Money
from domain.payment import Payment, PaymentStatus
from domain.refund import RefundStatus

_CURRENCIES: Final = """
    AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF ILS JPY MXN MYR NOK NZD PHP PLN SEK SGD THB TWD USD
"""
CURRENCIES: Final = frozenset(_CURRENCIES.split())
WITHOUT_DECIMALS: Final = frozenset({"HUF", "JPY", "TWD"})
_LANGUAGES: Final = "da de en es fr he id it ja ko nl no pl pt ru sv th zh"
LANGUAGES: Final = frozenset(_LANGUAGES.split())
ORDERS: Final = by_word(
    {
        PaymentStatus.IN_PROGRESS: "CREATED SAVED PAYER_ACTION_REQUIRED APPROVED",
        PaymentStatus.CANCELLED: "VOIDED",
    }
)
"""An order without a capture; COMPLETED alone says nothing about money."""
CAPTURES: Final = by_word(
    {
        PaymentStatus.PAID: "COMPLETED PARTIALLY_REFUNDED REFUNDED",
        PaymentStatus.IN_PROGRESS: "PENDING",
        PaymentStatus.FAILED: "DECLINED FAILED",
    }
)
REFUNDS: Final = by_word(
    {RefundStatus.DONE: "COMPLETED", RefundStatus.SENT: "PENDING", RefundStatus.REFUSED: "FAILED CANCELLED"}
)
_AGAIN: Final = """
    ORDER_NOT_APPROVED PAYER_ACTION_REQUIRED INSTRUMENT_DECLINED REDIRECT_PAYER_FOR_ALTERNATE_FUNDING
"""
_DECLINED: Final = """
    MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED TRANSACTION_REFUSED PAYER_CANNOT_PAY COMPLIANCE_VIOLATION
    PAYEE_BLOCKED_TRANSACTION TRANSACTION_BLOCKED_BY_PAYEE PAYER_ACCOUNT_RESTRICTED
    PAYER_ACCOUNT_LOCKED_OR_CLOSED DUPLICATE_INVOICE_ID
"""
ISSUES: Final = by_word({PaymentStatus.IN_PROGRESS: _AGAIN, PaymentStatus.FAILED: _DECLINED})
"""Why a capture took nothing: the shopper goes back to PayPal's page and chooses again, or it is over."""
_EVENTS: Final = """
    CHECKOUT.ORDER.APPROVED PAYMENT.CAPTURE.COMPLETED PAYMENT.CAPTURE.PENDING PAYMENT.CAPTURE.DENIED
    PAYMENT.CAPTURE.DECLINED PAYMENT.CAPTURE.REFUNDED PAYMENT.CAPTURE.REVERSED
    CHECKOUT.PAYMENT-APPROVAL.REVERSED
"""
EVENTS: Final = tuple(_EVENTS.split())
"""What a webhook may be about; others have no effect."""


def value_of(money: Money) -> str:
    """Text like ``25.50``. Raises GatewayRejected for what does not fit; nothing is ever rounded."""
    code = money.currency.code
    if code not in CURRENCIES:
        raise GatewayRejected(f"PayPal takes no {code}", code="currency")
    return to_decimal(money, 0 if code in WITHOUT_DECIMALS else 2)


def misfit(money: Money) -> str:
    """Why PayPal could not be asked for this amount; empty when it can."""
    try:
        value_of(money)
    except GatewayRejected as refused:
        return str(refused)
    return ""


def money_json(money: Money) -> dict[str, str]:
    """An amount as orders and refunds carry it."""
    return {"currency_code": money.currency.code, "value": value_of(money)}


def amount_of(told: Mapping[str, Any]) -> Money:
    """The ``amount`` of an order's unit, a capture or a refund."""
    amount = object_of(told, "amount")
    return from_decimal(amount.get("value"), amount.get("currency_code"))


def refund_of(told: Mapping[str, Any]) -> RefundTold:
    """What an answer says of a refund; it may leave the amount out."""
    word, amount = text_of(told, "status"), amount_of(told) if "amount" in told else None
    return word, REFUNDS.get(word), text_of(told, "id"), amount


def fitting(key: str) -> str:
    """Our key where PayPal keeps at most 108 plain characters; a longer one is represented by its digest."""
    if len(key) <= 108 and key.isascii() and key.isprintable():
        return key
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def cancel_url(brief: Brief) -> str:
    """The way back of somebody who gave up."""
    return adding(brief.return_url, GIVEN_UP)


def order_body(brief: Brief, settings: Settings, language: str) -> dict[str, object]:
    """A new order over one purchase unit. Source: Orders v2, create (sheet, section 3)."""
    payment = brief.payment
    context = {
        "return_url": brief.return_url,
        "cancel_url": cancel_url(brief),
        "user_action": "PAY_NOW",
        "shipping_preference": "NO_SHIPPING",
        "landing_page": settings.landing_page,
        "locale": language,
        **({"brand_name": settings.brand[:127]} if settings.brand else {}),
    }
    unit = {
        "amount": money_json(payment.amount),
        "description": (brief.description or brief.order_reference)[:127],
        "custom_id": payment.reference,
        "invoice_id": f"INV-{payment.reference}",
    }
    source = {"paypal": {"experience_context": context}}
    return {"intent": "CAPTURE", "purchase_units": [unit], "payment_source": source}


def unit_of(order: Mapping[str, Any]) -> dict[str, Any]:
    """The one purchase unit of an order."""
    units = objects_of(order, "purchase_units")
    if len(units) != 1:
        raise GatewayProtocolError("an order with another number of units than one")
    return units[0]


def listed(told: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """A list of objects that may be left out. Raises GatewayProtocolError for something else in its place."""
    return objects_of(told, name) if told.get(name) else []


def made(unit: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    """The ``captures`` or ``refunds`` of a purchase unit."""
    return listed(object_of(unit, "payments"), kind) if unit.get("payments") else []


def link_of(told: Mapping[str, Any], *rels: str) -> str:
    """Where the first link of these kinds leads; empty when there is none."""
    found = [link.get("href") for link in listed(told, "links") if link.get("rel") in rels]
    return str(found[0]) if found else ""


def capture_of(captures: Sequence[dict[str, Any]], known: str | None) -> dict[str, Any]:
    """The capture to tell about: money we have not recorded yet, else the recorded one, else the last try."""
    money = [one for one in captures if CAPTURES.get(str(one.get("status"))) is PaymentStatus.PAID]
    fresh = [one for one in money if one.get("id") != known]
    return [{}, *captures[-1:], *money[:1], *fresh[:1]][-1]


def returned_outside(
    payment: Payment, capture: Mapping[str, Any], refunds: Sequence[Mapping[str, Any]]
) -> Money | None:
    """How much went back that we do not know of; None when nothing did, or a refund of ours is on its way."""
    if payment.reserved.is_positive or capture.get("id") != payment.capture_reference:
        return None
    back = [amount_of(one) for one in refunds if one.get("status") == "COMPLETED"]
    if capture.get("status") == "REFUNDED":
        back = [amount_of(capture)]
    known = payment.refunded + payment.refunded_outside + payment.charged_back
    if any(amount.currency != known.currency for amount in back):
        return None
    more = sum(back, Money.zero(known.currency)) - known
    return more if more.is_positive else None


def whose(resource: Mapping[str, Any]) -> tuple[str, str]:
    """Our reference in a webhook's resource, else PayPal's own id of the order or of the capture."""
    units = listed(resource, "purchase_units")
    ours = [one.get("custom_id") for one in (resource, *units)]
    related = resource.get("supplementary_data") or {}
    related = related.get("related_ids") if isinstance(related, dict) else {}
    order_id = related.get("order_id") if isinstance(related, dict) else None
    above = link_of(resource, "up").rpartition("/")[2]
    theirs = [order_id, resource.get("order_id"), above, resource.get("id")]
    told = [[str(one) for one in names if isinstance(one, str) and one] for names in (ours, theirs)]
    return (told[0][0], "") if told[0] else ("", told[1][0] if told[1] else "")
