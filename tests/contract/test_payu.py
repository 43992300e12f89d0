"""PayU against the contract suite, the vectors of its protocol, and what is particular to it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.gateways.payu import mapping
from adapters.gateways.payu.settings import Settings
from adapters.sandbox import credentials
from adapters.testing.builders import a_brief, a_line, a_payment, a_refund, told_the_reference
from adapters.testing.callbacks import SignedCallbackContract
from adapters.testing.contract import GatewayContract
from adapters.testing.harness import Claim
from adapters.testing.quiet import listening, no_network
from adapters.testing.tokens import TokenContract
from adapters.testing.wires import WireContract
from application.errors import (
    GatewayProtocolError,
    GatewayRejected,
    GatewayUnavailable,
    InvalidSignature,
    OutcomeUnknown,
    UnsupportedOperation,
)
from application.ports.gateway import InboundMessage, PaymentGateway
from domain.basket import Buyer
from domain.money import Money
from domain.observation import Proof, RefundNews
from domain.payment import NextStepKind, PaymentStatus
from domain.refund import RefundStatus
from domain.transaction import FactKind
from tests.contract.stand import HttpSandbox, account, wait_for

WORDS = {"paid": "COMPLETED", "authorized": "WAITING_FOR_CONFIRMATION", "cancelled": "CANCELED"}
SECOND_KEY = "c0ffee00c0ffee00c0ffee00c0ffee00"
DEMO: dict[str, object] = {
    "adapter": "payu",
    "pos_id": "999001",
    "client_secret": "made-up-client-secret",
    "second_key": SECOND_KEY,
}

V1 = (
    b'{"order":{"orderId":"WZHF5FFDRJ140731GUEST000P01","extOrderId":"ord-1001",'
    b'"orderCreateDate":"2024-03-02T12:58:14.828+01:00","notifyUrl":"https://shop.example/cb",'
    b'"customerIp":"203.0.113.7","merchantPosId":"999001","description":"Order 1001","currencyCode":"PLN",'
    b'"totalAmount":"12345","products":[{"name":"Mug","unitPrice":"12345","quantity":"1"}],'
    b'"status":"COMPLETED"},"localReceiptDateTime":"2024-03-02T12:59:01.001+01:00",'
    b'"properties":[{"name":"PAYMENT_ID","value":"151471228"}]}'
)
V1_MD5 = "95f9d5c135c4b0359f874321cbe79b42"
V1_SHA256 = "cd8b44577cd67ee350fadfc6ac36e0a259416a6862e06c576771509e58813087"
V2 = (
    '{"orderId":"WZHF5FFDRJ140731GUEST000P01","extOrderId":"ord-1001","refund":{"refundId":"5000000142",'
    '"amount":"2345","currencyCode":"PLN","status":"FINALIZED",'
    '"statusDateTime":"2024-03-05T09:00:00.000+01:00","reason":"refund",'
    '"reasonDescription":"Zwrot częściowy","refundDate":"2024-03-05T08:59:00.000+01:00"}}'
).encode()
V2_MD5 = "1978bb6925cae5a72142c732f80791d1"
V3 = {
    "extOrderId": "ord-1001",
    "customerIp": "203.0.113.7",
    "merchantPosId": "999001",
    "description": "Order 1001",
    "currencyCode": "PLN",
    "totalAmount": "12345",
    "products": [{"name": "Mug", "unitPrice": "12345", "quantity": "1"}],
    "notifyUrl": "https://shop.example/cb",
    "continueUrl": "https://shop.example/back",
    "buyer": {"email": "a@example.com", "language": "pl"},
}


def header(signature: str, algorithm: str = "MD5") -> str:
    return f"sender=checkout;signature={signature};algorithm={algorithm};content=DOCUMENT"


def message(body: bytes, value: str, name: str = "openpayu-signature") -> InboundMessage:
    return InboundMessage("POST", body, {name: value, "content-type": "application/json;charset=UTF-8"})


def md5(body: bytes, key: str = SECOND_KEY) -> str:
    return hashlib.md5(body + key.encode(), usedforsecurity=False).hexdigest()


@dataclass(slots=True)
class PayuHarness:
    """PayU in the sandbox, with deadlines short enough to wait for."""

    sandbox: HttpSandbox
    block: dict[str, object]
    timeout: float = 0.8
    pays_as: str = "paid"
    secret_keys: tuple[str, ...] = ("second_key",)
    published: Mapping[str, str] = field(
        default_factory=lambda: {
            "second_key": "13a980d4f851f3d9a1cfc792fb1f5e50",
            "client_secret": "12f071174cb7eb79d4aac5bc2f07563f",
        }
    )
    statuses: frozenset[str] = frozenset(WORDS)
    gateway: PaymentGateway = field(init=False)

    def __post_init__(self) -> None:
        self.gateway = self.build()

    @property
    def secrets(self) -> tuple[str, ...]:
        return str(self.block["client_secret"]), str(self.block["second_key"])

    def build(self, environment: str = "test", **changes: object) -> PaymentGateway:
        block = {**self.block, "timeout": self.timeout, **changes}
        return account({key: value for key, value in block.items() if value is not None}, environment)

    def callback(self, claim: Claim, *, secret: str | None = None) -> InboundMessage:
        money, places = claim.money, claim.money.currency.exponent
        order = {
            "orderId": "WZHF5FFDRJ140731GUEST000P01",
            "extOrderId": claim.payment.reference,
            "merchantPosId": "999999" if claim.foreign else self.block["pos_id"],
            "description": "Zażółć",
            "currencyCode": money.currency.code,
            "totalAmount": str(money.minor * 10 ** (2 - places)),
            "status": claim.word or WORDS[claim.status],
        }
        return self.signed(json.dumps({"order": order, "properties": None}).encode(), secret)

    def signed(self, body: bytes, secret: str | None = None) -> InboundMessage:
        key = str(self.block["second_key"]) if secret is None else secret
        return message(body, header(md5(body, key)))

    def every_one_byte_change(self, genuine: InboundMessage) -> Iterator[InboundMessage]:
        for place, byte in enumerate(genuine.body):
            changed = bytes([byte ^ 1])
            yield replace(genuine, body=genuine.body[:place] + changed + genuine.body[place + 1 :])
        signature = md5(genuine.body, str(self.block["second_key"]))
        for place, digit in enumerate(signature):
            other = "0" if digit != "0" else "1"
            yield message(genuine.body, header(signature[:place] + other + signature[place + 1 :]))

    def forgeries(self, genuine: InboundMessage) -> Iterator[InboundMessage]:
        body, key = genuine.body, str(self.block["second_key"])
        good = md5(body, key)
        yield replace(genuine, headers={})
        for value in (
            "",
            "signature",
            header(""),
            f"signature={good}",
            f"signature={good};algorithm=",
            header(good, "none"),
            header(good, "SHA-256"),
            header(good, "CRC32"),
            header(good.upper()),
            header(good[:-1]),
            header("é" * 32),
            header("\ud800"),
            f"signature=x;signature={good};algorithm=MD5",
            header(hashlib.md5(key.encode() + body, usedforsecurity=False).hexdigest()),
        ):
            yield message(body, value)


@pytest.fixture
def harness(sandbox_url: str) -> Iterator[PayuHarness]:
    sandbox = HttpSandbox(sandbox_url, "payu")
    yield PayuHarness(sandbox, dict(credentials(sandbox_url)["payu"]))
    sandbox.clear()


@pytest.fixture
def demo() -> PaymentGateway:
    return account(DEMO)


class TestPayu(GatewayContract, SignedCallbackContract, WireContract, TokenContract):
    """The contract."""


@pytest.mark.parametrize(
    ("signature", "algorithm"),
    [(V1_MD5, "MD5"), (V1_MD5, "md5"), (V1_SHA256, "SHA-256"), (V1_SHA256, "SHA256"), (V1_SHA256, "SHA")],
)
def test_vector_1_is_a_payment_of_123_45_pln(demo: PaymentGateway, signature: str, algorithm: str) -> None:
    (seen,) = demo.read_callback(message(V1, header(signature, algorithm)))
    assert (seen.reference, seen.status, seen.word) == ("ord-1001", PaymentStatus.PAID, "COMPLETED")
    amount = Money.of(12345, "PLN")
    assert seen.proof == Proof(FactKind.CAPTURED, "WZHF5FFDRJ140731GUEST000P01", amount)


def test_vector_2_is_a_refund_of_23_45_pln(demo: PaymentGateway) -> None:
    (seen,) = demo.read_callback(message(V2, header(V2_MD5)))
    amount = Money.of(2345, "PLN")
    assert seen.refund == RefundNews(RefundStatus.DONE, amount, "5000000142", "")
    assert seen.proof == Proof(FactKind.REFUNDED, "5000000142", amount)
    assert (seen.reference, seen.status) == ("ord-1001", None)


def test_vector_3_is_the_order_we_send() -> None:
    block = {key: value for key, value in DEMO.items() if key != "adapter"}
    settings = Settings(**block)  # type: ignore[arg-type]
    payment = replace(a_payment(account(DEMO), Money.of(12345, "PLN")), reference="ord-1001")
    brief = replace(
        a_brief(account(DEMO), payment=payment, lines=[a_line(payment.amount)]),
        description="Order 1001",
        buyer=Buyer("a@example.com"),
        callback_url="https://shop.example/cb",
        return_url="https://shop.example/back",
        deadline=None,
    )
    assert mapping.order_body(brief, settings, datetime.now(UTC)) == V3


@pytest.mark.parametrize("name", ["openpayu-signature", "x-openpayu-signature"])
@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha384", "sha512"])
def test_either_header_and_every_listed_hash_is_believed(
    demo: PaymentGateway, name: str, algorithm: str
) -> None:
    signature = hashlib.new(algorithm, V1 + SECOND_KEY.encode()).hexdigest()
    spelling = f"SHA-{algorithm[3:]}"
    value = f"content=DOCUMENT; algorithm={spelling} ;signature={signature}; sender=checkout"
    assert demo.read_callback(message(V1, value, name))


def test_md5_can_be_switched_off() -> None:
    strict = account({**DEMO, "accept_md5": False})
    with pytest.raises(InvalidSignature):
        strict.read_callback(message(V1, header(V1_MD5)))
    assert strict.read_callback(message(V1, header(V1_SHA256, "SHA-256")))


@pytest.mark.parametrize("spelling", ["{}", "[{}]", "\r\n{}\r\n"])
def test_the_signature_is_over_the_raw_bytes(demo: PaymentGateway, spelling: str) -> None:
    pretty = json.dumps(json.loads(V1), indent=2).replace("\n", "\r\n").encode()
    assert demo.read_callback(message(pretty, header(md5(pretty))))
    with pytest.raises(InvalidSignature):
        demo.read_callback(message(spelling.format(V1.decode()).encode() + b" ", header(V1_MD5)))


@pytest.mark.parametrize(("word", "status"), mapping.STATUSES.items())
def test_every_status_word_has_its_meaning(demo: PaymentGateway, word: str, status: PaymentStatus) -> None:
    body = V1.replace(b"COMPLETED", word.encode())
    (seen,) = demo.read_callback(message(body, header(md5(body))))
    assert seen.status is status
    assert (seen.proof is not None) == (word == "COMPLETED")


@pytest.mark.parametrize(
    ("word", "status"),
    [("PENDING", RefundStatus.SENT), ("CANCELED", RefundStatus.REFUSED), ("FINALIZED", RefundStatus.DONE)],
)
def test_only_a_finalized_refund_moved_money(demo: PaymentGateway, word: str, status: RefundStatus) -> None:
    body = V2.replace(b"FINALIZED", word.encode())
    (seen,) = demo.read_callback(message(body, header(md5(body))))
    assert seen.refund is not None
    assert seen.refund.status is status
    assert (seen.proof is not None) == (word == "FINALIZED")


@pytest.mark.parametrize(
    "body", [b'{"properties":[]}', b'{"refund":{"status":"SNEEZED","refundId":"1"},"orderId":"A"}']
)
def test_a_kind_we_do_not_know_moves_nothing(demo: PaymentGateway, body: bytes) -> None:
    (seen,) = demo.read_callback(message(body, header(md5(body))))
    assert (seen.status, seen.proof, seen.refund) == (None, None, None)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"totalAmount":"12345"', b'"totalAmount":"123.45"'),
        (b'"totalAmount":"12345"', b'"totalAmount":"-1"'),
        (b'"totalAmount":"12345",', b""),
        (b'"currencyCode":"PLN",', b""),
        (b'"currencyCode":"PLN"', b'"currencyCode":"pln"'),
        (b'"currencyCode":"PLN"', b'"currencyCode":"JPY"'),
        (b'"status":"COMPLETED"', b'"status":7'),
    ],
)
def test_a_genuine_message_without_sense_is_unreadable(demo: PaymentGateway, old: bytes, new: bytes) -> None:
    body = V1.replace(old, new)
    assert body != V1
    with pytest.raises(GatewayProtocolError):
        demo.read_callback(message(body, header(md5(body))))


def test_150000_hundredths_are_1500_forint(demo: PaymentGateway) -> None:
    body = V1.replace(b'"PLN"', b'"HUF"').replace(b'"12345"', b'"150000"')
    (seen,) = demo.read_callback(message(body, header(md5(body))))
    assert seen.amount == Money.of(150000, "HUF")
    assert str(seen.amount) == "1500.00 HUF"


@pytest.mark.parametrize(
    ("query", "aborted"), [((), False), ((("error", "501"),), True), ((("error", ""),), False)]
)
def test_only_an_error_in_the_return_hints_at_giving_up(
    demo: PaymentGateway, query: tuple[tuple[str, str], ...], aborted: bool
) -> None:
    assert demo.read_return(InboundMessage("GET", b"", query=query)).aborted is aborted


@pytest.mark.parametrize("address", ["", "0.0.0.0", "::"])  # noqa: S104 -- sent, not bound
def test_a_shopper_without_an_address_is_not_started(demo: PaymentGateway, address: str) -> None:
    with no_network(), pytest.raises(GatewayRejected):
        demo.start(replace(a_brief(demo), customer_ip=address))


@pytest.mark.parametrize(
    ("locale", "language"), [("uk", "uk"), ("pt-BR", "pt"), ("en_GB", "en"), ("tlh", "cs")]
)
def test_the_page_speaks_the_shoppers_language_if_payu_can(locale: str, language: str) -> None:
    block = {key: value for key, value in DEMO.items() if key != "adapter"}
    settings = Settings(**block, lang="cs")  # type: ignore[arg-type]
    body: Mapping[str, Any] = mapping.order_body(
        replace(a_brief(account(DEMO)), locale=locale), settings, datetime.now(UTC)
    )
    assert body["buyer"]["language"] == language


@pytest.mark.parametrize(
    ("left", "seconds"), [(timedelta(minutes=30), "1800"), (timedelta(seconds=-5), "60")]
)
def test_the_order_is_payable_until_our_deadline(left: timedelta, seconds: str) -> None:
    block = {key: value for key, value in DEMO.items() if key != "adapter"}
    settings = Settings(**block)  # type: ignore[arg-type]
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    body = mapping.order_body(replace(a_brief(account(DEMO)), deadline=now + left), settings, now)
    assert body["validityTime"] == seconds


def test_a_session_whose_answer_was_lost_is_found_by_the_repeated_start_and_closed(
    harness: PayuHarness,
) -> None:
    brief = a_brief(harness.gateway)
    harness.sandbox.arm("act_then_hang", "create", seconds=3)
    with pytest.raises(OutcomeUnknown):
        harness.gateway.start(brief)
    started = harness.gateway.start(brief)
    assert started.next_step.kind is NextStepKind.NOTHING
    assert started.observation is not None
    assert started.observation.status is PaymentStatus.CANCELLED
    session = harness.sandbox.session(brief.payment.reference)
    assert session is not None
    assert (session["id"], session["status"]) == (started.gateway_reference, "cancelled")


def test_a_repeated_start_of_a_paid_order_tells_that_it_is_paid(harness: PayuHarness) -> None:
    brief = a_brief(harness.gateway)
    first = harness.gateway.start(brief)
    harness.sandbox.finish(str(first.gateway_reference))
    seen = harness.gateway.start(brief).observation
    assert seen is not None
    assert seen.proof == Proof(FactKind.CAPTURED, str(first.gateway_reference), brief.payment.amount)


def test_an_attempt_whose_order_id_is_unknown_cannot_be_asked_for(demo: PaymentGateway) -> None:
    payment = a_payment(demo)
    with no_network():
        assert demo.look(payment).word == "no_reference"
        for act in (lambda: demo.void(payment, "k"), lambda: demo.refund(payment, a_refund(payment))):
            with pytest.raises(GatewayUnavailable):
                act()


def test_an_order_payu_does_not_know_is_not_found(harness: PayuHarness) -> None:
    payment = told_the_reference(a_payment(harness.gateway), "NOSUCHORDER140731GUEST000P01")
    assert harness.gateway.look(payment).word == "not_found"


def test_an_answer_about_another_order_is_not_believed(harness: PayuHarness) -> None:
    mine = a_payment(harness.gateway)
    other = harness.gateway.start(a_brief(harness.gateway))
    with pytest.raises(OutcomeUnknown):
        harness.gateway.look(told_the_reference(mine, other.gateway_reference))


def test_wrong_credentials_mean_nothing_was_tried(harness: PayuHarness) -> None:
    stranger = harness.build(client_secret="not-the-secret-of-this-pos")
    with pytest.raises(GatewayUnavailable):
        stranger.start(a_brief(stranger))


def test_an_authorised_order_is_captured_whole(harness: PayuHarness) -> None:
    harness.sandbox.settings(manual_capture=True)
    try:
        brief = a_brief(harness.gateway)
        started = harness.gateway.start(brief)
        payment = told_the_reference(brief.payment, started.gateway_reference)
        harness.sandbox.finish(str(started.gateway_reference), "authorized")
    finally:
        harness.sandbox.settings(manual_capture=False)
    assert harness.gateway.look(payment).status is PaymentStatus.AUTHORIZED
    with no_network(), pytest.raises(UnsupportedOperation):
        harness.gateway.capture(payment, Money(1, payment.amount.currency), "k")
    captured = harness.gateway.capture(payment, payment.amount, "k")
    assert captured.proof is not None
    assert captured.proof.amount == payment.amount


def test_what_the_sandbox_sends_is_what_we_believe(harness: PayuHarness) -> None:
    with listening() as shop:
        brief = a_brief(harness.gateway, callback_url=f"{shop.url}/cb")
        started = harness.gateway.start(brief)
        harness.sandbox.settings(algorithm="SHA-256")
        harness.sandbox.finish(str(started.gateway_reference))
        harness.sandbox.settings(algorithm="MD5")
        (heard,) = shop.heard
    (seen,) = harness.gateway.read_callback(InboundMessage(heard.method, heard.body, heard.headers))
    assert seen.proof == Proof(FactKind.CAPTURED, str(started.gateway_reference), brief.payment.amount)


def test_the_notification_of_a_refund_carries_our_key(harness: PayuHarness) -> None:
    with listening() as shop:
        brief = a_brief(harness.gateway, callback_url=f"{shop.url}/cb")
        started = harness.gateway.start(brief)
        payment = told_the_reference(brief.payment, started.gateway_reference)
        harness.sandbox.finish(str(started.gateway_reference))
        refund = a_refund(payment, 100)
        harness.sandbox.settings(refund_seconds=0)
        assert harness.gateway.refund(payment, refund).refund is not None
        wait_for(lambda: len(shop.heard) == 2)
        heard = shop.heard[1]
    (seen,) = harness.gateway.read_callback(InboundMessage(heard.method, heard.body, heard.headers))
    assert seen.refund is not None
    assert (seen.refund.key, seen.refund.status) == (refund.key, RefundStatus.DONE)
