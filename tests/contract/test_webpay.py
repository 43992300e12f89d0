"""Webpay Plus against the contract suite, its worked examples, and what is particular to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from adapters.sandbox import credentials
from adapters.testing.builders import a_brief, a_refund
from adapters.testing.collects import CollectContract
from adapters.testing.contract import GatewayContract
from adapters.testing.quiet import no_network
from adapters.testing.wires import WireContract, decided, paid, started
from application.errors import GatewayRejected, OutcomeUnknown
from application.ports.gateway import InboundMessage, PaymentGateway, ReturnHint
from domain.money import Money
from domain.observation import Proof, Source
from domain.payment import NextStepKind, Payment, PaymentStatus
from domain.transaction import FactKind
from tests.contract.stand import HttpSandbox, account


@dataclass(slots=True)
class WebpayHarness:
    """Webpay in the sandbox, with deadlines short enough to wait for."""

    sandbox: HttpSandbox
    block: dict[str, object]
    timeout: float = 0.8
    pays_as: str = "authorized"
    gateway: PaymentGateway = field(init=False)

    def __post_init__(self) -> None:
        self.gateway = self.build()

    @property
    def secrets(self) -> tuple[str, ...]:
        return (str(self.block["api_key"]),)

    def build(self, environment: str = "test", **changes: object) -> PaymentGateway:
        return account({**self.block, "timeout": self.timeout, **changes}, environment)


@pytest.fixture
def harness(sandbox_url: str) -> Iterator[WebpayHarness]:
    sandbox = HttpSandbox(sandbox_url, "webpay")
    yield WebpayHarness(sandbox, dict(credentials(sandbox_url)["webpay"]))
    sandbox.clear()
    sandbox.settings(
        payment_type="VN",
        instalments=0,
        reversal_hours=3,
        panel_reverses=False,
        status_tells_captured=False,
        abort_by_post=True,
        broken_return=False,
    )


class TestWebpay(GatewayContract, CollectContract, WireContract):
    """The contract."""


def returning(method: str = "GET", **carried: str) -> InboundMessage:
    pairs = tuple(carried.items())
    return InboundMessage(
        method, b"", query=pairs if method == "GET" else (), form=() if method == "GET" else pairs
    )


ABORT = {"TBK_TOKEN": "t", "TBK_ORDEN_COMPRA": "o", "TBK_ID_SESION": "s"}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("carried", "aborted", "collect"),
    [
        ({"token_ws": "t"}, False, True),
        (ABORT, True, False),
        ({"TBK_ORDEN_COMPRA": "o", "TBK_ID_SESION": "s"}, True, False),
        ({"token_ws": "t", **ABORT}, True, False),
        ({"token_ws": "t", "TBK_TOKEN": "  ", "TBK_ID_SESION": ""}, False, True),
        ({}, False, False),
        ({"token_ws": " "}, False, False),
        ({"TBK_TOKEN": "t"}, False, False),
        ({"TBK_ORDEN_COMPRA": "o"}, False, False),
        ({"TBK_ID_SESION": "s"}, False, False),
        ({"token_ws": "t", "TBK_ID_SESION": "s"}, False, False),
        ({"status": "paid"}, False, False),
    ],
)
def test_each_of_the_four_ways_back_is_recognised_and_no_other(
    harness: WebpayHarness, method: str, carried: dict[str, str], aborted: bool, collect: bool
) -> None:
    with no_network():
        hint = harness.gateway.read_return(returning(method, **carried))
    assert hint == ReturnHint(aborted=aborted, collect=collect, parameters=carried)


@pytest.mark.parametrize(
    ("choice", "knobs", "way"),
    [
        ("authorized", {}, {"token_ws"}),
        ("declined", {}, {"token_ws"}),
        ("cancelled", {"abort_by_post": False}, set(ABORT)),
        ("cancelled", {}, set(ABORT)),
        ("expired", {}, {"TBK_ORDEN_COMPRA", "TBK_ID_SESION"}),
        ("authorized", {"broken_return": True}, {"token_ws", *ABORT}),
    ],
)
def test_the_sandbox_comes_back_in_all_four_ways(
    harness: WebpayHarness, choice: str, knobs: dict[str, object], way: set[str]
) -> None:
    harness.sandbox.settings(**knobs)
    _, session = started(harness)
    page = f"{harness.sandbox.address}/pay/{session}"
    assert requests.get(page, timeout=5).text.count('name="outcome"') == 4
    for _ in range(2):
        gone = requests.post(page, data={"outcome": choice}, timeout=5, allow_redirects=False)
        query = parse_qs(urlsplit(gone.headers.get("Location", "")).query)
        posted = re.findall(r'type="hidden" name="(\w+)"', gone.text)
        assert set(query) | set(posted) == way


def test_a_start_leads_by_form_to_the_page_with_the_token(harness: WebpayHarness) -> None:
    begun = harness.gateway.start(a_brief(harness.gateway))
    assert begun.next_step.kind is NextStepKind.FORM
    assert begun.next_step.url == f"{harness.sandbox.address}/webpayserver/initTransaction"
    assert begun.next_step.fields == (("token_ws", begun.gateway_reference),)
    assert len(str(begun.gateway_reference)) == 64


def test_a_receipt_has_what_the_shopper_may_see(harness: WebpayHarness) -> None:
    payment = decided(harness, "authorized")
    receipt = dict(harness.gateway.collect(payment, "key").receipt)
    assert (receipt["card"], receipt["payment_type"]) == ("6623", "credit")
    assert receipt["authorization_code"].isdigit()
    assert receipt["paid_at"].endswith("Z")


def test_a_decline_is_told_by_the_commit_with_its_code(harness: WebpayHarness) -> None:
    seen = harness.gateway.collect(decided(harness, "declined"), "key")
    assert (seen.status, seen.failure, seen.source) == (PaymentStatus.FAILED, "-1", Source.COLLECT)


def test_a_commit_of_somebody_who_gave_up_ends_the_attempt(harness: WebpayHarness) -> None:
    seen = harness.gateway.collect(decided(harness, "cancelled"), "key")
    assert (seen.status, seen.proof) == (PaymentStatus.CANCELLED, None)
    with pytest.raises(GatewayRejected, match="nothing to commit"):
        harness.gateway.collect(started(harness)[0], "key")


def test_dollars_keep_their_cents(harness: WebpayHarness) -> None:
    harness.gateway = harness.build(commerce_code="597000000840", currencies=["USD"])
    brief = a_brief(harness.gateway, Money.of(1050, "USD"))
    payment, session = started(harness, brief)
    harness.sandbox.finish(session, "authorized")
    seen = harness.gateway.collect(payment, "key")
    assert seen.proof is not None
    assert seen.proof.amount == Money.of(1050, "USD")
    refund = a_refund(payment, 25)
    told = harness.gateway.refund(payment, refund)
    assert told.proof == Proof(FactKind.REFUNDED, refund.key, Money.of(25, "USD"))
    assert harness.gateway.look_refund(payment, refund).proof == told.proof


@pytest.mark.parametrize(("hours", "word"), [(3, "REVERSED"), (-1, "NULLIFIED")])
def test_a_whole_refund_is_a_reversal_or_a_nullification(
    harness: WebpayHarness, hours: int, word: str
) -> None:
    harness.sandbox.settings(reversal_hours=hours)
    payment = paid(harness)
    refund = a_refund(payment)
    seen = harness.gateway.refund(payment, refund)
    assert (seen.word, seen.proof) == (word, Proof(FactKind.REFUNDED, refund.key, payment.amount))
    booked = replace(payment, captured=payment.amount, refunded=payment.amount)
    after = harness.gateway.look(booked)
    assert (after.word, after.status) == (word, PaymentStatus.PAID)
    assert after.proof == Proof(FactKind.CAPTURED, str(payment.gateway_reference), payment.amount)


def test_part_of_a_debit_sale_does_not_go_back(harness: WebpayHarness) -> None:
    harness.sandbox.settings(payment_type="VD")
    payment = paid(harness)
    with pytest.raises(GatewayRejected) as refused:
        harness.gateway.refund(payment, a_refund(payment, 100))
    assert refused.value.code.startswith("Debit or prepaid transactions only allow reverses")


def test_a_refused_refund_moves_nothing(harness: WebpayHarness) -> None:
    payment = paid(harness)
    harness.sandbox.arm("refund_refused", "refund")
    with pytest.raises(GatewayRejected, match="refused"):
        harness.gateway.refund(payment, a_refund(payment, 100))
    assert harness.gateway.look_refund(payment, a_refund(payment, 100)).refund is None


def panel_refund(harness: WebpayHarness, payment: Payment, amount: int | None = None) -> None:
    wish = {"session": payment.gateway_reference, "amount": amount}
    answer = requests.post(f"{harness.sandbox.address}/_panel/refund", json=wish, timeout=5)
    assert answer.status_code == 201, answer.text


def test_a_reversal_found_by_a_look_is_a_fact_of_its_own(harness: WebpayHarness) -> None:
    harness.sandbox.settings(panel_reverses=True)
    payment = paid(harness)
    booked = replace(payment, captured=payment.amount)
    panel_refund(harness, payment)
    seen = harness.gateway.look(booked)
    total = f"{payment.gateway_reference}:refunded:4990"
    assert seen.proof == Proof(FactKind.REVERSED, total, payment.amount)
    never_seen_paid = harness.gateway.look(payment)
    assert never_seen_paid.proof == seen.proof


def test_what_goes_back_in_the_panel_is_told_as_the_difference(harness: WebpayHarness) -> None:
    payment = paid(harness)
    booked = replace(payment, captured=payment.amount)
    panel_refund(harness, payment, 1000)
    first = harness.gateway.look(booked).proof
    assert first == Proof(FactKind.REFUNDED, f"{payment.gateway_reference}:refunded:1000", clp(1000))
    booked = replace(booked, refunded_outside=clp(1000))
    known = harness.gateway.look(booked).proof
    assert known == Proof(FactKind.CAPTURED, str(payment.gateway_reference), payment.amount)
    panel_refund(harness, payment)
    rest = harness.gateway.look(booked).proof
    assert rest == Proof(FactKind.REFUNDED, f"{payment.gateway_reference}:refunded:4990", clp(3990))
    busy = harness.gateway.look(replace(booked, reserved=clp(3990))).proof
    assert busy == known


def test_a_part_that_went_back_before_we_saw_the_sale_comes_after_it(harness: WebpayHarness) -> None:
    payment = paid(harness)
    panel_refund(harness, payment, 1000)
    seen = harness.gateway.look(payment)
    assert (seen.word, seen.status) == ("PARTIALLY_NULLIFIED", PaymentStatus.PAID)


def test_another_sum_gone_is_no_answer_about_our_refund(harness: WebpayHarness) -> None:
    payment = paid(harness)
    panel_refund(harness, payment, 1000)
    with pytest.raises(OutcomeUnknown):
        harness.gateway.look_refund(payment, a_refund(payment, 999))
    two_open = replace(payment, reserved=clp(1000))
    assert harness.gateway.look_refund(two_open, a_refund(payment, 400)).refund is not None


def clp(amount: int) -> Money:
    return Money.of(amount, "CLP")
