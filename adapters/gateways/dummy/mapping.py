"""The test gateway's words and shapes, translated. Amounts are minor units of ISO 4217 as digit strings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from adapters.wire.amounts import from_digits, to_digits
from adapters.wire.payloads import text_of
from application.ports.gateway import Brief
from domain.money import Money
from domain.observation import RefundNews
from domain.payment import PaymentStatus
from domain.refund import RefundStatus

STATUSES: Final[Mapping[str, PaymentStatus]] = {
    "open": PaymentStatus.IN_PROGRESS,
    "pending": PaymentStatus.IN_PROGRESS,
    "authorized": PaymentStatus.AUTHORIZED,
    "paid": PaymentStatus.PAID,
    "declined": PaymentStatus.FAILED,
    "cancelled": PaymentStatus.CANCELLED,
    "expired": PaymentStatus.EXPIRED,
}
REFUNDS: Final[Mapping[str, RefundStatus]] = {
    "pending": RefundStatus.SENT,
    "done": RefundStatus.DONE,
    "refused": RefundStatus.REFUSED,
}


def session_body(brief: Brief, account: str, capture: str) -> dict[str, object]:
    """The body of a new session; ``key`` makes it one session however often it is sent."""
    payment = brief.payment
    return {
        "account": account,
        "reference": payment.reference,
        "amount": to_digits(payment.amount),
        "currency": payment.amount.currency.code,
        "description": brief.description or brief.order_reference,
        "callback_url": brief.callback_url,
        "return_url": brief.return_url,
        "key": payment.idempotency_key,
        "capture": capture,
    }


def amount_of(told: Mapping[str, Any]) -> Money:
    """What a session is over."""
    return from_digits(told.get("amount"), told.get("currency"))


def wish(key: str, amount: Money) -> dict[str, object]:
    """The body of a call that moves money; ``key`` makes it happen once."""
    return {"key": key, "amount": to_digits(amount)}


def refund_news(refund: Mapping[str, Any], currency: object) -> RefundNews | None:
    """What became of a refund; None for a word we do not know."""
    status = REFUNDS.get(text_of(refund, "status"))
    if status is None:
        return None
    amount = from_digits(refund.get("amount"), currency)
    return RefundNews(status, amount, text_of(refund, "id"), str(refund.get("key") or ""))
