"""What runs by the clock: the gateway is asked first, orders end once, nothing sick stops the rest."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from application.errors import GatewayUnavailable, NotPayable, OutcomeUnknown
from application.get_redirect_url import GetRedirectUrlRequest
from application.settlement import LONGEST_CALL
from domain.order import ClosedBy, StockHold
from domain.payment import Payment
from tests.application.fake_gateway import SCHEDULE, signed, told
from tests.application.shop import Shop


def broken(*args: object) -> Any:
    raise ZeroDivisionError


# -- expiry


def test_an_abandoned_order_ends_at_its_deadline_and_frees_its_goods_once(shop: Shop) -> None:
    order, _ = shop.started()
    shop.pass_time(minutes=29)
    assert shop.expire_orders.execute().orders == ()
    shop.pass_time(minutes=2)
    assert shop.expire_orders.execute().orders == (order.id,)
    stored = shop.stored(order)
    assert (shop.state(order), stored.closed_by) == (("cancelled", "expired"), ClosedBy.DEADLINE)
    assert (stored.stock, shop.left()) == (StockHold.RELEASED, 10)
    assert "OrderExpired" in shop.events(order)
    before = shop.file(order)
    again = shop.expire_orders.execute()
    assert (again.orders, again.kept, shop.file(order), shop.left()) == ((), 0, before, 10)


def test_orders_that_must_be_kept_do_not_hide_those_that_are_due(shop: Shop) -> None:
    held, _ = shop.authorized()
    abandoned = shop.order()
    shop.pass_time(minutes=31)
    ended = shop.expire_orders.execute(limit=1)
    assert (ended.orders, ended.kept) == ((abandoned.id,), 1)
    assert shop.state(held)[0] == "pending"


def test_an_order_nobody_tried_to_pay_ends_without_a_question(shop: Shop) -> None:
    order = shop.order()
    shop.pass_time(minutes=31)
    shop.expire_orders.execute()
    assert (shop.state(order), shop.gateway.calls) == (("cancelled",), [])


def test_the_gateway_is_asked_before_an_order_ends(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    order, _ = shop.started()
    shop.gateway.script["look"] = lambda asked: shop.gateway.says(asked, "paid")
    shop.pass_time(minutes=31)
    assert shop.expire_orders.execute().orders == ()
    assert (shop.state(order), shop.left()) == (("validated", "paid"), 9)
    assert caplog.records == []


@pytest.mark.parametrize("error", [OutcomeUnknown(), GatewayUnavailable(), ZeroDivisionError()])
def test_an_attempt_that_cannot_be_answered_keeps_its_order_for_a_day_at_most(
    shop: Shop, error: Exception
) -> None:
    order, _ = shop.started()
    shop.gateway.script["look"] = error
    shop.pass_time(minutes=31)
    kept = shop.expire_orders.execute()
    assert (kept.orders, kept.kept, shop.state(order)) == ((), 1, ("pending", "in_progress"))
    shop.pass_time(hours=24)
    shop.expire_orders.execute()
    ended = not isinstance(error, ZeroDivisionError)
    assert shop.state(order) == (("cancelled", "expired") if ended else ("pending", "in_progress"))


def test_an_order_whose_account_is_gone_ends_all_the_same(shop: Shop) -> None:
    order, _ = shop.started()
    del shop.gateways.known["fake"]
    shop.pass_time(minutes=31)
    assert shop.expire_orders.execute().orders == (order.id,)


def test_a_sick_order_does_not_keep_the_others(shop: Shop) -> None:
    _, sick = shop.started()
    sound = shop.order("other")
    usual = lambda asked: shop.gateway.says(asked, "in_progress")  # noqa: E731
    shop.gateway.script["look"] = lambda asked: broken() if asked.id == sick.id else usual(asked)
    shop.pass_time(minutes=31)
    expired = shop.expire_orders.execute()
    assert (expired.orders, expired.kept) == ((sound.id,), 1)


def test_held_money_keeps_its_order(shop: Shop) -> None:
    order, _ = shop.authorized()
    shop.pass_time(days=2)
    assert shop.expire_orders.execute().kept == 1
    assert shop.state(order) == ("pending", "authorized")


def test_an_open_money_call_keeps_its_order(shop: Shop) -> None:
    order, _ = shop.started()
    shop.rewrite(order.id, intent="collect")
    shop.gateway.script["collect"] = OutcomeUnknown("silence")
    shop.pass_time(days=2)
    assert shop.expire_orders.execute().kept == 1
    assert shop.state(order) == ("pending", "unknown")


def test_each_attempt_gives_the_order_the_time_of_its_method(shop: Shop) -> None:
    order = shop.order()
    shop.gateway.time_to_pay = timedelta(days=1)
    shop.get_redirect_url.execute(GetRedirectUrlRequest(order.id))
    shop.pass_time(hours=23)
    assert shop.expire_orders.execute().orders == ()
    shop.pass_time(hours=2)
    assert shop.expire_orders.execute().orders == (order.id,)


def test_a_method_without_a_deadline_never_ends_by_the_clock(shop: Shop) -> None:
    shop.promise.time_to_pay = None
    order, _ = shop.started("promise")
    shop.pass_time(days=300)
    assert shop.expire_orders.execute().orders == ()
    assert shop.state(order) == ("pending", "in_progress")


def test_a_clock_that_jumps_back_ends_nothing_early(shop: Shop) -> None:
    order, _ = shop.started()
    shop.pass_time(days=-1)
    assert shop.expire_orders.execute().orders == ()
    assert shop.state(order) == ("pending", "in_progress")


# -- reconciliation


def test_a_lost_callback_is_made_up_for_by_asking(shop: Shop) -> None:
    order, _ = shop.started()
    shop.gateway.script["look"] = lambda asked: shop.gateway.says(asked, "paid")
    assert shop.reconcile.execute().asked == 0
    shop.pass_time(minutes=1)
    done = shop.reconcile.execute()
    assert (done.asked, done.moved, shop.state(order)) == (1, 1, ("validated", "paid"))
    assert shop.reconcile.execute().asked == 1
    shop.pass_time(days=1)
    assert shop.reconcile.execute().asked == 0


def test_the_questions_grow_rarer_by_the_gateway_s_schedule(shop: Shop) -> None:
    order, _ = shop.started()
    for step in (SCHEDULE[0], SCHEDULE[1], SCHEDULE[1]):
        assert shop.now(order)[1].look_at == shop.clock.now() + step
        shop.clock.advance(step)
        shop.reconcile.execute()


def test_a_question_without_an_answer_is_asked_again_later(shop: Shop) -> None:
    order, _ = shop.started()
    shop.gateway.script["look"] = OutcomeUnknown()
    shop.pass_time(minutes=1)
    done = shop.reconcile.execute()
    assert (done.asked, done.moved, shop.state(order)) == (1, 0, ("pending", "in_progress"))
    assert shop.now(order)[1].look_at == shop.clock.now() + SCHEDULE[1]


def test_a_closed_attempt_is_watched_to_the_end_of_the_schedule_only(shop: Shop) -> None:
    order, _ = shop.started()
    shop.cancel_order.execute(order.id, by="staff", reason="a test order")
    for _ in range(10):
        shop.pass_time(hours=1)
        shop.reconcile.execute()
    assert shop.now(order)[1].look_at is None
    assert 1 <= shop.gateway.times("look") <= len(SCHEDULE) + 1


def test_a_mismatch_is_not_asked_about_again(shop: Shop) -> None:
    order, _ = shop.started()
    shop.gateway.script["look"] = lambda asked: shop.gateway.says(asked, "paid", asked.amount * 2)
    for _ in range(3):
        shop.pass_time(hours=1)
        shop.reconcile.execute()
    assert (shop.gateway.times("look"), shop.reviews()) == (1, ["amount_mismatch"])
    assert shop.state(order) == ("error", "in_progress")


def test_a_held_amount_that_is_wrong_asks_one_person_once(shop: Shop) -> None:
    shop.started()
    shop.gateway.script["look"] = lambda asked: shop.gateway.says(asked, "authorized", asked.amount * 2)
    for _ in range(3):
        shop.pass_time(hours=1)
        shop.reconcile.execute()
    assert shop.reviews() == ["amount_mismatch"]


def test_a_sick_payment_and_a_gone_account_do_not_stop_the_others(shop: Shop) -> None:
    _, sick = shop.started()
    order, _ = shop.started()
    gone, _ = shop.started("other")
    del shop.gateways.known["other"]

    def look(asked: Payment) -> Any:
        return broken() if asked.id == sick.id else shop.gateway.says(asked, "paid")

    shop.gateway.script["look"] = look
    shop.pass_time(minutes=1)
    done = shop.reconcile.execute()
    assert (done.asked, done.moved, shop.state(order)) == (3, 1, ("validated", "paid"))
    assert shop.now(gone)[1].look_at == shop.clock.now() + timedelta(hours=1)


def test_what_cannot_be_asked_is_not_claimed_for_ever(shop: Shop) -> None:
    shop.promise.script["start"] = OutcomeUnknown()
    order = shop.order("promise")
    with pytest.raises(OutcomeUnknown):
        shop.get_redirect_url.execute(GetRedirectUrlRequest(order.id))
    assert shop.reconcile.execute().asked == 1
    shop.pass_time(days=1)
    assert shop.reconcile.execute().asked == 0


def test_reconciling_what_a_callback_settled_meanwhile_counts_nothing_twice(shop: Shop) -> None:
    order, payment = shop.started()

    def callback_first(asked: Payment) -> Any:
        shop.tell(signed(told(payment, "paid")))
        return shop.gateway.says(asked, "paid")

    shop.gateway.script["look"] = callback_first
    shop.pass_time(minutes=1)
    shop.reconcile.execute()
    assert (shop.state(order), len(shop.file(order).facts)) == (("validated", "paid"), 1)
    assert shop.events(order).count("OrderPaid") == 1


def test_one_payment_may_be_asked_about_by_hand(shop: Shop) -> None:
    _, payment = shop.started()
    settled = shop.reconcile.one(payment.id)
    assert settled is not None
    shop.gateway.script["look"] = OutcomeUnknown()
    assert shop.reconcile.one(payment.id) is None


# -- money calls whose outcome nobody knew


def stuck(shop: Shop, power: str) -> Payment:
    _, payment = shop.authorized()
    shop.gateway.script[power] = OutcomeUnknown("timeout")
    with pytest.raises(OutcomeUnknown):
        getattr(shop, power).execute(payment.id, by="ada", reason="ready")
    return payment


def test_a_look_tells_what_became_of_a_capture(shop: Shop) -> None:
    payment = stuck(shop, "capture")
    order = shop.database.reads.payment(payment.id)[0]
    assert (shop.state(order), shop.now(order)[1].intent) == (("pending", "authorized"), "capture 60.00 PLN")
    shop.gateway.script["look"] = lambda asked: shop.gateway.says(asked, "paid")
    shop.reconcile.execute()
    assert (shop.state(order), shop.now(order)[1].intent) == (("validated", "paid"), "")


@pytest.mark.parametrize(("after", "closed"), [(timedelta(seconds=1), False), (2 * LONGEST_CALL, True)])
def test_a_look_that_finds_nothing_new_ends_the_call_once_it_cannot_be_under_way(
    shop: Shop, after: timedelta, closed: bool
) -> None:
    payment = stuck(shop, "capture")
    order = shop.database.reads.payment(payment.id)[0]
    shop.gateway.script["look"] = lambda asked: shop.gateway.says(asked, "authorized")
    shop.clock.advance(after)
    shop.reconcile.execute()
    assert (shop.now(order)[1].intent == "") is closed
    if closed:
        shop.void.execute(payment.id, by="ada", reason="gone")
    else:
        with pytest.raises(NotPayable, match="is open"):
            shop.void.execute(payment.id, by="ada", reason="gone")


def test_an_attempt_no_gateway_answers_about_is_one_question_for_a_person(shop: Shop) -> None:
    order, _ = shop.started()
    shop.gateway.script["look"] = OutcomeUnknown("timeout")
    for _ in range(10):
        shop.pass_time(minutes=5)
        shop.reconcile.execute()
    assert shop.reviews() == ["unknown_too_long"]
    assert shop.state(order) == ("pending", "in_progress")


def test_an_attempt_that_stays_unknown_is_one_question_for_a_person(shop: Shop) -> None:
    order, _ = shop.started()
    shop.gateway.script["look"] = lambda asked: shop.gateway.says(asked, "unknown")
    for _ in range(10):
        shop.pass_time(minutes=5)
        shop.reconcile.execute()
    assert (shop.reviews(), shop.state(order)) == (["unknown_too_long"], ("pending", "unknown"))


def test_an_attempt_that_is_merely_slow_is_no_question(shop: Shop) -> None:
    shop.started()
    for _ in range(10):
        shop.pass_time(minutes=5)
        shop.reconcile.execute()
    assert shop.reviews() == []
