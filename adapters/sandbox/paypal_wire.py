"""PayPal's shapes: orders, captures, refunds, events and errors as JSON, and the proof of a webhook."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
import secrets
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from flask import Response, jsonify

from adapters.sandbox.amounts import is_web_address, shown
from adapters.sandbox.ledger import Refund, Session

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

CURRENCIES: Final = (
    "AUD BRL CAD CNY CZK DKK EUR HKD HUF ILS JPY MYR MXN TWD NZD NOK PHP PLN GBP SGD SEK CHF THB USD"
)
_WHOLE: Final = ("JPY", "HUF", "TWD")
_VALUE: Final = re.compile(r"(-?[0-9]{1,18})(?:\.([0-9]{1,12}))?\Z", re.ASCII)
_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPRSTUVWXY"
NAMES: Final[Mapping[int, str]] = {
    400: "INVALID_REQUEST",
    401: "AUTHENTICATION_FAILURE",
    403: "NOT_AUTHORIZED",
    404: "RESOURCE_NOT_FOUND",
    409: "RESOURCE_CONFLICT",
    422: "UNPROCESSABLE_ENTITY",
    429: "RATE_LIMIT_REACHED",
    500: "INTERNAL_SERVER_ERROR",
    503: "SERVICE_UNAVAILABLE",
}


class BadValue(ValueError):
    """A wish PayPal refuses; `http` and `issue` as it would answer."""

    def __init__(self, issue: str, words: str = "", http: int = 422) -> None:
        super().__init__(words or issue)
        self.http, self.issue = http, issue


def new_id() -> str:
    """Seventeen capitals and digits, as PayPal numbers everything."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(17))


def error(status: int, issue: str = "", words: str = "", **more: Any) -> Response:
    """The envelope of PayPal's errors."""
    details = [{"issue": issue, "description": words or issue}] if issue else []
    told = {"name": NAMES.get(status, "ERROR"), "message": words, "debug_id": secrets.token_hex(7)}
    answer = jsonify(**told, details=details, **more)
    answer.status_code = status
    return answer


def places_of(currency: str) -> int:
    """How many decimals PayPal writes; not ISO 4217's for HUF and TWD."""
    return 0 if currency in _WHOLE else 2


def units(amount: object, currency: str = "") -> tuple[int, str]:
    """`{"currency_code", "value"}` in the smallest unit PayPal writes. Raises: BadValue."""
    told = amount if isinstance(amount, dict) else {}
    code, found = told.get("currency_code"), _VALUE.match(str(told.get("value", "")))
    if not isinstance(told.get("value"), str) or found is None or not isinstance(code, str):
        raise BadValue("INVALID_PARAMETER_SYNTAX", "currency_code and a decimal value are expected", 400)
    if code not in CURRENCIES.split():
        raise BadValue("CURRENCY_NOT_SUPPORTED")
    if currency and code != currency:
        raise BadValue("REFUND_CAPTURE_CURRENCY_MISMATCH")
    places, decimals = places_of(code), found[2] or ""
    if decimals and not places:
        raise BadValue("DECIMALS_NOT_SUPPORTED")
    if len(decimals) > places:
        raise BadValue("DECIMAL_PRECISION")
    number = int(found[1] + decimals.ljust(places, "0"))
    if number <= 0:
        raise BadValue("CANNOT_BE_ZERO_OR_NEGATIVE")
    return number, code


def read_order(wish: Mapping[str, Any], client_id: str, key: str) -> Session:
    """The session an order opens; it still needs its id. Raises: BadValue."""
    wanted = wish.get("purchase_units")
    if wish.get("intent") != "CAPTURE" or not isinstance(wanted, list) or len(wanted) != 1:
        raise BadValue("MISSING_REQUIRED_PARAMETER", "intent CAPTURE and one purchase unit are expected", 400)
    unit = wanted[0]
    amount, currency = units(unit.get("amount"))
    _check_breakdown(unit, amount, currency)
    for name, longest in (("custom_id", 127), ("invoice_id", 127), ("description", 3000)):
        if len(str(unit.get(name) or "")) > longest:
            raise BadValue("INVALID_STRING_LENGTH", name, 400)
    source = wish.get("payment_source") or {}
    modern = (source.get("paypal") or {}).get("experience_context")
    context = modern or wish.get("application_context") or {}
    for name in ("return_url", "cancel_url"):
        if name in context and not is_web_address(context[name]):
            raise BadValue("INVALID_PARAMETER_SYNTAX", name, 400)
    return Session(
        id="",
        gateway="paypal",
        account=client_id,
        reference=str(unit.get("custom_id") or ""),
        amount=amount,
        currency=currency,
        places=places_of(currency),
        description=str(unit.get("description") or "")[:127],
        return_url=str(context.get("return_url") or ""),
        key=key,
        extra={
            "cancel_url": str(context.get("cancel_url") or ""),
            "invoice_id": str(unit.get("invoice_id") or ""),
            "reference_id": str(unit.get("reference_id") or "default"),
            "modern": bool(modern),
        },
    )


