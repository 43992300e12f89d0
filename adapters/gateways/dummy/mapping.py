"""The test gateway's words and shapes, translated. Amounts are minor units of ISO 4217 as digit strings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from adapters.wire.amounts import from_digits, to_digits
from adapters.wire.hosted import RefundTold, by_word
from adapters.wire.payloads import text_of
from application.ports.gateway import Brief
from domain.money import Money
from domain.observation import RefundNews
from domain.payment import PaymentStatus
from domain.refund import Refund, RefundStatus

STATUSES: Final = by_word(
    {
        PaymentStatus.IN_PROGRESS: "open pending",
        PaymentStatus.AUTHORIZED: "authorized",
        PaymentStatus.PAID: "paid",
        PaymentStatus.FAILED: "declined",
        PaymentStatus.CANCELLED: "cancelled",
        PaymentStatus.EXPIRED: "expired",
    }
)
REFUNDS: Final = by_word(
    {RefundStatus.SENT: "pending", RefundStatus.DONE: "done", RefundStatus.REFUSED: "refused"}
)


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


def refund_of(told: Mapping[str, Any], refund: Refund) -> RefundTold:
    """What an answer says of our refund; of another one nothing that we could use."""
    word, amount = text_of(told, "status"), from_digits(told.get("amount"), refund.amount.currency.code)
    status = REFUNDS.get(word) if told.get("key") == refund.key else None
    return word, status, text_of(told, "id"), amount
