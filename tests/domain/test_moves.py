"""Every pair of every table of moves, against the tables as the design has them in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from enum import StrEnum

import pytest

from domain.errors import InvalidTransition
from domain.order import ClosedBy, Fulfilment, Order, OrderStatus, StockHold
from domain.payment import PaymentStatus
from domain.refund import RefundStatus
from tests.builders import NOW, a_payment, a_refund, an_order

# Typed again from the design, on purpose: nothing here is computed from the tables it checks.
PAYMENT = {
    "new": "in_progress unknown authorized partially_paid paid failed cancelled expired",
    "in_progress": "unknown authorized partially_paid paid failed cancelled expired",
    "unknown": "in_progress authorized partially_paid paid failed cancelled expired",
    "authorized": "partially_paid paid failed cancelled expired",
    "failed": "authorized partially_paid paid",
    "cancelled": "authorized partially_paid paid",
    "expired": "authorized partially_paid paid",
    "partially_paid": "paid",
    "paid": "",
}
ORDER = {
    "open": "pending validated stopped cancelled error",
    "pending": "open validated stopped cancelled error",
    "stopped": "validated error",
    "cancelled": "validated error",
    "error": "open validated cancelled",
    "validated": "cancelled",
}
FULFILMENT = {
    "new": "hold processing failed",
    "hold": "processing failed",
    "failed": "hold processing",
    "processing": "shipped failed",
    "shipped": "delivered",
    "delivered": "completed",
    "completed": "",
}
REFUND = {
    "requested": "sent unknown done refused",
    "unknown": "sent done refused",
    "sent": "done refused",
    "done": "failed_later",
    "refused": "",
    "failed_later": "",
}
STOCK = {
    "none": "",
    "held": "committed released",
    "committed": "released",
    "released": "committed",
}


def pairs(table: dict[str, str], words: type[StrEnum]) -> list[tuple[str, str, bool]]:
    assert set(table) == {word.value for word in words}, "a status is missing from the table of the test"
    return [(old.value, new.value, new.value in table[old.value].split()) for old in words for new in words]


@pytest.mark.parametrize(("old", "new", "legal"), pairs(PAYMENT, PaymentStatus))
def test_a_payment_moves_along_its_table_and_nowhere_else(old: str, new: str, legal: bool) -> None:
    payment = a_payment(status=PaymentStatus(old))
    later = NOW + timedelta(minutes=1)
    assert payment.can_move(PaymentStatus(new)) is legal
    if not legal:
        with pytest.raises(InvalidTransition, match=r"payment\.status"):
            payment.move(PaymentStatus(new), later)
        return
    moved = payment.move(PaymentStatus(new), later)
    assert (moved.status, moved.updated_at) == (PaymentStatus(new), later)


@pytest.mark.parametrize(("old", "new", "legal"), pairs(ORDER, OrderStatus))
def test_an_order_moves_along_its_table_and_nowhere_else(old: str, new: str, legal: bool) -> None:
    order = an_order(status=OrderStatus(old))
    assert order.can_move(OrderStatus(new)) is legal
    if not legal:
        with pytest.raises(InvalidTransition, match=r"order\.status"):
            order.move(OrderStatus(new))
        return
    assert order.move(OrderStatus(new)).status is OrderStatus(new)


@pytest.mark.parametrize("new", OrderStatus)
def test_an_order_that_staff_cancelled_moves_nowhere(new: OrderStatus) -> None:
    order = an_order().close(ClosedBy.STAFF, "a test order")
    assert not order.can_move(new)
    with pytest.raises(InvalidTransition, match="staff"):
        order.move(new)


@pytest.mark.parametrize(("old", "new", "legal"), pairs(FULFILMENT, Fulfilment))
def test_fulfilment_moves_along_its_table_and_nowhere_else(old: str, new: str, legal: bool) -> None:
    order = an_order(fulfilment=Fulfilment(old))
    if not legal:
        with pytest.raises(InvalidTransition, match=r"order\.fulfilment"):
            order.fulfil(Fulfilment(new))
        return
    assert order.fulfil(Fulfilment(new)).fulfilment is Fulfilment(new)


@pytest.mark.parametrize(("old", "new", "legal"), pairs(STOCK, StockHold))
def test_held_goods_move_along_their_table_and_nowhere_else(old: str, new: str, legal: bool) -> None:
    order = an_order(stock=StockHold(old))
    if not legal:
        with pytest.raises(InvalidTransition, match=r"order\.stock"):
            order.hold_stock(StockHold(new))
        return
    assert order.hold_stock(StockHold(new)).stock is StockHold(new)


@pytest.mark.parametrize(("old", "new", "legal"), pairs(REFUND, RefundStatus))
def test_a_refund_moves_along_its_table_and_nowhere_else(old: str, new: str, legal: bool) -> None:
    refund = a_refund(a_payment(), status=RefundStatus(old))
    assert refund.can_move(RefundStatus(new)) is legal
    if not legal:
        with pytest.raises(InvalidTransition, match=r"refund\.status"):
            refund.move(RefundStatus(new))
        return
    assert refund.move(RefundStatus(new)).status is RefundStatus(new)


def test_the_codes_of_an_order_are_those_of_sonata() -> None:
    assert {status.value: status.code for status in OrderStatus} == {
        "open": 0,
        "pending": 1,
        "validated": 2,
        "cancelled": 3,
        "error": 4,
        "stopped": 5,
    }


CLOSINGS = [
    # by, from, where it ends ("" = it does not)
    *((ClosedBy.BUYER, status, "stopped") for status in ("open", "pending")),
    *((ClosedBy.BUYER, status, "") for status in ("validated", "stopped", "cancelled", "error")),
    *((ClosedBy.DEADLINE, status, "cancelled") for status in ("open", "pending")),
    *((ClosedBy.DEADLINE, status, "") for status in ("validated", "stopped", "cancelled", "error")),
    *((ClosedBy.STAFF, status, "cancelled") for status in ("open", "pending", "validated", "error")),
    *((ClosedBy.STAFF, status, "") for status in ("stopped", "cancelled")),
]


@pytest.mark.parametrize(("by", "old", "new"), CLOSINGS)
def test_who_may_end_an_order_in_which_state(by: ClosedBy, old: str, new: str) -> None:
    order = an_order(status=OrderStatus(old))
    if not new:
        with pytest.raises(InvalidTransition):
            order.close(by, "why")
        return
    closed = order.close(by, "why")
    assert (closed.status, closed.closed_by, closed.close_reason) == (OrderStatus(new), by, "why")


@pytest.mark.parametrize("by", [ClosedBy.BUYER, ClosedBy.DEADLINE])
def test_neither_buyer_nor_deadline_ends_a_paid_order(by: ClosedBy) -> None:
    paid = replace(an_order(), paid_by=a_payment().id)
    with pytest.raises(InvalidTransition):
        paid.close(by, "too late")


def test_late_money_forgets_who_closed_the_order() -> None:
    order = an_order().close(ClosedBy.DEADLINE, "the time ran out").validate(NOW)
    assert (order.closed_by, order.close_reason) == (None, "")


@pytest.mark.parametrize(
    ("stock", "closed"),
    [
        (StockHold.NONE, StockHold.NONE),
        (StockHold.HELD, StockHold.RELEASED),
        (StockHold.COMMITTED, StockHold.RELEASED),
        (StockHold.RELEASED, StockHold.RELEASED),
    ],
)
def test_an_order_that_ends_lets_its_goods_go_once(stock: StockHold, closed: StockHold) -> None:
    order = an_order(status=OrderStatus.ERROR, fulfilment=Fulfilment.HOLD, stock=stock)
    ended: Order = order.close(ClosedBy.STAFF, "decided")
    assert (ended.stock, ended.fulfilment) == (closed, Fulfilment.FAILED)


def test_goods_that_left_the_house_do_not_come_back_by_cancelling() -> None:
    order = an_order(
        status=OrderStatus.VALIDATED, fulfilment=Fulfilment.SHIPPED, stock=StockHold.COMMITTED
    ).close(ClosedBy.STAFF, "the parcel was refused")
    assert (order.stock, order.fulfilment) == (StockHold.COMMITTED, Fulfilment.SHIPPED)
