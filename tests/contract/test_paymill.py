"""PAYMILL against the contract suite, its examples and its tables."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import requests
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from adapters.sandbox import credentials
from adapters.testing.builders import a_brief, a_payment, a_refund, told_the_reference
from adapters.testing.collects import CollectContract
from adapters.testing.contract import GatewayContract
from adapters.testing.hints import HintContract
from adapters.testing.wires import WireContract, decided, paid, started
from application.errors import GatewayRejected, GatewayUnavailable, OutcomeUnknown
from application.ports.gateway import InboundMessage, PaymentGateway, Started
from domain.money import Money
from domain.observation import Proof
from domain.payment import NextStepKind, Payment, PaymentStatus
from domain.transaction import FactKind
from tests.contract.stand import HttpSandbox, account

KEY = "7ab3f1c9e0d24c5688b1f0a2d3c4e5f6"
BASIC = "Basic N2FiM2YxYzllMGQyNGM1Njg4YjFmMGEyZDNjNGU1ZjY6"


class Browser(HttpSandbox):
    """Makes a token of a card, as PAYMILL's script does; its shopper decides later."""

    def open(self, started: Started) -> str:
        fields = dict(started.next_step.fields)
        if "checksum" in fields:
            return fields["checksum"]
        return str(requests.post(f"{self.address}/bridge/tokens", data=fields, timeout=5).json()["token"])


@dataclass(slots=True)
class PaymillHarness:
    sandbox: Browser
    block: dict[str, object]
    timeout: float = 0.8
    pays_as: str = "authorized"
    tells_declines: bool = False
    gateway: PaymentGateway = field(init=False)

    def __post_init__(self) -> None:
        self.gateway = self.build()

    @property
    def secrets(self) -> tuple[str, ...]:
        return (str(self.block["private_key"]),)

    def build(self, environment: str = "test", **changes: object) -> PaymentGateway:
        block = {**self.block, "timeout": self.timeout, **changes}
        return account({key: value for key, value in block.items() if value is not None}, environment)

    def agreed(self, payment: Payment, session: str) -> Payment:
        message = InboundMessage("POST", b"", form=(("token", session),))
        hint = self.gateway.read_return(message)
        assert hint.collect
        assert session not in hint.parameters.values()
        return replace(payment, extra=hint.extra)

    def hints(self, payment: Payment) -> Iterator[InboundMessage]:
        transaction = {"id": "tran_1", "description": payment.reference, "status": "closed", "amount": "4990"}
        for word in ("succeeded", "failed", "pending", "created"):
            yield hook(f"transaction.{word}", transaction)
        yield hook("refund.succeeded", {"id": "refund_1", "transaction": transaction})
        yield hook("chargeback.executed", {**transaction, "status": "chargeback"})


def hook(word: str, resource: object) -> InboundMessage:
    body = {"event": {"event_type": word, "event_resource": resource, "created_at": "1", "app_id": None}}
    return InboundMessage("POST", json.dumps(body).encode())


@pytest.fixture
def harness(sandbox_url: str) -> Iterator[PaymillHarness]:
    sandbox = Browser(sandbox_url, "paymill")
    yield PaymillHarness(sandbox, dict(credentials(sandbox_url)["paymill"]))
    sandbox.clear()


class TestPaymill(GatewayContract, HintContract, CollectContract, WireContract):
    """The contract."""


# -- the worked examples


class Wire:
    """Remembers what was sent and answers what it is told to."""

    def __init__(self, server: HTTPServer) -> None:
        self.server = server
        self.said: list[tuple[str, str, str, str]] = []
        self.answers: list[tuple[int, Mapping[str, Any]]] = []
        server.expect_request(re.compile(".*")).respond_with_handler(self._hear)

    def _hear(self, request: Request) -> Response:
        body = request.get_data(as_text=True)
        self.said.append((request.method, request.path, request.headers.get("Authorization", ""), body))
        status, told = self.answers.pop(0)
        return Response(json.dumps({"mode": "test", **told}), status, mimetype="application/json")

    def gateway(self, **changes: object) -> PaymentGateway:
        block = {"adapter": "paymill", "private_key": KEY, "public_key": "pub", **changes}
        return account({**block, "base_url": self.server.url_for("/v2.1")})

    def answer(self, data: object) -> None:
        self.answers.append((200, {"data": data}))


