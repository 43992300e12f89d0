"""Classic PayPal payments: the form, and IPN messages that PayPal is asked about with three outcomes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from adapters.sandbox import credentials
from adapters.testing.builders import a_brief
from adapters.testing.contract import GatewayContract
from adapters.testing.quiet import listening, no_network
from adapters.testing.wires import WireContract
from adapters.wire.errors import SettingsError
from application.errors import GatewayProtocolError, GatewayRejected, InvalidSignature, OutcomeUnknown
from application.ports.gateway import InboundMessage, NeedsProof, PaymentGateway
from domain.money import Money
from domain.observation import Observation, Proof, RefundNews
from domain.payment import NextStepKind, PaymentStatus
from domain.refund import RefundStatus
from domain.transaction import FactKind
from tests.contract.stand import HttpSandbox, account, wait_for

S = PaymentStatus
SHOP = "shop@example.com"
IPN = {
    "mc_gross": "25.50",
    "mc_currency": "USD",
    "payment_status": "Completed",
    "txn_id": "61E67681CH3238416",
    "receiver_email": SHOP,
    "custom": "pay-1001",
    "invoice": "INV-pay-1001",
    "test_ipn": "1",
    "charset": "windows-1252",
}


@dataclass(slots=True)
class ClassicHarness:
    sandbox: HttpSandbox
    gateway: PaymentGateway
    timeout: float = 0.8
    pays_as: str = "paid"
    secrets: tuple[str, ...] = ()

    def build(self, environment: str = "test", **changes: object) -> PaymentGateway:
        return classic(environment, base_url=self.sandbox.address, **changes)


def classic(environment: str = "test", **changes: object) -> PaymentGateway:
    block = {"adapter": "paypal", "api": "classic", "business": SHOP, "timeout": 0.8, **changes}
    return account(block, environment)


@pytest.fixture
def harness(sandbox_url: str) -> Iterator[ClassicHarness]:
    sandbox = HttpSandbox(sandbox_url, str(credentials(sandbox_url)["paypal"]["adapter"]))
    yield ClassicHarness(sandbox, classic(base_url=sandbox.address))
    sandbox.clear()


class TestClassicPaypal(GatewayContract, WireContract):
    """The contract, as far as a form and messages go."""


def ipn(**changes: str | None) -> InboundMessage:
    told = {name: value for name, value in {**IPN, **changes}.items() if value is not None}
    body = urlencode(told, encoding=str(told.get("charset", "utf-8"))).encode()
    return InboundMessage("POST", body)


class Desk:
    """PayPal's post-back address, answering what a test wants."""

    def __init__(self, server: HTTPServer) -> None:
        self.server, self.heard = server, list[Request]()
        self.says = ("VERIFIED", 200)
        server.expect_request("/cgi-bin/webscr", method="POST").respond_with_handler(self.answer)
        self.gateway = classic(base_url=server.url_for("").rstrip("/"))

    def answer(self, request: Request) -> Response:
        request.get_data()
        self.heard.append(request)
        return Response(self.says[0], self.says[1])

    def one(self, **changes: Any) -> Observation:
        (found,) = self.gateway.prove(ipn(**changes), {})
        return found


@pytest.fixture
def desk(httpserver: HTTPServer) -> Desk:
    return Desk(httpserver)


def test_the_message_of_the_sheet_is_posted_back_byte_for_byte(desk: Desk) -> None:
    tail = urlencode({"receiver_email": SHOP, "test_ipn": "1"}).encode()
    body = b"a=1&b=J%F6rg&charset=windows-1252&" + tail
    assert desk.gateway.prove(InboundMessage("POST", body), {}) == ()
    assert desk.heard[0].get_data() == b"cmd=_notify-validate&a=1&b=J%F6rg&charset=windows-1252&" + tail
    assert desk.heard[0].headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_a_message_is_taken_in_and_proven_later() -> None:
    with no_network():
        assert classic().read_callback(ipn()) == NeedsProof()


