"""What Stripe's sessions, intents, refunds, disputes and errors become, row by row of its protocol."""

from __future__ import annotations

import pytest
from pytest_httpserver import HTTPServer

from application.errors import (
    GatewayProtocolError,
    OutcomeUnknown,
)
from application.ports.gateway import NeedsProof, PaymentGateway
from domain.money import Money
from domain.observation import Observation, Proof, RefundNews
from domain.payment import PaymentStatus
from domain.refund import RefundStatus
from domain.transaction import FactKind
from tests.contract.stripe_stand import (
    INTENT,
    REFUND,
    SESSION,
    a_session,
    an_event,
    an_intent,
    demo,
    here,
    mine,
)

S = PaymentStatus
COMPLETED = "checkout.session.completed"


def told(kind: str, about: dict[str, object], gateway: PaymentGateway | None = None) -> Observation:
    found = (gateway or demo()).read_callback(an_event(kind, about))
    assert isinstance(found, tuple)
    return found[0]


@pytest.mark.parametrize(
    ("kind", "status", "payment_status", "becomes"),
    [
        (COMPLETED, "open", "unpaid", S.IN_PROGRESS),
        (COMPLETED, "complete", "paid", S.PAID),
        (COMPLETED, "complete", "unpaid", S.IN_PROGRESS),
        ("checkout.session.async_payment_succeeded", "complete", "paid", S.PAID),
        ("checkout.session.async_payment_failed", "complete", "unpaid", S.FAILED),
        ("checkout.session.async_payment_failed", "complete", "paid", None),
        ("checkout.session.expired", "expired", "unpaid", S.EXPIRED),
        ("checkout.session.expired", "expired", "paid", S.EXPIRED),
        ("checkout.session.expired", "expired", "no_payment_required", S.EXPIRED),
        (COMPLETED, "open", "paid", None),
        (COMPLETED, "complete", "sneezed", None),
        (COMPLETED, "sneezed", "paid", None),
        ("checkout.session.sneezed", "complete", "paid", None),
    ],
)
def test_each_state_of_a_session_is_one_status(
    kind: str, status: str, payment_status: str, becomes: PaymentStatus | None
) -> None:
    payment = mine()
    seen = told(kind, a_session(payment, status=status, payment_status=payment_status))
    assert (seen.status, seen.reference) == (becomes, payment.reference)
    assert (seen.proof is not None) == (becomes is S.PAID)
    if seen.proof:
        assert seen.proof == Proof(FactKind.CAPTURED, INTENT, payment.amount)


def test_what_needed_no_payment_is_paid_with_nothing() -> None:
    seen = told(COMPLETED, a_session(mine(), payment_status="no_payment_required"))
    assert seen.status is S.PAID
    assert seen.proof is not None
    assert seen.proof.amount == Money.of(0, "EUR")


@pytest.mark.parametrize(
    ("word", "becomes", "looked"),
    [
        ("requires_capture", S.AUTHORIZED, S.AUTHORIZED),
        ("processing", S.IN_PROGRESS, S.IN_PROGRESS),
        ("requires_action", S.IN_PROGRESS, S.IN_PROGRESS),
        ("succeeded", S.PAID, S.PAID),
        ("canceled", S.CANCELLED, S.CANCELLED),
        ("requires_payment_method", None, S.FAILED),
        ("sneezed", None, None),
    ],
)
def test_the_intent_tells_what_became_of_a_complete_session(
    httpserver: HTTPServer, word: str, becomes: PaymentStatus | None, looked: PaymentStatus | None
) -> None:
    payment = mine()
    error = {"code": "card_declined", "decline_code": "insufficient_funds"}
    intent = an_intent(payment, word, last_payment_error=error)
    seen = told("payment_intent.updated", intent)
    assert (seen.status, seen.reference, seen.gateway_reference) == (becomes, payment.reference, None)
    session = a_session(payment, payment_status="unpaid", payment_intent=intent)
    httpserver.expect_request(SESSION).respond_with_json(session)
    found = here(httpserver).look(payment)
    assert (found.status, found.word) == (looked, word)
    assert found.failure == "insufficient_funds"
    assert found.receipt == ({"decline": "funds"} if looked is S.FAILED else {})
    assert (
        found.proof
        == seen.proof
        == (Proof(FactKind.CAPTURED, INTENT, payment.amount) if looked is S.PAID else None)
    )


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("insufficient_funds", "funds"),
        ("card_velocity_exceeded", "limit"),
        ("withdrawal_count_limit_exceeded", "limit"),
        ("expired_card", "expired"),
        ("incorrect_cvc", "wrong_data"),
        ("invalid_expiry_year", "wrong_data"),
        ("stolen_card", None),
        ("lost_card", None),
        ("fraudulent", None),
        ("do_not_honor", None),
        ("generic_decline", None),
        ("Expired_Card", None),
    ],
)
def test_a_shopper_hears_a_reason_of_the_list_and_no_other(
    httpserver: HTTPServer, code: str, reason: str | None
) -> None:
    payment = mine()
    intent = an_intent(payment, "requires_payment_method", last_payment_error={"decline_code": code})
    session = a_session(payment, payment_status="unpaid", payment_intent=intent)
    httpserver.expect_request(SESSION).respond_with_json(session)
    found = here(httpserver).look(payment)
    assert (found.status, found.failure, found.receipt.get("decline")) == (S.FAILED, code, reason)


