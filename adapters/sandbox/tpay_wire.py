"""Tpay's sums, seals and words: certificates of the sandbox's own, notifications, errors."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from flask import Response, jsonify

from adapters.sandbox.amounts import shown
from adapters.sandbox.ledger import Refund, Session

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.x509 import Certificate, Name

MERCHANT: Final = "12345"
CODE: Final = "tpay-sandbox-security-code"
CLIENT: Final = "tpay-sandbox-client"
CLIENT_SECRET: Final = "tpay-sandbox-client-secret"  # noqa: S105 -- known to everybody
API_KEY: Final = "tpay-sandbox-api-key"
API_PASSWORD: Final = "tpay-sandbox-api-password"  # noqa: S105 -- known to everybody
PLACES: Final = 2
NOTICES: Final[Mapping[str, tuple[str, str]]] = {
    "paid": ("TRUE", "none"),
    "authorized": ("PAID", "none"),
    "declined": ("FALSE", "none"),
}
"""tr_status and tr_error for what the ledger says; nobody is told of the rest."""
LOOKS: Final[Mapping[str, str]] = {
    "paid": "correct",
    "cancelled": "canceled",
    "declined": "error",
}
"""A transaction's status by the ledger's; ``pending`` for the rest."""
REFUNDS: Final[Mapping[str, str]] = {"pending": "pending", "done": "done", "refused": "cancel"}


@dataclass(frozen=True, slots=True)
class Seals:
    """A root and what it signed: PEM as they are served, and the key that seals notifications."""

    root: bytes
    leaf: bytes
    key: RSAPrivateKey


@functools.cache
def seals() -> Seals:
    """Throw-away certificates, made once for a process."""
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import Name, NameAttribute
    from cryptography.x509.oid import NameOID

    root_key, key = (generate_private_key(65537, 2048) for _ in range(2))
    root, leaf = (
        Name([NameAttribute(NameOID.COMMON_NAME, f"Sandbox JWS {what} (test only)")])
        for what in ("root", "signing")
    )
    own = _issued(root, root, root_key, root_key)
    signed = _issued(leaf, root, key, root_key)
    return Seals(own.public_bytes(Encoding.PEM), signed.public_bytes(Encoding.PEM), key)


def _issued(subject: Name, issuer: Name, key: RSAPrivateKey, issuer_key: RSAPrivateKey) -> Certificate:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509 import BasicConstraints, CertificateBuilder, random_serial_number

    now = datetime.now(UTC)
    builder = CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(random_serial_number()).not_valid_before(now - timedelta(days=30))
    builder = builder.not_valid_after(now + timedelta(days=3650))
    constraints = BasicConstraints(ca=subject == issuer, path_length=None)
    return builder.add_extension(constraints, critical=True).sign(issuer_key, SHA256())


def seal(body: bytes, address: str, *, forged: bool = False) -> str:
    """The value of X-JWS-Signature: a detached JWS over the body, by the certificate at `address`."""
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    head = b64(json.dumps({"alg": "RS256", "x5u": address}, separators=(",", ":")).encode())
    covered = f"{head}.{b64(body)}".encode()
    signature = seals().key.sign(b"forged" + covered if forged else covered, PKCS1v15(), SHA256())
    return f"{head}..{b64(signature)}"


def b64(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def form_sum(merchant: str, amount: str, crc: str, code: str) -> str:
    """md5 over a form's four parts with `&` between them."""
    return _md5("&".join((merchant, amount, crc, code)))


def old_form_sum(merchant: str, amount: str, crc: str, code: str) -> str:
    """As Transferuj.pl had it: nothing between the parts."""
    return _md5(merchant + amount + crc + code)


