"""Held money is taken or let go: intent first, one key per intent, nothing guessed."""

from __future__ import annotations

from typing import Any

import pytest

from application.errors import (
    GatewayError,
    GatewayProtocolError,
    GatewayRejected,
    GatewayUnreachable,
    InvalidRequest,
    InvalidSignature,
    NotCancellable,
    NotPayable,
    OutcomeUnknown,
    UnsupportedOperation,
)
from application.ports.gateway import Operation
from domain.observation import Observation, Source
from domain.payment import Payment
from tests.application.fake_gateway import signed, told
from tests.application.shop import Shop
from tests.builders import money


def capture(shop: Shop, payment: Payment, amount: str = "", **changes: Any) -> Any:
    usual: dict[str, Any] = {"by": "ada", "reason": "ready to ship"}
    told = money(amount) if amount else None
    return shop.capture.execute(payment.id, amount=told, **(usual | changes))


def void(shop: Shop, payment: Payment) -> Any:
    return shop.void.execute(payment.id, by="ada", reason="out of stock")


def test_held_money_is_taken(shop: Shop) -> None:
    order, payment = shop.authorized()
    capture(shop, payment)
    assert shop.state(order) == ("validated", "paid")
    assert shop.now(order)[1].intent == ""
    assert "StaffActed" in shop.events(order)


def test_the_intent_is_on_record_before_the_gateway_is_called(shop: Shop) -> None:
    order, payment = shop.authorized()
    seen = []

    def look_at_the_database(asked: Payment, amount: object) -> Observation:
        seen.append((shop.now(order)[1].intent, shop.database.lock.locked()))
        with pytest.raises(NotCancellable):
            shop.cancel_order.execute(order.id, by="eve", reason="too late")
        return shop.gateway.says(asked, "paid", source=Source.CAPTURE)

    shop.gateway.script["capture"] = look_at_the_database
    capture(shop, payment)
    assert seen == [("capture 60.00 PLN", False)]


def test_parts_are_taken_until_nothing_is_left(shop: Shop) -> None:
    order, payment = shop.authorized()
    capture(shop, payment, "20.00 PLN")
    assert shop.state(order) == ("pending", "partially_paid")
    with pytest.raises(InvalidRequest):
        capture(shop, payment, "40.01 PLN")
    capture(shop, payment)
    assert (shop.state(order), shop.reviews()) == (("validated", "paid"), [])
    assert len(set(shop.gateway.keys)) == 2
    assert shop.events(order).count("OrderPaid") == 1


@pytest.mark.parametrize("amount", ["60.01 PLN", "0.00 PLN", "-1.00 PLN", "1.00 EUR"])
def test_what_is_not_held_is_not_taken(shop: Shop, amount: str) -> None:
    _, payment = shop.authorized()
    with pytest.raises(InvalidRequest) as refused:
        capture(shop, payment, amount)
    assert list(refused.value.fields) == ["amount"]
    assert shop.gateway.times("capture") == 0


def test_only_held_money_is_taken_or_let_go(shop: Shop) -> None:
    for _, payment in (shop.started(), shop.paid()):
        for act in (capture, void):
            with pytest.raises(NotPayable):
                act(shop, payment)
    assert (shop.gateway.times("capture"), shop.gateway.times("void")) == (0, 0)


def test_taking_what_was_taken_says_so(shop: Shop) -> None:
    _, payment = shop.paid()
    with pytest.raises(NotPayable, match=r"nothing is left to capture: .* is captured already"):
        capture(shop, payment)


@pytest.mark.parametrize("missing", ["by", "reason"])
def test_whoever_takes_money_says_who_and_why(shop: Shop, missing: str) -> None:
    _, payment = shop.authorized()
    with pytest.raises(InvalidRequest) as refused:
        capture(shop, payment, **{missing: " "})
    assert list(refused.value.fields) == [missing]
    assert shop.gateway.times("capture") == 0


@pytest.mark.parametrize(
    ("amount", "operation"), [("", Operation.CAPTURE), ("1.00 PLN", Operation.PARTIAL_CAPTURE)]
)
def test_what_the_gateway_cannot_take_is_refused_before_anything_is_written(
    shop: Shop, amount: str, operation: Operation
) -> None:
    order, payment = shop.authorized()
    shop.gateway.operations -= {operation, Operation.VOID}
    before = shop.file(order)
    with pytest.raises(UnsupportedOperation):
        capture(shop, payment, amount)
    with pytest.raises(UnsupportedOperation):
        void(shop, payment)
    assert shop.file(order) == before


