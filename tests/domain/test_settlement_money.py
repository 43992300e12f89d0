"""Parts, surplus, and money that goes back: counted once, asked about when a person must know."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from domain.observation import Source
from domain.order import ClosedBy, OrderStatus
from domain.payment import PaymentStatus
from domain.settlement import Verdict
from domain.transaction import FactKind
from tests.builders import NOW, money
from tests.domain.story import WHOLE, Story, a_story, captured, closed_story, kinds, part, said, went_back

NOTHING = money("0.00 PLN")
REFUNDED, REVERSED = FactKind.REFUNDED, FactKind.REVERSED
CHARGED_BACK, DISPUTE_WON = FactKind.CHARGED_BACK, FactKind.DISPUTE_WON


def paid_story() -> Story:
    story = a_story()
    story.tell(captured(story.payment))
    return story


# -- parts


@pytest.mark.parametrize("source", [Source.CAPTURE, Source.CONFIRM])
def test_a_part_counts_when_we_asked_for_it_ourselves(source: Source) -> None:
    story = a_story("authorized")
    story.tell(part(story.payment, "30.00 PLN", "C1", source))
    assert (story.state, story.times_paid, story.questions) == (("pending", "partially_paid"), 0, [])
    story.tell(part(story.payment, "70.00 PLN", "C2", source))
    assert (story.state, story.times_paid) == (("validated", "paid"), 1)
    assert story.payment.captured == WHOLE


@pytest.mark.parametrize(
    "source", [Source.CALLBACK, Source.LOOK, Source.RETURN, Source.START, Source.VOID, Source.COLLECT]
)
def test_a_part_that_comes_by_itself_is_a_question(source: Source) -> None:
    story = a_story("authorized")
    story.tell(part(story.payment, "30.00 PLN", "C1", source))
    assert story.state == ("error", "authorized")
    assert kinds(story.questions) == "amount_mismatch"


@pytest.mark.parametrize("source", [Source.CALLBACK, Source.LOOK])
def test_the_part_we_are_capturing_may_be_told_by_callback_or_look_first(source: Source) -> None:
    story = a_story("authorized")
    story.payments[0] = replace(story.payment, intent="capture")
    story.tell(part(story.payment, "30.00 PLN", "C1", source))
    assert (story.state, story.questions) == (("pending", "partially_paid"), [])
    assert story.payment.intent == ""
    answer = story.tell(part(story.payment, "30.00 PLN", "C1", Source.CAPTURE))
    assert answer.verdict is Verdict.DUPLICATE
    assert story.payment.captured == money("30.00 PLN")


def test_no_capture_of_ours_takes_more_than_is_outstanding() -> None:
    story = a_story("authorized")
    story.tell(part(story.payment, "30.00 PLN", "C1", Source.CAPTURE))
    story.tell(part(story.payment, "70.01 PLN", "C2", Source.CAPTURE))
    assert story.state == ("error", "partially_paid")
    assert kinds(story.questions) == "amount_mismatch"


@pytest.mark.parametrize("amount", ["0.00 PLN", "-1.00 PLN"])
@pytest.mark.parametrize("source", [Source.CAPTURE, Source.CONFIRM])
def test_nothing_is_no_part(amount: str, source: Source) -> None:
    story = a_story("authorized")
    story.tell(part(story.payment, amount, "C1", source))
    assert story.payment.captured == NOTHING
    assert kinds(story.questions) == "amount_mismatch"


def test_staff_may_see_more_money_than_was_due() -> None:
    story = a_story()
    story.tell(part(story.payment, "60.00 PLN", "C1", Source.CONFIRM))
    story.tell(captured(story.payment, "60.00 PLN", "C2", source=Source.CONFIRM))
    assert (story.state, story.times_paid) == (("validated", "paid"), 1)
    assert story.payment.captured == money("120.00 PLN")
    assert kinds(story.questions) == "surplus"


def test_a_part_of_a_promise_is_no_question() -> None:
    story = a_story()
    story.order = story.order.validate(NOW)
    story.tell(part(story.payment, "40.00 PLN", "C1", Source.CONFIRM))
    assert (story.state, story.questions) == (("validated", "partially_paid"), [])
    story.tell(captured(story.payment, "60.00 PLN", "C2", source=Source.CONFIRM))
    assert (story.state, story.times_paid, story.questions) == (("validated", "paid"), 1, [])


@pytest.mark.parametrize("by", ClosedBy)
def test_a_part_for_a_closed_order_is_kept_and_asked_about(by: ClosedBy) -> None:
    story = closed_story(by)
    story.tell(part(story.payment, "40.00 PLN", "C1", Source.CONFIRM))
    assert story.order.is_closed
    assert (story.payment.captured, kinds(story.questions)) == (money("40.00 PLN"), "late")


# -- surplus


def test_another_transaction_of_a_paid_payment_is_surplus_and_not_added_up() -> None:
    story = paid_story()
    made = story.tell(captured(story.payment, gateway_id="another"))
    assert (story.state, story.times_paid) == (("validated", "paid"), 1)
    assert (story.payment.captured, kinds(story.questions)) == (WHOLE, "surplus")
    assert made.proof is not None


def test_two_attempts_paid_is_one_paid_order_and_one_surplus() -> None:
    story = a_story(attempts=2)
    story.tell(captured(story.payments[0]), to=0)
    story.tell(captured(story.payments[1]), to=1)
    assert story.order.paid_by == story.payments[0].id
    assert (story.times_paid, kinds(story.questions)) == (1, "surplus")
    assert [payment.status for payment in story.payments] == [PaymentStatus.PAID] * 2


def test_the_same_money_told_again_is_a_duplicate() -> None:
    story = paid_story()
    before = story.order, story.payment
    assert story.tell(captured(story.payment)).verdict is Verdict.DUPLICATE
    assert ((story.order, story.payment), story.questions) == (before, [])


# -- back


def test_a_refund_made_in_the_panel_is_counted_and_the_order_stays_paid() -> None:
    story = paid_story()
    story.tell(went_back(story.payment, REFUNDED, "40.00 PLN"))
    assert (story.state, story.questions) == (("validated", "paid"), [])
    assert story.payment.refunded_outside == money("40.00 PLN")
    assert story.payment.refundable == money("60.00 PLN")


def test_the_same_refund_told_again_is_counted_once() -> None:
    story = paid_story()
    for _ in range(2):
        story.tell(went_back(story.payment, REFUNDED, "40.00 PLN"))
    assert story.payment.refunded_outside == money("40.00 PLN")


@pytest.mark.parametrize(("kind", "asked"), [(REVERSED, "reversed"), (CHARGED_BACK, "chargeback")])
def test_money_taken_back_is_a_question_and_un_pays_nothing(kind: FactKind, asked: str) -> None:
    story = paid_story()
    story.tell(went_back(story.payment, kind))
    assert (story.state, kinds(story.questions)) == (("validated", "paid"), asked)
    assert story.payment.is_gone
    assert not story.payment.refundable.is_positive


def test_money_that_went_back_without_a_sum_is_a_question_and_books_nothing() -> None:
    story = paid_story()
    seen = replace(said(story.payment, "cancelled"), took_back=story.payment.capture_reference or "")
    made = story.tell(seen)
    assert (made.verdict, story.state) == (Verdict.REVIEW, ("validated", "paid"))
    assert kinds(story.questions) == "reversed"
    assert (story.payment.returned, made.proof) == (NOTHING, None)


def test_what_went_back_of_another_transaction_or_before_it_was_ours_is_no_question() -> None:
    story = paid_story()
    story.tell(replace(said(story.payment, "cancelled"), took_back="another"))
    assert (story.state, story.questions) == (("validated", "paid"), [])
    story = a_story()
    story.tell(replace(said(story.payment, "cancelled"), took_back="C1"))
    assert (story.state, story.questions) == (("open", "cancelled"), [])


def test_a_dispute_that_was_won_gives_the_money_back_to_us() -> None:
    story = paid_story()
    story.tell(went_back(story.payment, CHARGED_BACK))
    story.tell(went_back(story.payment, DISPUTE_WON))
    assert (story.payment.charged_back, story.payment.refundable) == (NOTHING, WHOLE)
    assert kinds(story.questions) == "chargeback"


def test_a_won_dispute_nobody_heard_of_gives_nothing() -> None:
    story = paid_story()
    story.tell(went_back(story.payment, DISPUTE_WON))
    assert (story.payment.charged_back, story.payment.refundable) == (NOTHING, WHOLE)


@pytest.mark.parametrize("kinds_", [(REFUNDED, CHARGED_BACK), (CHARGED_BACK, REFUNDED), (REVERSED, REFUNDED)])
def test_money_lost_twice_is_a_double_loss(kinds_: tuple[FactKind, FactKind]) -> None:
    story = paid_story()
    for kind in kinds_:
        story.tell(went_back(story.payment, kind))
    assert story.questions.count("double_loss") == 1
    assert story.payment.refundable == NOTHING


@pytest.mark.parametrize("kind", [REFUNDED, REVERSED, CHARGED_BACK])
@pytest.mark.parametrize("status", ["new", "in_progress", "unknown", "authorized"])
def test_money_that_went_back_before_we_saw_it_come_ends_the_attempt(kind: FactKind, status: str) -> None:
    story = a_story(status)
    story.tell(went_back(story.payment, kind))
    assert story.state == ("open", "cancelled")
    assert "double_loss" not in story.questions


@pytest.mark.parametrize("status", ["new", "in_progress", "unknown", "authorized"])
def test_a_won_dispute_ends_no_attempt(status: str) -> None:
    story = a_story(status)
    story.tell(went_back(story.payment, DISPUTE_WON))
    assert story.state == ("pending", status)


@pytest.mark.parametrize("kind", [REFUNDED, CHARGED_BACK])
def test_a_capture_told_after_its_refund_pays_nothing_but_both_are_kept(kind: FactKind) -> None:
    story = a_story()
    story.tell(went_back(story.payment, kind))
    made = story.tell(captured(story.payment))
    assert (story.state, story.times_paid) == (("open", "cancelled"), 0)
    assert made.proof is not None
    assert len(story.facts) == 2
    assert story.payment.is_gone


def test_a_capture_told_after_a_part_of_it_went_back_pays() -> None:
    story = a_story()
    story.tell(went_back(story.payment, REFUNDED, "10.00 PLN"))
    story.tell(captured(story.payment))
    assert (story.state, story.times_paid) == (("validated", "paid"), 1)
    assert story.payment.refundable == money("90.00 PLN")


def test_a_refund_of_one_attempt_leaves_the_order_to_the_other() -> None:
    story = a_story(attempts=2)
    story.tell(went_back(story.payment, REFUNDED))
    assert story.state == ("pending", "cancelled")


def test_a_refund_in_another_currency_is_kept_for_a_person() -> None:
    story = paid_story()
    made = story.tell(went_back(story.payment, REFUNDED, "10.00 EUR"))
    assert (made.verdict, kinds(story.questions)) == (Verdict.REVIEW, "currency_mismatch")
    assert story.payment.returned == NOTHING
    assert not made.proof_is_ours


@pytest.mark.parametrize("kind", [REFUNDED, REVERSED, CHARGED_BACK, DISPUTE_WON])
@pytest.mark.parametrize("amount", ["0.00 PLN", "-5.00 PLN"])
def test_nothing_and_less_cannot_go_back(kind: FactKind, amount: str) -> None:
    story = paid_story()
    before = story.order, story.payment
    story.tell(went_back(story.payment, kind, amount))
    assert (story.order, story.payment, kinds(story.questions)) == (*before, "amount_mismatch")


@pytest.mark.parametrize("order", list(permutations(["refund", "word", "chargeback"])))
def test_what_goes_back_sums_up_in_any_order(order: tuple[str, ...]) -> None:
    story = paid_story()
    tell = {
        "refund": went_back(story.payment, REFUNDED, "30.00 PLN"),
        "word": said(story.payment, "cancelled"),
        "chargeback": went_back(story.payment, CHARGED_BACK, "20.00 PLN"),
    }
    for one in order:
        story.tell(tell[one])
    assert (story.order.status, story.payment.refundable) == (OrderStatus.VALIDATED, money("50.00 PLN"))
