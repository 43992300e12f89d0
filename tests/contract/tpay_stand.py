"""Tpay as the contract suite sees it: a harness for each interface, sealing with certificates of its own."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import CertificateBuilder, Name, NameAttribute, random_serial_number
from cryptography.x509.oid import NameOID
from pytest_httpserver import HTTPServer

from adapters.sandbox import credentials
from adapters.testing.harness import Claim
from application.ports.gateway import InboundMessage, PaymentGateway
from domain.money import Money
from domain.observation import Observation
from domain.payment import Payment, PaymentStatus
from tests.contract.stand import HttpSandbox, account

MERCHANT, CODE, TITLE = "12345", "tpay-sandbox-security-code", "TR-1AB2-3CDE4X"
SEAL = "x-jws-signature"
CLASSIC: Mapping[str, object] = {
    "api": "classic",
    "api_key": "tpay-sandbox-api-key",
    "api_password": "tpay-sandbox-api-password",
    "client_id": None,
    "client_secret": None,
}
WORDS = {"paid": "TRUE", "declined": "FALSE"}


@functools.cache
def sealing_key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


def certificate(key: RSAPrivateKey, issuer: str, issuer_key: RSAPrivateKey, days: int = 30) -> str:
    """PEM of a certificate for ``key``, in date for ``days`` (below zero: until so many days ago)."""
    now = datetime.now(UTC)
    names = (Name([NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("signing", issuer))
    builder = CertificateBuilder().subject_name(next(names)).issuer_name(next(names))
    builder = builder.public_key(key.public_key()).serial_number(random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=90)).not_valid_after(now + timedelta(days=days))
    return builder.sign(issuer_key, SHA256()).public_bytes(Encoding.PEM).decode()


@functools.cache
def pinned() -> str:
    return certificate(sealing_key(), "nobody", sealing_key())


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def sealed(body: bytes, address: str, *, key: RSAPrivateKey | None = None, **head: object) -> InboundMessage:
    """A message with a detached JWS over its body."""
    first = b64(json.dumps({"alg": "RS256", "x5u": address, **head}).encode())
    signature = (key or sealing_key()).sign(f"{first}.{b64(body)}".encode(), PKCS1v15(), SHA256())
    return InboundMessage("POST", body, {SEAL: f"{first}..{b64(signature)}"})


def fields(reference: str, amount: Money, word: str = "TRUE", **change: str) -> dict[str, str]:
    """A notification; its sum is over what the change leaves, unless that is changed itself."""
    text = f"{amount.scaled(2):03d}"
    told = {
        "id": MERCHANT,
        "tr_id": TITLE,
        "tr_date": "2024-01-02 03:04:05",
        "tr_crc": reference,
        "tr_amount": f"{text[:-2]}.{text[-2:]}",
        "tr_paid": f"{text[:-2]}.{text[-2:]}",
        "tr_desc": "Zamówienie 1001",
        "tr_status": word,
        "tr_error": "none",
        "tr_email": "jan@example.com",
        "test_mode": "0",
        "tr_currency": amount.currency.code,
        **change,
    }
    return {"md5sum": notice_sum(told, CODE), **told}


def notice_sum(told: Mapping[str, str], code: str) -> str:
    parts = (told["id"], told["tr_id"], told["tr_amount"], told["tr_crc"], code)
    return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest()


@dataclass(slots=True)
class TpayHarness:
    """One interface of Tpay in the sandbox, with deadlines short enough to wait for."""

    sandbox: HttpSandbox
    block: dict[str, object]
    timeout: float = 0.8
    pays_as: str = "paid"
    tells_declines: bool = False
    tells_later: bool = False
    secret_keys: tuple[str, ...] = ("security_code",)
    published: Mapping[str, str] = field(default_factory=lambda: {"security_code": "demo"})
    statuses: frozenset[str] = frozenset(WORDS)
    gateway: PaymentGateway = field(init=False)

    def __post_init__(self) -> None:
        self.gateway = self.build()

    @property
    def secrets(self) -> tuple[str, ...]:
        named = ("security_code", "client_secret", "api_key", "api_password")
        return tuple(str(self.block[name]) for name in named if self.block.get(name))

    @property
    def address(self) -> str:
        """Where the certificate stands that seals name."""
        return f"{self.sandbox.address}/x509/notifications-jws.pem"

    def build(self, environment: str = "test", **changes: object) -> PaymentGateway:
        block = {"certificate": pinned(), **self.block, "timeout": self.timeout, **changes}
        return account({key: value for key, value in block.items() if value is not None}, environment)

    def callback(self, claim: Claim, *, secret: str | None = None) -> InboundMessage:
        word = claim.word or WORDS[claim.status]
        change = {"id": "999"} if claim.foreign else {}
        told = fields(claim.payment.reference, claim.money, word, **change)
        if claim.status == "declined":
            told["tr_paid"] = "0.00"
        told["md5sum"] = notice_sum(told, CODE if secret is None else secret)
        return self.signed(urlencode(told).encode())

    def signed(self, body: bytes, **head: Any) -> InboundMessage:
        return sealed(body, self.address, **head)

    def every_one_byte_change(self, genuine: InboundMessage) -> Iterator[InboundMessage]:
        for place, byte in enumerate(genuine.body):
            changed = bytes([byte ^ 1])
            yield replace(genuine, body=genuine.body[:place] + changed + genuine.body[place + 1 :])
        seal = genuine.headers[SEAL]
        for place, letter in enumerate(seal):
            other = "A" if letter != "A" else "B"
            yield replace(genuine, headers={SEAL: seal[:place] + other + seal[place + 1 :]})

    def forgeries(self, genuine: InboundMessage) -> Iterator[InboundMessage]:
        head, _, signature = genuine.headers[SEAL].split(".")
        told = json.loads(unb64(head))
        other = generate_private_key(65537, 2048)
        empty_key = hashlib.md5(b"", usedforsecurity=False).hexdigest().encode()
        for value in (
            "",
            "none",
            "..",
            "é" * 64,
            "\ud800",
            head,
            f"{head}..",
            f"..{signature}",
            f"{head}.{signature}",
            f"{head}.{b64(genuine.body)}.{signature}",
            f"{head}..{signature}.",
            f"{head}..{signature}=",
            f" {head}..{signature}",
            f"{b64(json.dumps({**told, 'alg': 'none'}).encode())}..{signature}",
        ):
            yield replace(genuine, headers={SEAL: value})
        yield replace(genuine, headers={})
        yield sealed(genuine.body, self.address, key=other)
        for change in ({"alg": "none"}, {"alg": "HS256"}, {"alg": "RS512"}, {"alg": None}, {"crit": ["b64"]}):
            yield self.signed(genuine.body, **change)
        for address in hostile_addresses(self.address):
            yield sealed(genuine.body, address)
        yield self.signed(genuine.body.replace(notice_sum_in(genuine), empty_key))
        yield self.signed(genuine.body.replace(notice_sum_in(genuine), notice_sum_in(genuine).upper()))


def hostile_addresses(address: str) -> Iterator[object]:
    """Places no certificate may come from, though most begin like ours."""
    host, _, rest = address.partition("/tpay/")
    yield from ("", None, 1, "notifications-jws.pem", "//secure.tpay.com/x509/a.pem", "file:///x509/a.pem")
    yield f"{host}.evil.example/tpay/{rest}"
    yield f"{host}@evil.example/tpay/{rest}"
    yield f"{host.replace('://', '://user@')}/tpay/{rest}"
    yield f"{host}0/tpay/{rest}"
    yield f"{host}/elsewhere/{rest}"
    yield "https://secure.tpay.com/x509/notifications-jws.pem"
    yield "https://secure.sandbox.tpay.com/x509/notifications-jws.pem"


def notice_sum_in(message: InboundMessage) -> bytes:
    return dict(pair.split(b"=", 1) for pair in message.body.split(b"&"))[b"md5sum"]


GOOD = {"result": "success", "transactionId": "ta_1", "title": TITLE}


def told(harness: TpayHarness, word: str, *, gateway: PaymentGateway | None = None, **change: str) -> Any:
    """What becomes of a notification with these fields."""
    message = harness.signed(urlencode(fields("ord-1001", Money.of(4990, "PLN"), word, **change)).encode())
    return (gateway or harness.gateway).read_callback(message)


def one(found: object) -> Observation:
    assert isinstance(found, tuple)
    assert len(found) == 1
    return found[0]  # type: ignore[no-any-return]


def over_http(harness: TpayHarness, server: HTTPServer, **changes: object) -> PaymentGateway:
    server.expect_request("/oauth/auth").respond_with_json({"access_token": "t", "expires_in": "7200"})
    return harness.build(base_url=server.url_for("").rstrip("/"), **changes)


def captured(payment: Payment, **change: Any) -> Payment:
    return replace(payment, status=PaymentStatus.PAID, captured=payment.amount, **change)


@contextmanager
def by_openapi(sandbox_url: str) -> Iterator[TpayHarness]:
    """The OpenAPI account of the sandbox; its knobs are turned back afterwards."""
    sandbox = HttpSandbox(sandbox_url, "tpay")
    yield TpayHarness(sandbox, dict(credentials(sandbox_url)["tpay"]))
    sandbox.clear()
    sandbox.settings(two_step=False, paid_delta=0, tr_status="", as_json=False, jws=True, refund_seconds=0.3)


def by_classic(sandbox_url: str) -> TpayHarness:
    """The classic account of the same sandbox."""
    block = {**credentials(sandbox_url)["tpay"], **CLASSIC}
    return TpayHarness(HttpSandbox(sandbox_url, "tpay"), block, tells_later=True)