def test_what_paypal_verifies_is_believed(desk: Desk) -> None:
    seen = desk.one()
    assert (seen.reference, seen.status, seen.word) == ("pay-1001", S.PAID, "Completed")
    assert seen.proof == Proof(FactKind.CAPTURED, "61E67681CH3238416", Money.of(2550, "USD"))
    assert (seen.gateway_reference, seen.event_id) == ("61E67681CH3238416", "61E67681CH3238416:Completed")


def test_what_paypal_calls_invalid_is_a_lie(desk: Desk) -> None:
    desk.says = ("INVALID", 200)
    with pytest.raises(InvalidSignature):
        desk.one()


@pytest.mark.parametrize(
    "says",
    [("", 200), ("<html>", 200), ("verified", 200), ("NOT VERIFIED", 200), ("VERIFIED", 500), ("", 302)],
)
def test_any_other_answer_leaves_it_undecided(desk: Desk, says: tuple[str, int]) -> None:
    desk.says = says
    with pytest.raises(OutcomeUnknown):
        desk.one()


def test_nobody_at_the_post_back_leaves_it_undecided() -> None:
    with pytest.raises(Exception, match="connection") as problem:
        classic(base_url="http://127.0.0.1:1").prove(ipn(), {})
    assert not isinstance(problem.value, InvalidSignature)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Completed", S.PAID),
        ("Pending", S.IN_PROGRESS),
        ("Processed", S.IN_PROGRESS),
        ("Created", S.IN_PROGRESS),
        ("Denied", S.FAILED),
        ("Failed", S.FAILED),
        ("Expired", S.FAILED),
        ("Voided", S.CANCELLED),
        ("Sneezed", None),
    ],
)
def test_every_word_of_a_payment_has_its_meaning(desk: Desk, word: str, status: PaymentStatus | None) -> None:
    seen = desk.one(payment_status=word)
    assert (seen.word, seen.status) == (word, status)
    assert (seen.proof is not None) is (status is S.PAID)
    assert seen.failure == (word if status is S.FAILED else "")


@pytest.mark.parametrize(
    ("word", "gross", "kind"),
    [
        ("Refunded", "-25.50", FactKind.REFUNDED),
        ("Refunded", "-5.00", FactKind.REFUNDED),
        ("Reversed", "-25.50", FactKind.CHARGED_BACK),
        ("Canceled_Reversal", "25.50", FactKind.DISPUTE_WON),
    ],
)
def test_money_that_goes_back_has_an_id_of_its_own(desk: Desk, word: str, gross: str, kind: FactKind) -> None:
    seen = desk.one(payment_status=word, mc_gross=gross, txn_id="BACK1", parent_txn_id="PAID1")
    amount = Money.of(500 if gross == "-5.00" else 2550, "USD")
    assert seen.proof == Proof(kind, "BACK1", amount)
    assert (seen.status, seen.gateway_reference) == (None, "PAID1")
    back = RefundNews(RefundStatus.DONE, amount, "BACK1")
    assert seen.refund == (back if kind is FactKind.REFUNDED else None)


@pytest.mark.parametrize(
    ("gross", "currency"), [("25.49", "USD"), ("0.00", "USD"), ("25.50", "EUR"), ("2550", "JPY")]
)
def test_an_amount_is_reported_as_told(desk: Desk, gross: str, currency: str) -> None:
    seen = desk.one(mc_gross=gross, mc_currency=currency)
    assert seen.proof is not None
    assert f"{seen.proof.amount.decimal} {seen.proof.amount.currency}" == f"{gross} {currency}"


@pytest.mark.parametrize("change", [{"mc_gross": None}, {"mc_gross": "x"}, {"mc_currency": None}])
def test_money_without_an_amount_is_unreadable(desk: Desk, change: dict[str, None]) -> None:
    with pytest.raises(GatewayProtocolError):
        desk.one(**change)


def test_the_payment_is_found_by_custom_else_by_invoice(desk: Desk) -> None:
    assert desk.one(custom=None, invoice="INV-other").reference == "other"
    lost = desk.one(
        custom=None, invoice=None, payment_status="Refunded", mc_gross="-1", parent_txn_id="PAID1"
    )
    assert (lost.reference, lost.gateway_reference) == ("", "PAID1")


