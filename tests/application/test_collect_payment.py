"""Money that waits for our yes: taken once, with the intent committed first, and never in vain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from application.errors import GatewayUnreachable, NotCancellable, OutcomeUnknown
from application.get_redirect_url import GetRedirectUrlRequest
from application.points import arm
from application.ports.gateway import InboundMessage, NeedsProof, Temperament
from domain.observation import Observation, Source
from domain.order import Order
from domain.payment import Payment
from tests.application.fake_gateway import refused, signed, told
from tests.application.shop import Shop


@pytest.fixture
def collecting(shop: Shop) -> Shop:
    """A shop whose gateway waits to be asked for the money of everybody who agreed."""
    for gateway in (shop.gateway, shop.other):
        gateway.temperament = Temperament.CONFIRM_TO_COLLECT
        gateway.script["look"] = agreed(gateway)
    return shop


def agreed(gateway: Any) -> Callable[[Payment], Observation]:
    def look(payment: Payment) -> Observation:
        seen: Observation = gateway.says(payment, "in_progress", collectable=True)
        return seen

    return look


def judge(shop: Shop, payment: Payment) -> None:
    shop.tell(signed(told(payment, "in_progress")), payment.account)
    shop.judge_callbacks.execute()


def messages(shop: Shop, order: Order) -> list[str]:
    return [one.message for one in shop.file(order).transactions if one.kind.value == "collect"]


# -- roads to it


def test_a_callback_is_acknowledged_first_and_collected_by_the_worker(collecting: Shop) -> None:
    order, payment = collecting.started()
    collecting.tell(signed(told(payment, "paid")))
    assert collecting.gateway.times("collect") == 0
    assert collecting.state(order) == ("pending", "in_progress")
    collecting.judge_callbacks.execute()
    assert collecting.state(order) == ("validated", "paid")
    assert collecting.events(order).count("OrderPaid") == 1


def test_a_return_of_somebody_who_agreed_is_collected(collecting: Shop) -> None:
    order, payment = collecting.started()
    collecting.confirm_return.execute("fake", payment.token, InboundMessage("GET", b""))
    assert collecting.state(order) == ("validated", "paid")


def test_an_aborted_return_of_somebody_who_agreed_is_collected_all_the_same(collecting: Shop) -> None:
    order, payment = collecting.started()
    aborted = InboundMessage("GET", b"", query=(("status", "aborted"),))
    collecting.confirm_return.execute("fake", payment.token, aborted)
    assert collecting.state(order) == ("validated", "paid")
    assert not [one for one in collecting.file(order).transactions if one.message.startswith("aborted")]


def test_reconciliation_collects_when_no_message_and_no_shopper_came(collecting: Shop) -> None:
    order, _ = collecting.started()
    collecting.pass_time(minutes=2)
    collecting.reconcile.execute()
    assert collecting.state(order) == ("validated", "paid")


def test_a_return_that_says_the_shopper_agreed_is_collected_without_a_look(shop: Shop) -> None:
    order, payment = shop.started()
    back = InboundMessage("POST", b"", form=(("status", "agreed"),))
    shop.confirm_return.execute("fake", payment.token, back)
    assert (shop.gateway.times("look"), shop.gateway.times("collect")) == (0, 1)
    assert shop.state(order) == ("validated", "paid")
    shop.confirm_return.execute("fake", payment.token, back)
    assert shop.gateway.times("collect") == 1


def test_a_second_card_is_tried_after_the_first_was_not_taken(shop: Shop) -> None:
    order, payment = shop.started()
    seen: list[str] = []

    def collect(asked: Payment, *_: object) -> Observation:
        seen.append(asked.extra["token"])
        if seen == ["first"]:
            raise refused("dead token")
        return shop.gateway.says(asked, "paid", source=Source.COLLECT)

    shop.gateway.script["collect"] = collect
    for token in ("first", "first", "second", "third"):
        back = InboundMessage("POST", b"", form=(("status", "agreed"), ("token", token)))
        shop.confirm_return.execute("fake", payment.token, back)
    assert (seen, shop.state(order)) == (["first", "second"], ("validated", "paid"))


def test_the_callback_and_the_return_together_collect_once(collecting: Shop) -> None:
    order, payment = collecting.started()
    collecting.confirm_return.execute("fake", payment.token, InboundMessage("GET", b""))
    judge(collecting, payment)
    assert collecting.gateway.times("collect") == 1
    assert collecting.events(order).count("OrderPaid") == 1


def test_while_one_collects_another_does_not(collecting: Shop) -> None:
    order, payment = collecting.started()

    def meanwhile(asked: Payment, *_: object) -> Observation:
        judge(collecting, payment)
        with pytest.raises(NotCancellable):
            collecting.cancel_order.execute(order.id, by="anna", reason="no")
        return collecting.gateway.says(asked, "paid", source=Source.COLLECT)

    collecting.gateway.script["collect"] = meanwhile
    collecting.confirm_return.execute("fake", payment.token, InboundMessage("GET", b""))
    assert collecting.gateway.times("collect") == 1
    assert collecting.state(order) == ("validated", "paid")


# -- never in vain


def test_the_intent_is_committed_before_the_call(collecting: Shop) -> None:
    order, payment = collecting.started()
    stored: list[str] = []

    def read(point: str) -> None:
        if point == "collect.before_gateway_call":
            stored.append(collecting.now(order)[1].intent)

    with arm(read, environment="test"):
        judge(collecting, payment)
    assert stored == ["collect"]
    assert collecting.now(order)[1].intent == ""


def test_an_order_that_was_cancelled_is_not_collected_for(collecting: Shop) -> None:
    order, payment = collecting.started()
    collecting.cancel_order.execute(order.id, by="anna", reason="sold out")
    judge(collecting, payment)
    assert collecting.gateway.times("collect") == 0
    assert messages(collecting, order) == ["not collected: the order is cancelled"]


def test_a_second_attempt_of_a_paid_order_is_not_collected(collecting: Shop) -> None:
    order, first = collecting.started()
    collecting.get_redirect_url.execute(GetRedirectUrlRequest(order.id, account="other"))
    second = collecting.now(order)[1]
    judge(collecting, first)
    assert collecting.state(order)[:2] == ("validated", "paid")
    judge(collecting, second)
    assert collecting.other.times("collect") == 0
    assert collecting.reviews() == []


def test_nothing_is_collected_while_another_attempt_is_about_to_be_paid(collecting: Shop) -> None:
    order, first = collecting.started()
    collecting.get_redirect_url.execute(GetRedirectUrlRequest(order.id, account="other"))
    second = collecting.now(order)[1]

    def meanwhile(asked: Payment, *_: object) -> Observation:
        judge(collecting, second)
        return collecting.gateway.says(asked, "paid", source=Source.COLLECT)

    collecting.gateway.script["collect"] = meanwhile
    judge(collecting, first)
    assert collecting.other.times("collect") == 0


def test_an_open_void_keeps_the_money_from_being_collected(collecting: Shop) -> None:
    order, payment = collecting.started()
    collecting.rewrite(order.id, intent="void")
    judge(collecting, payment)
    assert collecting.gateway.times("collect") == 0


def test_a_part_that_was_collected_is_a_question_and_pays_nothing(collecting: Shop) -> None:
    order, payment = collecting.started()
    part = payment.amount - payment.amount.split((1, 1))[0]
    collecting.gateway.script["collect"] = lambda asked, *_: collecting.gateway.says(
        asked, "paid", part, source=Source.COLLECT
    )
    judge(collecting, payment)
    assert collecting.state(order)[0] == "error"
    assert collecting.reviews() == ["amount_mismatch"]


# -- when it goes wrong


def test_a_decline_ends_the_attempt_and_the_order_can_be_paid_again(collecting: Shop) -> None:
    order, payment = collecting.started()
    collecting.gateway.script["collect"] = lambda asked, *_: collecting.gateway.says(
        asked, "failed", source=Source.COLLECT, failure="INSTRUMENT_DECLINED"
    )
    judge(collecting, payment)
    assert collecting.state(order) == ("open", "failed")
    assert collecting.now(order)[1].failure == "INSTRUMENT_DECLINED"


def test_silence_is_unknown_and_collected_again_with_the_same_key_once_nobody_is_at_it(
    collecting: Shop,
) -> None:
    order, payment = collecting.started()
    collecting.gateway.script["collect"] = OutcomeUnknown("silence")
    judge(collecting, payment)
    assert collecting.state(order) == ("pending", "unknown")
    assert collecting.now(order)[1].intent == "collect"
    del collecting.gateway.script["collect"]
    collecting.pass_time(seconds=30)
    collecting.reconcile.execute()
    assert collecting.gateway.times("collect") == 1
    collecting.pass_time(minutes=6)
    collecting.reconcile.execute()
    assert collecting.state(order) == ("validated", "paid")
    assert len(set(collecting.gateway.keys)) == 1


def test_a_call_that_had_its_effect_is_found_by_a_look_and_not_repeated(collecting: Shop) -> None:
    order, payment = collecting.started()
    collecting.gateway.script["collect"] = OutcomeUnknown("silence")
    judge(collecting, payment)
    collecting.gateway.script["look"] = lambda asked: collecting.gateway.says(asked, "paid")
    collecting.pass_time(seconds=1)
    collecting.reconcile.execute()
    assert collecting.state(order) == ("validated", "paid")
    assert collecting.gateway.times("collect") == 1


def test_a_commit_that_was_lost_is_made_again_although_no_look_tells_that_it_waits(shop: Shop) -> None:
    order, payment = shop.started()
    shop.gateway.script["collect"] = OutcomeUnknown("silence")
    back = InboundMessage("POST", b"", form=(("status", "agreed"),))
    shop.confirm_return.execute("fake", payment.token, back)
    assert shop.state(order) == ("pending", "unknown")
    del shop.gateway.script["collect"]
    shop.pass_time(minutes=2)
    shop.reconcile.execute()
    assert shop.state(order) == ("validated", "paid")


@pytest.mark.parametrize("error", [refused("not approved"), GatewayUnreachable("nothing was sent")])
def test_what_had_no_effect_ends_the_intent_and_keeps_the_attempt(collecting: Shop, error: Exception) -> None:
    order, payment = collecting.started()
    collecting.gateway.script["collect"] = error
    judge(collecting, payment)
    assert collecting.state(order) == ("pending", "in_progress")
    assert collecting.now(order)[1].intent == ""
    assert messages(collecting, order)[0].startswith(f"not collected: {type(error).__name__}")
    del collecting.gateway.script["collect"]
    collecting.pass_time(minutes=2)
    collecting.reconcile.execute()
    assert collecting.state(order) == ("validated", "paid")


def test_a_crash_between_intent_and_call_loses_nothing(collecting: Shop) -> None:
    order, payment = collecting.started()

    def killed(point: str) -> None:
        if point == "collect.before_gateway_call":
            raise KeyboardInterrupt

    with arm(killed, environment="test"), pytest.raises(KeyboardInterrupt):
        judge(collecting, payment)
    assert collecting.now(order)[1].intent == "collect"
    collecting.pass_time(minutes=3)
    collecting.reconcile.execute()
    assert collecting.state(order) == ("validated", "paid")
    assert collecting.gateway.times("collect") == 1


# -- our answer takes the money


def test_a_yes_that_takes_money_is_said_only_for_an_order_that_can_be_settled(shop: Shop) -> None:
    order, payment = shop.started()
    shop.tell(signed(told(payment, "paid", answer_decides=True)))
    assert shop.state(order) == ("validated", "paid")
    verdict, seen = shop.gateway.answers[-1]
    assert (verdict.value, seen is not None) == ("applied", True)


def test_the_worker_never_takes_what_only_an_answer_could_have_taken(shop: Shop) -> None:
    order, payment = shop.started()
    shop.gateway.script["read_callback"] = lambda message: NeedsProof()
    shop.tell(signed(told(payment, "paid", answer_decides=True)))
    shop.judge_callbacks.execute()
    assert (shop.state(order), shop.callbacks()) == (("pending", "in_progress"), ["ignored"])
    assert shop.file(order).facts == ()


def test_a_no_is_said_for_a_cancelled_order_another_amount_or_a_second_payment(shop: Shop) -> None:
    order, payment = shop.started()
    shop.tell(signed(told(payment, "paid", answer_decides=True, minor=1, event="cheap")))
    assert shop.gateway.answers[-1][0].value == "stale"
    shop.cancel_order.execute(order.id, by="anna", reason="no")
    shop.tell(signed(told(payment, "paid", answer_decides=True)))
    assert shop.gateway.answers[-1][0].value == "stale"
    assert shop.state(order) == ("cancelled", "cancelled")
    assert shop.file(order).facts == ()
    assert shop.reviews() == []