def test_held_money_is_let_go_and_the_order_can_be_paid_again(shop: Shop) -> None:
    order, payment = shop.authorized()
    void(shop, payment)
    assert shop.state(order) == ("open", "cancelled")
    assert shop.now(order)[1].intent == ""


@pytest.mark.parametrize("error", [GatewayRejected, GatewayUnreachable])
def test_a_call_that_had_no_effect_is_over(shop: Shop, error: type[GatewayError]) -> None:
    order, payment = shop.authorized()
    shop.gateway.script["capture"] = error("no")
    with pytest.raises(error):
        capture(shop, payment)
    assert (shop.state(order), shop.now(order)[1].intent) == (("pending", "authorized"), "")
    void(shop, payment)
    assert shop.state(order) == ("open", "cancelled")


@pytest.mark.parametrize("error", [OutcomeUnknown, GatewayProtocolError, InvalidSignature])
def test_a_call_nobody_knows_the_end_of_stays_open_and_is_asked_about(
    shop: Shop, error: type[GatewayError]
) -> None:
    order, payment = shop.authorized()
    shop.gateway.script["capture"] = error("garbled")
    with pytest.raises(error):
        capture(shop, payment)
    now = shop.now(order)[1]
    assert (now.intent, now.look_at) == ("capture 60.00 PLN", shop.clock.now())
    with pytest.raises(NotPayable):
        void(shop, payment)


@pytest.mark.parametrize("act", ["capture", "void"])
def test_a_call_whose_answer_says_nothing_stays_open_and_is_asked_about(shop: Shop, act: str) -> None:
    order, payment = shop.authorized()
    shop.gateway.script[act] = lambda asked, *_: shop.gateway.says(asked, "", word="SNEEZED")
    with pytest.raises(OutcomeUnknown):
        capture(shop, payment) if act == "capture" else void(shop, payment)
    now = shop.now(order)[1]
    assert (now.intent.split()[0], now.look_at) == (act, shop.clock.now())


def test_asking_again_uses_the_same_key_and_another_amount_is_refused(shop: Shop) -> None:
    order, payment = shop.authorized()
    shop.gateway.script["capture"] = OutcomeUnknown()
    with pytest.raises(OutcomeUnknown):
        capture(shop, payment, "20.00 PLN")
    with pytest.raises(NotPayable, match="is open"):
        capture(shop, payment, "30.00 PLN")
    del shop.gateway.script["capture"]
    capture(shop, payment, "20.00 PLN")
    assert len(set(shop.gateway.keys)) == 1
    assert shop.now(order)[1].captured == money("20.00 PLN")


def test_a_refusal_to_repeat_an_unknown_call_does_not_end_the_first_one(shop: Shop) -> None:
    order, payment = shop.authorized()
    shop.gateway.script["capture"] = OutcomeUnknown()
    with pytest.raises(OutcomeUnknown):
        capture(shop, payment)
    shop.gateway.script["capture"] = GatewayRejected("it is captured already")
    with pytest.raises(GatewayRejected):
        capture(shop, payment)
    assert shop.now(order)[1].is_capturing
    assert shop.now(order)[1].look_at == shop.clock.now()


def test_a_callback_that_is_faster_than_the_answer_is_counted_once(shop: Shop) -> None:
    order, payment = shop.authorized()

    def callback_first(asked: Payment, amount: Any) -> Observation:
        news = told(asked, "partially_paid", minor=amount.minor, id="C-1", event="E-1")
        shop.tell(signed(news))
        return shop.gateway.says(asked, "partially_paid", amount, id="C-1", source=Source.CAPTURE)

    shop.gateway.script["capture"] = callback_first
    capture(shop, payment, "20.00 PLN")
    now = shop.now(order)[1]
    assert (shop.state(order), now.captured, now.intent) == (
        ("pending", "partially_paid"),
        money("20.00 PLN"),
        "",
    )
    assert shop.reviews() == []


def test_an_answer_without_money_yet_ends_the_call(shop: Shop) -> None:
    order, payment = shop.authorized()
    shop.gateway.script["capture"] = lambda asked, amount: shop.gateway.says(asked, "authorized")
    capture(shop, payment)
    assert (shop.state(order), shop.now(order)[1].intent) == (("pending", "authorized"), "")
