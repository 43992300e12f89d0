"""Stripe's words, amounts and shapes, translated. Pure.

Source: Stripe API, Checkout Sessions, payment intents, refunds, disputes, zero-decimal currencies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from adapters.wire.amounts import from_digits, to_scaled
from adapters.wire.hosted import by_word
from adapters.wire.items import items
from adapters.wire.payloads import object_of, text_of
from application.errors import GatewayRejected
from application.ports.gateway import Brief
from domain.currencies import EXPONENTS
from domain.money import Money
from domain.payment import PaymentStatus
from domain.refund import RefundStatus
from domain.transaction import FactKind

_WHOLE: Final = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
_PLACES: Final = {
    **dict.fromkeys(_WHOLE.split(), 0),
    **dict.fromkeys(("ISK", "UGX"), 2),
    **dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), 3),
}
"""Where Stripe's rule is not two decimals, or ISO 4217 differs: krona and shilling travel as hundredths."""
CURRENCIES: Final = frozenset(
    code for code, exponent in EXPONENTS.items() if code in _PLACES or exponent == 2
)
_SPOKEN: Final = (
    "bg cs da de el en es et fi fil fr hr hu id it ja ko lt lv ms mt nb nl pl pt ro ru sk sl sv th tr vi zh"
)
LANGUAGES: Final = frozenset(_SPOKEN.split())
MOST_LINES: Final = 100

SESSIONS: Final[Mapping[tuple[str, str], PaymentStatus]] = {
    ("open", "unpaid"): PaymentStatus.IN_PROGRESS,
    ("complete", "paid"): PaymentStatus.PAID,
    ("complete", "unpaid"): PaymentStatus.IN_PROGRESS,
    ("complete", "no_payment_required"): PaymentStatus.PAID,
    ("expired", "paid"): PaymentStatus.EXPIRED,
    ("expired", "unpaid"): PaymentStatus.EXPIRED,
    ("expired", "no_payment_required"): PaymentStatus.EXPIRED,
}
"""By ``status`` and ``payment_status``. What needs no payment is paid with nothing, which fits no sum."""
INTENTS: Final = by_word(
    {
        PaymentStatus.IN_PROGRESS: "processing requires_action",
        PaymentStatus.AUTHORIZED: "requires_capture",
        PaymentStatus.PAID: "succeeded",
        PaymentStatus.CANCELLED: "canceled",
    }
)
COMPLETE: Final = {**INTENTS, "requires_payment_method": PaymentStatus.FAILED}
"""A try that failed ends a complete session; in an open one the shopper may take another card."""
REFUNDS: Final = by_word(
    {
        RefundStatus.SENT: "pending requires_action",
        RefundStatus.DONE: "succeeded",
        RefundStatus.REFUSED: "failed canceled",
    }
)
DISPUTES: Final = by_word(
    {FactKind.CHARGED_BACK: "needs_response under_review lost", FactKind.DISPUTE_WON: "won"}
)
"""The money is gone while a dispute is open. A mere inquiry (``warning_...``) took none."""

_WRONG: Final = """
    incorrect_cvc incorrect_number incorrect_zip invalid_cvc invalid_expiry_month invalid_expiry_year
    invalid_number
"""
_LIMIT: Final = "card_velocity_exceeded withdrawal_count_limit_exceeded"
DECLINES: Final = by_word(
    {"funds": "insufficient_funds", "limit": _LIMIT, "expired": "expired_card", "wrong_data": _WRONG}
)
"""What a shopper may be told of a refusal; every other code reads as a plain one. Source: decline codes."""


def to_wire(money: Money) -> int:
    """Stripe's units. Raises GatewayRejected for decimals it does not take."""
    places = _PLACES.get(money.currency.code, 2)
    units = to_scaled(money, places)
    if places == 3 and units % 10:
        raise GatewayRejected(f"{money}: the third decimal has to be 0", code="amount")
    return units


def money_of(told: Mapping[str, Any], name: str) -> Money:
    """The money under ``name``, in the lower-case currency beside it. Raises GatewayProtocolError."""
    currency = told.get("currency")
    code = currency.upper() if isinstance(currency, str) else ""
    return from_digits(told.get(name), code, _PLACES.get(code, 2))


def id_of(thing: object) -> str:
    """The id of something that stands as its id, or expanded as itself."""
    found = thing.get("id") if isinstance(thing, dict) else thing
    return found if isinstance(found, str) else ""


def note_of(told: Mapping[str, Any], name: str) -> str:
    """What we wrote into the metadata; empty in things that others made."""
    notes = told.get("metadata")
    return str(notes.get(name) or "") if isinstance(notes, dict) else ""


def reference_of(told: Mapping[str, Any]) -> str:
    """Our reference in a session or in what hangs on its intent."""
    return str(told.get("client_reference_id") or note_of(told, "payment_id"))


def is_ours(told: Mapping[str, Any]) -> bool:
    """Whether one of our payments may be meant: accounts also sell subscriptions and by other ways."""
    return bool(reference_of(told)) and told.get("mode") in (None, "payment")


def refund_of(told: Mapping[str, Any]) -> tuple[str, RefundStatus | None, str, Money]:
    """A refund's word, what it means, its id and its amount."""
    word = text_of(told, "status")
    return word, REFUNDS.get(word), text_of(told, "id"), money_of(told, "amount")


def came_back(data: Mapping[str, Any]) -> bool:
    """Whether an event tells of a refund that had succeeded and failed since."""
    before = data.get("previous_attributes")
    failed = REFUNDS.get(str(object_of(data, "object").get("status"))) is RefundStatus.REFUSED
    return failed and isinstance(before, dict) and before.get("status") == "succeeded"


def failure_of(intent: Mapping[str, Any]) -> str:
    """Why the last try failed."""
    error = intent.get("last_payment_error")
    return str(error.get("decline_code") or error.get("code") or "") if isinstance(error, dict) else ""


def receipt_of(failure: str) -> dict[str, str]:
    """Why it was refused, as far as its shopper may know."""
    return {"decline": DECLINES[failure]} if failure in DECLINES else {}


def flat(fields: Mapping[Any, object], within: str = "") -> Iterator[tuple[str, str]]:
    """Nested fields as Stripe's form names them, ``a[b][0]=v``; None is left out."""
    for name, value in fields.items():
        key = f"{within}[{name}]" if within else str(name)
        if isinstance(value, (list, tuple)):
            value = dict(enumerate(value))
        if isinstance(value, Mapping):
            yield from flat(value, key)
        elif value is not None:
            yield key, str(value)


def line_items(brief: Brief) -> list[dict[str, object]]:
    """The lines with their unit prices; one line over all when they are too many or cannot be written."""
    amount, title = brief.payment.amount, brief.description or brief.order_reference
    try:
        rows = [(item.name or title, to_wire(item.unit), item.quantity) for item in items(brief.lines)]
    except GatewayRejected:
        rows = []
    if not 0 < len(rows) <= MOST_LINES:
        rows = [(title, to_wire(amount), 1)]
    currency = amount.currency.code.lower()
    return [
        {
            "quantity": quantity,
            "price_data": {"currency": currency, "unit_amount": unit, "product_data": {"name": name}},
        }
        for name, unit, quantity in rows
    ]
