"""PayU's words and shapes: points of sale, status words, signatures, orders, errors."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from flask import Response, jsonify

from adapters.sandbox.amounts import is_web_address, whole_or_number
from adapters.sandbox.ledger import Refund, Session

ALGORITHMS: Final[Mapping[str, str]] = {
    "MD5": "md5",
    "SHA": "sha256",
    "SHA-1": "sha1",
    "SHA-256": "sha256",
    "SHA256": "sha256",
    "SHA-384": "sha384",
    "SHA-512": "sha512",
}
ORDER_WORDS: Final[Mapping[str, str]] = {
    "open": "NEW",
    "pending": "PENDING",
    "authorized": "WAITING_FOR_CONFIRMATION",
    "paid": "COMPLETED",
    "declined": "CANCELED",
    "cancelled": "CANCELED",
    "expired": "CANCELED",
}
REFUND_WORDS: Final[Mapping[str, str]] = {"pending": "PENDING", "done": "FINALIZED", "refused": "CANCELED"}
STATUS_CODES: Final[Mapping[int, str]] = {
    401: "UNAUTHORIZED",
    404: "DATA_NOT_FOUND",
    408: "TIMEOUT",
    500: "ERROR_INTERNAL",
    503: "SERVICE_NOT_AVAILABLE",
}
CURRENCIES: Final = frozenset(
    ("BGN", "CHF", "CZK", "DKK", "EUR", "GBP", "HRK", "HUF", "NOK", "PLN", "RON", "RUB", "SEK", "UAH", "USD")
)
_NEEDED: Final = ("customerIp", "merchantPosId", "description", "currencyCode", "totalAmount", "products")
_ECHOED: Final = ("customerIp", "buyer", "products", "additionalDescription")


@dataclass(frozen=True, slots=True)
class PointOfSale:
    """A shop's account. With `manual` capture the payment page can also just authorise."""

    pos_id: str
    client_secret: str
    second_key: str
    manual: bool = False


# The two test points PayU publishes for PLN; here the second one stands for a POS without auto-receive.
POINTS: Final[Mapping[str, PointOfSale]] = {
    point.pos_id: point
    for point in (
        PointOfSale("300746", "2ee86a66e5d97e3fadc400c9f19b065d", "b6ca15b0d1020e8094d9b5f8d163db54"),
        PointOfSale("300046", "c8d4b7ac61758704f38ed5564d8c0ae0", "0c017495773278c50c7b35434017b2ca", True),
    )
}


class BadOrder(Exception):
    """An order body PayU would refuse: the HTTP status, its status code and the literal (often the field)."""

    def __init__(self, http: int, status_code: str, literal: str, words: str) -> None:
        super().__init__(words)
        self.http, self.status_code, self.literal = http, status_code, literal


def read_order(raw: bytes, pos_id: str, now: float) -> Session:
    """A checked order as a session without an id. Source: sheet section 3. Raises: BadOrder.

    Amounts and quantities may be digit strings or whole JSON numbers: shops in the wild send either.
    """
    try:
        wish = json.loads(raw)
    except ValueError as problem:
        raise BadOrder(400, "ERROR_SYNTAX", "", "the body is not JSON") from problem
    if not isinstance(wish, dict):
        raise BadOrder(400, "ERROR_SYNTAX", "", "the body is not a JSON object")
    for name in _NEEDED:
        if wish.get(name) in (None, "", []):
            raise BadOrder(400, "ERROR_VALUE_MISSING", name, f"{name} is needed")
    if str(wish["merchantPosId"]) != pos_id:
        raise BadOrder(
            403, "ERROR_VALUE_INVALID", "INVALID_AUTH_FOR_THIS_ORDER", "the token is another POS's"
        )
    _check_values(wish)
    reference = str(wish.get("extOrderId") or "")
    lifetime = whole_or_number(wish.get("validityTime"))
    return Session(
        id="",
        gateway="payu",
        account=pos_id,
        reference=reference,
        amount=int(wish["totalAmount"]),
        currency=wish["currencyCode"],
        places=2,
        description=wish["description"],
        callback_url=wish.get("notifyUrl") or "",
        return_url=wish.get("continueUrl") or "",
        key=f"{pos_id}/{reference}" if reference else "",
        expires_at=now + lifetime if lifetime else None,
        extra={name: wish[name] for name in _ECHOED if name in wish},
    )


