"""Moip v2 against the contract suite."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
import requests

from adapters.sandbox import credentials
from adapters.testing.builders import a_brief, a_payment, a_refund, told_the_reference
from adapters.testing.contract import GatewayContract
from adapters.testing.hints import HintContract
from adapters.testing.wires import WireContract, decided, paid, started
from adapters.wire.errors import SettingsError
from application.errors import GatewayRejected, GatewayUnavailable, InvalidSignature, OutcomeUnknown
from application.ports.gateway import InboundMessage, PaymentGateway
from domain.money import Money
from domain.observation import Proof
from domain.payment import Payment, PaymentStatus
from domain.refund import RefundStatus
from domain.transaction import FactKind
from tests.contract.stand import HttpSandbox, account

TOKEN = "5877e87109cc4ef6ae9b1a181cf8a276"


@dataclass(slots=True)
class MoipHarness:
    sandbox: HttpSandbox
    block: dict[str, object]
    timeout: float = 0.8
    pays_as: str = "paid"
    gateway: PaymentGateway = field(init=False)

    def __post_init__(self) -> None:
        self.gateway = self.build()

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(str(self.block[key]) for key in ("token", "key", "webhook_token"))

    def build(self, environment: str = "test", **changes: object) -> PaymentGateway:
        block = {**self.block, "timeout": self.timeout, **changes}
        return account({key: value for key, value in block.items() if value is not None}, environment)

    def hints(self, payment: Payment) -> Iterator[InboundMessage]:
        for word in ("PAID", "WAITING", "NOT_PAID", "CREATED", "REVERTED"):
            order = {"id": "ORD-1", "ownId": payment.reference, "status": word}
            yield hook(f"ORDER.{word}", {"order": order})


def hook(word: str, resource: object, header: str | None = TOKEN) -> InboundMessage:
    body = {"date": "2017-07-28T11:05:11.784-03", "env": "sandbox", "event": word, "resource": resource}
    headers = {} if header is None else {"authorization": header}
    return InboundMessage("POST", json.dumps(body).encode(), headers)


@pytest.fixture
def harness(sandbox_url: str) -> Iterator[MoipHarness]:
    sandbox = HttpSandbox(sandbox_url, "moip")
    yield MoipHarness(sandbox, dict(credentials(sandbox_url)["moip"]))
    sandbox.clear()


class TestMoip(GatewayContract, HintContract, WireContract):
    """The contract."""


# -- the webhook


@pytest.mark.parametrize(
    "header", [None, "", f"Bearer {TOKEN}", f"Basic {TOKEN}", TOKEN[:-1], TOKEN.upper(), "\u0119" * 32]
)
def test_only_the_bare_token_passes(harness: MoipHarness, header: str | None) -> None:
    order = {"order": {"id": "ORD-1", "ownId": "pay-1"}}
    assert harness.gateway.read_callback(hook("ORDER.PAID", order))
    with pytest.raises(InvalidSignature):
        harness.gateway.read_callback(hook("ORDER.PAID", order, header))


def test_the_token_before_is_believed_while_it_is_changed(harness: MoipHarness) -> None:
    order = {"order": {"id": "ORD-1", "ownId": "pay-1"}}
    changing = harness.build(webhook_token="new", webhook_token_previous=TOKEN)
    assert changing.read_callback(hook("ORDER.PAID", order))
    assert changing.read_callback(hook("ORDER.PAID", order, "new"))
    with pytest.raises(InvalidSignature):
        harness.build(webhook_token="new").read_callback(hook("ORDER.PAID", order))


def test_an_account_without_a_webhook_token_does_not_start(harness: MoipHarness) -> None:
    with pytest.raises(SettingsError) as refusal:
        harness.build(webhook_token="")
    assert refusal.value.key == "gateways.acc.webhook_token"


@pytest.mark.parametrize("key", ["token", "key", "webhook_token"])
def test_a_published_secret_does_not_start_in_live(harness: MoipHarness, key: str) -> None:
    own = {"base_url": None, "token": "a", "key": "b", "webhook_token": "c"}
    assert harness.build("live", **own).environment == "live"
    with pytest.raises(SettingsError) as refusal:
        harness.build("live", **(own | {key: harness.block[key]}))
    assert refusal.value.key == f"gateways.acc.{key}"


@pytest.mark.parametrize("host", ["https://sandbox.moip.com.br", "https://desenvolvedor.moip.com.br/sandbox"])
def test_a_test_host_does_not_start_in_live(harness: MoipHarness, host: str) -> None:
    api = "v1" if "desenvolvedor" in host else "v2"
    with pytest.raises(SettingsError) as refusal:
        harness.build("live", base_url=host, api=api, token="a", key="b", webhook_token="c")
    assert refusal.value.key == "gateways.acc.base_url"


@pytest.mark.parametrize("word", ["AUTHORIZED", "CREATED", "IN_ANALYSIS", "SETTLED", "REVERSED", "REFUNDED"])
def test_a_message_about_a_payment_leads_to_its_order(harness: MoipHarness, word: str) -> None:
    payment = {"id": "PAY-1", "status": word, "_links": {"order": {"title": "ORD-9"}}}
    found = harness.gateway.read_callback(hook(f"PAYMENT.{word}", {"payment": payment}))
    assert isinstance(found, tuple)
    assert [(one.reference, one.gateway_reference, one.status) for one in found] == [("", "ORD-9", None)]


@pytest.mark.parametrize("word", ["REQUESTED", "COMPLETED", "FAILED"])
def test_a_message_about_a_refund_leads_to_its_order(harness: MoipHarness, word: str) -> None:
    refund = {"id": "REF-1", "status": word, "_links": {"order": {"title": "ORD-9"}}}
    found = harness.gateway.read_callback(hook(f"REFUND.{word}", {"refund": refund}))
    assert isinstance(found, tuple)
    assert (found[0].gateway_reference, found[0].refund, found[0].word) == ("ORD-9", None, f"REFUND.{word}")


@pytest.mark.parametrize("word", ["ENTRY.SETTLED", "ESCROW.HOLD_PENDING", "TRANSFER.COMPLETED", "SNEEZE"])
def test_other_messages_are_about_nobody(harness: MoipHarness, word: str) -> None:
    assert harness.gateway.read_callback(hook(word, {"entry": {"id": "ENT-1"}})) == ()


# -- against the sandbox


def test_a_boleto_may_wait_for_days(harness: MoipHarness) -> None:
    assert harness.gateway.capabilities.time_to_pay == timedelta(days=5)
    assert harness.build(days_to_pay=12).capabilities.time_to_pay == timedelta(days=12)
    payment, session = started(harness)
    harness.sandbox.finish(session, "pending")
    seen = harness.gateway.look(payment)
    assert (seen.word, seen.status, seen.proof) == ("WAITING", PaymentStatus.IN_PROGRESS, None)
    assert seen.receipt == {}
    harness.sandbox.finish(session, "paid")
    assert harness.gateway.look(payment).status is PaymentStatus.PAID


def test_the_receipt_names_the_means_and_the_end_of_the_card(harness: MoipHarness) -> None:
    seen = harness.gateway.look(paid(harness))
    assert seen.receipt == {"card": "3335", "payment_type": "credit", "instalments": "1"}


def test_a_refusal_keeps_its_code(harness: MoipHarness) -> None:
    seen = harness.gateway.look(decided(harness, "declined"))
    assert (seen.word, seen.status, seen.failure) == ("NOT_PAID", PaymentStatus.FAILED, "5")


def test_an_order_whose_answer_was_lost_is_found_by_our_reference(harness: MoipHarness) -> None:
    harness.sandbox.arm("act_then_hang", "create", seconds=4)
    brief = a_brief(harness.gateway)
    with pytest.raises(OutcomeUnknown):
        harness.gateway.start(brief)
    seen = harness.gateway.look(brief.payment)
    session = harness.sandbox.session(brief.payment.reference)
    assert session is not None
    assert (seen.status, seen.gateway_reference) == (PaymentStatus.IN_PROGRESS, session["id"])
    assert harness.gateway.look(a_payment(harness.gateway)).word == "not_found"


def test_an_order_nobody_made_is_not_found(harness: MoipHarness) -> None:
    assert harness.gateway.look(told_the_reference(a_payment(harness.gateway), "ORD-0")).word == "not_found"
    assert "not found" in harness.gateway.check()


def test_a_wrong_key_is_named_as_such(harness: MoipHarness) -> None:
    with pytest.raises(GatewayUnavailable):
        harness.build(key="C" * 40).check()


def test_a_return_to_the_failure_page_hints_at_giving_up(harness: MoipHarness) -> None:
    hint = harness.gateway.read_return(InboundMessage("GET", b"", query=(("cancelled", "1"),)))
    assert (hint.aborted, hint.collect) == (True, False)
    assert not harness.gateway.read_return(InboundMessage("GET", b"")).aborted


def test_a_whole_refund_reverts_the_order_and_a_part_leaves_it_paid(harness: MoipHarness) -> None:
    payment, gateway = paid(harness), harness.gateway
    known = replace(payment, captured=payment.amount, status=PaymentStatus.PAID)
    part = gateway.refund(payment, a_refund(payment, 90))
    assert part.refund is not None
    assert (part.refund.status, part.refund.amount.minor) == (RefundStatus.DONE, 90)
    assert gateway.look(known).word == "PAID"
    with pytest.raises(GatewayRejected) as refusal:
        gateway.refund(payment, a_refund(payment, payment.amount.minor - 89))
    assert refusal.value.code == "REF-002"
    other = paid(harness)
    assert gateway.refund(other, a_refund(other)).refund is not None
    assert gateway.look(other).word == "REVERTED"


def test_a_refund_that_fails_at_once_is_refused(harness: MoipHarness) -> None:
    payment = paid(harness)
    harness.sandbox.arm("refund_refused", "refund")
    seen = harness.gateway.refund(payment, a_refund(payment))
    assert seen.refund is not None
    assert (seen.refund.status, seen.proof) == (RefundStatus.REFUSED, None)


def test_a_panel_refund_is_seen_by_a_look_once(harness: MoipHarness) -> None:
    payment = paid(harness)
    known = replace(payment, captured=payment.amount, status=PaymentStatus.PAID)
    wish = {"session": payment.gateway_reference, "amount": "90"}
    assert requests.post(f"{harness.sandbox.address}/_panel/refund", json=wish, timeout=5).ok
    amount = Money.of(90, "BRL")
    reference = payment.gateway_reference
    assert harness.gateway.look(known).proof == Proof(FactKind.REFUNDED, f"{reference}:refunded:90", amount)
    again = harness.gateway.look(replace(known, refunded_outside=amount)).proof
    assert again == Proof(FactKind.CAPTURED, str(reference), payment.amount)


@pytest.mark.parametrize("body", [b"", b"{}", b"null"])
def test_the_sandbox_refunds_everything_without_a_body(harness: MoipHarness, body: bytes) -> None:
    payment = paid(harness)
    url = f"{harness.sandbox.address}/v2/orders/{payment.gateway_reference}/refunds"
    auth = (str(harness.block["token"]), str(harness.block["key"]))
    answer = requests.post(url, data=body, auth=auth, timeout=5)
    assert (answer.status_code, answer.json()["type"], answer.json()["amount"]["total"]) == (
        201,
        "FULL",
        4990,
    )


def test_the_sandbox_hands_out_the_webhook_s_token_and_simulates(harness: MoipHarness) -> None:
    payment, session = started(harness)
    auth = (str(harness.block["token"]), str(harness.block["key"]))
    wish = {"events": ["ORDER.*"], "target": "http://127.0.0.1:9/hook", "media": "WEBHOOK"}
    address = f"{harness.sandbox.address}/v2/preferences/notifications"
    made = requests.post(address, json=wish, auth=auth, timeout=5)
    assert (made.status_code, made.json()["token"]) == (201, TOKEN)
    assert requests.get(address, auth=auth, timeout=5).json() == [made.json()]
    assert requests.delete(f"{address}/{made.json()['id']}", auth=auth, timeout=5).status_code == 204
    harness.sandbox.settings(webhook_url="")
    asked: dict[str, str | int] = {
        "payment_id": session.replace("ORD-", "PAY-"),
        "amount": payment.amount.minor,
    }
    url = f"{harness.sandbox.address}/simulador/authorize"
    assert requests.get(url, params=asked, auth=auth, timeout=5).ok
    assert harness.gateway.look(payment).status is PaymentStatus.PAID
