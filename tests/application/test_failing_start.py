"""A start that fails, hangs, or is overtaken by its own callback leaves nothing half-known."""

from __future__ import annotations

import pytest

from application.errors import (
    GatewayError,
    GatewayProtocolError,
    GatewayRejected,
    GatewayUnavailable,
    GatewayUnreachable,
    InvalidSignature,
    OutcomeUnknown,
)
from application.get_redirect_url import GetRedirectUrlRequest, Redirection
from application.ports.gateway import Brief, Started
from domain.order import Order
from domain.payment import NextStep, NextStepKind
from tests.application.fake_gateway import signed, told
from tests.application.shop import Shop


def go(shop: Shop, order: Order, account: str = "") -> Redirection:
    return shop.get_redirect_url.execute(GetRedirectUrlRequest(order.id, account=account))


@pytest.mark.parametrize("error", [GatewayUnreachable, GatewayUnavailable, GatewayRejected])
def test_a_start_that_had_no_effect_fails_and_opens_the_order_again(
    shop: Shop, error: type[GatewayError]
) -> None:
    shop.gateway.script["start"] = error("no", code="51")
    order = shop.order()
    with pytest.raises(error):
        go(shop, order)
    assert shop.state(order) == ("open", "failed")
    assert shop.now(order)[1].failure == "51"
    del shop.gateway.script["start"]
    go(shop, order)
    assert shop.state(order) == ("pending", "failed", "in_progress")


@pytest.mark.parametrize("error", [OutcomeUnknown, GatewayProtocolError, InvalidSignature])
def test_a_start_whose_outcome_nobody_knows_is_unknown_and_asked_about_at_once(
    shop: Shop, error: type[GatewayError]
) -> None:
    shop.gateway.script["start"] = error("timeout")
    order = shop.order()
    with pytest.raises(error):
        go(shop, order)
    assert shop.state(order) == ("pending", "unknown")
    assert shop.now(order)[1].look_at == shop.clock.now()
    assert shop.now(order)[0].is_payable


def test_after_an_unknown_start_another_method_may_be_tried(shop: Shop) -> None:
    shop.gateway.script["start"] = OutcomeUnknown("timeout")
    order = shop.order()
    with pytest.raises(OutcomeUnknown):
        go(shop, order)
    go(shop, order, "other")
    assert shop.state(order) == ("pending", "unknown", "in_progress")


@pytest.mark.parametrize(("repeatable", "starts"), [(True, 2), (False, 1)])
def test_an_unknown_start_is_repeated_with_its_own_key_only_where_the_gateway_deduplicates(
    shop: Shop, repeatable: bool, starts: int
) -> None:
    shop.gateway.repeatable_start = repeatable
    shop.gateway.script["start"] = OutcomeUnknown("timeout")
    order = shop.order()
    with pytest.raises(OutcomeUnknown):
        go(shop, order)
    del shop.gateway.script["start"]
    go(shop, order)
    assert shop.gateway.times("start") == starts
    assert len({brief.payment.idempotency_key for brief in shop.gateway.briefs}) == 1


@pytest.mark.parametrize("error", [GatewayUnreachable, GatewayUnavailable, GatewayRejected])
def test_an_unknown_start_stays_unknown_when_its_repetition_has_no_effect(
    shop: Shop, error: type[GatewayError]
) -> None:
    shop.gateway.repeatable_start = True
    shop.gateway.script["start"] = OutcomeUnknown("it acted, then hung")
    order = shop.order()
    with pytest.raises(OutcomeUnknown):
        go(shop, order)
    shop.gateway.script["start"] = error("no", code="51")
    with pytest.raises(error):
        go(shop, order)
    assert shop.state(order) == ("pending", "unknown")
    assert shop.now(order)[1].look_at == shop.clock.now()


def test_an_attempt_that_died_before_the_call_is_asked_about(shop: Shop) -> None:
    shop.gateway.script["start"] = ZeroDivisionError()
    order = shop.order()
    with pytest.raises(ZeroDivisionError):
        go(shop, order)
    assert shop.state(order) == ("pending", "new")
    shop.pass_time(seconds=15)
    assert shop.reconcile.execute().asked == 1
    assert shop.state(order) == ("pending", "in_progress")


# -- the callback that is faster than the answer


@pytest.mark.parametrize("repeat", [1, 2])
def test_a_callback_inside_the_start_call_is_not_undone_by_the_answer(shop: Shop, repeat: int) -> None:
    order = shop.order()

    def callback_first(brief: Brief) -> Started:
        for _ in range(repeat):
            shop.tell(signed(told(brief.payment, "paid")))
        return Started(NextStep.redirect("https://pay.example/1"), "the session")

    shop.gateway.script["start"] = callback_first
    go(shop, order)
    _, payment = shop.now(order)
    assert shop.state(order) == ("validated", "paid")
    assert (payment.gateway_reference, payment.look_at) == ("the session", None)
    assert shop.events(order).count("OrderPaid") == 1


@pytest.mark.parametrize("error", [OutcomeUnknown, GatewayRejected, GatewayUnreachable])
def test_a_callback_inside_a_start_that_then_fails_still_pays(shop: Shop, error: type[GatewayError]) -> None:
    order = shop.order()

    def callback_first(brief: Brief) -> Started:
        shop.tell(signed(told(brief.payment, "paid")))
        raise error("lost")

    shop.gateway.script["start"] = callback_first
    with pytest.raises(error):
        go(shop, order)
    assert shop.state(order) == ("validated", "paid")
    assert shop.now(order)[1].look_at is None


def test_a_start_that_settles_what_a_callback_told_already_counts_it_once(shop: Shop) -> None:
    order = shop.order()

    def both(brief: Brief) -> Started:
        shop.tell(signed(told(brief.payment, "paid")))
        return Started(NextStep.nothing(), observation=shop.gateway.says(brief.payment, "paid"))

    shop.gateway.script["start"] = both
    go(shop, order)
    assert shop.state(order) == ("validated", "paid")
    assert (len(shop.file(order).facts), shop.reviews()) == (1, [])


def test_a_start_may_pay_at_once(shop: Shop) -> None:
    shop.gateway.script["start"] = lambda brief: Started(
        NextStep.nothing(), observation=shop.gateway.says(brief.payment, "paid")
    )
    order = shop.order()
    go(shop, order)
    assert shop.state(order) == ("validated", "paid")


def test_an_approved_promise_is_accepted_but_not_paid(shop: Shop) -> None:
    shop.promise.script["start"] = lambda brief: Started(NextStep(NextStepKind.PAGE), approved=True)
    order = shop.order("promise")
    go(shop, order)
    assert shop.state(order) == ("validated", "in_progress")
    assert "OrderPaid" not in shop.events(order)
