"""A collecting call whose end nobody knows: it holds its order until somebody does, and no longer."""

from __future__ import annotations

import pytest

from application.cancel_return import CancelReturnRequest
from application.errors import GatewayUnreachable, NotCancellable, OutcomeUnknown
from application.ports.gateway import InboundMessage, Temperament
from domain.observation import Source
from domain.order import Order
from domain.payment import Payment
from tests.application.fake_gateway import signed, told
from tests.application.shop import Shop


@pytest.fixture
def collecting(shop: Shop) -> Shop:
    """A shop whose gateway waits to be asked for the money of everybody who agreed."""
    shop.gateway.temperament = Temperament.CONFIRM_TO_COLLECT
    shop.gateway.script["look"] = lambda asked: shop.gateway.says(asked, "in_progress", collectable=True)
    return shop


def judge(shop: Shop, payment: Payment) -> None:
    shop.tell(signed(told(payment, "in_progress")))
    shop.judge_callbacks.execute()


def test_an_answer_that_says_nothing_is_unknown_and_keeps_the_order(collecting: Shop) -> None:
    order, payment = collecting.started()
    collecting.gateway.script["collect"] = lambda asked, *_: collecting.gateway.says(
        asked, "", source=Source.COLLECT, word="SNEEZED"
    )
    judge(collecting, payment)
    assert collecting.state(order) == ("pending", "unknown")
    assert collecting.now(order)[1].intent == "collect"
    with pytest.raises(NotCancellable):
        collecting.cancel_return.execute(CancelReturnRequest(order.key))


def lost_after_giving_up(shop: Shop) -> tuple[Order, Payment]:
    """The shopper gave up, went back and agreed; then the answer to our call was lost."""
    order, payment = shop.started()
    agreeing = shop.gateway.script["look"]
    shop.gateway.script["look"] = lambda asked: shop.gateway.says(asked, "in_progress")
    shop.confirm_return.execute(
        "fake", payment.token, InboundMessage("GET", b"", query=(("status", "aborted"),))
    )
    assert shop.state(order) == ("open", "cancelled")
    shop.gateway.script.update(look=agreeing, collect=OutcomeUnknown("silence"))
    judge(shop, payment)
    assert shop.now(order)[1].intent == "collect"
    return order, payment


@pytest.mark.parametrize("word", ["failed", "cancelled", "expired"])
def test_an_attempt_that_was_given_up_before_does_not_hold_its_order_for_ever(
    collecting: Shop, word: str
) -> None:
    order, _ = lost_after_giving_up(collecting)
    collecting.gateway.script["look"] = lambda asked: collecting.gateway.says(asked, word)
    collecting.pass_time(seconds=1)
    collecting.reconcile.execute()
    assert collecting.now(order)[1].intent == ""
    collecting.cancel_return.execute(CancelReturnRequest(order.key))
    assert collecting.state(order) == ("stopped", "cancelled")


def test_a_call_without_effect_for_an_attempt_that_was_given_up_is_made_again(collecting: Shop) -> None:
    order, _ = lost_after_giving_up(collecting)
    collecting.gateway.script["look"] = lambda asked: collecting.gateway.says(asked, "in_progress")
    del collecting.gateway.script["collect"]
    collecting.pass_time(minutes=2)
    collecting.reconcile.execute()
    assert collecting.state(order) == ("validated", "paid")


def test_an_open_call_is_asked_about_to_its_end_though_its_attempt_was_given_up(collecting: Shop) -> None:
    order, _ = lost_after_giving_up(collecting)
    collecting.gateway.script["look"] = GatewayUnreachable("down")
    for _ in range(5):
        collecting.pass_time(hours=1)
        assert collecting.reconcile.execute().asked == 1
    assert collecting.now(order)[1].look_at is not None
