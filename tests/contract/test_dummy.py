"""The test gateway against the contract suite, and what is particular to it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from pytest_httpserver import HTTPServer

from adapters.gateways.dummy import Settings, build
from adapters.sandbox import credentials
from adapters.testing.builders import a_brief, a_payment, a_refund, told_the_reference
from adapters.testing.callbacks import SignedCallbackContract
from adapters.testing.contract import GatewayContract
from adapters.testing.harness import Claim
from adapters.testing.quiet import listening
from adapters.testing.wires import WireContract
from adapters.wire.errors import SettingsError
from application.errors import GatewayRejected, InvalidSignature, OutcomeUnknown
from application.ports.gateway import InboundMessage, PaymentGateway
from domain.money import Money
from domain.observation import Proof
from domain.payment import PaymentStatus
from domain.refund import RefundStatus
from domain.transaction import FactKind
from tests.contract.stand import HttpSandbox, account, wait_for

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def signed(secret: str, body: bytes, at: datetime, name: str = "x-dummy-signature") -> InboundMessage:
    stamp = str(int(at.timestamp()))
    mac = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return InboundMessage("POST", body, {"x-dummy-timestamp": stamp, name: mac})


@dataclass(slots=True)
class DummyHarness:
    """The test gateway in the sandbox, with deadlines short enough to wait for."""

    sandbox: HttpSandbox
    block: dict[str, object]
    timeout: float = 0.8
    pays_as: str = "paid"
    secret_keys: tuple[str, ...] = ("secret",)
    published: Mapping[str, str] = field(default_factory=dict)
    statuses: frozenset[str] = frozenset({"paid", "authorized", "declined", "cancelled", "expired"})
    gateway: PaymentGateway = field(init=False)

    def __post_init__(self) -> None:
        self.gateway = self.build()

    @property
    def secrets(self) -> tuple[str, ...]:
        return (str(self.block["secret"]),)

    def build(self, environment: str = "test", **changes: object) -> PaymentGateway:
        block = {**self.block, "timeout": self.timeout, **changes}
        return account({key: value for key, value in block.items() if value is not None}, environment)

    def callback(self, claim: Claim, *, secret: str | None = None) -> InboundMessage:
        told = {
            "event_id": f"evt_{claim.status}_{claim.payment.reference}",
            "type": "session.updated",
            "account": "somebody" if claim.foreign else self.gateway.account,
            "reference": claim.payment.reference,
            "id": "ses_1",
            "status": claim.word or claim.status,
            "amount": str(claim.money.minor),
            "currency": claim.money.currency.code,
            "capture_id": "cap_1",
        }
        return self.signed(json.dumps(told).encode(), secret)

    def signed(self, body: bytes, secret: str | None = None) -> InboundMessage:
        return signed(str(self.block["secret"]) if secret is None else secret, body, datetime.now(UTC))

    def every_one_byte_change(self, genuine: InboundMessage) -> Iterator[InboundMessage]:
        for place, byte in enumerate(genuine.body):
            changed = bytes([byte ^ 1])
            yield replace(genuine, body=genuine.body[:place] + changed + genuine.body[place + 1 :])
        for name, value in genuine.headers.items():
            for place, digit in enumerate(value):
                other = "0" if digit != "0" else "1"
                changed_value = value[:place] + other + value[place + 1 :]
                yield replace(genuine, headers={**genuine.headers, name: changed_value})

    def forgeries(self, genuine: InboundMessage) -> Iterator[InboundMessage]:
        for name in genuine.headers:
            for value in ("", "none", "é" * 64, "\ud800"):
                yield replace(genuine, headers={**genuine.headers, name: value})
            yield replace(
                genuine, headers={key: held for key, held in genuine.headers.items() if key != name}
            )
        mac = genuine.headers["x-dummy-signature"]
        yield replace(genuine, headers={**genuine.headers, "x-dummy-signature": mac.upper()})


@pytest.fixture
def harness(sandbox_url: str) -> Iterator[DummyHarness]:
    sandbox = HttpSandbox(sandbox_url, "dummy")
    yield DummyHarness(sandbox, dict(credentials(sandbox_url)["dummy"]))
    sandbox.clear()


class TestDummy(GatewayContract, SignedCallbackContract, WireContract):
    """The contract."""


@pytest.mark.parametrize(
    ("seconds", "believed"), [(-301, False), (-300, True), (0, True), (300, True), (301, False)]
)
def test_a_timestamp_is_believed_up_to_300_seconds_away(seconds: int, believed: bool) -> None:
    settings = Settings(base_url="http://127.0.0.1:9", secret="a-shared-secret")
    gateway = build(settings, account="acc", environment="test", now=lambda: NOW)
    body = json.dumps({"account": "acc", "type": "session.sneezed"}).encode()
    message = signed("a-shared-secret", body, NOW + timedelta(seconds=seconds))
    if believed:
        assert gateway.read_callback(message)
    else:
        with pytest.raises(InvalidSignature):
            gateway.read_callback(message)


def test_a_message_is_as_fresh_as_when_it_came_however_late_it_is_judged() -> None:
    settings = Settings(base_url="http://127.0.0.1:9", secret="a-shared-secret")
    gateway = build(settings, account="acc", environment="test", now=lambda: NOW + timedelta(days=3))
    message = signed("a-shared-secret", b'{"account":"acc"}', NOW)
    assert gateway.read_callback(replace(message, received_at=NOW + timedelta(seconds=300)))
    for late in (None, NOW + timedelta(seconds=301)):
        with pytest.raises(InvalidSignature):
            gateway.read_callback(replace(message, received_at=late))


def test_live_is_refused() -> None:
    block = {"adapter": "dummy", "secret": "x" * 20, "base_url": "https://dummy.example"}
    with pytest.raises(SettingsError, match=r"gateways\.acc\.adapter .* live"):
        account(block, "live")


def test_a_repeated_start_leads_to_the_same_page(harness: DummyHarness) -> None:
    brief = a_brief(harness.gateway)
    assert harness.gateway.start(brief) == harness.gateway.start(brief)


def test_a_session_is_found_by_our_reference_alone(harness: DummyHarness) -> None:
    brief = a_brief(harness.gateway)
    harness.sandbox.arm("act_then_hang", "create", seconds=3)
    with pytest.raises(OutcomeUnknown):
        harness.gateway.start(brief)
    seen = harness.gateway.look(brief.payment)
    assert (seen.word, seen.reference) == ("open", brief.payment.reference)
    assert harness.gateway.void(brief.payment, "key").status is PaymentStatus.CANCELLED


def test_what_the_gateway_never_heard_of_is_not_found(harness: DummyHarness) -> None:
    payment = a_payment(harness.gateway)
    assert harness.gateway.look(payment).word == "not_found"
    with pytest.raises(GatewayRejected):
        harness.gateway.void(payment, "key")


def test_an_answer_about_another_payment_is_not_believed(harness: DummyHarness) -> None:
    other = harness.gateway.start(a_brief(harness.gateway))
    mine = told_the_reference(a_payment(harness.gateway), other.gateway_reference)
    with pytest.raises(OutcomeUnknown):
        harness.gateway.look(mine)


def test_manual_capture_holds_the_money_until_it_is_captured_once(harness: DummyHarness) -> None:
    gateway = harness.build(capture="manual")
    brief = a_brief(gateway)
    started = gateway.start(brief)
    payment = told_the_reference(brief.payment, started.gateway_reference)
    harness.sandbox.finish(str(started.gateway_reference), "authorized")
    held = gateway.look(payment)
    assert (held.status, held.proof) == (PaymentStatus.AUTHORIZED, None)
    first = gateway.capture(payment, payment.amount, "key")
    assert first.proof is not None
    assert first.proof.amount == payment.amount
    assert gateway.capture(payment, payment.amount, "key") == first


def test_what_the_sandbox_sends_is_what_we_believe(harness: DummyHarness) -> None:
    with listening() as shop:
        brief = a_brief(harness.gateway, Money.of(12345, "KWD"), callback_url=f"{shop.url}/cb")
        started = harness.gateway.start(brief)
        harness.sandbox.finish(str(started.gateway_reference))
        payment = told_the_reference(brief.payment, started.gateway_reference)
        refund = a_refund(payment, 45)
        made = harness.gateway.refund(payment, refund).refund
        wait_for(lambda: len(shop.heard) == 2)
        messages = [InboundMessage(heard.method, heard.body, heard.headers) for heard in shop.heard]
    paid, refunded = (harness.gateway.read_callback(message)[0] for message in messages)
    assert paid.status is PaymentStatus.PAID
    assert paid.amount == payment.amount
    assert made is not None
    assert made.status is RefundStatus.DONE
    assert refunded.refund == made
    assert refunded.proof == Proof(FactKind.REFUNDED, made.gateway_id, refund.amount)


@pytest.mark.parametrize(("result", "aborted"), [("cancelled", True), ("declined", False), ("paid", False)])
def test_only_a_cancelled_return_hints_at_giving_up(
    harness: DummyHarness, result: str, aborted: bool
) -> None:
    message = InboundMessage("GET", b"", query=(("session", "x"), ("result", result)))
    assert harness.gateway.read_return(message).aborted is aborted


@pytest.mark.parametrize("change", [{"key": "another"}, {"status": "sneezed"}, {"amount": "x"}, {"id": ""}])
def test_a_refund_whose_answer_makes_no_sense_is_unknown(
    httpserver: HTTPServer, change: dict[str, str]
) -> None:
    gateway = account({"adapter": "dummy", "secret": "s" * 20, "base_url": httpserver.url_for("/dummy")})
    payment = told_the_reference(a_payment(gateway), "ses_1")
    refund = a_refund(payment)
    made = {"id": "ref_1", "key": refund.key, "status": "done", "amount": "4990"}
    for told in ({**made, **change}, made):
        httpserver.expect_oneshot_request("/dummy/sessions/ses_1/refunds").respond_with_json(told)
    with pytest.raises(OutcomeUnknown):
        gateway.refund(payment, refund)
    assert gateway.refund(payment, refund).refund