def _check_values(wish: Mapping[str, Any]) -> None:
    products = wish["products"] if isinstance(wish["products"], list) else []
    lines = [product for product in products if isinstance(product, dict) and product.get("name")]
    prices = [
        (whole_or_number(line.get("unitPrice")), whole_or_number(line.get("quantity"))) for line in lines
    ]
    total = sum((price or 0) * (quantity or 0) for price, quantity in prices)
    checks = {
        "customerIp": _is_shoppers_address(wish["customerIp"]),
        "description": isinstance(wish["description"], str),
        "currencyCode": wish["currencyCode"] in CURRENCIES,
        "totalAmount": bool(whole_or_number(wish["totalAmount"])),
        "products": len(lines) == len(products)
        and all(price is not None and quantity for price, quantity in prices)
        and total == whole_or_number(wish["totalAmount"]),
        "extOrderId": isinstance(wish.get("extOrderId", ""), str),
        "notifyUrl": not wish.get("notifyUrl") or is_web_address(wish["notifyUrl"]),
        "continueUrl": not wish.get("continueUrl") or is_web_address(wish["continueUrl"]),
        "validityTime": "validityTime" not in wish or bool(whole_or_number(wish["validityTime"])),
    }
    for name, holds in checks.items():
        if not holds:
            raise BadOrder(400, "ERROR_VALUE_INVALID", name, f"{name} is not acceptable")


def _is_shoppers_address(text: object) -> bool:
    try:
        return isinstance(text, str) and not ipaddress.ip_address(text).is_unspecified
    except ValueError:
        return False


def order_json(session: Session) -> dict[str, Any]:
    """An order as PayU shows it in answers and notifications."""
    told = {
        "orderId": session.id,
        "extOrderId": session.reference,
        "orderCreateDate": moment(session.created_at),
        "notifyUrl": session.callback_url,
        "merchantPosId": session.account,
        "description": session.description,
        "currencyCode": session.currency,
        "totalAmount": str(session.amount),
        **session.extra,
        "status": ORDER_WORDS.get(session.status, session.status),
    }
    return {name: value for name, value in told.items() if value != ""}


def refund_json(session: Session, refund: Refund) -> dict[str, str]:
    """A refund as PayU shows it in answers and notifications."""
    told = {
        "refundId": refund.id,
        "extRefundId": refund.key.partition("/")[2],
        "amount": str(refund.amount),
        "currencyCode": session.currency,
        "description": refund.note,
        "creationDateTime": moment(refund.at),
        "status": REFUND_WORDS[refund.status],
        "statusDateTime": moment(refund.at),
        "reason": "refund",
        "reasonDescription": refund.note,
    }
    return {name: value for name, value in told.items() if value}


def moment(at: float) -> str:
    """Seconds since the epoch as ISO 8601 with milliseconds and an offset."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def new_order_id(at: float) -> str:
    """An order id of PayU's look."""
    head = "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(10))
    return f"{head}{datetime.fromtimestamp(at, UTC):%y%m%d}GUEST000P01"


def new_refund_id() -> str:
    """A refund id of PayU's look."""
    return str(5_000_000_000 + secrets.randbelow(1_000_000_000))


def error(http: int, status_code: str, literal: str, words: str, **beside: str) -> Response:
    """PayU's error envelope; `beside` stands next to the status."""
    status = {"statusCode": status_code, "severity": "ERROR", "codeLiteral": literal, "statusDesc": words}
    if status_code == "ERROR_ORDER_NOT_UNIQUE":
        status["code"] = "110"
    answer = jsonify(status={name: value for name, value in status.items() if value}, **beside)
    answer.status_code = http
    return answer


def signature_header(body: bytes, second_key: str, algorithm: str) -> str:
    """The value of OpenPayu-Signature for a body. Source: PayU, notifications (sheet section 5)."""
    digest = sign(body, second_key, algorithm)
    return f"sender=checkout;signature={digest};algorithm={algorithm};content=DOCUMENT"


def sign(body: bytes, second_key: str, algorithm: str) -> str:
    """Lower-case hex of hash(body + second key), no HMAC. Raises: KeyError for other algorithms."""
    return hashlib.new(ALGORITHMS[algorithm], body + second_key.encode(), usedforsecurity=False).hexdigest()
