"""Dotpay's words and shapes, translated. Pure. Amounts are decimal texts with a point.

Source: Dotpay technical manual 1.7x (form, URLC); dotpay/PHP-SDK 1.0.21 (seller API).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from adapters.gateways.dotpay.settings import Settings
from adapters.wire.amounts import from_decimal, to_decimal
from adapters.wire.hosted import by_word
from adapters.wire.payloads import one_line
from application.errors import GatewayProtocolError
from application.ports.gateway import Brief
from domain.currencies import EXPONENTS
from domain.money import Money
from domain.payment import PaymentStatus
from domain.refund import RefundStatus

_LISTED: Final = "EUR USD GBP JPY CZK SEK UAH RON PLN NOK BGN CHF HRK HUF RUB"
CURRENCIES: Final = frozenset(code for code in _LISTED.split() if code in EXPONENTS)
LANGUAGES: Final = frozenset("pl en de it fr es cs ru bg".split())  # noqa: SIM905
LONGEST: Final = 255

STATUSES: Final = by_word(
    {
        PaymentStatus.IN_PROGRESS: "new processing processing_realization_waiting processing_realization",
        PaymentStatus.PAID: "completed",
        PaymentStatus.FAILED: "rejected",
    }
)
_BACK: Final = {
    PaymentStatus.IN_PROGRESS: RefundStatus.SENT,
    PaymentStatus.PAID: RefundStatus.DONE,
    PaymentStatus.FAILED: RefundStatus.REFUSED,
}
REFUNDS: Final = {word: _BACK[status] for word, status in STATUSES.items()}
OLDEST: Final[Mapping[str, str]] = {"1": "processing", "2": "completed", "3": "rejected", "4": "completed"}
"""The numbers of ``t_status`` in today's words; 4 is a refund."""

_CALLBACK: Final = (
    "operation_number operation_type operation_status operation_original_amount operation_original_currency"
    " control description operation_related_number credit_card_masked_number"
)
_ANSWER: Final = (
    "number type status original_amount original_currency control description related_operation card"
)


@dataclass(frozen=True, slots=True)
class Told:
    """One operation; ``amount`` and ``currency`` are what the shop asked for, not what its account gets."""

    number: str
    kind: str
    word: str
    amount: str
    currency: str
    control: str
    description: str = ""
    related: str = ""
    card: str = ""

    @property
    def money(self) -> Money:
        """Raises GatewayProtocolError. The sign of a refund is not documented, and says nothing."""
        return from_decimal(self.amount.removeprefix("-" if self.kind == "refund" else ""), self.currency)

    @property
    def refund_key(self) -> str:
        """Our key of the refund; empty for one made in the panel."""
        before, _, key = self.description.partition(refund_mark(""))
        return "" if before else key

    @classmethod
    def in_callback(cls, told: Mapping[str, str]) -> Told:
        return cls(*(told.get(name, "") for name in _CALLBACK.split()))

    @classmethod
    def in_answer(cls, told: Mapping[str, Any]) -> Told:
        """Raises GatewayProtocolError for an operation without number, type or status."""
        read = cls(*(str(told.get(name) or "") for name in _ANSWER.split()))
        if not (read.number and read.kind and read.word):
            raise GatewayProtocolError("an operation without number, type or status")
        return read


def mark(reference: str) -> str:
    """What ends the description of a payment: operations can be searched by their description alone."""
    return f"/{reference}"


def refund_mark(key: str) -> str:
    """The description of a refund of ours."""
    return f"Refund/{key}"


def form_fields(brief: Brief, settings: Settings, language: str) -> dict[str, str]:
    """The fields of the payment form without its proof; nothing empty, nothing a browser would change."""
    payment, ending = brief.payment, mark(brief.payment.reference)
    first, _, last = one_line(brief.buyer.name).partition(" ")
    fields = {
        "api_version": settings.api_version,
        "id": settings.shop_id,
        "amount": to_decimal(payment.amount, 2 if settings.yen_with_decimals else None),
        "currency": payment.amount.currency.code,
        "description": one_line(brief.description or brief.order_reference)[: LONGEST - len(ending)] + ending,
        "control": payment.reference,
        "lang": {"cs": "cz"}.get(language, language),
        "channel": settings.channel,
        "url": brief.return_url,
        "urlc": brief.callback_url,
        "type": settings.return_type,
        "firstname": first,
        "lastname": last,
        "email": brief.buyer.email,
    }
    return {name: value for name, value in fields.items() if value}
