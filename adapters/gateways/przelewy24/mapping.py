"""Przelewy24's numbers, amounts and shapes, translated. Pure. Amounts are hundredths for every currency.

Source: P24 REST API v1, transaction and refund services. Raises GatewayProtocolError.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from adapters.gateways.przelewy24.settings import Settings
from adapters.wire.amounts import from_digits, to_scaled
from adapters.wire.hosted import RefundTold, by_word
from adapters.wire.payloads import objects_of, text_of
from adapters.wire.signing import digest
from application.errors import GatewayProtocolError
from application.ports.gateway import Brief
from domain.currencies import EXPONENTS
from domain.money import Money
from domain.payment import Payment, PaymentStatus
from domain.refund import Refund, RefundStatus

PLACES: Final = 2
_TAKEN: Final = "BGN CHF CZK DKK EUR GBP HUF NOK PLN RON SEK USD"
CURRENCIES: Final = frozenset(code for code in _TAKEN.split() if code in EXPONENTS)
LANGUAGES: Final = frozenset("bg cs de en es fr hr hu it nl pl pt ro se sk".split())  # noqa: SIM905
AGREED: Final = "1"
RETURNED: Final = "3"
STATUSES: Final = by_word({PaymentStatus.IN_PROGRESS: f"0 {AGREED}", PaymentStatus.PAID: f"2 {RETURNED}"})
"""1 waits for our verify. 3 was paid and went back since: what went back is told beside it."""
REFUNDS: Final = by_word({RefundStatus.DONE: "1", RefundStatus.SENT: "2 3", RefundStatus.REFUSED: "4"})
"""Of the list of refunds; the notification of a refund counts otherwise (0 done, 1 rejected)."""
OURS: Final = "callbank-"
"""How our refunds are told from those of P24's panel."""


def registration(brief: Brief, settings: Settings, language: str, now: datetime) -> dict[str, object]:
    """The fields of a new transaction but its sign; what is empty or zero is left out."""
    address = brief.billing_address
    left = (brief.deadline - now) // timedelta(minutes=1) if brief.deadline else 0
    fields: dict[str, object] = {
        **priced(brief.payment, brief.payment.amount),
        **settings.shop,
        "currency": brief.payment.amount.currency.code,
        "description": (brief.description or brief.order_reference)[:1024],
        "email": brief.buyer.email,
        "client": brief.buyer.name[:40],
        "country": address.country if address else settings.country,
        "language": language,
        "urlReturn": brief.return_url,
        "urlStatus": brief.callback_url,
        "timeLimit": min(max(left, 1), 99) if brief.deadline else 0,
        "method": settings.method,
        "channel": settings.channel,
        "encoding": "UTF-8",
    }
    return {name: value for name, value in fields.items() if value}


def priced(payment: Payment, amount: Money) -> dict[str, object]:
    """The attempt, under our own reference, and an amount of it."""
    return {"sessionId": payment.reference, "amount": to_scaled(amount, PLACES)}


def refund_body(payment: Payment, refund: Refund, order_id: str, status_url: str) -> dict[str, object]:
    """The body of a refund; the id made of our key lets it happen once."""
    named = request_id(refund)
    one = {"orderId": int(order_id), **priced(payment, refund.amount), "description": refund.reason[:35]}
    body = {"requestId": named, "refundsUuid": named.removeprefix(OURS), "urlStatus": status_url}
    return {**{name: value for name, value in body.items() if value}, "refunds": [one]}


def request_id(refund: Refund) -> str:
    """Our name for a refund over there (41 of 45 characters); its end is the refundsUuid (32 of 35)."""
    return OURS + digest("sha256", refund.key.encode())[:32]


def taken(told: Mapping[str, Any], order_id: str, currency: str) -> RefundTold:
    """What P24 says of a refund it took."""
    for one in objects_of(told, "data"):
        if str(one.get("orderId")) == order_id and one.get("status") is True:
            amount = from_digits(one.get("amount"), currency, PLACES)
            return text_of(one, "message"), RefundStatus.SENT, "", amount
    raise GatewayProtocolError("an answer that does not say whether the refund is taken")


def refunds_of(told: Mapping[str, Any], currency: str) -> list[tuple[str, str, Money]]:
    """Of each listed refund its requestId, its word and its amount."""
    return [
        (str(one.get("requestId")), str(one.get("status")), from_digits(one.get("amount"), currency, PLACES))
        for one in objects_of(told, "refunds")
    ]


def refusal(body: bytes) -> str:
    """P24's first word of an error, wherever its two shapes keep it."""
    shown = body.decode("utf-8", "replace")
    return "".join(re.findall(r'"(?:error|message)"\s*:\s*"([^"\\]{1,100})"', shown)[:1])


def token_of(told: Mapping[str, Any]) -> str:
    """The token of a payment page: part of an address, so nothing else may hide in it."""
    token = text_of(told, "token")
    if not re.fullmatch(r"[A-Za-z0-9-]{1,100}", token):
        raise GatewayProtocolError("a token that is no token")
    return token


def order_id_of(told: Mapping[str, Any]) -> str:
    """P24's own number of a transaction: 64 bits, above zero."""
    value = told.get("orderId")
    if type(value) is not int or not 0 < value < 2**63:
        raise GatewayProtocolError("the orderId is missing or no number")
    return str(value)
