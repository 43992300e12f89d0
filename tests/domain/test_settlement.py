"""What one observation does: captures, words without money, and proofs of somebody else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from domain.observation import RefundNews, Source
from domain.order import ClosedBy, Fulfilment, OrderStatus, StockHold
from domain.payment import PaymentStatus
from domain.refund import RefundStatus
from domain.settlement import Verdict
from tests.builders import NOW, an_observation, money
from tests.domain.story import WHOLE, Story, a_story, captured, closed_story, kinds, said


def promised() -> Story:
    story = a_story()
    story.order = story.order.validate(NOW)
    return story


def paid_by_another() -> Story:
    story = a_story(attempts=2)
    story.tell(captured(story.payments[1]), to=1)
    story.events.clear()
    return story


def in_review() -> Story:
    story = a_story()
    story.order = story.order.move(OrderStatus.ERROR)
    return story


BUYER, STAFF, DEADLINE = ClosedBy.BUYER, ClosedBy.STAFF, ClosedBy.DEADLINE
MATCHING_CAPTURE: dict[str, tuple[Callable[[], Story], str, str, int]] = {
    # the order                         story                                       ends, is asked, paid
    "pending": (a_story, "validated", "", 1),
    "open after a failed attempt": (lambda: a_story("failed"), "validated", "", 1),
    "stopped, goods there": (lambda: closed_story(BUYER), "validated", "", 1),
    "stopped, goods gone": (lambda: closed_story(BUYER, goods_free=False), "error", "late", 0),
    "expired, goods there": (lambda: closed_story(DEADLINE), "validated", "", 1),
    "expired, goods gone": (lambda: closed_story(DEADLINE, goods_free=False), "error", "late", 0),
    "cancelled by staff": (lambda: closed_story(STAFF), "cancelled", "late", 0),
    "in review": (in_review, "error", "late", 0),
    "promised": (promised, "validated", "", 1),
    "paid by another": (paid_by_another, "validated", "surplus", 0),
}


@pytest.mark.parametrize("case", MATCHING_CAPTURE)
def test_a_matching_capture_settles_what_can_be_settled(case: str) -> None:
    begin, status, asked, paid = MATCHING_CAPTURE[case]
    story = begin()
    made = story.tell(captured(story.payment))
    assert story.state == (status, "paid")
    assert kinds([question.kind for question in made.questions]) == asked
    assert story.times_paid == paid
    assert story.payment.captured == WHOLE
    assert made.proof is not None
    assert made.proof_is_ours
    assert made.verdict is (Verdict.REVIEW if asked == "surplus" else Verdict.APPLIED)


def test_a_capture_makes_the_order_ready_to_ship_with_its_own_goods() -> None:
    story = a_story()
    story.tell(captured(story.payment))
    assert (story.order.fulfilment, story.order.stock) == (Fulfilment.PROCESSING, StockHold.COMMITTED)
    assert story.order.paid_by == story.payment.id


@pytest.mark.parametrize("goods_free", [True, False])
def test_late_money_takes_released_goods_again_only_if_they_are_free(goods_free: bool) -> None:
    story = closed_story(DEADLINE, goods_free=goods_free)
    story.tell(captured(story.payment))
    assert story.order.stock is (StockHold.COMMITTED if goods_free else StockHold.RELEASED)


def test_late_money_for_an_order_that_counts_no_goods_needs_none() -> None:
    story = closed_story(DEADLINE, goods_free=False)
    story.order = replace(story.order, stock=StockHold.NONE)
    story.tell(captured(story.payment))
    assert story.state == ("validated", "paid")


# -- amounts and currencies


@pytest.mark.parametrize("amount", ["99.99 PLN", "100.01 PLN", "1.00 PLN", "0.00 PLN", "10000.00 PLN"])
@pytest.mark.parametrize("source", [Source.CALLBACK, Source.LOOK, Source.RETURN, Source.START])
def test_a_wrong_amount_never_pays(amount: str, source: Source) -> None:
    story = a_story()
    made = story.tell(captured(story.payment, amount, source=source))
    assert story.state == ("error", "in_progress")
    assert (made.verdict, kinds(story.questions), story.times_paid) == (Verdict.REVIEW, "amount_mismatch", 0)
    assert made.proof is not None
    assert made.proof.amount == money(amount)
    assert (story.payment.captured, story.payment.look_at) == (money("0.00 PLN"), None)


def test_the_right_number_in_another_currency_never_pays() -> None:
    story = a_story()
    made = story.tell(captured(story.payment, "100.00 EUR"))
    assert story.state == ("error", "in_progress")
    assert (kinds(story.questions), story.times_paid) == ("currency_mismatch", 0)
    assert made.proof is not None
    assert made.proof_is_ours


@pytest.mark.parametrize(
    ("amount", "asked"), [("1.00 PLN", "amount_mismatch"), ("1.00 EUR", "currency_mismatch")]
)
def test_a_hold_of_a_wrong_amount_is_asked_about_and_moves_nothing(amount: str, asked: str) -> None:
    story = a_story()
    made = story.tell(said(story.payment, "authorized", amount=money(amount)))
    assert story.state == ("pending", "in_progress")
    assert (made.verdict, kinds(story.questions)) == (Verdict.REVIEW, asked)
    assert story.payment.look_at is None


@pytest.mark.parametrize("by", [BUYER, DEADLINE])
def test_a_wrong_amount_for_a_closed_order_waits_for_a_person(by: ClosedBy) -> None:
    story = closed_story(by)
    story.tell(captured(story.payment, "1.00 PLN"))
    assert story.order.status is OrderStatus.ERROR
    assert story.order.stock is StockHold.RELEASED


def test_a_wrong_amount_leaves_an_order_that_staff_cancelled() -> None:
    story = closed_story(STAFF)
    story.tell(captured(story.payment, "1.00 PLN"))
    assert story.state == ("cancelled", "cancelled")
    assert kinds(story.questions) == "amount_mismatch"


def test_a_gateway_that_sends_no_amount_is_believed_about_a_hold() -> None:
    story = a_story()
    story.tell(said(story.payment, "authorized", amount=None))
    assert story.state == ("pending", "authorized")


def test_a_zero_total_is_paid_by_a_zero_capture() -> None:
    story = a_story()
    nothing = money("0.00 PLN")
    story.order = replace(story.order, lines=(), total=nothing)
    story.payments[0] = replace(story.payment, amount=nothing)
    story.tell(captured(story.payment, "0.00 PLN"))
    assert story.state == ("validated", "paid")
    assert story.times_paid == 1


@pytest.mark.parametrize("status", [None, *(status for status in PaymentStatus if "paid" not in status)])
def test_captured_money_counts_whatever_word_came_with_it(status: PaymentStatus | None) -> None:
    right, wrong = a_story(), a_story()
    right.tell(captured(right.payment, status=status))
    assert right.state == ("validated", "paid")
    wrong.tell(captured(wrong.payment, "1.00 PLN", status=status))
    assert wrong.state == ("error", "in_progress")


# -- whose proof it is


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({"account": "another"}, "account_mismatch"),
        ({"environment": "live"}, "environment_mismatch"),
        ({"gateway_reference": "another session"}, "reference_mismatch"),
    ],
)
def test_a_proof_made_for_another_attempt_settles_nothing_but_is_kept(changes: Any, asked: str) -> None:
    story = a_story()
    story.payments[0] = replace(story.payment, gateway_reference="session")
    before = story.order, story.payment
    made = story.tell(captured(story.payment, **changes))
    assert (story.order, story.payment) == before
    assert (made.verdict, kinds(story.questions)) == (Verdict.REVIEW, asked)
    assert made.proof is not None
    assert not made.proof_is_ours


def test_the_first_believed_message_teaches_us_the_gateway_s_reference() -> None:
    story = a_story()
    story.tell(said(story.payment, "authorized", gateway_reference="session"))
    assert story.payment.gateway_reference == "session"
    story.tell(captured(story.payment, gateway_reference="session"))
    assert story.state == ("validated", "paid")


# -- words without money


@pytest.mark.parametrize("word", ["", "payment.sneezed"])
def test_an_unknown_word_is_ignored(word: str) -> None:
    story = a_story()
    before = story.order, story.payment
    made = story.tell(an_observation(story.payment, status=None, proof=None, word=word))
    assert made.verdict is Verdict.IGNORED
    assert repr(word) in made.reason
    assert (story.order, story.payment, story.questions) == (*before, [])


def test_news_of_a_refund_that_moved_no_money_yet_is_ignored() -> None:
    story = a_story("paid")
    news = RefundNews(RefundStatus.SENT, WHOLE, "R1")
    made = story.tell(an_observation(story.payment, status=None, proof=None, refund=news))
    assert made.verdict is Verdict.IGNORED


@pytest.mark.parametrize("status", ["failed", "cancelled", "expired"])
def test_the_end_of_the_only_attempt_opens_the_order_again(status: str) -> None:
    story = a_story()
    story.tell(said(story.payment, status, failure="51"))
    assert story.state == ("open", status)
    assert (story.order.fulfilment, story.payment.failure) == (Fulfilment.FAILED, "51")
    assert story.order.stock is StockHold.HELD


def test_the_end_of_one_attempt_leaves_the_order_to_the_other() -> None:
    story = a_story(attempts=2)
    story.tell(said(story.payment, "failed"))
    assert story.state == ("pending", "failed")
    story.tell(said(story.payments[1], "failed"), to=1)
    assert story.order.status is OrderStatus.OPEN


def test_authorised_then_captured_pays_once() -> None:
    story = a_story()
    until = NOW + timedelta(days=7)
    story.tell(said(story.payment, "authorized", capture_before=until))
    assert story.state == ("pending", "authorized")
    assert story.payment.capture_before == until
    story.tell(captured(story.payment))
    assert (story.state, story.times_paid) == (("validated", "paid"), 1)


@pytest.mark.parametrize("by", ClosedBy)
def test_money_held_for_a_closed_order_is_a_question(by: ClosedBy) -> None:
    story = closed_story(by)
    story.tell(said(story.payment, "authorized"))
    assert story.order.is_closed
    assert kinds(story.questions) == "late"


@pytest.mark.parametrize(
    "status", ["failed", "cancelled", "expired", "authorized", "unknown", "in_progress", "new"]
)
def test_no_word_un_pays_a_paid_order(status: str) -> None:
    story = a_story()
    story.tell(captured(story.payment))
    before = story.order, story.payment
    made = story.tell(said(story.payment, status))
    assert (story.order, story.payment) == before
    assert made.verdict is Verdict.STALE
    assert status in made.reason


@pytest.mark.parametrize("status", [status.value for status in PaymentStatus if "paid" not in status])
def test_the_same_word_again_is_nothing_new(status: str) -> None:
    story = a_story(status)
    before = story.order, story.payment.status
    assert story.tell(said(story.payment, status)).verdict is Verdict.DUPLICATE
    assert (story.order, story.payment.status) == before


@pytest.mark.parametrize("words", list(permutations(["captured", "authorized", "in_progress", "failed"])))
def test_the_order_of_the_messages_does_not_matter(words: tuple[str, ...]) -> None:
    story = a_story("new")
    for word in words:
        story.tell(captured(story.payment) if word == "captured" else said(story.payment, word))
    assert (story.state, story.times_paid, story.questions) == (("validated", "paid"), 1, [])
    assert story.payment.captured == WHOLE


def test_a_payment_that_failed_first_may_still_be_paid_and_the_failure_stays_in_history() -> None:
    story = a_story()
    story.tell(said(story.payment, "failed"))
    story.tell(captured(story.payment))
    moves = [event.payload() for event in story.events if event.name == "PaymentStatusChanged"]
    assert [(move["old"], move["new"]) for move in moves] == [("in_progress", "failed"), ("failed", "paid")]


def test_a_failed_receipt_is_nine_and_a_question_but_paid() -> None:
    story = a_story()
    made = story.tell(captured(story.payment, receipt_failed=True))
    assert story.state == ("validated", "paid")
    assert (int(made.code), kinds(story.questions)) == (9, "receipt_failed")
    assert story.payment.receipt_failed
