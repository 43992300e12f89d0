"""The shopper comes back, or gives up: recorded, believed in nothing; stopping is a word of its own."""

from __future__ import annotations

import logging
from datetime import timedelta
from threading import Event
from typing import Any
from unittest.mock import Mock

import pytest

from application.cancel_return import CancelReturnRequest, Stopped
from application.errors import (
    AlreadyPaid,
    ConcurrentUpdate,
    GatewayRejected,
    NotCancellable,
    OrderNotFound,
    OutcomeUnknown,
    PaymentNotFound,
)
from application.ports.gateway import InboundMessage, Started, Temperament
from domain.order import ClosedBy, Order, StockHold
from domain.payment import NextStep, NextStepKind, Payment
from tests.application.fake_gateway import signed, told
from tests.application.shop import TOTAL, Shop
from tests.memory_unit import MemoryUnit


def came_back(shop: Shop, payment: Payment, method: str = "GET", **parameters: str) -> Any:
    message = InboundMessage(method, b"", {}, tuple(parameters.items()))
    return shop.confirm_return.execute(payment.account, payment.token, message)


# -- coming back


def test_a_return_is_recorded_asks_once_and_shows_the_order(shop: Shop) -> None:
    order, payment = shop.started()
    shop.gateway.script["look"] = lambda asked: shop.gateway.says(asked, "paid")
    returned = came_back(shop, payment)
    assert (returned.order_key, returned.landing) == (order.key, "")
    assert shop.state(order) == ("validated", "paid")
    assert shop.now(order)[1].returned_at == shop.clock.now()
    assert "ShopperReturned" in shop.events(order)


def test_nothing_the_browser_says_decides(shop: Shop) -> None:
    order, payment = shop.started()
    came_back(shop, payment, status="success", amount="1", order_id="other", paid="true")
    assert shop.state(order) == ("pending", "in_progress")
    (record,) = [one for one in shop.file(order).transactions if one.kind.value == "return"]
    assert record.parameters["status"] == "success"


def test_coming_back_ten_times_leaves_one_trace_and_asks_once(shop: Shop) -> None:
    order, payment = shop.started()
    for _ in range(10):
        came_back(shop, payment)
    assert shop.gateway.times("look") == 1
    assert shop.events(order).count("ShopperReturned") == 1


@pytest.mark.parametrize("early", [{}, {"status": "agreed"}])
def test_coming_back_too_early_does_not_waste_the_yes_that_only_a_return_brings(
    shop: Shop, early: dict[str, str]
) -> None:
    order, payment = shop.started()
    shop.gateway.temperament = Temperament.OUR_ANSWER_DECIDES
    shop.gateway.script["collect"] = GatewayRejected("nobody has paid yet")
    came_back(shop, payment, **early)
    del shop.gateway.script["collect"]
    came_back(shop, payment, status="agreed")
    assert shop.state(order) == ("pending", "in_progress")
    shop.pass_time(seconds=5)
    came_back(shop, payment, status="agreed")
    assert shop.state(order) == ("validated", "paid")
    shop.pass_time(minutes=1)
    came_back(shop, payment, status="agreed")
    assert (shop.gateway.times("collect"), shop.reviews()) == (2 if early else 1, [])
    assert shop.events(order).count("ShopperReturned") == 2


@pytest.mark.parametrize("temperament", [Temperament.CONFIRM_TO_COLLECT, Temperament.GO_AND_LOOK])
def test_where_others_tell_of_a_yes_only_the_first_return_asks(shop: Shop, temperament: Temperament) -> None:
    _, payment = shop.started()
    shop.gateway.temperament = temperament
    shop.gateway.script["collect"] = GatewayRejected("nobody has paid yet")
    for _ in range(3):
        came_back(shop, payment, status="agreed")
        shop.pass_time(minutes=1)
    assert shop.gateway.times("collect") == 1


def test_head_and_prefetch_change_nothing(shop: Shop) -> None:
    order, payment = shop.started()
    before = shop.file(order)
    assert came_back(shop, payment, "HEAD").order_key == order.key
    assert (shop.file(order), shop.gateway.times("look")) == (before, 0)


def test_what_the_browser_says_is_kept_bounded(shop: Shop) -> None:
    order, payment = shop.started()
    came_back(shop, payment, **{f"name{number}": "x" * 5000 for number in range(100)})
    (record,) = [one for one in shop.file(order).transactions if one.kind.value == "return"]
    assert (len(record.parameters), max(map(len, record.parameters.values()))) == (30, 200)