def _check_breakdown(unit: Mapping[str, Any], amount: int, currency: str) -> None:
    breakdown = unit["amount"].get("breakdown") or {}
    if unit.get("items") and "item_total" not in breakdown:
        raise BadValue("ITEM_TOTAL_REQUIRED")
    parts = {name: units({**part, "currency_code": currency})[0] for name, part in breakdown.items()}
    signed = [-value if name.endswith("discount") else value for name, value in parts.items()]
    if parts and sum(signed) != amount:
        raise BadValue("AMOUNT_MISMATCH")


def money(number: int, session: Session) -> dict[str, str]:
    """An amount as PayPal writes it."""
    return {"currency_code": session.currency, "value": shown(number, session.places)}


def moment(seconds: float) -> str:
    """A time as PayPal writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def capture_json(session: Session, capture_id: str, status: str, amount: int, at: float) -> dict[str, Any]:
    """A capture, whole."""
    told = {
        "id": capture_id,
        "status": status,
        "amount": money(amount, session),
        "final_capture": True,
        "custom_id": session.reference,
        "invoice_id": session.extra["invoice_id"],
        "supplementary_data": {"related_ids": {"order_id": session.id}},
        "create_time": moment(at),
    }
    reason = {"PENDING": "ECHECK", "DECLINED": "DECLINED_BY_RISK_FRAUD_FILTERS"}.get(status)
    return {**told, **({"status_details": {"reason": reason}} if reason else {})}


def capture_id_of(order_id: str) -> str:
    """The id of an order's one capture."""
    return hashlib.sha256(order_id.encode()).hexdigest()[:17].upper()


def order_json(session: Session, captures: list[Any], refunds: list[Any]) -> dict[str, Any]:
    """An order with what was captured and given back."""
    waiting = "PAYER_ACTION_REQUIRED" if session.extra["modern"] else "CREATED"
    yes = "APPROVED" if session.status in {"authorized", "declined"} else waiting
    unit: dict[str, Any] = {
        "reference_id": session.extra["reference_id"],
        "amount": money(session.amount, session),
        "description": session.description,
        "custom_id": session.reference,
        "invoice_id": session.extra["invoice_id"],
    }
    if captures:
        unit["payments"] = {"captures": captures, **({"refunds": refunds} if refunds else {})}
    return {
        "id": session.id,
        "intent": "CAPTURE",
        "status": "COMPLETED" if captures else yes,
        "purchase_units": [unit],
        "create_time": moment(session.created_at),
    }


def refund_json(session: Session, refund: Refund, papers: Mapping[str, str]) -> dict[str, Any]:
    """A refund; `papers` are the ids its maker gave it."""
    root = session.extra["root"]
    words = {"pending": "PENDING", "done": "COMPLETED", "refused": "FAILED"}
    capture = session.captures[0].id
    links = [("self", f"refunds/{refund.id}"), ("up", f"captures/{capture}")]
    return {
        "id": refund.id,
        "status": words[refund.status],
        "amount": money(refund.amount, session),
        **papers,
        "create_time": moment(refund.at),
        "links": [{"rel": rel, "href": f"{root}/v2/payments/{path}", "method": "GET"} for rel, path in links],
    }


@functools.cache
def signing_key() -> tuple[RSAPrivateKey, bytes]:
    """This process's key and the PEM of its certificate, which no public root knows."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509.oid import NameOID

    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a sandbox, not PayPal")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2049, 1, 1, tzinfo=UTC))
        .sign(key, SHA256())
    )
    return key, certificate.public_bytes(Encoding.PEM)


def certificate_name() -> str:
    """Names the certificate so that another process's is another address."""
    return f"CERT-{zlib.crc32(signing_key()[1]):08x}"


def transmission_text(transmission_id: str, at: str, webhook_id: str, body: bytes) -> bytes:
    """What a webhook's signature covers."""
    return f"{transmission_id}|{at}|{webhook_id}|{zlib.crc32(body)}".encode()


def sign(text: bytes) -> str:
    """RSA PKCS #1 v1.5 with SHA-256, in Base64."""
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    return base64.b64encode(signing_key()[0].sign(text, PKCS1v15(), SHA256())).decode()


def is_signed(text: bytes, signature: str) -> bool:
    """Whether this process signed `text`; the scheme is deterministic."""
    return secrets.compare_digest(sign(text).encode(), signature.encode("utf-8", "replace"))


def raw_event(body: bytes) -> bytes:
    """The text of `webhook_event` inside a question, byte for byte; empty when there is none."""
    text = body.decode("utf-8", "replace")
    found = re.search(r'"webhook_event"\s*:\s*', text)
    if found is None:
        return b""
    try:
        _, end = json.JSONDecoder().raw_decode(text, found.end())
    except ValueError:
        return b""
    return text[found.end() : end].encode()
