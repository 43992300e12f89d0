"""PayU's classic API in the sandbox, messages signed by hand, and the vector of its protocol."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from adapters.sandbox import payu_classic
from adapters.testing.harness import Claim
from application.ports.gateway import InboundMessage, PaymentGateway
from domain.payment import Payment
from tests.contract.stand import HttpSandbox, account

BLOCK: dict[str, object] = {
    "adapter": "payu",
    "api": "classic",
    "pos_id": payu_classic.POS_ID,
    "pos_auth_key": payu_classic.POS_AUTH_KEY,
    "key1": payu_classic.KEY1,
    "key2": payu_classic.KEY2,
}
DEMO: dict[str, object] = {**BLOCK, "key1": "key1demo", "key2": "key2demo"}
V4 = {
    "pos_id": "4321",
    "session_id": "77:1400000000.0",
    "pos_auth_key": "AbCd123",
    "amount": "1999",
    "desc": "Zamówienie 77",
    "order_id": "77",
    "email": "a@example.com",
    "language": "pl",
    "client_ip": "203.0.113.7",
    "ts": "1400000001.5",
}
V4_SIG = "724d03249b19c1749318dde3eab39f17"
V4_ONLINE = {"pos_id": "4321", "session_id": "77:1400000000.0", "ts": "1400000099"}
V4_ONLINE_SIG = "c49268879b3ed013cccb0146120fa0bc"


def md5(*parts: str) -> str:
    return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest()


def posted(fields: Mapping[str, str]) -> InboundMessage:
    kind = {"content-type": "application/x-www-form-urlencoded"}
    return InboundMessage("POST", urlencode(fields).encode(), kind)


def online(
    session: str, key2: str, pos_id: str = payu_classic.POS_ID, ts: str = "1400000099"
) -> InboundMessage:
    """UrlOnline, signed by hand."""
    fields = {"pos_id": pos_id, "session_id": session, "ts": ts}
    return posted({**fields, "sig": md5(pos_id, session, ts, key2)})


@dataclass(slots=True)
class ClassicHarness:
    """The classic API in the sandbox; ``pays_as`` authorized: automatic receipt is off."""

    sandbox: HttpSandbox
    block: dict[str, object]
    timeout: float = 0.8
    pays_as: str = "paid"
    collect_names_money: bool = False
    secret_keys: tuple[str, ...] = ("key2",)
    published: Mapping[str, str] = field(default_factory=dict)
    statuses: frozenset[str] = frozenset({"paid"})
    gateway: PaymentGateway = field(init=False)

    def __post_init__(self) -> None:
        self.gateway = self.build()

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(str(self.block[key]) for key in ("pos_auth_key", "key1", "key2"))

    def build(self, environment: str = "test", **changes: object) -> PaymentGateway:
        block = {**self.block, "timeout": self.timeout, **changes}
        return account({key: value for key, value in block.items() if value is not None}, environment)

    def hints(self, payment: Payment) -> Iterator[InboundMessage]:
        yield online(payment.reference, str(self.block["key2"]))

    def callback(self, claim: Claim, *, secret: str | None = None) -> InboundMessage:
        key2 = str(self.block["key2"]) if secret is None else secret
        return online(claim.payment.reference, key2, "9999" if claim.foreign else payu_classic.POS_ID)

    def signed(self, body: bytes) -> InboundMessage:
        return online(body.decode("utf-8", "replace"), str(self.block["key2"]))

    def every_one_byte_change(self, genuine: InboundMessage) -> Iterator[InboundMessage]:
        for place, byte in enumerate(genuine.body):
            changed = bytes([byte ^ 1])
            yield replace(genuine, body=genuine.body[:place] + changed + genuine.body[place + 1 :])

    def forgeries(self, genuine: InboundMessage) -> Iterator[InboundMessage]:
        body, sig = genuine.body.rsplit(b"&sig=", 1)
        for claimed in (b"", sig.upper(), sig[:-1], "é".encode() * 16, b"%ED%A0%80", sig + b"&sig=" + sig):
            yield replace(genuine, body=body + b"&sig=" + claimed)
        yield replace(genuine, body=body)
        yield replace(genuine, body=b"")