def test_a_paid_order_is_not_asked_about(shop: Shop) -> None:
    _, payment = shop.paid()
    came_back(shop, payment)
    assert shop.gateway.times("look") == 0


def test_a_gateway_that_cannot_be_asked_is_not(shop: Shop) -> None:
    order, payment = shop.started("promise")
    assert came_back(shop, payment).order_key == order.key
    assert shop.now(order)[1].looks == 0


def test_a_gateway_that_does_not_answer_changes_nothing_but_the_next_look(shop: Shop) -> None:
    order, payment = shop.started()
    shop.gateway.script["look"] = OutcomeUnknown("timeout")
    came_back(shop, payment)
    assert shop.state(order) == ("pending", "in_progress")
    assert shop.now(order)[1].looks == 1


def test_an_adapter_that_breaks_is_reported_and_the_shopper_goes_on(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    order, payment = shop.started()
    shop.gateway.script["look"] = ZeroDivisionError()
    with caplog.at_level(logging.ERROR):
        assert came_back(shop, payment).order_key == order.key
    assert "the question after a return failed" in caplog.text


def test_an_order_that_is_busy_leads_to_its_page_all_the_same(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, payment = shop.started()
    busy = ConcurrentUpdate("somebody holds the order")
    monkeypatch.setattr(MemoryUnit, "lock_payment", Mock(side_effect=busy))
    assert came_back(shop, payment).order_key == order.key
    assert shop.gateway.times("look") == 0


def test_the_shopper_waits_no_longer_than_told_and_the_answer_still_counts(shop: Shop) -> None:
    order, payment = shop.started()
    answer = Event()

    def slow(asked: Payment) -> Any:
        answer.wait(5)
        return shop.gateway.says(asked, "paid")

    shop.gateway.script["look"] = slow
    shop.confirm_return._longest_wait = timedelta(milliseconds=20)
    came_back(shop, payment)
    assert shop.state(order) == ("pending", "in_progress")
    answer.set()
    shop.askers.shutdown()
    assert shop.state(order) == ("validated", "paid")


@pytest.mark.parametrize(
    ("seen", "state"),
    [
        ("new", ("open", "cancelled")),
        ("in_progress", ("open", "cancelled")),
        ("authorized", ("pending", "authorized")),
        ("paid", ("validated", "paid")),
        ("failed", ("open", "failed")),
        ("unknown", ("pending", "unknown")),
    ],
)
def test_an_aborted_return_ends_the_attempt_only_if_no_money_is_seen(
    shop: Shop, seen: str, state: tuple[str, str]
) -> None:
    order, payment = shop.started()
    shop.gateway.script["look"] = lambda asked: shop.gateway.says(asked, seen)
    came_back(shop, payment, status="aborted")
    assert shop.state(order) == state


def test_an_attempt_its_shopper_gave_up_is_still_watched_and_money_on_it_is_found(shop: Shop) -> None:
    order, payment = shop.started()
    came_back(shop, payment, status="aborted")
    assert shop.state(order) == ("open", "cancelled")
    shop.gateway.script["look"] = lambda asked: shop.gateway.says(asked, "paid")
    shop.pass_time(minutes=5)
    shop.reconcile.execute()
    assert shop.state(order) == ("validated", "paid")


def test_a_return_without_a_known_token_leads_nowhere(shop: Shop) -> None:
    _, payment = shop.started()
    for account, token, error in (
        ("fake", "guess", PaymentNotFound),
        ("other", payment.token, PaymentNotFound),
        ("nobody", payment.token, PaymentNotFound),
    ):
        with pytest.raises(error):
            shop.confirm_return.execute(account, token, InboundMessage("GET", b""))


def test_a_return_to_an_account_that_is_gone_still_leads_to_the_order(shop: Shop) -> None:
    order, payment = shop.started()
    del shop.gateways.known["fake"]
    assert came_back(shop, payment).order_key == order.key


# -- giving up


def stop(shop: Shop, order: Order, **changes: Any) -> Stopped:
    return shop.cancel_return.execute(CancelReturnRequest(order.key, **changes))


def test_giving_up_stops_the_order_frees_the_goods_and_brings_the_basket_back(shop: Shop) -> None:
    order, _ = shop.started()
    stopped = stop(shop, order)
    assert shop.state(order) == ("stopped", "cancelled")
    stored = shop.stored(order)
    assert (stored.closed_by, stored.stock, shop.left()) == (ClosedBy.BUYER, StockHold.RELEASED, 10)
    assert stopped.basket is not None
    assert shop.database.reads.basket(stopped.basket.id).quantity_of("mug") == 1
    assert "OrderStopped" in shop.events(order)
    assert shop.file(order).transactions[-1].status.value == 3


def test_the_goods_are_merged_into_the_live_basket(shop: Shop) -> None:
    order = shop.order()
    live = shop.basket("mug", "gift")
    stopped = stop(shop, order, basket_id=live.id)
    assert stopped.basket is not None
    assert stopped.basket.id == live.id
    assert shop.database.reads.basket(live.id).quantity_of("mug") == 2


def test_a_live_basket_that_vanished_is_made_anew(shop: Shop) -> None:
    stopped = stop(shop, shop.order(), basket_id=shop.ids.new())
    assert stopped.basket is not None
    assert shop.database.reads.basket(stopped.basket.id).quantity_of("mug") == 1


def test_giving_up_twice_restores_once(shop: Shop) -> None:
    order = shop.order()
    live = shop.basket("gift")
    stop(shop, order, basket_id=live.id)
    with pytest.raises(NotCancellable, match="stopped"):
        stop(shop, order, basket_id=live.id)
    assert shop.database.reads.basket(live.id).quantity_of("mug") == 1
    assert shop.left() == 10


def test_a_host_s_order_is_stopped_without_a_basket() -> None:
    shop = Shop(default_account="fake")
    product = {"name": "Book", "count": 1, "price": 5}
    sent = shop.get_redirect_url.execute(
        {"order_id": "7", "amount": 5, "currency": "UAH", "products": [product]}
    )
    stopped = stop(shop, sent.order)
    assert (stopped.basket, shop.state(sent.order)) == (None, ("stopped", "cancelled"))


def test_a_paid_order_is_not_stopped(shop: Shop) -> None:
    order, _ = shop.paid()
    before = shop.file(order)
    with pytest.raises(AlreadyPaid):
        stop(shop, order)
    assert shop.file(order) == before


def test_an_order_that_is_about_to_be_paid_is_not_stopped(shop: Shop) -> None:
    order, _ = shop.started()
    shop.rewrite(order.id, intent="collect")
    with pytest.raises(NotCancellable, match="collecting"):
        stop(shop, order)
    assert shop.state(order) == ("pending", "in_progress")


def test_an_order_money_is_held_for_is_not_stopped(shop: Shop) -> None:
    order, _ = shop.authorized()
    with pytest.raises(NotCancellable, match="held"):
        stop(shop, order)
    assert shop.state(order) == ("pending", "authorized")


def test_an_accepted_promise_is_not_stopped(shop: Shop) -> None:
    shop.promise.script["start"] = lambda brief: Started(NextStep(NextStepKind.PAGE), approved=True)
    order, _ = shop.started("promise")
    with pytest.raises(NotCancellable, match="validated"):
        stop(shop, order)


def test_an_unknown_key_stops_nothing(shop: Shop) -> None:
    with pytest.raises(OrderNotFound):
        shop.cancel_return.execute(CancelReturnRequest("guess"))


def test_a_stopped_attempt_is_still_watched_and_late_money_still_pays(shop: Shop) -> None:
    order, payment = shop.started()
    stop(shop, order)
    assert shop.now(order)[1].look_at is not None
    shop.tell(signed(told(payment, "paid")))
    assert (shop.state(order), shop.left()) == (("validated", "paid"), 9)


def test_after_giving_up_the_basket_can_be_ordered_again(shop: Shop) -> None:
    order = shop.order()
    stopped = stop(shop, order)
    assert stopped.basket is not None
    choices = shop.basket().choices
    basket = shop.edit(stopped.basket, lambda live: live.choose(choices))
    placed = shop.place(basket, TOTAL)
    assert (placed.joined, shop.left()) == (False, 9)
    assert placed.order.id != order.id


def test_what_is_not_sold_any_more_is_named(shop: Shop) -> None:
    order = shop.order()
    shop.database.catalogue._products.pop("mug")
    stopped = stop(shop, order)
    assert stopped.skipped == ("Mug",)
