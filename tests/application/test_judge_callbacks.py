"""The worker's half: what was stored is judged later, by the same code, and never lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from application.callbacks import CallbackState, RawCallback
from application.errors import (
    CallbackNotFound,
    CallbackRefused,
    InvalidSignature,
    OutcomeUnknown,
)
from application.judgement import LONGEST_DELAY, MAX_TRIES, backoff
from application.ports.gateway import NeedsProof, Temperament
from application.refund_payment import RefundPaymentRequest
from domain.order import Order
from domain.payment import Payment
from tests.application.fake_gateway import signed, told
from tests.application.shop import Shop


def stored(shop: Shop) -> RawCallback:
    return max(shop.database.state.callbacks.values(), key=lambda raw: raw.id)


def drain(shop: Shop, rounds: int = 2 * MAX_TRIES) -> None:
    """Let the worker run until nothing more happens."""
    for _ in range(rounds):
        shop.judge_callbacks.execute()
        shop.pass_time(hours=1)


def broken(*args: object, **kwargs: object) -> Any:
    raise ZeroDivisionError


def test_the_wait_grows_to_an_hour() -> None:
    waits = [backoff(tries) for tries in (1, 2, 3, 11, 12, 500)]
    assert waits[:3] == [timedelta(seconds=2), timedelta(seconds=4), timedelta(seconds=8)]
    assert waits[3] < LONGEST_DELAY
    assert waits[4:] == [LONGEST_DELAY] * 2


# -- orphans


def orphaned(shop: Shop) -> tuple[Order, Payment]:
    """A callback came before its order is in this database."""
    order, payment = shop.started()
    state = shop.database.state
    order, payment = state.orders.pop(order.id), state.payments.pop(payment.id)
    shop.tell(signed(told(payment, "paid")))
    assert shop.callbacks() == ["pending"]
    return order, payment


def test_an_orphan_whose_order_appears_later_pays_it(shop: Shop) -> None:
    order, payment = orphaned(shop)
    shop.pass_time(seconds=2)
    shop.judge_callbacks.execute()
    assert (stored(shop).state, stored(shop).tries) == (CallbackState.PENDING, 2)
    shop.database.state.orders[order.id], shop.database.state.payments[payment.id] = order, payment
    shop.pass_time(seconds=4)
    shop.judge_callbacks.execute()
    assert (shop.state(order), stored(shop).state) == (("validated", "paid"), CallbackState.APPLIED)
    assert shop.reviews() == []


def test_what_names_no_attempt_and_no_money_is_ignored_at_once(shop: Shop) -> None:
    """A gateway's messages of kinds that nobody here uses."""
    shop.tell(signed({"reference": "", "word": "ALIAS"}))
    assert (shop.callbacks(), shop.reviews()) == (["ignored"], [])


def test_money_that_names_no_attempt_becomes_a_question(shop: Shop) -> None:
    _, payment = shop.started()
    shop.tell(signed(told(payment, "paid", reference="")))
    drain(shop)
    assert (shop.callbacks(), shop.reviews()) == (["orphan"], ["orphan"])


def test_an_orphan_is_not_judged_before_its_time(shop: Shop) -> None:
    orphaned(shop)
    assert shop.judge_callbacks.execute().done == 0


def test_an_orphan_that_stays_one_becomes_one_question(shop: Shop) -> None:
    _, payment = orphaned(shop)
    drain(shop)
    raw = stored(shop)
    assert (raw.state, raw.tries, raw.due_at) == (CallbackState.ORPHAN, MAX_TRIES, None)
    (item,) = shop.database.reads.reviews()
    assert (item.kind.value, item.amount, item.gateway_id) == (
        "orphan",
        payment.amount,
        f"capture-{payment.reference}",
    )


# -- poison


