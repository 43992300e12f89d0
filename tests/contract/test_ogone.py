"""Ogone against the contract suite, and the worked examples of its signatures on both sides of the wire."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from urllib.parse import parse_qsl, quote_from_bytes, urlencode

import pytest

from adapters.gateways.ogone import signature
from adapters.sandbox import credentials, ogone_wire
from adapters.testing.callbacks import SignedCallbackContract
from adapters.testing.contract import GatewayContract
from adapters.testing.harness import Claim
from adapters.testing.wires import WireContract
from application.errors import InvalidSignature
from application.ports.gateway import InboundMessage, PaymentGateway
from domain.money import Money
from domain.observation import Observation, Proof
from domain.payment import PaymentStatus
from domain.transaction import FactKind
from tests.contract.stand import HttpSandbox, account

SHA_IN = "Winter-SHAIN-2Q!"
SHA_OUT = "Winter-SHAOUT-9Z?"
WORDS = {"paid": "9", "authorized": "5", "declined": "2", "cancelled": "1"}
DEMO: dict[str, object] = {"adapter": "ogone", "pspid": "demoshop", "sha_in": SHA_IN, "sha_out": SHA_OUT}

E1 = {"AMOUNT": "1500", "CURRENCY": "EUR", "Operation": "RES", "orderID": "1234", "PSPID": "MyPSPID"}
E1_SHASIGN = "EB52902BCC4B50DC1250E5A7C1068ECF97751256"
E2 = {
    "PSPID": "demoshop",
    "ORDERID": "pay-1001",
    "AMOUNT": "4990",
    "CURRENCY": "EUR",
    "LANGUAGE": "en_US",
    "CN": "Zoë Example",
    "EMAIL": "zoe@example.com",
    "ACCEPTURL": "https://shop.test/pay/1001/ok",
    "DECLINEURL": "https://shop.test/pay/1001/no",
    "EXCEPTIONURL": "https://shop.test/pay/1001/unsure",
    "CANCELURL": "https://shop.test/pay/1001/cancel",
    "COMPLUS": "",
    "OPERATION": "SAL",
}
E2_SHASIGN = "6A1BEDB51090121A738A8CD96FB1012F19F0296D93BE2B0FA2F4E88399E0EABB"
E3 = {
    "orderID": "pay-1001",
    "currency": "EUR",
    "amount": "49.9",
    "PM": "CreditCard",
    "ACCEPTANCE": "test123",
    "STATUS": "9",
    "CARDNO": "XXXXXXXXXXXX1111",
    "ED": "0931",
    "CN": "Zoë Example",
    "TRXDATE": "11/20/26",
    "PAYID": "3012345678",
    "NCERROR": "0",
    "BRAND": "VISA",
    "IP": "192.0.2.7",
    "SCORING": "17",
    "SCO_CATEGORY": "G",
}
E3_SHASIGN = "2F0673A63E2132C553618ACA67EA94F49E41003928A2213D4031DD24730633AC"


def joined(fields: Mapping[str, str], passphrase: str) -> bytes:
    """What is hashed, by hand: sorted as the sheet says, nothing between."""
    names = sorted((name.upper() for name, value in fields.items() if value), key=str.lower)
    values = {name.upper(): value for name, value in fields.items()}
    return "".join(f"{name}={values[name]}{passphrase}" for name in names).encode("utf-8", "surrogatepass")


def signed(fields: Mapping[str, str], passphrase: str = SHA_OUT) -> InboundMessage:
    """Feedback over these fields, signed by hand."""
    return posted({**fields, "SHASIGN": hashlib.sha256(joined(fields, passphrase)).hexdigest().upper()})


def posted(fields: Mapping[str, str]) -> InboundMessage:
    return InboundMessage(
        "POST", urlencode(fields).encode(), {"content-type": "application/x-www-form-urlencoded"}
    )


def fields_of(message: InboundMessage) -> dict[str, str]:
    return dict(parse_qsl(message.body.decode(), keep_blank_values=True))


def read(gateway: PaymentGateway, message: InboundMessage) -> Observation:
    found = gateway.read_callback(message)
    assert isinstance(found, tuple)
    (seen,) = found
    return seen


@dataclass(slots=True)
class OgoneHarness:
    """Ogone in the sandbox, with deadlines short enough to wait for."""

    sandbox: HttpSandbox
    block: dict[str, object]
    timeout: float = 0.8
    pays_as: str = "paid"
    secret_keys: tuple[str, ...] = ("sha_out",)
    published: Mapping[str, str] = field(
        default_factory=lambda: {
            "sha_in": SHA_IN,
            "sha_out": SHA_OUT,
            "api_password": ogone_wire.API_PASSWORD,
        }
    )
    statuses: frozenset[str] = frozenset(WORDS)
    gateway: PaymentGateway = field(init=False)

    def __post_init__(self) -> None:
        self.gateway = self.build()

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(str(self.block[key]) for key in ("sha_in", "sha_out", "api_password"))

    def build(self, environment: str = "test", **changes: object) -> PaymentGateway:
        block = {**self.block, "timeout": self.timeout, **changes}
        return account({key: value for key, value in block.items() if value is not None}, environment)

    def callback(self, claim: Claim, *, secret: str | None = None) -> InboundMessage:
        told = {
            **E3,
            "orderID": claim.payment.reference,
            "currency": claim.money.currency.code,
            "amount": f"{Decimal(claim.money.minor).scaleb(-claim.money.currency.exponent):f}",
            "STATUS": claim.word or WORDS[claim.status],
        }
        passphrase = str(self.block["sha_out"]) if secret is None else secret
        return signed(told, "the passphrase of another PSPID" if claim.foreign else passphrase)

    def signed(self, body: bytes) -> InboundMessage:
        """The bytes become the name on the card; those that are no text make the form unreadable."""
        message = signed({"CN": body.decode("utf-8", "replace")}, str(self.block["sha_out"]))
        if b"\xef\xbf\xbd" in body.decode("utf-8", "replace").encode():
            raw = b"CN=" + quote_from_bytes(body).encode()
            return replace(message, body=raw + b"&SHASIGN=" + message.body.rpartition(b"=")[2])
        return message

    def every_one_byte_change(self, genuine: InboundMessage) -> Iterator[InboundMessage]:
        fields = fields_of(genuine)
        for name, value in fields.items():
            for place, letter in enumerate(value):
                other = "0" if letter != "0" else "1"
                yield posted({**fields, name: value[:place] + other + value[place + 1 :]})
        for name in ogone_wire.LISTED_OUT:
            spelt = next((known for known in fields if known.upper() == name), name)
            yield posted({**fields, spelt: fields.get(spelt, "") + "x"})

    def forgeries(self, genuine: InboundMessage) -> Iterator[InboundMessage]:
        fields = fields_of(genuine)
        good = fields.pop("SHASIGN")
        yield posted(fields)
        for value in (
            "",
            good.lower(),
            good[:-1],
            "é" * 64,
            hashlib.sha256(joined(fields, "")).hexdigest().upper(),
            hashlib.sha256(joined(fields, SHA_IN)).hexdigest().upper(),
            hashlib.sha1(joined(fields, SHA_OUT), usedforsecurity=False).hexdigest().upper(),
            hashlib.sha512(joined(fields, SHA_OUT)).hexdigest().upper(),
        ):
            yield posted({**fields, "SHASIGN": value})
        yield posted({**fields, "SHASIGN": good, "status": "9"})


@pytest.fixture
def harness(sandbox_url: str) -> Iterator[OgoneHarness]:
    sandbox = HttpSandbox(sandbox_url, "ogone")
    yield OgoneHarness(sandbox, dict(credentials(sandbox_url)["ogone"]))
    sandbox.clear()


@pytest.fixture
def demo() -> PaymentGateway:
    return account(DEMO)


class TestOgone(GatewayContract, SignedCallbackContract, WireContract):
    """The contract."""


def test_example_1_is_the_platforms_own() -> None:
    assert signature.shasign(E1, "Mysecretsig1875!?", "sha1") == E1_SHASIGN
    assert ogone_wire.sha_of(E1, "Mysecretsig1875!?", "sha1", ogone_wire.LISTED_IN) == E1_SHASIGN


def test_example_2_is_a_form_with_an_empty_field() -> None:
    assert signature.shasign(E2, SHA_IN, "sha256") == E2_SHASIGN
    assert ogone_wire.sha_of(E2, SHA_IN, "sha256", ogone_wire.LISTED_IN) == E2_SHASIGN


def test_example_3_is_a_payment_of_49_90_eur(demo: PaymentGateway) -> None:
    assert ogone_wire.sha_of(E3, SHA_OUT, "sha256", ogone_wire.LISTED_OUT) == E3_SHASIGN
    seen = read(demo, posted({**E3, "SHASIGN": E3_SHASIGN}))
    assert (seen.reference, seen.status, seen.word) == ("pay-1001", PaymentStatus.PAID, "9")
    assert seen.proof == Proof(FactKind.CAPTURED, "3012345678", Money.of(4990, "EUR"))
    assert seen.receipt == {"authorization_code": "test123", "card": "1111"}


def test_example_3_with_another_amount_is_refused(demo: PaymentGateway) -> None:
    with pytest.raises(InvalidSignature):
        demo.read_callback(posted({**E3, "amount": "4.99", "SHASIGN": E3_SHASIGN}))


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512"])
def test_both_sides_agree_in_every_hash(algorithm: str) -> None:
    odd = {"item": "0", "ITEMNAME10": "b", "ITEMNAME2": "c", "ITEMNAME1": "a", "CN": " Zoë \U0001f600 "}
    listed = [name.upper() for name in odd]
    assert signature.shasign(odd, "p", algorithm) == ogone_wire.sha_of(odd, "p", algorithm, listed)
    assert len(signature.shasign(odd, "p", algorithm)) == {"sha1": 40, "sha256": 64, "sha512": 128}[algorithm]


def test_an_underscore_comes_before_letters() -> None:
    by_hand = hashlib.sha1(b"SCO_CATEGORY=GpSCORING=17p", usedforsecurity=False).hexdigest().upper()
    assert signature.shasign({"SCORING": "17", "SCO_CATEGORY": "G"}, "p", "sha1") == by_hand


def test_both_sides_sign_the_list_of_the_sheet() -> None:
    assert set(ogone_wire.LISTED_OUT) == signature.SIGNED
    assert len(ogone_wire.LISTED_OUT) == len(signature.SIGNED)


@pytest.mark.parametrize("name", ogone_wire.LISTED_OUT)
def test_every_parameter_of_the_sheet_is_covered(demo: PaymentGateway, name: str) -> None:
    whole = {**dict.fromkeys(ogone_wire.LISTED_OUT, "1"), **{k.upper(): v for k, v in E3.items()}}
    told = fields_of(signed(whole))
    assert read(demo, posted(told)).status is PaymentStatus.PAID
    for other in (told[name] + "0", ""):
        with pytest.raises(InvalidSignature):
            demo.read_callback(posted({**told, name: other}))