def test_a_look_tells_what_was_received_not_what_was_asked(httpserver: HTTPServer) -> None:
    payment = mine()
    intent = an_intent(payment, "succeeded", amount_received=1000)
    httpserver.expect_request(SESSION).respond_with_json(a_session(payment, payment_intent=intent))
    proof = here(httpserver).look(payment).proof
    assert proof == told("payment_intent.succeeded", intent).proof
    assert proof == Proof(FactKind.CAPTURED, INTENT, Money.of(1000, "EUR"))


@pytest.mark.parametrize(
    "change",
    [
        {"client_reference_id": "somebody else's"},
        {"id": "cs_test_b2"},
        {"livemode": True},
        {"amount_total": None},
        {"amount_total": 12.5},
        {"amount_total": -1},
        {"amount_total": True},
        {"currency": None},
        {"currency": "xts"},
        {"payment_status": None},
    ],
)
def test_an_answer_about_something_else_is_not_believed(
    httpserver: HTTPServer, change: dict[str, object]
) -> None:
    payment = mine()
    httpserver.expect_request(SESSION).respond_with_json({**a_session(payment), **change})
    with pytest.raises(OutcomeUnknown):
        here(httpserver).look(payment)


def test_an_event_without_money_or_currency_is_unreadable() -> None:
    for change in ({"amount_total": None}, {"currency": None}, {"id": ""}, {"payment_status": 1}):
        with pytest.raises(GatewayProtocolError):
            told(COMPLETED, a_session(mine()) | change)


@pytest.mark.parametrize(
    ("word", "becomes"),
    [
        ("pending", RefundStatus.SENT),
        ("requires_action", RefundStatus.SENT),
        ("succeeded", RefundStatus.DONE),
        ("failed", RefundStatus.REFUSED),
        ("canceled", RefundStatus.REFUSED),
        ("sneezed", None),
    ],
)
@pytest.mark.parametrize(
    "kind", ["refund.created", "refund.updated", "refund.failed", "charge.refund.updated"]
)
def test_each_word_about_a_refund_is_one_status(kind: str, word: str, becomes: RefundStatus | None) -> None:
    amount = Money.of(100, "EUR")
    ours = {"metadata": {"payment_id": "OURS", "refund_key": "k1"}, "payment_intent": INTENT}
    seen = told(kind, {**REFUND, **ours, "status": word, "failure_reason": "expired_or_canceled_card"})
    assert seen.refund == (RefundNews(becomes, amount, "re_1", "k1") if becomes else None)
    done = becomes is RefundStatus.DONE
    assert seen.proof == (Proof(FactKind.REFUNDED, "re_1", amount) if done else None)
    assert (seen.reference, seen.gateway_reference, seen.status) == ("OURS", None, None)


