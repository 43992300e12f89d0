"""What staff does by hand walks the same road: named, reasoned, once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from application.errors import (
    InvalidRequest,
    KeyReused,
    NotCancellable,
    NotPayable,
    OutcomeUnknown,
    UnsupportedOperation,
)
from application.ports.gateway import Started
from application.ports.persistence import OrderFile
from application.refund_payment import RefundPaymentRequest
from application.settlement import Settled
from application.staff_moves import ConfirmOfflinePaymentRequest
from domain.errors import InvalidTransition
from domain.order import ClosedBy, Fulfilment, Order, OrderStatus, StockHold
from domain.payment import NextStep, NextStepKind, Payment, PaymentStatus
from tests.application.shop import Shop
from tests.builders import money


@pytest.fixture
def approved(shop: Shop) -> Shop:
    """The promise is good enough to accept the order."""
    shop.promise.script["start"] = lambda brief: Started(NextStep(NextStepKind.PAGE), approved=True)
    return shop


def confirm(shop: Shop, payment: Payment, amount: str, receipt: str = "R-1", **changes: Any) -> Settled:
    usual: dict[str, Any] = {"by": "ada", "reason": "on the statement"}
    request = ConfirmOfflinePaymentRequest(payment.id, money(amount), receipt, **(usual | changes))
    return shop.confirm_offline.execute(request)


def cancel(shop: Shop, order: Order) -> Order:
    return shop.cancel_order.execute(order.id, by="ada", reason="fraud")


def advance(shop: Shop, order: Order, to: str) -> Order:
    return shop.advance.execute(order.id, Fulfilment(to), by="ada", reason="sent")


# -- money seen by a person


def test_money_seen_pays_a_promise(shop: Shop) -> None:
    order, payment = shop.started("promise")
    confirm(shop, payment, "60.00 PLN")
    assert (shop.state(order), shop.reviews()) == (("validated", "paid"), [])
    assert {"OrderPaid", "StaffActed"} <= set(shop.events(order))


def test_money_seen_pays_an_accepted_promise_too(approved: Shop) -> None:
    order, payment = approved.started("promise")
    assert "OrderPaid" not in approved.events(order)
    confirm(approved, payment, "60.00 PLN")
    assert (approved.state(order), approved.reviews()) == (("validated", "paid"), [])
    assert approved.events(order).count("OrderPaid") == 1


def test_parts_add_up(shop: Shop) -> None:
    order, payment = shop.started("promise")
    confirm(shop, payment, "20.00 PLN", "R-1")
    assert shop.state(order) == ("pending", "partially_paid")
    confirm(shop, payment, "40.00 PLN", "R-2")
    assert (shop.state(order), shop.reviews()) == (("validated", "paid"), [])
    assert len(shop.file(order).facts) == 2


def test_the_same_receipt_counts_once(shop: Shop) -> None:
    order, payment = shop.started("promise")
    for receipt in ("R-1", " R-1 "):
        confirm(shop, payment, "20.00 PLN", receipt)
    assert shop.now(order)[1].captured == money("20.00 PLN")


def test_the_same_receipt_with_another_amount_is_refused(shop: Shop) -> None:
    order, payment = shop.started("promise")
    confirm(shop, payment, "20.00 PLN", "R-1")
    known = shop.events(order)
    with pytest.raises(KeyReused, match=r"'R-1' was booked with 20\.00 PLN"):
        confirm(shop, payment, "40.00 PLN", " R-1")
    assert shop.now(order)[1].captured == money("20.00 PLN")
    assert shop.events(order) == known


def test_a_receipt_booked_by_somebody_else_at_this_moment_is_looked_at_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, payment = shop.started("promise")
    reads = shop.database.reads
    before: list[OrderFile] = []
    read = reads.order_file

    def late(order_id: UUID) -> OrderFile:
        file = read(order_id)
        if not before:
            before.append(file)
            confirm(shop, payment, "20.00 PLN", "R-1")
        return file

    monkeypatch.setattr(reads, "order_file", late)
    with pytest.raises(KeyReused):
        confirm(shop, payment, "40.00 PLN", "R-1")
    assert shop.now(order)[1].captured == money("20.00 PLN")


def test_more_than_was_due_pays_and_asks(shop: Shop) -> None:
    order, payment = shop.started("promise")
    confirm(shop, payment, "70.00 PLN")
    assert (shop.state(order), shop.reviews()) == (("validated", "paid"), ["surplus"])


@pytest.mark.parametrize(
    ("amount", "changes", "field"),
    [
        ("0.00 PLN", {}, "amount"),
        ("-1.00 PLN", {}, "amount"),
        ("60.00 EUR", {}, "amount"),
        ("60.00 PLN", {"receipt": " "}, "receipt"),
        ("60.00 PLN", {"by": ""}, "by"),
        ("60.00 PLN", {"reason": " "}, "reason"),
    ],
)
def test_what_nobody_can_have_seen_is_refused(
    shop: Shop, amount: str, changes: dict[str, str], field: str
) -> None:
    order, payment = shop.started("promise")
    with pytest.raises(InvalidRequest) as refused:
        confirm(shop, payment, amount, **changes)
    assert list(refused.value.fields) == [field]
    assert shop.state(order) == ("pending", "in_progress")


def test_a_person_confirms_no_online_money(shop: Shop) -> None:
    shop.gateway.operations -= {op for op in shop.gateway.operations if op.value == "confirm"}
    order, payment = shop.started()
    with pytest.raises(UnsupportedOperation):
        confirm(shop, payment, "60.00 PLN")
    assert shop.state(order) == ("pending", "in_progress")


# -- cancelling


def test_staff_ends_an_unpaid_order_for_good(shop: Shop) -> None:
    order, _ = shop.started()
    cancelled = cancel(shop, order)
    assert (cancelled.closed_by, cancelled.close_reason) == (ClosedBy.STAFF, "fraud")
    assert (shop.state(order), shop.left()) == (("cancelled", "cancelled"), 10)
    with pytest.raises(NotCancellable):
        cancel(shop, order)
    assert shop.left() == 10


def test_staff_ends_an_accepted_promise_and_its_goods_come_back(approved: Shop) -> None:
    order, _ = approved.started("promise")
    cancel(approved, order)
    assert (approved.state(order), approved.left()) == (("cancelled", "cancelled"), 10)
    assert approved.stored(order).stock is StockHold.RELEASED


def test_a_paid_order_ends_only_after_everything_went_back(shop: Shop) -> None:
    order, payment = shop.paid()
    with pytest.raises(NotCancellable, match="refund"):
        cancel(shop, order)
    for number, amount in enumerate(["59.99 PLN", "0.01 PLN"]):
        with pytest.raises(NotCancellable):
            cancel(shop, order)
        shop.refund_payment.execute(
            RefundPaymentRequest(payment.id, "ada", "broken", f"K{number}", money(amount))
        )
    cancel(shop, order)
    assert (shop.state(order), shop.left()) == (("cancelled", "paid"), 10)
    assert "OrderCancelled" in shop.events(order)


def test_held_money_is_let_go_before_an_order_ends(shop: Shop) -> None:
    order, _ = shop.authorized()
    with pytest.raises(NotCancellable, match="held"):
        cancel(shop, order)
    assert shop.state(order) == ("pending", "authorized")


@pytest.mark.parametrize(("by", "reason"), [("", "fraud"), ("ada", " ")])
def test_cancelling_has_a_name_and_a_reason(shop: Shop, by: str, reason: str) -> None:
    order = shop.order()
    with pytest.raises(InvalidRequest):
        shop.cancel_order.execute(order.id, by=by, reason=reason)
    assert shop.state(order) == ("open",)


# -- shipping


def test_paid_goods_go_their_way_step_by_step(shop: Shop) -> None:
    order, _ = shop.paid()
    for step in ("shipped", "delivered", "completed"):
        assert advance(shop, order, step).fulfilment is Fulfilment(step)
    assert shop.events(order).count("StaffActed") == 3


@pytest.mark.parametrize("step", ["delivered", "completed"])
def test_no_step_is_skipped(shop: Shop, step: str) -> None:
    order, _ = shop.paid()
    with pytest.raises(InvalidTransition):
        advance(shop, order, step)
    assert shop.stored(order).fulfilment is Fulfilment.PROCESSING


@pytest.mark.parametrize("step", ["new", "hold", "processing", "failed"])
def test_the_machine_s_moves_are_not_the_merchant_s(shop: Shop, step: str) -> None:
    order, _ = shop.paid()
    with pytest.raises(InvalidRequest):
        advance(shop, order, step)


def test_unpaid_goods_stay(shop: Shop) -> None:
    order, _ = shop.started()
    with pytest.raises(NotPayable):
        advance(shop, order, "shipped")


@pytest.mark.parametrize("ships", [True, False])
def test_a_promise_ships_only_where_its_method_says_so(approved: Shop, ships: bool) -> None:
    approved.promise.ships_before_money = ships
    order, _ = approved.started("promise")
    if ships:
        assert advance(approved, order, "shipped").fulfilment is Fulfilment.SHIPPED
        return
    with pytest.raises(NotPayable):
        advance(approved, order, "shipped")


def test_a_promise_that_was_taken_back_ships_nothing(approved: Shop) -> None:
    approved.promise.ships_before_money = True
    order, _ = approved.started("promise")
    approved.rewrite(order.id, status=PaymentStatus.CANCELLED)
    with pytest.raises(NotPayable):
        advance(approved, order, "shipped")


def test_an_order_over_nothing_ships(shop: Shop) -> None:
    order = shop.place(shop.basket("gift", voucher="FREE"), "0.00 PLN").order
    assert advance(shop, order, "shipped").status is OrderStatus.VALIDATED


def test_goods_whose_receipt_failed_wait_for_a_person(shop: Shop) -> None:
    order, _ = shop.paid()
    shop.rewrite(order.id, receipt_failed=True)
    with pytest.raises(NotPayable):
        advance(shop, order, "shipped")


@pytest.mark.parametrize("sums", ["refunded", "charged_back"])
def test_goods_whose_money_is_gone_stay(shop: Shop, sums: str) -> None:
    order, payment = shop.paid()
    shop.rewrite(order.id, **{sums: payment.captured})
    with pytest.raises(NotPayable):
        advance(shop, order, "shipped")


def test_goods_whose_money_is_on_its_way_back_stay(shop: Shop) -> None:
    order, payment = shop.paid()
    shop.gateway.script["refund"] = OutcomeUnknown()
    shop.refund_payment.execute(RefundPaymentRequest(payment.id, "ada", "broken", "K"))
    with pytest.raises(NotPayable):
        advance(shop, order, "shipped")
