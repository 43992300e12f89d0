"""Events are derived from before and after, so that no writer can forget one."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import timedelta
from uuid import UUID

import pytest

from domain.events import (
    CallbackAccepted,
    Event,
    MoneyMoved,
    order_events,
    payment_events,
    refund_events,
    review_events,
)
from domain.order import ClosedBy, Fulfilment, OrderStatus
from domain.payment import NextStep, PaymentStatus
from domain.refund import RefundStatus
from domain.transaction import FactKind
from tests.builders import NOW, a_payment, a_refund, a_review, an_order, money

ORDER = an_order()
PAYMENT = a_payment(ORDER)


def names(*events: Event) -> list[str]:
    return [event.name for event in events]


def test_a_new_order_was_placed() -> None:
    (event,) = order_events(None, ORDER)
    assert event.payload() == {
        "order_id": str(ORDER.id),
        "reference": ORDER.reference,
        "source": "basket",
        "total": "49.90 PLN",
    }
    assert event.name == "OrderPlaced"


def test_an_order_that_is_born_paid_says_so_once() -> None:
    born = replace(ORDER.validate(NOW), paid_by=PAYMENT.id)
    assert names(*order_events(None, born)) == ["OrderPlaced", "OrderPaid"]


def test_an_unchanged_order_tells_nothing() -> None:
    assert names(*order_events(ORDER, replace(ORDER, deadline=NOW + timedelta(days=1)))) == []


def test_a_paid_order_tells_every_field_that_moved() -> None:
    waiting = ORDER.await_payment()
    paid = replace(waiting.validate(NOW), paid_by=PAYMENT.id)
    told = list(order_events(waiting, paid))
    assert names(*told) == ["OrderStatusChanged", "FulfilmentChanged", "OrderPaid"]
    assert told[0].payload() == {
        "order_id": str(ORDER.id),
        "old": "pending",
        "new": "validated",
        "reason": "",
    }
    assert told[1].payload()["new"] == Fulfilment.PROCESSING.value
    assert told[2].payload() == {
        "order_id": str(ORDER.id),
        "payment_id": str(PAYMENT.id),
        "amount": "49.90 PLN",
    }


def test_an_accepted_promise_is_not_paid_until_the_money_is_seen() -> None:
    promised = ORDER.validate(NOW)
    assert "OrderPaid" not in names(*order_events(ORDER, promised))
    assert names(*order_events(promised, replace(promised, paid_by=PAYMENT.id))) == ["OrderPaid"]


@pytest.mark.parametrize(
    ("by", "name"),
    [
        (ClosedBy.BUYER, "OrderStopped"),
        (ClosedBy.STAFF, "OrderCancelled"),
        (ClosedBy.DEADLINE, "OrderExpired"),
    ],
)
def test_the_end_of_an_order_says_who_ended_it_and_why(by: ClosedBy, name: str) -> None:
    told = list(order_events(ORDER, ORDER.close(by, "why")))
    assert names(*told) == ["OrderStatusChanged", "FulfilmentChanged", name]
    assert told[0].payload()["reason"] == told[2].payload()["reason"] == "why"


@pytest.mark.parametrize("by", ClosedBy)
def test_what_happens_to_a_closed_order_later_does_not_end_it_again(by: ClosedBy) -> None:
    closed = ORDER.close(by, "why")
    assert names(*order_events(closed, replace(closed, basket_restored=True))) == []


def test_late_money_for_a_closed_order_tells_no_second_end() -> None:
    closed = ORDER.close(ClosedBy.DEADLINE, "why")
    assert names(*order_events(closed, closed.move(OrderStatus.ERROR))) == ["OrderStatusChanged"]


def test_a_new_payment_was_started() -> None:
    (event,) = payment_events(None, PAYMENT)
    assert event.name == "PaymentStarted"
    assert event.payload()["account"] == PAYMENT.account


def test_a_payment_that_is_born_paid_moved_from_new() -> None:
    started, moved = payment_events(None, PAYMENT.capture(PAYMENT.amount, "C1", NOW))
    assert names(started, moved) == ["PaymentStarted", "PaymentStatusChanged"]
    assert (moved.payload()["old"], moved.payload()["new"]) == ("new", "paid")


def test_the_first_next_step_sends_the_shopper_once() -> None:
    sent = replace(
        PAYMENT, next_step=NextStep.redirect("https://pay.example/1"), status=PaymentStatus.IN_PROGRESS
    )
    assert names(*payment_events(PAYMENT, sent)) == ["ShopperSent", "PaymentStatusChanged"]
    other = replace(sent, next_step=NextStep.redirect("https://pay.example/2"))
    assert names(*payment_events(sent, other)) == []


@pytest.mark.parametrize("status", RefundStatus)
def test_a_refund_tells_its_request_its_moves_and_its_end(status: RefundStatus) -> None:
    refund = a_refund(PAYMENT)
    assert names(*refund_events(None, refund)) == ["RefundRequested"]
    moved = names(*refund_events(refund, replace(refund, status=status)))
    expected = [] if status is RefundStatus.REQUESTED else ["RefundStatusChanged"]
    assert moved == expected + (["RefundDone"] if status is RefundStatus.DONE else [])


def test_a_question_about_an_order_is_told_and_one_about_nobody_is_not() -> None:
    assert names(*review_events(a_review(ORDER.id))) == ["ReviewOpened"]
    assert names(*review_events(a_review(None))) == []


def test_a_payload_can_be_serialised_and_leaves_nothing_out() -> None:
    events = [
        MoneyMoved(ORDER.id, None, FactKind.REFUNDED, "R1", money("1.00 PLN")),
        CallbackAccepted(ORDER.id, PAYMENT.id, None, is_success=False, is_failed=True, is_cancelled=False),
        *order_events(ORDER, ORDER.close(ClosedBy.BUYER, "why")),
    ]
    for event in events:
        payload = event.payload()
        assert json.loads(json.dumps(payload)) == payload
        assert list(payload) == [field.name for field in fields(event)]
        assert UUID(str(payload["order_id"])) == ORDER.id
