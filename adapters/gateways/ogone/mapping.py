"""Ogone's fields, words and amounts, translated. Pure. Amounts go out as a multiple, and come as decimals.

Source: Ogone e-Commerce and DirectLink; Ingenico's and PostFinance's status lists.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from adapters.gateways.ogone.settings import Settings
from adapters.wire.amounts import from_decimal, to_digits
from adapters.wire.hosted import by_word
from adapters.wire.payloads import one_line
from application.errors import GatewayProtocolError, GatewayRejected, OutcomeUnknown
from application.ports.gateway import Brief
from domain.currencies import EXPONENTS
from domain.money import Money
from domain.observation import RefundNews
from domain.payment import PaymentStatus
from domain.refund import RefundStatus

CURRENCIES: Final = frozenset(code for code, exponent in EXPONENTS.items() if exponent <= 2)
_LANGUAGES: Final = (
    "en_US cs_CZ de_DE dk_DK el_GR es_ES fr_FR it_IT ja_JP nl_NL no_NO pl_PL pt_PT ru_RU se_SE sk_SK tr_TR"
)
LANGUAGES: Final = {name[:2]: name for name in _LANGUAGES.split()} | {"da": "dk_DK", "sv": "se_SE"}
"""Marlon's Ogone library lists these; the platform's own codes of Danish and Swedish are not ISO's."""
LONGEST: Final = {
    "CN": 35, "EMAIL": 50, "OWNERADDRESS": 35, "OWNERZIP": 10, "OWNERTOWN": 40, "OWNERCTY": 2,
    "OWNERTELNO": 30, "COM": 100,
}  # fmt: skip
_PROSE: Final = ("CN", "OWNERADDRESS", "OWNERTOWN", "COM")
"""What is cut when it is too long; anything else would be wrong then, and is left out."""
_AS_THEY_STAND: Final = ("pm", "brand", "pmlist", "pmlisttype", "win3ds")
LONGEST_URL: Final = 200

STATUSES: Final = by_word(
    {
        PaymentStatus.CANCELLED: "1 6 64",
        PaymentStatus.FAILED: "2 93",
        PaymentStatus.IN_PROGRESS: "4 40 41 46 50 51 59 91 97 98 99",
        PaymentStatus.UNKNOWN: "52 55 56 57 92",
        PaymentStatus.AUTHORIZED: "5",
        PaymentStatus.PAID: "9 95",
    }
)
REFUNDS: Final = by_word(
    {RefundStatus.SENT: "81", RefundStatus.DONE: "7 74 75 8 85", RefundStatus.REFUSED: "83 94"}
)
"""What a word says of money going back."""
INVALID: Final = "0"
ASKED: Final = frozenset((INVALID, *"61 62 63 71 72 73 82 84 96".split()))  # noqa: SIM905
"""Words that settle nothing by themselves: the account is asked how things are."""
NOBODYS: Final = "50001130"
"""The NCERROR of a question about a payment that does not exist."""
_AMOUNT: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,2})?", re.ASCII)


def digits(money: Money, settings: Settings) -> str:
    """AMOUNT: a hundred times the amount, or its smallest units where the account reads it so."""
    return to_digits(money, 2 if settings.times_hundred else None)


def money_of(told: Mapping[str, str]) -> Money:
    """Raises GatewayProtocolError."""
    if not _AMOUNT.fullmatch(amount := told.get("AMOUNT", "")):
        raise GatewayProtocolError("the amount is no decimal of at most two places")
    return from_decimal(amount, told.get("CURRENCY"))


def is_refund(word: str) -> bool:
    """Whether the last that happened to a payment was money going back, or trying to."""
    return word[:1] in ("7", "8") or word in ("94", "96")


def require_done(told: Mapping[str, str], *, is_question: bool) -> None:
    """Raises GatewayRejected for an answer that says no, OutcomeUnknown for one that knows nothing.

    The answer to a question may carry the NCERROR of the payment it is about.
    """
    error = told.get("NCERROR", "")
    if not error.strip("0") or (is_question and told.get("PAYID", "").strip("0")):
        return
    kind = GatewayRejected if (told.get("NCSTATUS") or error)[:1] in ("3", "5") else OutcomeUnknown
    raise kind("Ogone refused", code=error)


def movement(told: Mapping[str, str]) -> str:
    """The id of one operation on a payment; empty when it is not told."""
    number = told.get("PAYIDSUB")
    return f"{told.get('PAYID')}/{number}" if number else ""


def news_of(told: Mapping[str, str]) -> RefundNews | None:
    """What became of a refund; None of anything else. Raises GatewayProtocolError."""
    word = told.get("STATUS", "")
    status = REFUNDS.get(word, RefundStatus.UNKNOWN)
    return RefundNews(status, money_of(told), movement(told), nameless=True) if is_refund(word) else None


def form_fields(brief: Brief, settings: Settings, language: str) -> dict[str, str]:
    """The fields of the payment form without its proof; nothing empty, nothing a browser would change.

    Raises GatewayRejected for an address of ours that is longer than Ogone takes.
    """
    payment, address, back = brief.payment, brief.billing_address, brief.return_url
    aborted = f"{back}{'&' if '?' in back else '?'}cancelled=1"
    if len(aborted) > LONGEST_URL:
        raise GatewayRejected(f"an address of more than {LONGEST_URL} characters", code="url")
    fields = {
        "PSPID": settings.pspid,
        "ORDERID": payment.reference,
        "AMOUNT": digits(payment.amount, settings),
        "CURRENCY": payment.amount.currency.code,
        "LANGUAGE": LANGUAGES.get(language, language),
        "OPERATION": "RES" if settings.capture == "manual" else "SAL",
        **dict.fromkeys(("ACCEPTURL", "DECLINEURL", "EXCEPTIONURL"), back),
        "CANCELURL": aborted,
        "COM": brief.description or brief.order_reference,
        "CN": brief.buyer.name,
        "EMAIL": brief.buyer.email,
        "OWNERTELNO": brief.buyer.phone,
        **{
            name.upper(): getattr(settings, name)
            for name in ("pm", "brand", "pmlist", "pmlisttype", "win3ds")
        },
    }
    if address:
        fields |= {"OWNERADDRESS": address.street, "OWNERZIP": address.postcode}
        fields |= {"OWNERTOWN": address.city, "OWNERCTY": address.country}
    return {name: value for name, text in fields.items() if (value := _fitting(name, one_line(text)))}


def _fitting(name: str, text: str) -> str:
    longest = LONGEST.get(name, len(text))
    return text[:longest].rstrip() if name in _PROSE or len(text) <= longest else ""