@pytest.mark.parametrize(
    "change",
    [
        {"receiver_email": "somebody@example.com"},
        {"receiver_email": None},
        {"test_ipn": None},
        {"test_ipn": "0"},
        {"charset": "klingon"},
    ],
)
def test_a_message_for_another_account_is_refused_without_asking(change: dict[str, Any]) -> None:
    message = (
        ipn(**change) if change.get("charset") != "klingon" else InboundMessage("POST", b"charset=klingon")
    )
    with no_network():
        for act in (classic().read_callback, lambda told: classic().prove(told, {})):
            with pytest.raises(InvalidSignature):
                act(message)


def test_a_message_of_the_sandbox_is_refused_in_live() -> None:
    live = classic("live")
    with pytest.raises(InvalidSignature):
        live.read_callback(ipn())
    assert live.read_callback(ipn(test_ipn=None)) == NeedsProof()


@pytest.mark.parametrize("name", ["receiver_email", "receiver_id", "business"])
def test_the_receiver_is_an_address_or_an_id(name: str) -> None:
    message = ipn(**{"receiver_email": "other@example.com", name: SHOP.upper()})
    assert classic().read_callback(message) == NeedsProof()


def test_each_environment_posts_back_to_its_own_host() -> None:
    hosts = {"test": "https://ipnpb.sandbox.paypal.com", "live": "https://ipnpb.paypal.com"}
    for environment, host in hosts.items():
        assert classic(environment)._post_back == f"{host}/cgi-bin/webscr"  # type: ignore[attr-defined]


def test_a_form_starts_the_payment_and_nothing_is_sent() -> None:
    gateway = classic()
    brief = a_brief(gateway, Money.of(2550, "USD"))
    with no_network():
        step = gateway.start(brief).next_step
    fields = dict(step.fields)
    assert (step.kind, step.url) == (NextStepKind.FORM, "https://www.sandbox.paypal.com/cgi-bin/webscr")
    assert (fields["cmd"], fields["amount"], fields["currency_code"]) == ("_xclick", "25.50", "USD")
    assert (fields["business"], fields["custom"]) == (SHOP, brief.payment.reference)
    assert (fields["notify_url"], fields["return"]) == (brief.callback_url, brief.return_url)
    with no_network(), pytest.raises(GatewayRejected):
        gateway.start(a_brief(gateway, Money.of(100, "CLP")))


def test_the_receiver_must_be_named() -> None:
    with pytest.raises(SettingsError, match=r"gateways\.acc\.business is missing"):
        classic(business="")


@pytest.mark.parametrize(
    ("status", "word"), [("paid", S.PAID), ("declined", S.FAILED), ("pending", S.IN_PROGRESS)]
)
def test_what_the_sandbox_sends_is_what_we_believe(
    harness: ClassicHarness, status: str, word: PaymentStatus
) -> None:
    gateway = harness.gateway
    with listening() as shop:
        brief = a_brief(gateway, Money.of(999, "PLN"), callback_url=f"{shop.url}/cb")
        session = harness.sandbox.open(gateway.start(brief))
        harness.sandbox.finish(session, status)
        wait_for(lambda: len(shop.heard) == 1)
        message = InboundMessage("POST", shop.heard[0].body, shop.heard[0].headers)
        assert b"J%F6rg" in message.body
        (seen,) = gateway.prove(message, {})
        assert (seen.reference, seen.status) == (brief.payment.reference, word)
        bent = InboundMessage("POST", message.body.replace(b"9.99", b"9.98"))
        with pytest.raises(InvalidSignature):
            gateway.prove(bent, {})
        if status == "paid":
            address = f"{harness.sandbox.address}/_panel/refund"
            requests.post(address, json={"session": session, "amount": "99"}, timeout=5)
            wait_for(lambda: len(shop.heard) == 2)
            (back,) = gateway.prove(InboundMessage("POST", shop.heard[1].body), {})
            assert back.proof is not None
            assert (back.proof.kind, back.proof.amount.minor) == (FactKind.REFUNDED, 99)
            assert seen.proof is not None
            assert back.gateway_reference == seen.proof.gateway_id
