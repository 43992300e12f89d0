"""Stripe's account and its sandbox together: holding, ending, refunding, disputing, and doing things once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import requests

from adapters.sandbox import create_sandbox, credentials, serve_in_thread
from adapters.testing.builders import a_brief, a_refund, told_the_reference
from adapters.testing.quiet import Heard, Listener, listening
from application.errors import GatewayRejected, GatewayUnavailable, OutcomeUnknown, UnsupportedOperation
from application.ports.gateway import InboundMessage, NeedsProof, PaymentGateway
from domain.money import Money
from domain.observation import Observation, Proof, Source
from domain.payment import Payment, PaymentStatus
from domain.refund import RefundStatus
from domain.transaction import FactKind
from tests.contract.stand import HttpSandbox, wait_for
from tests.contract.stripe_stand import StripeHarness

EUR = Money.of(4990, "EUR")


@pytest.fixture
def harness(sandbox_url: str) -> Iterator[StripeHarness]:
    sandbox = HttpSandbox(sandbox_url, "stripe")
    yield StripeHarness(sandbox, dict(credentials(sandbox_url)["stripe"]), timeout=3)
    sandbox.clear()
    quiet = {"webhook_url": "", "webhook_secret_previous": "", "refund_event": "refund.updated"}
    sandbox.settings(**quiet, refund_seconds=0)


@pytest.fixture
def shop(harness: StripeHarness) -> Iterator[Listener]:
    """Where the endpoint of the dashboard points to."""
    with listening() as shop:
        harness.sandbox.settings(webhook_url=f"{shop.url}/callbacks/acc")
        yield shop


def message(heard: Heard) -> InboundMessage:
    return InboundMessage(heard.method, heard.body, heard.headers)


def read(gateway: PaymentGateway, shop: Listener, number: int = 1) -> Observation:
    """What the newest of so many events says."""
    wait_for(lambda: len(shop.heard) >= number)
    found = gateway.read_callback(message(shop.heard[number - 1]))
    assert isinstance(found, tuple)
    return found[0]


def paid(harness: StripeHarness) -> Payment:
    payment = harness.started(harness.gateway, amount=EUR)
    harness.sandbox.finish(str(payment.gateway_reference))
    return payment


def call(harness: StripeHarness, path: str, key: str = "", **fields: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {harness.block['secret_key']}", "Idempotency-Key": key}
    return requests.post(f"{harness.sandbox.address}/v1{path}", data=fields, headers=headers, timeout=5)


def test_a_paid_session_is_told_once_by_event_and_look(harness: StripeHarness, shop: Listener) -> None:
    payment = paid(harness)
    event, look = read(harness.gateway, shop), harness.gateway.look(payment)
    assert event.status is look.status is PaymentStatus.PAID
    assert event.proof == look.proof
    assert event.proof is not None
    assert event.proof.amount == EUR
    assert event.gateway_reference == look.gateway_reference == payment.gateway_reference


def test_a_slow_method_is_paid_by_its_second_event(harness: StripeHarness, shop: Listener) -> None:
    payment = harness.started(harness.gateway)
    harness.sandbox.finish(str(payment.gateway_reference), "pending")
    assert read(harness.gateway, shop).status is PaymentStatus.IN_PROGRESS
    assert harness.gateway.look(payment).status is PaymentStatus.IN_PROGRESS
    harness.sandbox.finish(str(payment.gateway_reference))
    assert b"checkout.session.async_payment_succeeded" in shop.heard[1].body
    assert read(harness.gateway, shop, 2).status is PaymentStatus.PAID


def test_a_slow_method_that_fails_is_failed(harness: StripeHarness, shop: Listener) -> None:
    payment = harness.started(harness.gateway)
    harness.sandbox.finish(str(payment.gateway_reference), "declined")
    assert read(harness.gateway, shop).status is PaymentStatus.FAILED
    look = harness.gateway.look(payment)
    assert (look.status, look.failure) == (PaymentStatus.FAILED, "generic_decline")


def test_manual_capture_holds_the_money_until_it_is_captured_once(
    harness: StripeHarness, shop: Listener
) -> None:
    gateway = harness.build(capture="manual")
    payment = harness.started(gateway, amount=EUR)
    harness.sandbox.finish(str(payment.gateway_reference), "authorized")
    held = read(gateway, shop)
    assert (held.status, held.amount, held.proof) == (PaymentStatus.AUTHORIZED, EUR, None)
    assert gateway.look(payment).status is PaymentStatus.AUTHORIZED
    with pytest.raises(UnsupportedOperation):
        gateway.capture(payment, Money.of(100, "EUR"), "key")
    taken = gateway.capture(payment, EUR, "key")
    assert (taken.source, taken.status) == (Source.CAPTURE, PaymentStatus.PAID)
    assert gateway.capture(payment, EUR, "key") == taken
    assert taken.proof == read(gateway, shop, 2).proof == gateway.look(payment).proof
    with pytest.raises(GatewayRejected) as refused:
        gateway.capture(payment, EUR, "another key")
    assert refused.value.code == "payment_intent_unexpected_state"


def test_what_is_held_can_be_let_go(harness: StripeHarness, shop: Listener) -> None:
    gateway = harness.build(capture="manual")
    payment = harness.started(gateway)
    harness.sandbox.finish(str(payment.gateway_reference), "authorized")
    assert gateway.void(payment, payment.idempotency_key).status is PaymentStatus.CANCELLED
    assert gateway.look(payment).status is PaymentStatus.CANCELLED
    assert read(gateway, shop, 2).status is PaymentStatus.CANCELLED


def test_money_that_was_taken_is_not_let_go(harness: StripeHarness) -> None:
    with pytest.raises(GatewayRejected):
        harness.gateway.void(paid(harness), "any key")


def test_nothing_is_captured_or_refunded_before_somebody_paid(harness: StripeHarness) -> None:
    payment = harness.started(harness.gateway)
    for act in (
        lambda: harness.gateway.capture(payment, payment.amount, "key"),
        lambda: harness.gateway.refund(payment, a_refund(payment)),
    ):
        with pytest.raises(GatewayRejected) as refused:
            act()
        assert refused.value.code == "no_payment_intent"


def test_an_open_session_is_ended_and_told_as_expired(harness: StripeHarness, shop: Listener) -> None:
    payment = harness.started(harness.gateway)
    ended = harness.gateway.void(payment, payment.idempotency_key)
    assert (ended.source, ended.status) == (Source.VOID, PaymentStatus.CANCELLED)
    assert read(harness.gateway, shop).status is PaymentStatus.EXPIRED
    assert harness.gateway.look(payment).status is PaymentStatus.EXPIRED
    page = requests.get(f"{harness.sandbox.address}/pay/{payment.gateway_reference}", timeout=5).text
    assert "<button" not in page


def test_going_back_leaves_the_session_open_until_it_is_ended(harness: StripeHarness, shop: Listener) -> None:
    payment = harness.started(harness.gateway)
    page = f"{harness.sandbox.address}/pay/{payment.gateway_reference}"
    back = requests.post(page, data={"outcome": "cancelled"}, timeout=5, allow_redirects=False)
    assert back.headers["Location"].endswith("?cancelled=1")
    assert harness.gateway.look(payment).status is PaymentStatus.IN_PROGRESS
    assert not shop.heard
    assert harness.gateway.void(payment, payment.idempotency_key).status is PaymentStatus.CANCELLED
    assert read(harness.gateway, shop).status is PaymentStatus.EXPIRED


def test_the_way_back_of_a_payer_names_the_session(harness: StripeHarness) -> None:
    payment = harness.started(harness.gateway)
    page = f"{harness.sandbox.address}/pay/{payment.gateway_reference}"
    back = requests.post(page, data={"outcome": "paid"}, timeout=5, allow_redirects=False)
    assert back.headers["Location"].endswith(f"/returns?session_id={payment.gateway_reference}")


def test_a_session_nobody_pays_runs_out() -> None:
    now = [1_800_000_000.0]
    url, stop = serve_in_thread(create_sandbox(retry_delays=(), clock=lambda: now[0]))
    try:
        harness = StripeHarness(HttpSandbox(url, "stripe"), dict(credentials(url)["stripe"]))
        brief = a_brief(harness.gateway)
        with pytest.raises(GatewayRejected):
            harness.gateway.start(brief)
        now[0] = brief.payment.created_at.timestamp()
        known = told_the_reference(brief.payment, harness.gateway.start(brief).gateway_reference)
        now[0] = int(now[0]) + 45 * 60
        assert harness.gateway.look(known).status is PaymentStatus.IN_PROGRESS
        now[0] += 1
        assert harness.gateway.look(known).status is PaymentStatus.EXPIRED
    finally:
        stop()


def test_a_double_click_makes_one_session_and_leads_to_one_page(harness: StripeHarness) -> None:
    brief = a_brief(harness.gateway)
    assert harness.gateway.start(brief) == harness.gateway.start(brief)


def test_a_key_used_for_something_else_is_no_refusal_of_the_first(harness: StripeHarness) -> None:
    brief = a_brief(harness.gateway)
    harness.gateway.start(brief)
    with pytest.raises(OutcomeUnknown) as unclear:
        harness.gateway.start(replace(brief, description="other", lines=brief.lines * 2))
    assert unclear.value.code == "idempotency_error"


def test_a_refused_request_does_not_use_up_its_key(harness: StripeHarness) -> None:
    wrong = call(harness, "/checkout/sessions", "one-key", mode="sneeze")
    assert (wrong.status_code, wrong.json()["error"]["param"]) == (400, "mode")
    again = call(harness, "/checkout/sessions", "one-key", mode="setup")
    assert again.json()["error"]["type"] == "invalid_request_error"


def test_a_wrong_key_is_a_matter_of_configuration(harness: StripeHarness) -> None:
    payment = paid(harness)
    other = harness.build(secret_key="sk_test_somebody_else")
    assert other.look(payment).word == "not_found"
    harness.sandbox.arm("unauthorized_once", "look")
    with pytest.raises(GatewayUnavailable):
        harness.gateway.look(payment)


@pytest.mark.parametrize("seconds", [0, 0.2])
def test_a_refund_is_told_by_answer_event_and_look_as_one_fact(
    harness: StripeHarness, shop: Listener, seconds: float
) -> None:
    payment = paid(harness)
    harness.sandbox.settings(refund_seconds=seconds)
    refund = a_refund(payment, 100)
    made = harness.gateway.refund(payment, refund).refund
    assert made is not None
    assert made.status is (RefundStatus.SENT if seconds else RefundStatus.DONE)
    event = read(harness.gateway, shop, 2)
    proof = Proof(FactKind.REFUNDED, made.gateway_id, refund.amount)
    assert event.refund is not None
    assert (event.refund.key, event.refund.status) == (refund.key, RefundStatus.DONE)
    assert (event.proof, event.reference) == (proof, payment.reference)
    assert harness.gateway.look_refund(payment, refund).proof == proof


def test_a_refund_that_fails_is_refused(harness: StripeHarness, shop: Listener) -> None:
    payment, refund = paid(harness), None
    harness.sandbox.settings(refund_seconds=0.1)
    harness.sandbox.arm("refund_refused", "refund")
    refund = a_refund(payment, 100)
    harness.gateway.refund(payment, refund)
    event = read(harness.gateway, shop, 2)
    assert b'"refund.failed"' in shop.heard[1].body
    assert event.refund is not None
    assert (event.refund.status, event.proof) == (RefundStatus.REFUSED, None)


def test_a_refund_is_found_by_its_own_key_among_others(harness: StripeHarness) -> None:
    payment = paid(harness)
    first, second = a_refund(payment, 100), a_refund(payment, 100)
    made = harness.gateway.refund(payment, first).refund
    assert harness.gateway.look_refund(payment, second).word == "not_found"
    harness.gateway.refund(payment, second)
    assert harness.gateway.look_refund(payment, first).refund == made


def test_what_is_refunded_is_not_refunded_again(harness: StripeHarness) -> None:
    payment = paid(harness)
    harness.gateway.refund(payment, a_refund(payment))
    with pytest.raises(GatewayRejected) as refused:
        harness.gateway.refund(payment, a_refund(payment))
    assert refused.value.code == "charge_already_refunded"


@pytest.mark.parametrize("kind", ["refund.updated", "charge.refunded"])
def test_a_refund_of_the_dashboard_is_addressed_by_the_capture(
    harness: StripeHarness, shop: Listener, kind: str
) -> None:
    payment = paid(harness)
    harness.sandbox.settings(refund_event=kind)
    wish = {"session": payment.gateway_reference, "amount": "300"}
    requests.post(f"{harness.sandbox.address}/_panel/refund", json=wish, timeout=5)
    wait_for(lambda: len(shop.heard) == 2)
    captured = harness.gateway.look(payment).proof
    told = harness.gateway.read_callback(message(shop.heard[1]))
    if isinstance(told, NeedsProof):
        told = harness.gateway.prove(message(shop.heard[1]), told.hint)
    assert [seen.proof.amount for seen in told if seen.proof] == [Money.of(300, "EUR")]
    assert captured is not None
    assert (told[0].reference, told[0].gateway_reference) == ("", captured.gateway_id)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("needs_response", FactKind.CHARGED_BACK),
        ("lost", FactKind.CHARGED_BACK),
        ("won", FactKind.DISPUTE_WON),
        ("warning_closed", None),
    ],
)
def test_a_dispute_is_told_to_the_shop(
    harness: StripeHarness, shop: Listener, status: str, kind: FactKind | None
) -> None:
    payment = paid(harness)
    wish = {"session": payment.gateway_reference, "status": status}
    made = requests.post(f"{harness.sandbox.address}/_panel/dispute", json=wish, timeout=5).json()
    seen = read(harness.gateway, shop, 2)
    captured = harness.gateway.look(payment).proof
    assert captured is not None
    assert seen.gateway_reference == captured.gateway_id
    assert seen.proof == (Proof(kind, made["id"], EUR) if kind else None)


def test_events_of_a_rolling_secret_carry_both_signatures(harness: StripeHarness, shop: Listener) -> None:
    harness.sandbox.settings(webhook_secret_previous="whsec_the_old_one")
    paid(harness)
    wait_for(lambda: bool(shop.heard))
    assert shop.heard[0].headers["stripe-signature"].count("v1=") == 2
    for secret in (str(harness.block["webhook_secret"]), "whsec_the_old_one"):
        assert harness.build(webhook_secret=secret).read_callback(message(shop.heard[0]))