def test_a_row_that_cannot_be_judged_backs_off_and_becomes_a_question_while_others_go_on(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, sick = shop.started()
    order, sound = shop.started()
    shop.gateway.temperament = Temperament.GO_AND_LOOK
    for payment in (sick, sound):
        shop.tell(signed(told(payment, "in_progress")))

    def look(payment: Payment) -> object:
        return broken() if payment.id == sick.id else shop.gateway.says(payment, "paid")

    shop.gateway.script["look"] = look
    judged = shop.judge_callbacks.execute()
    assert (judged.done, judged.later, shop.state(order)) == (1, 1, ("validated", "paid"))
    assert shop.judge_callbacks.execute().later == 0
    drain(shop)
    assert sorted(shop.callbacks()) == ["applied", "poison"]
    assert shop.reviews() == ["poison"]
    assert shop.judge_callbacks.execute().later == 0


def test_a_message_that_proves_itself_no_longer_is_not_lost(shop: Shop) -> None:
    """It was proven when it was acknowledged; then somebody changed the secret."""
    orphaned(shop)
    shop.gateway.script["read_callback"] = InvalidSignature()
    drain(shop)
    assert (shop.callbacks(), shop.reviews()) == (["poison"], ["poison"])


def test_a_row_of_an_account_that_is_gone_waits_and_then_asks(shop: Shop) -> None:
    orphaned(shop)
    del shop.gateways.known["fake"]
    drain(shop)
    assert (shop.callbacks(), shop.reviews()) == (["poison"], ["poison"])


# -- proven later


def test_a_signed_message_that_was_proven_but_leaves_it_open_is_asked_about(shop: Shop) -> None:
    order, payment = shop.started()
    shop.gateway.script["read_callback"] = lambda message: NeedsProof()
    shop.gateway.script["look"] = lambda payment: shop.gateway.says(payment, "paid")
    shop.tell(signed(told(payment, "", word="SOMETHING")))
    assert shop.state(order) == ("pending", "in_progress")
    shop.judge_callbacks.execute()
    assert (shop.state(order), shop.callbacks()) == (("validated", "paid"), ["applied"])


def test_a_signed_message_that_tells_all_is_believed_without_asking(shop: Shop) -> None:
    order, payment = shop.started()
    shop.gateway.script["read_callback"] = lambda message: NeedsProof()
    shop.gateway.script["look"] = broken
    shop.tell(signed(told(payment, "paid")))
    shop.judge_callbacks.execute()
    assert (shop.state(order), shop.callbacks()) == (("validated", "paid"), ["applied"])


def test_a_signed_message_read_at_once_asks_nobody_whatever_it_says(shop: Shop) -> None:
    order, payment = shop.started()
    state = shop.database.state
    del state.orders[order.id], state.payments[payment.id]
    shop.gateway.script["look"] = broken
    shop.tell(signed(told(payment, "", word="SNEEZED")))
    shop.database.state.orders[order.id], shop.database.state.payments[payment.id] = order, payment
    drain(shop)
    assert shop.callbacks() == ["ignored"]


# -- go and look


def test_a_hint_that_anybody_could_send_asks_nobody_about_an_unknown_order(shop: Shop) -> None:
    shop.gateway.temperament = Temperament.GO_AND_LOOK
    shop.tell(signed({"reference": "0" * 26}))
    drain(shop)
    assert (shop.callbacks(), shop.reviews()) == (["orphan"], [])


def test_a_hint_tells_that_a_refund_is_done(hinted: Shop) -> None:
    order, payment = hinted.started()
    hinted.gateway.script["look"] = lambda asked: hinted.gateway.says(asked, "paid")
    hinted.tell(signed(told(payment, "paid")))
    hinted.judge_callbacks.execute()
    hinted.gateway.script["refund"] = lambda asked, refund: hinted.gateway.gave_back(asked, refund, "sent")
    request = RefundPaymentRequest(payment.id, by="anna", reason="came back", key="key-1")
    assert hinted.refund_payment.execute(request).status.value == "sent"
    hinted.tell(signed({"reference": payment.reference}))
    hinted.judge_callbacks.execute()
    assert [refund.status.value for refund in hinted.file(order).refunds] == ["done"]


@pytest.fixture
def hinted(shop: Shop) -> Shop:
    shop.gateway.temperament = Temperament.GO_AND_LOOK
    return shop


def test_a_hint_is_believed_in_nothing_the_gateway_is_asked(hinted: Shop) -> None:
    order, payment = hinted.started()
    hinted.tell(signed(told(payment, "paid", minor=1)))
    hinted.judge_callbacks.execute()
    assert (hinted.state(order), hinted.gateway.times("look")) == (("pending", "in_progress"), 1)
    assert hinted.reviews() == []


def test_the_same_hint_may_mean_something_new(hinted: Shop) -> None:
    order, payment = hinted.started()
    hint = signed({"reference": payment.reference})
    hinted.tell(hint)
    hinted.judge_callbacks.execute()
    hinted.gateway.script["look"] = lambda asked: hinted.gateway.says(asked, "paid")
    hinted.tell(hint)
    hinted.judge_callbacks.execute()
    assert hinted.state(order) == ("validated", "paid")
    hinted.tell(hint)
    hinted.judge_callbacks.execute()
    assert stored(hinted).state is CallbackState.DUPLICATE
    assert len(hinted.file(order).facts) == 1


def test_a_hint_about_nobody_is_never_taken_for_the_truth(hinted: Shop) -> None:
    """The order appears between our asking for it and our judging: the hint's own words count nothing."""
    order, payment = hinted.started()
    hinted.tell(signed(told(payment, "paid")))
    ask = hinted.judge_callbacks._ask
    state = hinted.database.state
    kept = state.payments.pop(payment.id)
    known = ask.about

    def appears_after(gateway: Any, hint: Any) -> Any:
        seen = known(gateway, hint)
        state.payments[payment.id] = kept
        return seen

    ask.about = appears_after  # type: ignore[method-assign]
    hinted.judge_callbacks.execute()
    assert hinted.state(order) == ("pending", "in_progress")
    assert (hinted.file(order).facts, hinted.gateway.times("look")) == ((), 0)


def test_a_gateway_that_does_not_answer_is_asked_again_later(hinted: Shop) -> None:
    order, payment = hinted.started()
    hinted.gateway.script["look"] = OutcomeUnknown("timeout")
    hinted.tell(signed(told(payment, "paid")))
    hinted.judge_callbacks.execute()
    assert hinted.callbacks() == ["pending"]
    hinted.gateway.script["look"] = lambda asked: hinted.gateway.says(asked, "paid")
    hinted.pass_time(seconds=2)
    hinted.judge_callbacks.execute()
    assert (hinted.state(order), hinted.callbacks()) == (("validated", "paid"), ["applied"])


def test_an_answer_about_another_payment_is_not_believed(hinted: Shop) -> None:
    order, payment = hinted.started()
    another, cheap = hinted.started()
    hinted.gateway.script["look"] = lambda asked: hinted.gateway.says(cheap, "paid")
    hinted.tell(signed(told(payment, "paid")))
    hinted.judge_callbacks.execute()
    assert hinted.reconcile.one(payment.id) is None
    assert [hinted.state(one) for one in (order, another)] == [("pending", "in_progress")] * 2


# -- by hand


def test_replaying_a_judged_message_changes_nothing(shop: Shop) -> None:
    order, _ = shop.paid()
    before, key = (shop.file(order).facts, shop.events(order)), stored(shop).event_key
    assert shop.judge_callbacks.replay(stored(shop).id)
    assert (shop.file(order).facts, shop.events(order)) == before
    assert (stored(shop).event_key, stored(shop).duplicate_of) == (key, None)


def test_replaying_a_forged_message_refuses_it_again(shop: Shop) -> None:
    _, payment = shop.started()
    with pytest.raises(CallbackRefused):
        shop.tell(signed(told(payment, "paid"), headers={}))
    assert shop.judge_callbacks.replay(stored(shop).id)
    assert (shop.callbacks(), shop.reviews()) == (["refused"], [])


def test_replaying_what_is_not_there_is_an_error(shop: Shop) -> None:
    with pytest.raises(CallbackNotFound):
        shop.judge_callbacks.replay(shop.ids.new())


def test_two_workers_do_not_take_the_same_row(shop: Shop) -> None:
    orphaned(shop)
    shop.pass_time(seconds=2)
    first = shop.database.work.claim_callbacks("one", timedelta(seconds=60), 10)
    second = shop.database.work.claim_callbacks("two", timedelta(seconds=60), 10)
    assert (len(first), len(second)) == (1, 0)
