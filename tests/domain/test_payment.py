"""A payment knows what came in, what went back, and what its order says of all its attempts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.errors import InvalidTransition
from domain.payment import NextStep, NextStepKind, PaymentStatus, order_payment_status
from tests.builders import NOW, a_payment, an_order, an_order_line, money

LATER = NOW + timedelta(minutes=5)
HUNDRED = an_order(an_order_line(price="100.00 PLN"))


def paid(**changes: Any) -> Any:
    payment = a_payment(HUNDRED, status=PaymentStatus.IN_PROGRESS).capture(money("100.00 PLN"), "C1", NOW)
    return replace(payment, **{name: money(text) for name, text in changes.items()})


def test_a_fresh_attempt_is_new_and_has_seen_no_money() -> None:
    payment = a_payment(HUNDRED)
    assert (payment.status, payment.verified, payment.next_step) == (PaymentStatus.NEW, False, None)
    assert payment.outstanding == payment.amount
    assert not payment.refundable.is_positive
    assert not payment.is_gone


def test_the_whole_amount_pays() -> None:
    payment = a_payment(HUNDRED, look_at=NOW, intent="capture").capture(money("100.00 PLN"), "C1", LATER)
    assert payment.status is PaymentStatus.PAID
    assert (payment.capture_reference, payment.verified, payment.updated_at) == ("C1", True, LATER)
    assert (payment.look_at, payment.intent) == (None, "")


def test_parts_pay_when_nothing_is_missing_any_more() -> None:
    payment = a_payment(HUNDRED).capture(money("30.00 PLN"), "C1", NOW)
    assert (payment.status, payment.outstanding) == (PaymentStatus.PARTIALLY_PAID, money("70.00 PLN"))
    payment = payment.capture(money("30.00 PLN"), "C2", NOW)
    assert payment.status is PaymentStatus.PARTIALLY_PAID
    assert payment.capture(money("40.00 PLN"), "C3", NOW).status is PaymentStatus.PAID


@pytest.mark.parametrize("status", [PaymentStatus.AUTHORIZED, PaymentStatus.PARTIALLY_PAID])
def test_held_or_captured_money_is_verified_for_good(status: PaymentStatus) -> None:
    payment = a_payment().move(status, NOW)
    assert payment.verified
    assert not a_payment().move(PaymentStatus.FAILED, NOW).verified


@pytest.mark.parametrize("status", [PaymentStatus.FAILED, PaymentStatus.CANCELLED, PaymentStatus.EXPIRED])
def test_the_end_of_an_attempt_ends_its_money_call(status: PaymentStatus) -> None:
    assert a_payment(status=PaymentStatus.AUTHORIZED, intent="void").move(status, NOW).intent == ""


@pytest.mark.parametrize(
    ("sums", "refundable"),
    [
        ({}, "100.00 PLN"),
        ({"refunded": "30.00 PLN"}, "70.00 PLN"),
        ({"refunded_outside": "30.00 PLN"}, "70.00 PLN"),
        ({"charged_back": "30.00 PLN"}, "70.00 PLN"),
        ({"reserved": "30.00 PLN"}, "70.00 PLN"),
        ({"refunded": "30.00 PLN", "reserved": "30.00 PLN", "charged_back": "40.00 PLN"}, "0.00 PLN"),
        ({"refunded_outside": "100.00 PLN", "charged_back": "100.00 PLN"}, "0.00 PLN"),
    ],
)
def test_what_may_still_go_back(sums: dict[str, str], refundable: str) -> None:
    assert paid(**sums).refundable == money(refundable)


@pytest.mark.parametrize(
    ("sums", "emptied", "gone", "double"),
    [
        ({}, False, False, False),
        ({"refunded": "99.99 PLN"}, False, False, False),
        ({"refunded": "60.00 PLN", "refunded_outside": "40.00 PLN"}, True, True, False),
        ({"charged_back": "100.00 PLN"}, False, True, False),
        ({"refunded": "100.00 PLN", "charged_back": "0.01 PLN"}, True, True, True),
    ],
)
def test_money_that_went_back_wholly_and_money_lost_twice(
    sums: dict[str, str], emptied: bool, gone: bool, double: bool
) -> None:
    payment = paid(**sums)
    assert (payment.is_emptied, payment.is_gone, payment.is_double_loss) == (emptied, gone, double)


def test_a_reserve_is_set_aside_up_to_what_is_left() -> None:
    payment = paid(refunded="40.00 PLN").reserve(money("60.00 PLN"), LATER)
    assert (payment.reserved, payment.updated_at) == (money("60.00 PLN"), LATER)
    with pytest.raises(InvalidTransition):
        payment.reserve(money("0.01 PLN"), LATER)


@pytest.mark.parametrize("amount", ["100.01 PLN", "0.00 PLN", "-1.00 PLN"])
def test_too_much_nothing_and_less_cannot_be_reserved(amount: str) -> None:
    with pytest.raises(InvalidTransition, match=r"payment\.reserved"):
        paid().reserve(money(amount), NOW)


# -- the bill of the bill-based shop API


def test_a_bill_has_exactly_its_nine_fields() -> None:
    payment = a_payment(
        HUNDRED,
        gateway="payu",
        gateway_reference="WZHF5",
        next_step=NextStep.redirect("https://secure.snd.payu.com/pay"),
        extra={"parts_count": "3"},
    ).move(PaymentStatus.AUTHORIZED, LATER)
    assert payment.as_bill() == {
        "id": str(payment.id),
        "backend": "payu",
        "amount": 10000,
        "transaction_id": "WZHF5",
        "extra": {"parts_count": "3"},
        "next_step": "https://secure.snd.payu.com/pay",
        "verified": True,
        "created_at": NOW.isoformat(),
        "updated_at": LATER.isoformat(),
    }


def test_a_fresh_bill_leaves_blank_what_nobody_knows_yet() -> None:
    bill = a_payment(HUNDRED).as_bill()
    assert (bill["transaction_id"], bill["next_step"], bill["verified"], bill["extra"]) == ("", "", False, {})


def test_a_next_step_may_lead_nowhere() -> None:
    assert NextStep.nothing().kind is NextStepKind.NOTHING


# -- what an order's payments say together (typed again from the design)

CODES = {
    "new": 0,
    "in_progress": 1,
    "authorized": 1,
    "partially_paid": 1,
    "paid": 2,
    "failed": 3,
    "cancelled": 3,
    "expired": 3,
    "unknown": 4,
}
STRONGEST_FIRST = ("paid", "partially_paid", "authorized", "unknown", "in_progress")


def attempts(*words: str) -> list[Any]:
    """Attempts in this order of time."""
    return [
        a_payment(HUNDRED, now=NOW + timedelta(minutes=number), status=PaymentStatus(word))
        for number, word in enumerate(words)
    ]


def test_an_order_without_attempts_is_new() -> None:
    said = order_payment_status([])
    assert (said.word, int(said.code)) == (PaymentStatus.NEW, 0)


@pytest.mark.parametrize(("word", "code"), CODES.items())
def test_one_attempt_speaks_for_its_order(word: str, code: int) -> None:
    said = order_payment_status(attempts(word))
    assert (said.word.value, int(said.code)) == (word, code)


@pytest.mark.parametrize("older", PaymentStatus)
@pytest.mark.parametrize("newer", PaymentStatus)
def test_the_strongest_attempt_speaks_else_the_newest(older: PaymentStatus, newer: PaymentStatus) -> None:
    strong = [word for word in STRONGEST_FIRST if word in (older.value, newer.value)]
    expected = strong[0] if strong else newer.value
    forwards, backwards = attempts(older, newer), attempts(older, newer)[::-1]
    for payments in (forwards, backwards):
        said = order_payment_status(payments)
        assert (said.word.value, int(said.code)) == (expected, CODES[expected])


def test_a_paid_order_whose_receipt_failed_says_nine() -> None:
    first, second = attempts("paid", "failed")
    assert int(order_payment_status([replace(first, receipt_failed=True), second]).code) == 9
    assert int(order_payment_status([first, replace(second, receipt_failed=True)]).code) == 2


def test_nine_is_for_paid_orders_only() -> None:
    (promised,) = attempts("in_progress")
    assert int(order_payment_status([replace(promised, receipt_failed=True)]).code) == 1


def test_every_status_has_a_code() -> None:
    assert set(CODES) == {status.value for status in PaymentStatus}