@pytest.fixture
def wire(httpserver: HTTPServer) -> Wire:
    return Wire(httpserver)


def transaction(payment: Payment, **changes: object) -> dict[str, object]:
    usual: dict[str, object] = {
        "id": "tran_abc",
        "status": "closed",
        "response_code": 20000,
        "origin_amount": payment.amount.minor,
        "amount": str(payment.amount.minor),
        "currency": payment.amount.currency.code,
        "description": payment.reference,
        "livemode": False,
        "refunds": None,
    }
    return usual | changes


def test_a_charge_is_sent_as_in_the_example(wire: Wire) -> None:
    gateway = wire.gateway()
    payment = a_payment(gateway, Money.of(4200, "EUR"))
    payment = replace(payment, reference="pay-1 \u00fcn\u00ef", extra={"token": "tok_abc"})
    wire.answer([])
    wire.answer(transaction(payment))
    assert gateway.collect(payment, "key").status is PaymentStatus.PAID
    body = "token=tok_abc&amount=4200&currency=EUR&description=pay-1+%C3%BCn%C3%AF"
    assert wire.said[-1] == ("POST", "/v2.1/transactions", BASIC, body)


def test_a_refund_is_sent_as_in_the_example(wire: Wire) -> None:
    gateway = wire.gateway()
    payment = told_the_reference(a_payment(gateway, Money.of(4200, "EUR")), "tran_abc")
    refund = replace(a_refund(payment, 1000), key="half")
    wire.answer({"id": "refund_1", "amount": "1000", "status": "refunded", "response_code": 20000})
    gateway.refund(payment, refund)
    sent = wire.said[-1]
    assert sent[:3] == ("POST", "/v2.1/refunds/tran_abc", BASIC)
    assert sent[3].startswith("amount=1000&description=half")


def test_a_checksum_is_asked_for_as_in_the_example(wire: Wire) -> None:
    gateway = wire.gateway(means="paypal")
    brief = a_brief(gateway, Money.of(4200, "EUR"))
    payment = replace(brief.payment, reference="pay-1")
    wire.answer({"id": "chk_1", "checksum": "0" * 128})
    step = gateway.start(replace(brief, payment=payment, return_url="https://shop.test/ok")).next_step
    assert step.kind is NextStepKind.PAGE
    assert dict(step.fields)["checksum"] == "chk_1"
    sent = wire.said[-1]
    assert sent[:3] == ("POST", "/v2.1/checksums", BASIC)
    assert sent[3] == (
        "checksum_type=paypal&amount=4200&currency=EUR&return_url=https%3A%2F%2Fshop.test%2Fok"
        "&cancel_url=https%3A%2F%2Fshop.test%2Fok%3Fcancelled%3D1&description=pay-1&checksum_action=transaction"
    )


# -- status and code


