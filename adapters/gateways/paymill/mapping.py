"""PAYMILL's words, codes and amounts, translated. Pure. Source: API reference 2.1, response codes.

Amounts are whole numbers of the currency's own smallest unit; PAYMILL writes them as text or as numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from adapters.wire import hosted
from adapters.wire.amounts import from_digits, to_digits
from adapters.wire.hosted import RefundTold, by_word
from adapters.wire.payloads import json_object, objects_of, text_of
from application.errors import GatewayProtocolError, OutcomeUnknown
from application.ports.gateway import Brief
from domain.money import Money
from domain.payment import Payment, PaymentStatus
from domain.refund import Refund, RefundStatus
from domain.transaction import FactKind

CURRENCIES: Final = frozenset({"EUR", "CZK", "DKK", "HUF", "CHF", "NOK", "PLN", "SEK", "TRY", "GBP", "USD"})
DONE: Final = 20000
STATUSES: Final = by_word(
    {
        PaymentStatus.IN_PROGRESS: "open pending",
        PaymentStatus.AUTHORIZED: "preauth preauthorize",
        PaymentStatus.FAILED: "failed",
        PaymentStatus.PAID: "partial_refunded partially_refunded refunded chargeback",
    }
)
_RANK: Final = by_word({1: "preauth preauthorize", 2: "open pending", 3: "failed"})
REFUNDS: Final = by_word(
    {RefundStatus.DONE: "refunded", RefundStatus.SENT: "open pending", RefundStatus.REFUSED: "failed"}
)
DECLINES: Final = by_word({"wrong_data": "40101 40104 40105", "expired": "40102", "limit": "40103"})
"""What a shopper may be told of a refusal; every other code reads as a plain one."""


def priced(payment: Payment) -> dict[str, str]:
    """The fields of a charge; the description is the only way to find it again."""
    amount = payment.amount
    return {"amount": to_digits(amount), "currency": amount.currency.code, "description": payment.reference}


def checksum(brief: Brief, means: str) -> dict[str, str]:
    """The fields that start a redirect payment; Sofort wants to know who pays."""
    fields = {"checksum_type": means, **priced(brief.payment)}
    text = fields.pop("description")
    fields |= {"return_url": brief.return_url, "cancel_url": f"{brief.return_url}?cancelled=1"}
    fields |= {"description": text, "checksum_action": "transaction"}
    address = brief.billing_address
    if means == "sofort" and address:
        told = {
            "name": address.name,
            "street_address": address.street,
            "postal_code": address.postcode or "n/a",
            "city": address.city,
            "country": address.country,
        }
        fields |= {f"billing_address[{name}]": value for name, value in told.items()}
        fields |= {"customer_email": brief.buyer.email, "client_email": brief.buyer.email}
    return fields


def refund_body(refund: Refund) -> dict[str, str]:
    """The fields of a refund, found again by our key."""
    return {"amount": to_digits(refund.amount), "description": refund.key, "reason": "requested_by_customer"}


def furthest(told: Mapping[str, Any], reference: str) -> dict[str, Any] | None:
    """Of the listed transactions of one attempt the one with money, else what is held, else the newest."""
    ours = [one for one in objects_of(told, "items") if one.get("description") == reference]
    return min(ours, key=lambda one: _RANK.get(str(one.get("status")), 0), default=None)


def preauthorization(told: Mapping[str, Any]) -> str:
    """The id of the reservation behind a transaction, told alone or inside an object."""
    held = told.get("preauthorization")
    return text_of(held if isinstance(held, dict) else {"id": held}, "id")


def receipt(told: Mapping[str, Any], refusal: int) -> dict[str, str]:
    """What the order page may show: the card's last digits, or why it was refused."""
    payment = told.get("payment")
    digits = payment.get("last4") if isinstance(payment, dict) else ""
    return hosted.receipt(digits, decline=DECLINES.get(str(refusal)))


def refusal(body: bytes) -> str:
    """What an error says: a text, or messages by name, or the name of an exception."""
    try:
        told = json_object(body)
    except GatewayProtocolError:
        return ""
    error = told.get("error")
    if isinstance(error, dict):
        messages = error.get("messages")
        names = list(messages) if isinstance(messages, dict) else []
        error = next(iter(names), error.get("field"))
    return str(error or told.get("exception") or "")[:60]


def code_of(told: Mapping[str, Any]) -> int:
    """The response code; 0 when there is none."""
    code = told.get("response_code")
    return code if type(code) is int else 0


def status_of(told: Mapping[str, Any]) -> PaymentStatus | None:
    """The pair of status and code as one of ours: money only for ``closed`` with a success.

    Raises OutcomeUnknown for 505xx, a time-out on the bank's side.
    """
    word, code = text_of(told, "status"), code_of(told)
    if 50500 <= code < 50600:
        raise OutcomeUnknown("PAYMILL does not know either", code=str(code))
    if word != "closed":
        return STATUSES.get(word)
    if code == DONE or 20100 <= code < 20400:
        return PaymentStatus.PAID
    return PaymentStatus.FAILED if 40000 <= code < 60000 else PaymentStatus.IN_PROGRESS


def amount_of(told: Mapping[str, Any]) -> Money:
    """What the transaction was over, before anything went back."""
    return from_digits(told.get("origin_amount", told.get("amount")), told.get("currency"))


def refund_of(told: Mapping[str, Any], payment: Payment) -> RefundTold:
    """What an answer says of a refund; it names no currency of its own."""
    word, amount = text_of(told, "status"), from_digits(told.get("amount"), payment.amount.currency.code)
    return word, REFUNDS.get(word), text_of(told, "id"), amount


def refunds_of(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    return objects_of(told, "refunds") if told.get("refunds") else []


def way_out(told: Mapping[str, Any]) -> FactKind:
    """How money of this transaction leaves, if any does."""
    return FactKind.CHARGED_BACK if told.get("status") == "chargeback" else FactKind.REFUNDED


def gone(told: Mapping[str, Any]) -> Money:
    """Everything that left: all of a returned transaction, else the sum of its finished refunds."""
    whole = amount_of(told)
    if told.get("status") in ("refunded", "chargeback") or 20200 <= code_of(told) < 20300:
        return whole
    done = (one for one in refunds_of(told) if one.get("status") == "refunded")
    return Money.sum((from_digits(one.get("amount"), whole.currency.code) for one in done), whole.currency)
