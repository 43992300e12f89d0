"""Webpay's shapes as the sandbox reads and writes them. Source: REST API 1.2, reference of Webpay Plus."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from flask import Response, jsonify

from adapters.sandbox.amounts import is_web_address, places_of
from adapters.sandbox.ledger import Session

API: Final = "/rswebpaytransaction/api/webpay/v1.2/transactions"
KEY: Final = "579B532A7440BB0C9079DED94D31EA1615BACEB56610332264630D42D0A36B1C"
LIFETIME: Final = 600
CARD: Final = "6623"
# Whether capture is deferred, and the currency. The last one is ours: none is published for dollars.
COMMERCES: Final[Mapping[str, tuple[bool, str]]] = {
    "597055555532": (False, "CLP"),
    "597055555540": (True, "CLP"),
    "597000000840": (False, "USD"),
}
CODES: Final[Mapping[str, int]] = {
    "not_found": 274,
    "not_authorised": 292,
    "already_captured": 309,
    "over_balance": 311,
    "generic": 312,
}
_LIMITS: Final = {
    "buy_order": re.compile(r"[A-Za-z0-9|_=&%.,~:/?\[+!@()>-]{1,26}"),
    "session_id": re.compile(r"(?=.*\S).{1,61}"),
    "return_url": re.compile(r".{1,255}"),
}


class BadField(Exception):
    """A field Webpay would refuse; the text names it."""


@dataclass(frozen=True, slots=True)
class Commit:
    """What a commit fixed: when (seconds since the epoch), the issuer's code, how it was paid."""

    at: float
    code: str
    payment_type: str
    instalments: int = 0

    @classmethod
    def of(cls, at: float, payment_type: str, instalments: int) -> Commit:
        return cls(at, f"{secrets.randbelow(900_000) + 100_000}", payment_type, instalments)

    @property
    def date(self) -> str:
        return moment(self.at)


def read_transaction(raw: bytes, account: str, token: str, now: float) -> Session:
    """A checked transaction as a session. Amounts may be JSON numbers or texts: clients send either.

    Raises: BadField.
    """
    wish = read_json(raw)
    for name, allowed in _LIMITS.items():
        if not isinstance(wish.get(name), str) or not allowed.fullmatch(wish[name]):
            raise BadField(name)
    manual, currency = COMMERCES[account]
    amount = read_amount(wish.get("amount"), places_of(currency))
    if not amount:
        raise BadField("amount")
    if not is_web_address(wish["return_url"]):
        raise BadField("return_url")
    return Session(
        id=token,
        gateway="webpay",
        account=account,
        reference=wish["buy_order"],
        amount=amount,
        currency=currency,
        places=places_of(currency),
        description=wish["buy_order"],
        return_url=wish["return_url"],
        manual_capture=manual,
        expires_at=now + LIFETIME,
        extra={"session_id": wish["session_id"]},
    )


def read_json(raw: bytes) -> dict[str, Any]:
    """The JSON object in `raw`, its fractions exact; nothing in it when it is none."""
    try:
        wish = json.loads(raw, parse_float=Decimal)
    except ValueError:
        return {}
    return wish if isinstance(wish, dict) else {}


def answer(told: Mapping[str, Any]) -> Response:
    """A reply of 200 in JSON, whose Decimals are numbers with their own digits."""
    mark = secrets.token_hex(8)
    text = json.dumps(told, default=lambda value: f"{mark}{value}")
    return Response(re.sub(rf'"{mark}([0-9.]+)"', r"\1", text), content_type="application/json")


def read_amount(value: object, places: int) -> int | None:
    """Units of an amount of at most 17 characters with no more decimals than `places`; None for all else."""
    text = str(value) if isinstance(value, (int, str, Decimal)) and value is not True else ""
    if not re.fullmatch(r"[0-9]{1,17}(\.[0-9]{1,9})?", text) or len(text) > 17:
        return None
    try:
        units = Decimal(text).scaleb(places)
    except InvalidOperation:
        return None
    return int(units) if units == int(units) else None


def number(units: int, session: Session) -> Decimal:
    """An amount as it is written: whole pesos, or dollars with their cents."""
    return Decimal(units).scaleb(-session.places)


def went_back_as(session: Session, *, panel_reverses: bool) -> str:
    """The word for what went back: none, or REVERSED, NULLIFIED, PARTIALLY_NULLIFIED."""
    done = [refund for refund in session.refunds if refund.status == "done"]
    if not done:
        return ""
    if session.refunded < session.captured:
        return "PARTIALLY_NULLIFIED"
    whole = len(done) == 1
    by_panel = panel_reverses and done[0].id.startswith("panel")
    return "REVERSED" if whole and (done[0].note == "REVERSED" or by_panel) else "NULLIFIED"


def sale_json(session: Session, commit: Commit | None, back: str, *, tells_captured: bool) -> dict[str, Any]:
    """A commit or status reply; cards and codes appear with the commit."""
    word = {"declined": "FAILED", "paid": "CAPTURED" if session.manual_capture else "AUTHORIZED"}
    held = "AUTHORIZED" if session.status == "authorized" and commit else "INITIALIZED"
    captured = session.captured if tells_captured and session.captures else session.amount
    told: dict[str, Any] = {
        "amount": number(captured, session),
        "status": back or word.get(session.status, held),
        "buy_order": session.reference,
        "session_id": session.extra["session_id"],
        "accounting_date": moment(session.created_at)[5:10].replace("-", ""),
        "transaction_date": moment(commit.at if commit else session.created_at),
        "installments_number": 0,
    }
    if back:
        told["balance"] = number(session.captured - session.refunded, session)
    if session.status == "declined":
        return {**told, "vci": "TSN", "card_detail": {"card_number": "0568"}, "response_code": -1}
    if commit is None:
        return told
    paid = {"vci": "TSY", "card_detail": {"card_number": CARD}, "authorization_code": commit.code}
    if commit.instalments:
        each = number(session.amount // commit.instalments, session)
        told |= {"installments_number": commit.instalments, "installments_amount": each}
    return {**told, **paid, "payment_type_code": commit.payment_type, "response_code": 0}


def nullified_json(session: Session, amount: int, now: float) -> dict[str, Any]:
    """The reply to a refund that is not a reversal."""
    return {
        "type": "NULLIFIED",
        "authorization_code": f"{secrets.randbelow(900_000) + 100_000}",
        "authorization_date": moment(now),
        "nullified_amount": number(amount, session),
        "balance": number(session.captured - session.refunded, session),
        "response_code": 0,
    }


def moment(at: float) -> str:
    """Seconds since the epoch as Webpay writes a date."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def error(status: int, words: str) -> Response:
    """Webpay's envelope of a refusal."""
    refusal = jsonify(error_message=words)
    refusal.status_code = status
    return refusal