@pytest.mark.parametrize(
    ("word", "code", "status"),
    [
        ("closed", 20000, "paid"),
        ("closed", 20100, "paid"),
        ("closed", 20300, "paid"),
        ("closed", 10002, "in_progress"),
        ("closed", 22000, "in_progress"),
        ("closed", 31000, "in_progress"),
        ("closed", None, "in_progress"),
        ("closed", 50102, "failed"),
        ("closed", 40103, "failed"),
        ("open", 20000, "in_progress"),
        ("pending", 31102, "in_progress"),
        ("preauth", 20000, "authorized"),
        ("preauthorize", 20000, "authorized"),
        ("failed", 20000, "failed"),
        ("failed", 50102, "failed"),
        ("partial_refunded", 20000, "paid"),
        ("partially_refunded", 20000, "paid"),
        ("refunded", 20000, "paid"),
        ("chargeback", 20201, "paid"),
        ("sneezed", 20000, None),
    ],
)
def test_status_and_code_together_say_what_it_is(
    wire: Wire, word: str, code: int | None, status: str | None
) -> None:
    gateway = wire.gateway()
    payment = a_payment(gateway)
    wire.answer([transaction(payment, status=word, response_code=code)])
    seen = gateway.look(payment)
    assert seen.status == (PaymentStatus(status) if status else None)
    assert (seen.proof is not None) == (status == "paid")


@pytest.mark.parametrize("code", [50500, 50501, 50502])
def test_a_time_out_of_the_bank_is_unknown(wire: Wire, code: int) -> None:
    gateway = wire.gateway()
    payment = a_payment(gateway)
    wire.answer([transaction(payment, status="failed", response_code=code)])
    with pytest.raises(OutcomeUnknown):
        gateway.look(payment)


@pytest.mark.parametrize(("code", "reason"), [(40103, "limit"), (40102, "expired"), (50103, None)])
def test_a_refusal_keeps_its_code_and_tells_the_shopper_only_what_is_listed(
    wire: Wire, code: int, reason: str | None
) -> None:
    gateway = wire.gateway()
    payment = a_payment(gateway)
    wire.answer([transaction(payment, status="failed", response_code=code)])
    seen = gateway.look(payment)
    assert (seen.failure, seen.receipt.get("decline")) == (str(code), reason)


@pytest.mark.parametrize(
    ("changes", "kind", "gone"),
    [
        ({"status": "refunded"}, FactKind.REFUNDED, 4990),
        ({"status": "chargeback"}, FactKind.CHARGED_BACK, 4990),
        (
            {
                "status": "partial_refunded",
                "refunds": [{"amount": "90", "status": "refunded"}, {"amount": "50", "status": "failed"}],
            },
            FactKind.REFUNDED,
            90,
        ),
    ],
)
def test_what_left_is_told_once_the_capture_is_on_record(
    wire: Wire, changes: dict[str, object], kind: FactKind, gone: int
) -> None:
    gateway = wire.gateway()
    payment = a_payment(gateway)
    known = replace(payment, captured=payment.amount, status=PaymentStatus.PAID)
    capture = Proof(FactKind.CAPTURED, "tran_abc", payment.amount)
    amount = Money(gone, payment.amount.currency)
    for _ in range(3):
        wire.answer([transaction(payment, **changes)])
    assert gateway.look(payment).proof == capture
    assert gateway.look(known).proof == Proof(kind, f"tran_abc:{kind.value}:{gone}", amount)
    field_of = {FactKind.CHARGED_BACK: "charged_back", FactKind.REFUNDED: "refunded_outside"}
    recorded: dict[str, Any] = {field_of[kind]: amount}
    assert gateway.look(replace(known, **recorded)).proof == capture


@pytest.mark.parametrize(
    "change", [{"livemode": True}, {"livemode": None}, {"id": ""}, {"origin_amount": "x", "amount": "x"}]
)
def test_an_answer_that_does_not_fit_is_not_believed(wire: Wire, change: dict[str, object]) -> None:
    gateway = wire.gateway()
    payment = a_payment(gateway)
    wire.answer([transaction(payment, **change)])
    with pytest.raises(OutcomeUnknown):
        gateway.look(payment)


