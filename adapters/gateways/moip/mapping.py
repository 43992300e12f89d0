"""Moip's words and shapes, translated. Pure. Amounts are whole centavos.

Source: Moip v2 reference, orders, refunds and notifications. Raises GatewayProtocolError.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from adapters.wire.amounts import from_digits, to_scaled
from adapters.wire.hosted import by_word, receipt
from adapters.wire.items import items
from adapters.wire.links import GIVEN_UP, adding
from adapters.wire.payloads import json_object, object_of, objects_of, text_of
from application.errors import GatewayProtocolError
from application.ports.gateway import Brief
from domain.money import Money
from domain.observation import RefundNews
from domain.payment import PaymentStatus
from domain.quote import LineKind
from domain.refund import RefundStatus
from domain.transaction import FactKind

STATUSES: Final = by_word(
    {
        PaymentStatus.IN_PROGRESS: "CREATED WAITING",
        PaymentStatus.PAID: "PAID REVERTED",
        PaymentStatus.FAILED: "NOT_PAID",
    }
)
"""Of an order: it may hold several payments, and only it decides. REVERTED was paid and went back since."""
REFUNDS: Final = by_word(
    {RefundStatus.SENT: "REQUESTED", RefundStatus.DONE: "COMPLETED", RefundStatus.REFUSED: "FAILED"}
)
_PAGES: Final = ("payCheckout", "payCreditCard", "payBoleto")


def order(brief: Brief) -> dict[str, object]:
    """The body of a new order: goods as items, delivery as shipping; the total is their sum."""
    payment, buyer = brief.payment, brief.buyer
    listed = items(brief.lines, longest_name=250, with_free=False)
    goods = [one for one in listed if one.kind is LineKind.GOODS] or listed
    shipping = payment.amount - Money.sum((one.unit * one.quantity for one in goods), payment.amount.currency)
    return {
        "ownId": payment.reference,
        "amount": {"currency": payment.amount.currency.code, "subtotals": {"shipping": to_scaled(shipping)}},
        "items": [
            {
                "product": one.name,
                "quantity": one.quantity,
                "detail": one.sku[:250],
                "price": to_scaled(one.unit),
            }
            for one in goods
        ],
        "customer": {
            "ownId": payment.reference,
            "fullname": (buyer.name or buyer.email)[:90],
            "email": buyer.email,
        },
        "checkoutPreferences": {
            "redirectUrls": {"urlSuccess": brief.return_url, "urlFailure": adding(brief.return_url, GIVEN_UP)}
        },
    }


def page_of(told: Mapping[str, Any]) -> str:
    """Where the shopper pays, by any means if the answer offers that."""
    offered = object_of(object_of(told, "_links"), "checkout")
    for name in _PAGES:
        if name in offered:
            return text_of(object_of(offered, name), "redirectHref")
    raise GatewayProtocolError("the order has no page to pay on")


def amount_of(told: Mapping[str, Any], name: str = "total") -> Money:
    """A sum of an order, a payment or a refund; what an older answer leaves out is nothing."""
    sums = object_of(told, "amount")
    return from_digits(sums.get(name, None if name == "total" else 0), sums.get("currency"))


def order_id(told: Mapping[str, Any]) -> str:
    """The order that a payment or a refund belongs to."""
    return text_of(object_of(object_of(told, "_links"), "order"), "title")


def refunds_of(told: Mapping[str, Any]) -> list[RefundNews]:
    """The refunds of an order, oldest first; one whose word is new has an unknown outcome."""
    listed = sorted(objects_of(told, "refunds"), key=lambda one: str(one.get("createdAt")))
    unknown = RefundStatus.UNKNOWN
    return [
        RefundNews(REFUNDS.get(text_of(one, "status"), unknown), amount_of(one), text_of(one, "id"))
        for one in listed
    ]


def status_of(told: Mapping[str, Any]) -> PaymentStatus | None:
    """The order's word as one of ours; what the merchant ended is no failure of the shopper's."""
    status = STATUSES.get(text_of(told, "status"))
    ended = status is PaymentStatus.FAILED and _refusal(told).get("cancelledBy") == "MERCHANT"
    return PaymentStatus.CANCELLED if ended else status


def failure_of(told: Mapping[str, Any]) -> str:
    """Why the last payment was refused: a number of Moip's."""
    return str(_refusal(told).get("code") or "") if told.get("status") == "NOT_PAID" else ""


def gone(told: Mapping[str, Any]) -> dict[FactKind, Money]:
    """All that left so far: a reversed payment was charged back, anything else was refunded."""
    whole = amount_of(told)
    refunded = amount_of(told, "refunds")
    if told.get("refunds"):
        done = [one.amount for one in refunds_of(told) if one.status is RefundStatus.DONE]
        refunded = Money.sum(done, whole.currency)
    if told.get("status") != "REVERTED":
        return {FactKind.REFUNDED: refunded}
    if any(one.get("status") == "REVERSED" for one in _payments(told)):
        return {FactKind.CHARGED_BACK: whole - refunded, FactKind.REFUNDED: refunded}
    return {FactKind.REFUNDED: whole}


def receipt_of(told: Mapping[str, Any]) -> dict[str, str]:
    """What the order page may show of the last payment, if that was a card's."""
    last = _payment(told)
    card = _part(_part(last, "fundingInstrument"), "creditCard").get("last4")
    parts = last.get("installmentCount")
    kind = "instalments" if type(parts) is int and parts > 1 else "credit"
    return receipt(card, payment_type=kind, instalments=parts) if card else {}


def first_error(body: bytes) -> str:
    """The code or the text of the first error, in whichever shape; empty when there is none."""
    try:
        told = json_object(body)
        listed = objects_of(told, "errors") if told.get("errors") else [{"description": told.get("error")}]
    except GatewayProtocolError:
        return ""
    return str(listed[0].get("code") or listed[0].get("description") or "")[:60]


def _payments(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    return objects_of(told, "payments") if told.get("payments") else []


def _payment(told: Mapping[str, Any]) -> dict[str, Any]:
    return max(_payments(told), key=lambda one: str(one.get("createdAt")), default={})


def _refusal(told: Mapping[str, Any]) -> dict[str, Any]:
    return _part(_payment(told), "cancellationDetails")


def _part(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = values.get(name)
    return found if isinstance(found, dict) else {}
