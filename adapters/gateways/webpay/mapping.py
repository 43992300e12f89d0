"""Webpay's words and shapes, translated. Pure. Amounts are JSON numbers in whole pesos or dollars with cents.

Source: Transbank Developers, Webpay Plus REST 1.2, reference and return flows. Raises GatewayProtocolError.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from adapters.wire.amounts import from_number
from adapters.wire.hosted import by_word, receipt
from adapters.wire.http import Answer
from adapters.wire.payloads import json_object, text_of
from application.errors import GatewayProtocolError, GatewayRejected
from application.ports.gateway import Brief, ReturnHint
from domain.money import Money
from domain.payment import Payment, PaymentStatus

LONGEST_AMOUNT: Final = 17
HOLD: Final = timedelta(days=7)
"""How long a deferred sale may wait for its capture."""
_LIMITS: Final = {
    "buy_order": re.compile(r"[A-Za-z0-9|_=&%.,~:/?\[+!@()>-]{1,26}"),
    "session_id": re.compile(r"(?=.*\S).{1,61}"),
    "return_url": re.compile(r"\S{1,255}"),
}
STATUSES: Final = by_word(
    {
        PaymentStatus.IN_PROGRESS: "INITIALIZED",
        PaymentStatus.FAILED: "FAILED",
        PaymentStatus.PAID: "AUTHORIZED CAPTURED REVERSED NULLIFIED PARTIALLY_NULLIFIED",
    }
)
"""The last three were paid once; how much of it went back is told by ``gone_of``."""
PAYMENT_TYPES: Final = by_word(
    {"debit": "VD", "prepaid": "VP", "credit": "VN", "instalments": "VC", "interest_free": "SI S2 NC"}
)
"""By the names a receipt has for them. SI is in three parts and S2 in two; how many is told beside them."""
_CODED: Final = frozenset({"AUTHORIZED", "CAPTURED"})
CAPTURED: Final = "CAPTURED"
REVERSED: Final = "REVERSED"
# Texts of refusals are not contractual: none of them alone decides anything about money.
TOO_EARLY: Final = "Invalid status '"
OVER: Final = "invalid finished state"
_NO_TOKEN: Final = ("Invalid value for parameter: token", "transaction not found")


def create_body(brief: Brief) -> dict[str, object]:
    """The body of a new transaction. Raises GatewayRejected for a field Webpay would cut or refuse."""
    reference, amount = brief.payment.reference, brief.payment.amount
    texts = {"buy_order": reference, "session_id": reference, "return_url": brief.return_url}
    for name, allowed in _LIMITS.items():
        if not allowed.fullmatch(texts[name]):
            raise GatewayRejected(f"{name} is not what Webpay takes", code=name)
    return {**texts, "amount": amount.decimal}


def status_of(told: Mapping[str, Any], *, deferred: bool) -> PaymentStatus | None:
    """What a commit or status reply says: its word first, then its code; never both alone."""
    word = text_of(told, "status")
    if word in _CODED:
        code = told.get("response_code")
        if type(code) is not int:
            raise GatewayProtocolError(f"{word} without a response code")
        if code != 0:
            return PaymentStatus.FAILED
        if deferred and word == "AUTHORIZED":
            return PaymentStatus.AUTHORIZED
    return STATUSES.get(word)


def amount_of(payment: Payment, told: Mapping[str, Any]) -> Money:
    """What the transaction is over. Raises GatewayProtocolError when it is not this payment's."""
    if (told.get("buy_order"), told.get("session_id")) != (payment.reference, payment.reference):
        raise GatewayProtocolError("an answer about another order")
    return from_number(told.get("amount"), payment.amount.currency.code)


def gone_of(told: Mapping[str, Any], paid: Money) -> Money:
    """How much of what was ``paid`` went back until now."""
    match told.get("status"):
        case "REVERSED" | "NULLIFIED":
            return paid
        case "PARTIALLY_NULLIFIED":
            gone = paid - from_number(told.get("balance"), paid.currency.code)
            if not gone.is_positive:
                raise GatewayProtocolError("a nullification that left everything")
            return gone
        case _:
            return Money.zero(paid.currency)


def receipt_of(told: Mapping[str, Any]) -> dict[str, str]:
    """What the shopper's receipt shows, as far as Webpay tells it."""
    detail = told.get("card_detail")
    return receipt(
        detail.get("card_number") if isinstance(detail, dict) else "",
        authorization_code=told.get("authorization_code"),
        payment_type=PAYMENT_TYPES.get(str(told.get("payment_type_code"))),
        instalments=told.get("installments_number"),
        instalment_amount=told.get("installments_amount"),
        paid_at=told.get("transaction_date"),
    )


def capture_before(told: Mapping[str, Any]) -> datetime | None:
    """When the hold of a deferred sale lapses; None when its date cannot be read."""
    try:
        sold = datetime.fromisoformat(str(told.get("transaction_date")))
        return (sold if sold.tzinfo else sold.replace(tzinfo=UTC)) + HOLD
    except (ValueError, OverflowError):
        return None


def refusal_of(answer: Answer) -> str:
    """Webpay's words for a refusal, or the HTTP status where there are none, or our key is refused."""
    try:
        told = json_object(answer.body) if answer.status not in (401, 403) else {}
    except GatewayProtocolError:
        told = {}
    return str(told.get("error_message") or told.get("description") or answer.status)[:120]


def is_unknown_token(words: str) -> bool:
    """Whether a refusal says that there is no such transaction."""
    return any(known in words for known in _NO_TOKEN)


def return_of(carried: Mapping[str, str]) -> ReturnHint:
    """Which of the four ways back this is; any other shape says nothing. Blank counts as absent."""
    token, aborted, session, order = (
        bool(carried.get(name, "").strip())
        for name in ("token_ws", "TBK_TOKEN", "TBK_ID_SESION", "TBK_ORDEN_COMPRA")
    )
    match token, aborted, session:
        case (True, True, _) | (False, True, True):
            return ReturnHint(aborted=True, parameters=carried)
        case False, False, True:
            return ReturnHint(aborted=order, parameters=carried)
        case _:
            return ReturnHint(collect=token and not session, parameters=carried)