def test_another_mode_is_not_believed(wire: Wire) -> None:
    gateway = wire.gateway()
    payment = a_payment(gateway)
    wire.answers.append((200, {"mode": "live", "data": [transaction(payment)]}))
    with pytest.raises(OutcomeUnknown):
        gateway.look(payment)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("Not enough", "Not enough"),
        ({"messages": {"token": "is missing"}, "field": "amount"}, "token"),
        ({"messages": {}, "field": "token"}, "token"),
        (None, "odd"),
    ],
)
def test_every_form_of_an_error_is_a_refusal(wire: Wire, error: object, code: str) -> None:
    gateway = wire.gateway()
    payment = replace(a_payment(gateway), extra={"token": "tok_1"})
    wire.answer([])
    wire.answers.append((412, {"error": error, "exception": "odd"}))
    with pytest.raises(GatewayRejected) as refusal:
        gateway.collect(payment, "key")
    assert refusal.value.code == code


def test_a_wrong_key_is_named_as_such(harness: PaymillHarness) -> None:
    gateway = harness.build(private_key="0" * 32)
    with pytest.raises(GatewayUnavailable):
        gateway.look(a_payment(gateway))


# -- against the sandbox


def test_a_declined_card_fails_the_attempt(harness: PaymillHarness) -> None:
    payment = decided(harness, "declined")
    seen = harness.gateway.collect(payment, "key")
    assert (seen.status, seen.failure) == (PaymentStatus.FAILED, "50102")


def test_without_a_token_nothing_is_charged(harness: PaymillHarness) -> None:
    payment, _ = started(harness)
    with pytest.raises(GatewayRejected):
        harness.gateway.collect(replace(payment, extra={}), "key")


def test_a_card_is_reserved_captured_once_or_released(harness: PaymillHarness) -> None:
    harness.gateway = gateway = harness.build(capture="manual")
    payment = decided(harness, "authorized")
    held = gateway.collect(payment, "key")
    assert (held.status, held.proof) == (PaymentStatus.AUTHORIZED, None)
    known = told_the_reference(payment, held.gateway_reference)
    assert gateway.look(known).status is PaymentStatus.AUTHORIZED
    first = gateway.capture(known, payment.amount, "key")
    assert first.proof is not None
    assert first.proof.amount == payment.amount
    assert gateway.capture(known, payment.amount, "key").proof == first.proof
    other = decided(harness, "authorized")
    gateway.collect(other, "key")
    assert gateway.void(other, "key").status is PaymentStatus.CANCELLED
    assert gateway.look(other).status is PaymentStatus.FAILED


def test_a_redirect_payment_is_found_by_its_description(harness: PaymillHarness) -> None:
    harness.gateway = harness.build(means="paypal")
    brief = a_brief(harness.gateway)
    step = harness.gateway.start(brief)
    harness.sandbox.finish(harness.sandbox.open(step), "paid")
    seen = harness.gateway.look(brief.payment)
    assert seen.status is PaymentStatus.PAID
    assert seen.amount == brief.payment.amount


def test_a_panel_refund_is_seen_by_a_look(harness: PaymillHarness) -> None:
    payment = paid(harness)
    known = replace(payment, captured=payment.amount, status=PaymentStatus.PAID)
    session = harness.sandbox.session(payment.reference)
    assert session is not None
    wish = {"session": session["id"], "amount": "90"}
    assert requests.post(f"{harness.sandbox.address}/_panel/refund", json=wish, timeout=5).ok
    proof = harness.gateway.look(known).proof
    assert proof is not None
    assert (proof.kind, proof.amount.minor) == (FactKind.REFUNDED, 90)


def test_a_message_with_a_bare_id_is_about_that_id(harness: PaymillHarness) -> None:
    found = harness.gateway.read_callback(hook("refund.succeeded", {"id": "r", "transaction": "tran_9"}))
    assert isinstance(found, tuple)
    assert (found[0].reference, found[0].gateway_reference) == ("", "tran_9")


def test_a_cancelled_return_hints_at_giving_up(harness: PaymillHarness) -> None:
    hint = harness.gateway.read_return(InboundMessage("GET", b"", query=(("cancelled", "1"),)))
    assert (hint.aborted, hint.collect, hint.extra) == (True, False, {})
