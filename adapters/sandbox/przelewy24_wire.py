"""Przelewy24's words and shapes: the only shop, signs, registrations, transactions, refunds."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from flask import Response, abort, jsonify

from adapters.sandbox.amounts import is_web_address
from adapters.sandbox.ledger import Refund, Session

MERCHANT: Final = 123456
CRC: Final = "a1b2c3d4e5f60718"
API_KEY: Final = "apikey0"

REGISTER: Final = "sessionId merchantId amount currency"
NOTICE: Final = "merchantId posId sessionId amount originAmount currency orderId methodId statement"
VERIFY: Final = "sessionId orderId amount currency"
REFUND_NOTICE: Final = "orderId sessionId refundsUuid merchantId amount currency status"

CURRENCIES: Final = frozenset(
    ("PLN", "EUR", "GBP", "CZK", "USD", "BGN", "DKK", "HUF", "NOK", "SEK", "CHF", "RON")
)
LANGUAGES: Final = frozenset(
    ("bg", "cs", "de", "en", "es", "fr", "hr", "hu", "it", "nl", "pl", "pt", "ro", "se", "sk")
)
LONGEST: Final[Mapping[str, int]] = {
    "sessionId": 100,
    "description": 1024,
    "email": 50,
    "urlReturn": 250,
    "urlStatus": 250,
    "client": 40,
}
STATUSES: Final[Mapping[str, int]] = {"pending": 0, "declined": 0, "authorized": 1, "paid": 2}
REFUND_STATUSES: Final[Mapping[str, int]] = {"done": 1, "pending": 2, "refused": 4}
_NEEDED: Final = ("sessionId", "currency", "description", "email", "country", "language", "urlReturn")


@dataclass(frozen=True, slots=True)
class Wished:
    """A refund as it was asked for."""

    key: str
    uuid: str
    status_url: str
    order_id: int
    session_id: str
    amount: int
    description: str

    @property
    def shown(self) -> dict[str, object]:
        return {
            "orderId": self.order_id,
            "sessionId": self.session_id,
            "amount": self.amount,
            "description": self.description,
        }


def sign(values: Mapping[str, Any], names: str, crc: str) -> str:
    """Lower-case hex SHA-384 over the named values and the key, as exact JSON. Source: sheet section 6."""
    signed = {name: values[name] for name in names.split()} | {"crc": crc}
    text = json.dumps(signed, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha384(text.encode("utf-8", "surrogatepass")).hexdigest()


def require(checks: Mapping[str, object], words: str = "Invalid input data") -> None:
    """Answer 400 for the first check that does not hold."""
    for name, holds in checks.items():
        if not holds:
            abort(error(400, f"{words}: {name}"))


def error(status: int, words: object) -> Response:
    """P24's error envelope; `words` is a text or a list."""
    answer = jsonify(error=words, code=status)
    answer.status_code = status
    return answer


def read_registration(wish: Mapping[str, Any], token: str, now: float) -> Session:
    """A checked registration as a session, or 400. Source: sheet section 2."""
    amount, minutes = wish.get("amount"), wish.get("timeLimit", 0)
    require({name: isinstance(wish.get(name), str) and wish[name] for name in _NEEDED})
    checks = {
        **{name: len(str(wish.get(name, ""))) <= longest for name, longest in LONGEST.items()},
        "amount": type(amount) is int and amount > 0,
        "currency": wish["currency"] in CURRENCIES,
        "country": len(wish["country"]) == 2,
        "language": wish["language"] in LANGUAGES,
        "urlReturn": is_web_address(wish["urlReturn"]),
        "urlStatus": "urlStatus" not in wish or is_web_address(wish["urlStatus"]),
        "timeLimit": type(minutes) is int and 0 <= minutes <= 99,
    }
    require(checks)
    return Session(
        id=token,
        gateway="przelewy24",
        account=str(wish["merchantId"]),
        reference=wish["sessionId"],
        amount=int(wish["amount"]),
        currency=wish["currency"],
        places=2,
        description=wish["description"],
        callback_url=wish.get("urlStatus", ""),
        return_url=wish["urlReturn"],
        key=wish["sessionId"],
        expires_at=now + 60 * minutes if minutes else None,
        extra={"order_id": new_order_id(), "origin_amount": amount, "email": wish["email"]},
    )


def read_refund(wish: Mapping[str, Any]) -> Wished:
    """A checked refund. Source: sheet section 7; the list is read for a single entry, or 400."""
    listed = wish.get("refunds")
    if not isinstance(listed, list) or len(listed) != 1 or not isinstance(listed[0], dict):
        abort(error(400, "Invalid input parameters"))
    one, key, uuid = listed[0], wish.get("requestId"), wish.get("refundsUuid")
    checks = {
        "requestId": isinstance(key, str) and 0 < len(key) <= 45,
        "refundsUuid": isinstance(uuid, str) and 0 < len(uuid) <= 35,
        "orderId": type(one.get("orderId")) is int,
        "sessionId": isinstance(one.get("sessionId"), str),
        "amount": type(one.get("amount")) is int and one["amount"] > 0,
        "description": len(str(one.get("description", ""))) <= 35,
        "urlStatus": "urlStatus" not in wish or is_web_address(wish["urlStatus"]),
    }
    require(checks)
    return Wished(
        key=str(key),
        uuid=str(uuid),
        status_url=wish.get("urlStatus", ""),
        order_id=one["orderId"],
        session_id=one["sessionId"],
        amount=one["amount"],
        description=str(one.get("description", "")),
    )


def why_no_refund(session: Session | None, wished: Wished) -> str:
    """P24's words against a refund; empty when there are none."""
    if session is None or session.reference != wished.session_id:
        return "Transaction not found"
    if session.status != "paid":
        return "Transaction in wrong status - cannot refund"
    if wished.amount > session.refundable:
        return "The amount of refund exceeds available amount for the transaction"
    return ""


def transaction_json(session: Session, statement: str) -> dict[str, Any]:
    """A transaction as P24 shows it; all of it given back is another status than paid."""
    returned = session.status == "paid" and session.refunded == session.captured
    paid = session.status in {"authorized", "paid"}
    return {
        "orderId": session.extra["order_id"],
        "sessionId": session.reference,
        "status": 3 if returned else STATUSES[session.status],
        "amount": session.amount,
        "currency": session.currency,
        "date": _moment(session.created_at),
        "dateOfTransaction": _moment(session.created_at) if paid else "",
        "clientEmail": session.extra["email"],
        "accountMD5": "",
        "paymentMethod": 25 if paid else 0,
        "description": session.description,
        "clientName": "",
        "clientAddress": "",
        "clientCity": "",
        "clientPostcode": "",
        "batchId": 0,
        "fee": "0",
        "statement": statement,
    }


def refund_json(refund: Refund) -> dict[str, Any]:
    """A refund as P24 lists it; one made in its panel has a requestId of the panel's."""
    return {
        "batchId": 0,
        "requestId": refund.key or refund.id,
        "date": _moment(refund.at),
        "login": "api" if refund.key else "panel",
        "description": refund.note,
        "status": REFUND_STATUSES[refund.status],
        "amount": refund.amount,
    }


def new_token() -> str:
    """A token of P24's look."""
    digits = secrets.token_hex(16).upper()
    return "-".join((digits[:10], digits[10:16], digits[16:22], digits[22:]))


def new_order_id() -> int:
    """A transaction number of P24's look, beyond 32 bits."""
    return 5_000_000_000 + secrets.randbelow(1_000_000_000)


def _moment(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S}"
