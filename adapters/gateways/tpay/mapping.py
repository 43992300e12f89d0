"""Tpay's words, fields and amounts, translated. Pure. Amounts have two decimals in every currency.

Raises GatewayProtocolError for what makes no sense.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from adapters.wire.amounts import from_decimal, to_decimal
from adapters.wire.payloads import form_fields, json_object, text_of
from domain.money import Money
from domain.observation import Proof
from domain.payment import PaymentStatus
from domain.refund import RefundStatus
from domain.transaction import FactKind

PLACES: Final = 2
LANGUAGES: Final = frozenset({"pl", "en", "de", "it", "es", "fr", "ru"})
CHARGEBACK: Final = "CHARGEBACK"
ASKS: Final = "PAID"
"""Two-step acceptance: our answer takes the money or sends it back."""
REFUNDS: Final[Mapping[str, RefundStatus]] = {
    **dict.fromkeys(("new", "pending", "to_complete", "hold", "processed"), RefundStatus.SENT),
    **dict.fromkeys(("done", "authorized"), RefundStatus.DONE),
    **dict.fromkeys(("cancel", "declined"), RefundStatus.REFUSED),
}
"""``refund.status`` of the OpenAPI; ``authorized`` and ``declined`` are those of cards."""
_TEST_TITLE: Final = re.compile(r"TR-.*-TST[0-9]+X", re.ASCII | re.DOTALL)
_UNWANTED: Final = re.compile(r"[^\w\-.,#() /!]")


def fields_of(body: bytes) -> dict[str, str]:
    """The fields of a notification, whether it came as a form or as JSON."""
    if not body.lstrip().startswith((b"{", b"[")):
        return form_fields(body)
    return {name: told_text(value) for name, value in json_object(body).items()}


@dataclass(frozen=True, slots=True)
class Notice:
    """A payment notification. ``asked`` is what was to be paid, ``paid`` what came."""

    merchant: str
    title: str
    crc: str
    word: str
    error: str
    asked: Money
    paid: Money
    at: str
    is_test: bool

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> Notice:
        currency = fields.get("tr_currency") or "PLN"
        title = text_of(fields, "tr_id")
        return cls(
            merchant=fields.get("id", ""),
            title=title,
            crc=fields.get("tr_crc", ""),
            word=text_of(fields, "tr_status"),
            error=fields.get("tr_error") or "none",
            asked=from_decimal(fields.get("tr_amount"), currency),
            paid=from_decimal(fields.get("tr_paid"), currency),
            at=fields.get("tr_date", ""),
            is_test=fields.get("test_mode", "0") not in ("", "0") or bool(_TEST_TITLE.fullmatch(title)),
        )

    @property
    def is_refused_sum(self) -> bool:
        """The wrong sum came, and lies at Tpay until a person accepts or returns it."""
        return (
            self.word in ("FALSE", "0") and self.error in ("overpay", "surcharge") and self.paid.is_positive
        )

    @property
    def status(self) -> PaymentStatus | None:
        match self.word:
            case "TRUE" | "1" | "PAID":
                return paid_status(self.asked, self.paid)
            case "FALSE" | "0":
                return PaymentStatus.IN_PROGRESS if self.is_refused_sum else PaymentStatus.FAILED
            case "CHARGEBACK":
                return PaymentStatus.CANCELLED
            case _:
                return None

    @property
    def proof(self) -> Proof | None:
        return paid_proof(self.status, self.title, self.paid)


def paid_status(asked: Money, paid: Money) -> PaymentStatus:
    """What a payment is that brought in ``paid``."""
    return PaymentStatus.PAID if paid >= asked else PaymentStatus.PARTIALLY_PAID


def paid_proof(status: PaymentStatus | None, title: str, paid: Money) -> Proof | None:
    """The money of a transaction, which is paid once: its title names the capture."""
    is_paid = status in (PaymentStatus.PAID, PaymentStatus.PARTIALLY_PAID)
    return Proof(FactKind.CAPTURED, title, paid) if is_paid else None


def told_money(value: object, currency: object) -> Money:
    """Money of an answer: a JSON number, or its text."""
    return from_decimal(value if isinstance(value, str) else told_text(value), currency)


def number(money: Money) -> Decimal:
    """Major units as the JSON number the API wants."""
    return Decimal(to_decimal(money, PLACES))


def plain(text: str) -> str:
    """At most 128 characters, without those that Tpay's own library takes out."""
    return _UNWANTED.sub("", text)[:128]


def told_text(value: Any) -> str:
    """The text of a plain JSON value; empty for all else."""
    if isinstance(value, bool):
        return str(value).upper()
    return str(value) if isinstance(value, str | int | Decimal) else ""
