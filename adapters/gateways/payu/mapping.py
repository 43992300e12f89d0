"""PayU's words, amounts and shapes, translated. Pure. Amounts are hundredths for every currency, also HUF.

Source: PayU REST API 2.1: order statuses, refund statuses, notifications. Raises GatewayProtocolError.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from adapters.gateways.payu.settings import Settings
from adapters.wire.amounts import from_digits, to_digits
from adapters.wire.hosted import by_word
from adapters.wire.items import items
from adapters.wire.payloads import text_of
from application.errors import GatewayRejected
from application.ports.gateway import Brief
from domain.currencies import EXPONENTS
from domain.money import Money
from domain.observation import RefundNews
from domain.payment import Payment, PaymentStatus
from domain.refund import Refund, RefundStatus

PLACES: Final = 2
_LISTED: Final = "BGN CHF CZK DKK EUR GBP HRK HUF NOK PLN RON RUB SEK UAH USD"
CURRENCIES: Final = frozenset(code for code in _LISTED.split() if code in EXPONENTS)
LANGUAGES: Final = frozenset("bg cs de el en es fr hr hu it lt lv pl pt ro sk sl uk".split())  # noqa: SIM905
SHORTEST_VALIDITY: Final = timedelta(minutes=1)

STATUSES: Final = by_word(
    {
        PaymentStatus.IN_PROGRESS: "NEW PENDING",
        PaymentStatus.AUTHORIZED: "WAITING_FOR_CONFIRMATION",
        PaymentStatus.PAID: "COMPLETED",
        PaymentStatus.CANCELLED: "CANCELED",
        PaymentStatus.FAILED: "REJECTED",
    }
)
"""An order that is NEW over there is in progress here: its page is open, its shopper has not chosen yet."""

REFUNDS: Final = by_word(
    {RefundStatus.SENT: "PENDING", RefundStatus.DONE: "FINALIZED", RefundStatus.REFUSED: "CANCELED"}
)


def customer_ip(brief: Brief) -> str:
    """The shopper's address. Raises GatewayRejected: PayU starts nothing without one."""
    if brief.customer_ip in ("", "0.0.0.0", "::"):  # noqa: S104 -- compared, not bound
        raise GatewayRejected("PayU wants the shopper's address", code="customer_ip")
    return brief.customer_ip


def order_body(brief: Brief, settings: Settings, now: datetime) -> dict[str, object]:
    """The body of a new order; ``extOrderId`` is the attempt's own reference, never used twice."""
    amount, language = brief.payment.amount, brief.locale[:2].lower()
    body: dict[str, object] = {
        "extOrderId": brief.payment.reference,
        "customerIp": customer_ip(brief),
        "merchantPosId": settings.pos_id,
        "description": brief.description or brief.order_reference,
        "currencyCode": amount.currency.code,
        "totalAmount": to_digits(amount, PLACES),
        "products": [
            {"name": item.name, "unitPrice": to_digits(item.unit, PLACES), "quantity": str(item.quantity)}
            for item in items(brief.lines)
        ],
        "notifyUrl": brief.callback_url,
        "continueUrl": brief.return_url,
        "buyer": {
            "email": brief.buyer.email,
            "language": language if language in LANGUAGES else settings.lang,
        },
    }
    if brief.deadline is not None:
        left = max(brief.deadline - now, SHORTEST_VALIDITY)
        body["validityTime"] = str(left // timedelta(seconds=1))
    return body


def refund_body(payment: Payment, refund: Refund) -> dict[str, object]:
    """The body of a refund; ``extRefundId`` makes it happen once."""
    return {
        "refund": {
            "description": refund.reason or f"Refund of {payment.reference}",
            "amount": to_digits(refund.amount, PLACES),
            "extRefundId": refund.key,
            "currencyCode": refund.amount.currency.code,
        }
    }


def amount_of(order: Mapping[str, Any]) -> Money:
    """What an order is over."""
    return from_digits(order.get("totalAmount"), order.get("currencyCode"), PLACES)


def refund_news(refund: Mapping[str, Any]) -> RefundNews | None:
    """What became of a refund; None for a word we do not know. One made in the panel has no key of ours."""
    status = REFUNDS.get(text_of(refund, "status"))
    if status is None:
        return None
    amount = from_digits(refund.get("amount"), refund.get("currencyCode"), PLACES)
    return RefundNews(status, amount, text_of(refund, "refundId"), str(refund.get("extRefundId") or ""))