@pytest.mark.parametrize(
    ("word", "before", "becomes"),
    [
        ("failed", {"status": "succeeded"}, RefundStatus.FAILED_LATER),
        ("failed", {"status": "pending"}, RefundStatus.REFUSED),
        ("failed", {"metadata": {}}, RefundStatus.REFUSED),
        ("failed", "succeeded", RefundStatus.REFUSED),
        ("succeeded", {"status": "succeeded"}, RefundStatus.DONE),
        ("pending", {"status": "succeeded"}, RefundStatus.SENT),
    ],
)
def test_a_refund_that_fails_after_it_succeeded_came_back(
    word: str, before: object, becomes: RefundStatus
) -> None:
    about = {**REFUND, "metadata": {"payment_id": "OURS", "refund_key": "k1"}, "status": word}
    data = {"object": about, "previous_attributes": before}
    found = demo().read_callback(an_event("refund.updated", about, data=data))
    assert isinstance(found, tuple)
    assert found[0].refund is not None
    assert found[0].refund.status is becomes


def test_a_refund_of_the_dashboard_is_addressed_by_its_intent() -> None:
    seen = told("refund.created", {**REFUND, "metadata": {}, "payment_intent": INTENT, "status": "succeeded"})
    assert (seen.reference, seen.gateway_reference) == ("", INTENT)
    assert seen.refund == RefundNews(RefundStatus.DONE, Money.of(100, "EUR"), "re_1")


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("needs_response", FactKind.CHARGED_BACK),
        ("under_review", FactKind.CHARGED_BACK),
        ("lost", FactKind.CHARGED_BACK),
        ("won", FactKind.DISPUTE_WON),
        ("warning_needs_response", None),
        ("warning_under_review", None),
        ("warning_closed", None),
        ("sneezed", None),
    ],
)
@pytest.mark.parametrize("event", ["created", "updated", "closed", "funds_withdrawn", "funds_reinstated"])
def test_a_dispute_is_one_fact_however_often_it_is_told(event: str, word: str, kind: FactKind | None) -> None:
    about = {"id": "du_1", "amount": 4990, "currency": "eur", "payment_intent": INTENT, "status": word}
    seen = told(f"charge.dispute.{event}", about)
    assert (seen.reference, seen.gateway_reference, seen.word) == ("", INTENT, word)
    assert seen.proof == (Proof(kind, "du_1", Money.of(4990, "EUR")) if kind else None)


def test_a_running_total_is_proved_by_the_refunds_behind_it(httpserver: HTTPServer) -> None:
    gateway, charge = here(httpserver), {"amount": 4990, "amount_refunded": 300, "payment_intent": INTENT}
    message = an_event("charge.refunded", charge)
    needed = gateway.read_callback(message)
    assert isinstance(needed, NeedsProof)
    ours = {"payment_id": "OURS", "refund_key": "k1"}
    found = [
        {**REFUND, "status": "succeeded", "payment_intent": INTENT},
        {**REFUND, "id": "re_2", "amount": 200, "status": "pending", "metadata": ours},
    ]
    query = {"payment_intent": INTENT, "limit": "100"}
    httpserver.expect_request("/v1/refunds", query_string=query).respond_with_json({"data": found})
    panel, mine = gateway.prove(message, needed.hint)
    assert panel.proof == Proof(FactKind.REFUNDED, "re_1", Money.of(100, "EUR"))
    assert (panel.reference, panel.gateway_reference, panel.event_id) == ("", INTENT, "re_1:succeeded")
    assert mine.refund == RefundNews(RefundStatus.SENT, Money.of(200, "EUR"), "re_2", "k1")
    assert (mine.reference, mine.gateway_reference, mine.event_id) == ("OURS", None, "re_2:pending")


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        ("customer.created", {"object": "customer"}),
        ("customer.created", {"metadata": {"payment_id": ""}}),
        ("customer.created", {"metadata": []}),
        ("checkout.session.completed", {"mode": "setup", "client_reference_id": "theirs"}),
        ("checkout.session.completed", {"mode": "payment", "client_reference_id": None}),
        ("payment_intent.succeeded", {"status": "succeeded", "currency": "xts"}),
        ("charge.succeeded", {"payment_intent": INTENT}),
        ("charge.refunded", {"payment_intent": None}),
        ("charge.dispute.created", {"payment_intent": None, "metadata": {}}),
    ],
)
def test_events_about_others_are_of_no_concern(kind: str, about: dict[str, object]) -> None:
    assert demo().read_callback(an_event(kind, about)) == ()


def test_an_unknown_kind_about_our_payment_is_kept() -> None:
    seen = told("charge.sneezed", {"metadata": {"payment_id": "OURS"}})
    assert (seen.reference, seen.word, seen.status, seen.proof) == ("OURS", "charge.sneezed", None, None)
