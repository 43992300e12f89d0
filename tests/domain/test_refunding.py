"""A refund of ours is reserved once, counted once, and freed once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.observation import RefundNews
from domain.payment import Payment, PaymentStatus
from domain.refund import Refund, RefundStatus
from domain.refunding import RefundDecision, decide_refund
from domain.settlement import Verdict
from domain.transaction import FactKind
from tests.builders import NOW, a_payment, a_refund, an_order, an_order_line, money

FORTY, NOTHING = money("40.00 PLN"), money("0.00 PLN")
OPEN = ["requested", "sent", "unknown"]


def asked(status: str = "requested", **changes: Any) -> tuple[Refund, Payment]:
    """A refund of 40.00 of a payment of 100.00, reserved."""
    order = an_order(an_order_line(price="100.00 PLN"))
    payment = a_payment(order, status=PaymentStatus.IN_PROGRESS).capture(order.total, "C1", NOW)
    payment = payment.reserve(FORTY, NOW)
    return a_refund(payment, str(FORTY), status=RefundStatus(status), look_at=NOW, **changes), payment


def told(
    refund: Refund,
    payment: Payment,
    status: str,
    amount: str = "",
    gateway_id: str = "R1",
    *,
    fact_known: bool = False,
) -> RefundDecision:
    news = RefundNews(
        RefundStatus(status), money(amount) if amount else refund.amount, gateway_id, refund.key
    )
    return decide_refund(refund, payment, news, NOW, fact_known=fact_known)


@pytest.mark.parametrize("status", OPEN)
def test_a_refund_that_is_done_is_counted_and_proven(status: str) -> None:
    refund, payment = asked(status)
    made = told(refund, payment, "done")
    assert made.refund.status is RefundStatus.DONE
    assert (made.payment.reserved, made.payment.refunded) == (NOTHING, FORTY)
    assert made.proof is not None
    assert (made.proof.kind, made.proof.gateway_id, made.proof.amount) == (FactKind.REFUNDED, "R1", FORTY)
    assert (made.refund.look_at, made.questions) == (None, ())


def test_a_refund_without_an_id_there_is_known_by_our_key() -> None:
    refund, payment = asked()
    made = told(refund, payment, "done", gateway_id="")
    assert made.proof is not None
    assert made.proof.gateway_id == refund.key


def test_a_refund_keeps_the_id_it_was_accepted_under() -> None:
    refund, payment = asked()
    sent = told(refund, payment, "sent", gateway_id="R1")
    done = told(sent.refund, sent.payment, "done", gateway_id="R2")
    assert done.refund.gateway_id == "R1"
    assert done.proof is not None
    assert done.proof.gateway_id == "R1"


@pytest.mark.parametrize("status", ["sent", "unknown"])
def test_a_refund_that_is_on_its_way_stays_reserved_and_watched(status: str) -> None:
    refund, payment = asked()
    made = told(refund, payment, status)
    assert (made.payment.reserved, made.payment.refunded) == (FORTY, NOTHING)
    assert (made.refund.is_open, made.refund.look_at, made.proof) == (True, NOW, None)


@pytest.mark.parametrize("status", OPEN)
def test_a_refused_refund_frees_the_reserve_and_asks_a_person(status: str) -> None:
    refund, payment = asked(status)
    made = told(refund, payment, "refused")
    assert (made.payment.reserved, made.payment.refunded) == (NOTHING, NOTHING)
    assert made.payment.refundable == payment.captured
    assert [question.kind for question in made.questions] == ["refund_refused"]
    assert (made.proof, made.refund.look_at) == (None, None)


def test_a_refund_that_came_back_is_no_refund_and_a_question() -> None:
    refund, payment = asked()
    done = told(refund, payment, "done")
    back = told(done.refund, done.payment, "failed_later")
    assert back.payment.refundable == payment.captured
    assert [question.kind for question in back.questions] == ["refund_failed"]


def test_a_refund_that_was_done_and_is_called_refused_came_back() -> None:
    refund, payment = asked()
    done = told(refund, payment, "done")
    back = told(done.refund, done.payment, "refused")
    assert back.refund.status is RefundStatus.FAILED_LATER
    assert back.payment.refundable == payment.captured
    assert [question.kind for question in back.questions] == ["refund_failed"]


def test_money_that_left_although_its_refund_was_refused_is_counted_once() -> None:
    refund, payment = asked()
    refused = told(refund, payment, "refused")
    made = told(refused.refund, refused.payment, "done")
    assert made.refund.status is RefundStatus.REFUSED
    assert (made.payment.refunded, made.payment.refunded_outside) == (NOTHING, FORTY)
    assert made.proof is not None
    assert (made.proof.gateway_id, made.proof.amount) == ("R1", FORTY)
    assert [question.kind for question in made.questions] == ["refund_failed"]
    again = told(made.refund, made.payment, "done", fact_known=True)
    assert (again.verdict, again.payment, again.proof) == (Verdict.STALE, made.payment, None)


def test_money_that_left_although_its_refund_was_refused_may_be_a_double_loss() -> None:
    refund, payment = asked()
    refused = told(refund, payment, "refused")
    emptied = replace(refused.payment, refunded=payment.captured)
    made = told(refused.refund, emptied, "done")
    assert [question.kind for question in made.questions] == ["refund_failed", "double_loss"]


def test_a_refund_that_was_taken_for_somebody_else_s_is_no_double_loss() -> None:
    refund, payment = asked()
    outside = replace(payment, refunded_outside=FORTY, charged_back=payment.captured - FORTY)
    made = told(refund, outside, "done", fact_known=True)
    assert (made.payment.refunded, made.payment.refunded_outside) == (FORTY, NOTHING)
    assert made.questions == ()


def test_a_refund_done_after_the_dispute_was_lost_is_a_double_loss() -> None:
    refund, payment = asked()
    made = told(refund, replace(payment, charged_back=payment.captured), "done")
    assert [question.kind for question in made.questions] == ["double_loss"]
    assert made.payment.refunded == FORTY


@pytest.mark.parametrize("amount", ["39.99 PLN", "40.01 PLN", "40.00 EUR", "0.00 PLN"])
def test_news_of_another_amount_moves_nothing_and_asks(amount: str) -> None:
    refund, payment = asked()
    made = told(refund, payment, "done", amount)
    assert (made.verdict, made.refund, made.payment) == (Verdict.REVIEW, refund, payment)
    assert [question.kind for question in made.questions] == ["amount_mismatch"]


@pytest.mark.parametrize("status", RefundStatus)
def test_the_same_news_again_is_nothing_new(status: RefundStatus) -> None:
    refund, payment = asked(status.value)
    made = told(refund, payment, status.value)
    assert (made.verdict, made.refund, made.payment) == (Verdict.DUPLICATE, refund, payment)


@pytest.mark.parametrize(
    ("old", "new"), [("done", "sent"), ("refused", "sent"), ("failed_later", "done"), ("sent", "unknown")]
)
def test_news_out_of_order_is_stale(old: str, new: str) -> None:
    refund, payment = asked(old)
    made = told(refund, payment, new)
    assert (made.verdict, made.refund, made.payment) == (Verdict.STALE, refund, payment)
    assert (made.proof, made.questions) == (None, ())


@given(st.lists(st.sampled_from(RefundStatus), max_size=12))
def test_whatever_is_told_the_reserve_ends_once(words: list[RefundStatus]) -> None:
    refund, payment = asked()
    proofs = 0
    for word in words:
        made = told(refund, payment, word.value, fact_known=proofs > 0)
        refund, payment, proofs = made.refund, made.payment, proofs + (made.proof is not None)
        assert payment.reserved == (FORTY if refund.is_open else NOTHING)
        assert payment.refunded == (FORTY if refund.status is RefundStatus.DONE else NOTHING)
    assert proofs <= 1
