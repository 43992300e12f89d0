"""Dotpay against the contract suite, and the vectors of its protocol on both sides of the wire."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, quote_from_bytes, urlencode

import pytest

from adapters.gateways.dotpay import mapping, signature
from adapters.sandbox import credentials, dotpay_wire
from adapters.testing.callbacks import SignedCallbackContract
from adapters.testing.contract import GatewayContract
from adapters.testing.harness import Claim
from adapters.testing.wires import WireContract
from application.errors import InvalidSignature
from application.ports.gateway import InboundMessage, PaymentGateway
from domain.money import Money
from domain.observation import Observation, Proof
from domain.payment import PaymentStatus
from domain.settlement import Verdict
from domain.transaction import FactKind
from tests.contract.stand import HttpSandbox, account

PIN = "AbCdEfGhIjKlMnOpQrStUvWxYz012345"
WORDS = {"paid": "completed", "declined": "rejected"}
NAMES = dotpay_wire._URLC.split()
DEMO: dict[str, object] = {"adapter": "dotpay", "shop_id": "123456", "pin": PIN}

V1 = {
    "api_version": "dev",
    "lang": "pl",
    "id": "123456",
    "amount": "98.53",
    "currency": "PLN",
    "description": "Zamówienie 1001",
    "control": "ord-1001",
    "channel": "73",
    "ch_lock": "0",
    "url": "https://shop.example/back",
    "type": "0",
    "urlc": "https://shop.example/cb",
    "firstname": "Jan",
    "lastname": "Żółć",
    "email": "jan@example.com",
}
V1_CHK = "f3e97fc627a3eaeeb52b3bdfc2be4487442471b2a38fd69fdf9f4d40bebb14e8"
V2 = {
    "id": "123456",
    "amount": "98.53",
    "currency": "PLN",
    "description": "Zamówienie 1001/A",
    "control": "ord-1001",
    "api_version": "next",
    "lang": "pl",
    "url": "https://shop.example/back",
    "urlc": "https://shop.example/cb",
    "type": "4",
    "email": "jan@example.com",
    "p_info": "Shop",
    "p_email": "kasa@shop.example",
}
V2_CHK = "c18ae914d76e5e0cefb2413cb34a10e8adaf56f8a79755266484e246d4ff105b"
V3 = {
    "id": "123456",
    "operation_number": "M1234-56789",
    "operation_type": "payment",
    "operation_status": "completed",
    "operation_amount": "98.53",
    "operation_currency": "PLN",
    "operation_withdrawal_amount": "96.71",
    "operation_commission_amount": "-1.82",
    "is_completed": "true",
    "operation_original_amount": "98.53",
    "operation_original_currency": "PLN",
    "operation_datetime": "2020-05-04 12:13:14",
    "control": "ord-1001",
    "description": "Zamówienie 1001",
    "email": "jan@example.com",
    "p_info": "Shop",
    "p_email": "kasa@shop.example",
    "channel": "73",
    "channel_country": "PL",
    "geoip_country": "PL",
}
V3_SIGNATURE = "5bdb1adfe2bd6a7a56d175935be05d65ac65b0b482861897db1965373c9202b5"


def signed(fields: Mapping[str, str], pin: str = PIN) -> InboundMessage:
    """A URLC over these fields, signed by hand."""
    joined = pin + "".join(fields.get(name, "") for name in NAMES)
    return posted({**fields, "signature": hashlib.sha256(joined.encode()).hexdigest()})


def posted(fields: Mapping[str, str]) -> InboundMessage:
    return InboundMessage(
        "POST", urlencode(fields).encode(), {"content-type": "application/x-www-form-urlencoded"}
    )


def read(gateway: PaymentGateway, message: InboundMessage) -> Observation:
    found = gateway.read_callback(message)
    assert isinstance(found, tuple)
    (seen,) = found
    return seen


@dataclass(slots=True)
class DotpayHarness:
    """Dotpay in the sandbox, with deadlines short enough to wait for."""

    sandbox: HttpSandbox
    block: dict[str, object]
    timeout: float = 0.8
    pays_as: str = "paid"
    secret_keys: tuple[str, ...] = ("pin",)
    published: Mapping[str, str] = field(default_factory=lambda: {"pin": PIN})
    statuses: frozenset[str] = frozenset(WORDS)
    gateway: PaymentGateway = field(init=False)

    def __post_init__(self) -> None:
        self.gateway = self.build()

    @property
    def secrets(self) -> tuple[str, ...]:
        return str(self.block["pin"]), str(self.block["api_password"])

    def build(self, environment: str = "test", **changes: object) -> PaymentGateway:
        block = {**self.block, "timeout": self.timeout, **changes}
        return account({key: value for key, value in block.items() if value is not None}, environment)

    def callback(self, claim: Claim, *, secret: str | None = None) -> InboundMessage:
        money = claim.money
        amount = str(money).split(" ")[0]
        told = {
            **V3,
            "id": "654321" if claim.foreign else str(self.block["shop_id"]),
            "operation_status": claim.word or WORDS[claim.status],
            "operation_original_amount": amount if "." in amount else f"{amount}.00",
            "operation_original_currency": money.currency.code,
            "control": claim.payment.reference,
        }
        return signed(told, str(self.block["pin"]) if secret is None else secret)

    def signed(self, body: bytes) -> InboundMessage:
        text = body.decode("utf-8", "replace")
        message = signed({"id": "123456", "description": text}, str(self.block["pin"]))
        if "\ufffd" in text:
            raw = message.body.split(b"description=")[0] + b"description=" + quote_from_bytes(body).encode()
            return replace(message, body=raw + b"&signature=" + message.body.rpartition(b"=")[2])
        return message

    def every_one_byte_change(self, genuine: InboundMessage) -> Iterator[InboundMessage]:
        fields = mapping_of(genuine)
        for name, value in fields.items():
            for place, letter in enumerate(value):
                other = "0" if letter != "0" else "1"
                yield posted({**fields, name: value[:place] + other + value[place + 1 :]})
        for name in NAMES:
            yield posted({**fields, name: fields.get(name, "") + "x"})

    def forgeries(self, genuine: InboundMessage) -> Iterator[InboundMessage]:
        fields = mapping_of(genuine)
        good = fields.pop("signature")
        yield posted(fields)
        joined = "".join(fields.get(name, "") for name in NAMES)
        for value in (
            "",
            good.upper(),
            good[:-1],
            "é" * 64,
            hashlib.sha256(joined.encode()).hexdigest(),
            hashlib.sha256((joined + PIN).encode()).hexdigest(),
            hashlib.md5((PIN + joined).encode(), usedforsecurity=False).hexdigest(),
        ):
            yield posted({**fields, "signature": value})
        yield posted({**fields, "md5": good})


def mapping_of(message: InboundMessage) -> dict[str, str]:
    return dict(parse_qsl(message.body.decode(), keep_blank_values=True))


@pytest.fixture
def harness(sandbox_url: str) -> Iterator[DotpayHarness]:
    sandbox = HttpSandbox(sandbox_url, "dotpay")
    yield DotpayHarness(sandbox, dict(credentials(sandbox_url)["dotpay"]))
    sandbox.clear()


@pytest.fixture
def demo() -> PaymentGateway:
    return account(DEMO)


class TestDotpay(GatewayContract, SignedCallbackContract, WireContract):
    """The contract."""


def test_vector_1_is_the_chk_of_dev() -> None:
    assert signature.chk(V1, PIN) == V1_CHK
    assert dotpay_wire.chk_of({**V1, "chk": "x"}, PIN) == V1_CHK


def test_vector_2_is_the_chk_of_next() -> None:
    assert signature.chk(V2, PIN) == V2_CHK
    assert dotpay_wire.chk_of({**V2, "chk": "x"}, PIN) == V2_CHK


@pytest.mark.parametrize("scheme", ["next", "dev", ""])
def test_both_sides_agree_on_the_proof_of_a_form_with_odd_letters(scheme: str) -> None:
    odd = {**V1, "api_version": scheme, "description": 'Kawa "ż" / \\ \U0001f600 ó', "channel": ""}
    assert signature.chk(odd, PIN) == dotpay_wire.chk_of(odd, PIN)
    assert json.dumps("\U0001f600") == '"\\ud83d\\ude00"'


def test_vector_3_is_a_payment_of_98_53_pln(demo: PaymentGateway) -> None:
    assert dotpay_wire.urlc_signature(V3, PIN) == V3_SIGNATURE
    seen = read(demo, posted({**V3, "signature": V3_SIGNATURE}))
    assert (seen.reference, seen.status, seen.word) == ("ord-1001", PaymentStatus.PAID, "completed")
    assert seen.proof == Proof(FactKind.CAPTURED, "M1234-56789", Money.of(9853, "PLN"))
    assert demo.acknowledge(Verdict.APPLIED).body == b"OK"


def test_both_sides_sign_in_the_order_of_the_sheet() -> None:
    assert tuple(NAMES) == signature.URLC
    assert len(NAMES) == 37
    order = dotpay_wire._CHK.split()
    assert [name for name in order if name in signature.CHK] == list(signature.CHK)


@pytest.mark.parametrize("name", NAMES[1:])
def test_every_field_of_the_sheet_is_covered(demo: PaymentGateway, name: str) -> None:
    whole = {**dict.fromkeys(NAMES, ""), **V3}
    told = mapping_of(signed({**whole, "credit_card_id": "card-1", "operation_seller_code": "s"}))
    told[name] += "0"
    with pytest.raises(InvalidSignature):
        demo.read_callback(posted(told))


@pytest.mark.parametrize(("word", "status"), mapping.STATUSES.items())
def test_every_status_word_has_its_meaning(demo: PaymentGateway, word: str, status: PaymentStatus) -> None:
    seen = read(demo, signed({**V3, "operation_status": word}))
    assert seen.status is status
    assert (seen.proof is not None) == (word == "completed")
    assert (seen.gateway_reference is not None) == (word == "completed")