def notice_sum(merchant: str, title: str, amount: str, crc: str, code: str) -> str:
    """md5 over a notification's five parts with nothing between them."""
    return _md5(merchant + title + amount + crc + code)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def notice(session: Session, word: str, error: str, paid: int, at: float) -> dict[str, str]:
    """The fields of a notification."""
    amount = shown(session.amount, PLACES)
    return {
        "id": session.account,
        "tr_id": session.id,
        "tr_date": moment(at),
        "tr_crc": session.reference,
        "tr_amount": amount,
        "tr_paid": shown(paid, PLACES),
        "tr_desc": session.description,
        "tr_status": word,
        "tr_error": error,
        "tr_email": str(session.extra.get("email", "")),
        "test_mode": "0",
        "tr_currency": session.currency,
        "md5sum": notice_sum(session.account, session.id, amount, session.reference, CODE),
    }


def transaction_json(session: Session) -> dict[str, Any]:
    """A transaction as the OpenAPI shows it; amounts are numbers in major units."""
    status = LOOKS.get(session.status, "pending")
    if session.captures and session.refunded >= session.captured:
        status = "refund"
    payments: dict[str, Any] = {
        "status": status,
        "method": None,
        "amountPaid": number(session.amount if session.captures else 0),
        "date": {"realization": None},
        "attempts": [],
    }
    return {
        "result": "success",
        "requestId": secrets.token_hex(10),
        "transactionId": transaction_id(session),
        "title": session.id,
        "posId": "ps_sandbox",
        "status": status,
        "date": {"creation": moment(session.created_at), "realization": None},
        "amount": number(session.amount),
        "currency": session.currency,
        "description": session.description,
        "hiddenDescription": session.reference,
        "payments": payments,
    }


def refund_json(session: Session, refund: Refund) -> dict[str, Any]:
    """A refund as the OpenAPI lists it."""
    done = moment(refund.at) if refund.status == "done" else None
    return {
        "refundId": refund.id,
        "status": REFUNDS[refund.status],
        "amount": number(refund.amount),
        "currency": session.currency,
        "date": {"schedule": moment(refund.at), "processed": done},
    }


def number(amount: int) -> int | float:
    """Hundredths as a JSON number in major units."""
    return json.loads(shown(amount, PLACES))  # type: ignore[no-any-return]


def hundredths(value: object) -> int | None:
    """A decimal with at most two places, as text or as a JSON number; None for all else."""
    whole, point, places = str(value).partition(".")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if not whole.isdecimal() or (point and not places.isdecimal()) or len(places) > PLACES:
        return None
    return int(whole + places.ljust(PLACES, "0"))


def moment(at: float) -> str:
    """Seconds since the epoch as `YYYY-MM-DD HH:MM:SS`."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S}"


def new_title() -> str:
    """A title of Tpay's look."""
    letters = string.ascii_uppercase + string.digits
    middle, tail = ("".join(secrets.choice(letters) for _ in range(count)) for count in (6, 9))
    return f"TR-{middle}-{tail}X"


def short_of(wish: Mapping[str, Any]) -> tuple[str, str] | None:
    """What a new transaction lacks: the error's code and words."""
    payer, described = wish.get("payer"), str(wish.get("description") or "")
    if isinstance(wish.get("amount"), str) or not hundredths(wish.get("amount")):
        return "invalid_amount", "amount is a number of at least 0.01"
    if not isinstance(payer, dict) or not payer.get("email") or not payer.get("name"):
        return "invalid_payer", "email and name of the payer are needed"
    if not described or len(described) > 128 or len(str(wish.get("hiddenDescription", ""))) > 128:
        return "invalid_description", "1 to 128 characters"
    return None


def transaction_id(session: Session) -> str:
    """The id that calls take, which is not the title."""
    return f"ta_{session.id[3:].replace('-', '')}"


def told(**answer: object) -> Response:
    """A JSON answer to stop with."""
    return jsonify(**answer)


def failed(status: int, code: str, words: str) -> Response:
    """The OpenAPI's error envelope."""
    errors = [{"errorCode": code, "errorMessage": words}]
    answer = jsonify(result="failed", requestId=secrets.token_hex(10), errors=errors)
    answer.status_code = status
    return answer
