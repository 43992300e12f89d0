"""Mollie's words, and amounts as a currency and a text with its decimals. Pure. Source: API reference v2."""

from __future__ import annotations

from typing import Any

from adapters.wire.amounts import from_decimal, to_decimal
from adapters.wire.hosted import RefundTold, by_word
from adapters.wire.payloads import object_of, objects_of, text_of
from domain.money import Currency, Money
from domain.payment import PaymentStatus as P
from domain.refund import RefundStatus as R
from domain.transaction import FactKind

Told = dict[str, Any]
_TAKEN = """AED AUD BRL CAD CHF CZK DKK EUR GBP HKD HUF ILS ISK JPY MXN MYR NOK NZD PHP PLN RON SEK SGD THB
TWD USD ZAR"""
CURRENCIES = frozenset(_TAKEN.split())
_SPOKEN = """ca_ES cs_CZ da_DK de_DE en_US es_ES fi_FI fr_FR hu_HU is_IS it_IT lt_LT lv_LV nb_NO nl_NL pl_PL
pt_PT sk_SK sv_SE"""
LOCALES = {name[:2]: name for name in _SPOKEN.split()}
STATUSES = by_word({P.PAID: "paid", P.FAILED: "failed", P.CANCELLED: "canceled", P.EXPIRED: "expired"})
STATUSES |= by_word({P.IN_PROGRESS: "open pending", P.AUTHORIZED: "authorized"})
REFUNDS = by_word({R.SENT: "queued pending processing", R.DONE: "refunded", R.REFUSED: "failed canceled"})


def to_wire(money: Money) -> dict[str, str]:
    return {"currency": money.currency.code, "value": to_decimal(money)}


def money_of(told: Told, name: str) -> Money:
    amount = object_of(told, name)
    return from_decimal(amount.get("value"), amount.get("currency"))


def inside(told: Told, frame: str, name: str) -> object:
    """What stands under ``name`` in an object that may be missing; None: nothing does."""
    found = told.get(frame)
    return found.get(name) if isinstance(found, dict) else None


def refunds_of(told: Told) -> list[Told]:
    """The refunds embedded in a payment."""
    return objects_of(told["_embedded"], "refunds") if inside(told, "_embedded", "refunds") else []


def refund_of(told: Told) -> RefundTold:
    word = text_of(told, "status")
    return word, REFUNDS.get(word), text_of(told, "id"), money_of(told, "amount")


def gone(told: Told, currency: Currency) -> dict[FactKind, Money]:
    """What left for certain: ``amountRefunded`` may count refunds that can still be cancelled."""
    done = (money_of(one, "amount") for one in refunds_of(told) if one.get("status") == "refunded")
    disputed = money_of(told, "amountChargedBack") if told.get("amountChargedBack") else Money.zero(currency)
    return {FactKind.REFUNDED: Money.sum(done, currency), FactKind.CHARGED_BACK: disputed}
