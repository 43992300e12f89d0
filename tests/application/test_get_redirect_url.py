"""Intent first, then the gateway; asking again leads to the same place."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from application.errors import (
    AlreadyPaid,
    InvalidRequest,
    MethodNotOffered,
    NotPayable,
    OrderNotFound,
    UnknownAccount,
    Vetoed,
)
from application.get_redirect_url import GetRedirectUrlRequest, Redirection, Shopper
from application.ports.gateway import Brief, Started
from domain.order import ClosedBy, Order
from domain.payment import NextStep, NextStepKind
from tests.application.fake_gateway import SCHEDULE
from tests.application.shop import Shop


def go(shop: Shop, order: Order, account: str = "", **changes: Any) -> Redirection:
    return shop.get_redirect_url.execute(GetRedirectUrlRequest(order.id, account=account, **changes))


def test_the_shopper_is_sent_to_the_gateway_s_page(shop: Shop) -> None:
    order = shop.order()
    sent = go(shop, order)
    assert sent.redirect_url == f"https://pay.example/session-{sent.payment.reference}"
    assert str(sent) == sent.redirect_url
    assert shop.state(order) == ("pending", "in_progress")
    stored, payment = shop.now(order)
    assert payment.gateway_reference == f"session-{payment.reference}"
    assert (stored.fulfilment.value, payment.look_at) == ("hold", shop.clock.now() + SCHEDULE[0])


def test_the_gateway_is_told_everything_it_may_need_and_only_our_own_addresses(shop: Shop) -> None:
    order = shop.order()
    go(shop, order, shopper=Shopper("203.0.113.7", "Browser/1"), options={"parts_count": "3"})
    (brief,) = shop.gateway.briefs
    payment = brief.payment
    assert brief.callback_url == f"https://shop.example/callbacks/fake/{payment.id}"
    assert brief.return_url == f"https://shop.example/returns/fake/{payment.token}"
    assert (brief.customer_ip, brief.user_agent) == ("203.0.113.7", "Browser/1")
    assert (brief.options, brief.lines, brief.buyer) == ({"parts_count": "3"}, order.lines, order.buyer)
    assert payment.amount == order.total
    assert order.reference in brief.description


def test_the_intent_is_on_record_before_the_gateway_is_called(shop: Shop) -> None:
    order = shop.order()
    seen = []

    def look_at_the_database(brief: Brief) -> Started:
        stored, payment = shop.now(order)
        seen.append((stored.status.value, payment.status.value, payment.id == brief.payment.id))
        seen.append(shop.database.lock.locked())
        return Started(NextStep.redirect("https://pay.example/1"))

    shop.gateway.script["start"] = look_at_the_database
    go(shop, order)
    assert seen == [("pending", "new", True), False]


def test_asking_again_leads_to_the_same_session(shop: Shop) -> None:
    order = shop.order()
    first, second = go(shop, order), go(shop, order)
    assert (first.redirect_url, first.payment.id) == (second.redirect_url, second.payment.id)
    assert shop.gateway.times("start") == 1


def test_ten_threads_open_one_session(shop: Shop) -> None:
    order = shop.order()
    with ThreadPoolExecutor(max_workers=10) as clicks:
        sent = list(clicks.map(lambda _: go(shop, order), range(10)))
    assert len({one.payment.id for one in sent}) == 1
    assert shop.gateway.times("start") == 1
    assert shop.state(order) == ("pending", "in_progress")


def test_another_account_is_another_attempt(shop: Shop) -> None:
    order = shop.order()
    first, second = go(shop, order), go(shop, order, "other")
    assert first.payment.id != second.payment.id
    assert (second.payment.account, shop.state(order)) == (
        "other",
        ("pending", "in_progress", "in_progress"),
    )


def test_without_a_next_step_yet_the_shopper_waits_on_our_own_page(shop: Shop) -> None:
    order = shop.order()
    answers: list[Redirection] = []

    def meanwhile(brief: Brief) -> Started:
        answers.append(go(shop, order))
        return Started(NextStep.redirect("https://pay.example/1"))

    shop.gateway.script["start"] = meanwhile
    sent = go(shop, order)
    assert answers[0].payment.next_step is None
    assert answers[0].redirect_url.endswith(f"/orders/{order.key}/payments/{sent.payment.id}/redirect")
    assert shop.gateway.times("start") == 1


@pytest.mark.parametrize(
    ("step", "path"),
    [
        (NextStep(NextStepKind.FORM, "https://pay.example/form", (("a", "1"),)), "/payments/"),
        (NextStep(NextStepKind.PAGE), ""),
        (NextStep.nothing(), ""),
    ],
)
def test_a_form_starts_on_our_redirect_page_and_a_promise_on_the_order_page(
    shop: Shop, step: NextStep, path: str
) -> None:
    shop.gateway.script["start"] = lambda brief: Started(step)
    order = shop.order()
    sent = go(shop, order)
    assert sent.redirect_url.startswith(f"https://shop.example/orders/{order.key}")
    assert (path in sent.redirect_url) if path else sent.redirect_url.endswith(order.key)


# -- what cannot be started


def test_a_paid_order_is_not_paid_again(shop: Shop) -> None:
    order, _ = shop.paid()
    for account in ("fake", "other"):
        with pytest.raises(AlreadyPaid):
            go(shop, order, account)
    assert shop.other.calls == []


def test_a_closed_order_is_not_paid(shop: Shop) -> None:
    order = shop.order()
    shop.cancel_order.execute(order.id, by="staff", reason="a test order")
    with pytest.raises(NotPayable, match="cancelled"):
        go(shop, order)
    assert shop.stored(order).closed_by is ClosedBy.STAFF


def test_an_unknown_order_an_unknown_account_and_no_account_are_refused(shop: Shop) -> None:
    order = shop.order()
    with pytest.raises(OrderNotFound):
        shop.get_redirect_url.execute(GetRedirectUrlRequest(shop.ids.new()))
    with pytest.raises(UnknownAccount):
        go(shop, order, "nobody")
    free = shop.place(shop.basket("gift", voucher="FREE"), "0.00 PLN").order
    with pytest.raises(AlreadyPaid):
        go(shop, free)


@pytest.mark.parametrize(
    "changes", [{"offer": False}, {"currencies": frozenset({"EUR"})}, {"refuses": "too dear"}]
)
def test_a_method_that_does_not_fit_is_refused_before_any_row(shop: Shop, changes: dict[str, Any]) -> None:
    order = shop.order()
    for name, value in changes.items():
        setattr(shop.gateway, name, value)
    with pytest.raises(MethodNotOffered):
        go(shop, order)
    assert shop.state(order) == ("open",)


# -- the host takes part


def test_a_veto_before_the_redirect_leaves_no_attempt_behind(shop: Shop) -> None:
    def veto(*_: object) -> None:
        raise Vetoed("not today")

    order = shop.order()
    for name in ("order_additional_validation", "redirecting_to_payment_gateway"):
        shop.hooks._handlers.clear()
        shop.hooks.connect(name, veto)
        with pytest.raises(Vetoed):
            go(shop, order)
        assert shop.state(order) == ("open",)
    assert shop.gateway.calls == []


def test_queries_are_asked_with_the_order_and_the_way_to_pay(shop: Shop) -> None:
    heard: list[tuple[str, ...]] = []
    shop.hooks.connect(
        "order_additional_validation", lambda order, account: heard.append((order.key, account))
    )
    shop.hooks.connect(
        "redirecting_to_payment_gateway", lambda order, payment: heard.append((payment.token,))
    )
    order = shop.order()
    sent = go(shop, order)
    assert heard == [(order.key, "fake"), (sent.payment.token,)]


def test_a_request_without_order_and_source_is_refused(shop: Shop) -> None:
    with pytest.raises(InvalidRequest):
        shop.get_redirect_url.execute(GetRedirectUrlRequest())
