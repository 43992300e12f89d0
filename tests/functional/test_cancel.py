"""Giving up: a page with a button first, then the basket is back; and never against the truth."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from webtest import TestApp, TestResponse

from application.cancel_return import CancelReturnRequest
from application.errors import GatewayRejected
from application.points import arm
from domain.order import OrderStatus
from domain.payment import PaymentStatus
from tests.functional.goods import PRODUCTS
from tests.functional.hands import NOTHING, send, tell
from tests.functional.world import Shop, heading, words_of


def cancel_forms(page: TestResponse) -> list[Any]:
    return list({id(form): form for form in page.forms.values() if form.action.endswith("/cancel")}.values())


def cancelled(browser: TestApp, key: str) -> TestResponse:
    answer = cancel_forms(browser.get(f"/orders/{key}/cancel"))[0].submit()
    assert answer.status_int == 303
    return answer.follow()


def basket_of(shop: Shop, browser: TestApp) -> UUID | None:
    """What the browser's session says, read as the shop reads it."""
    cookie = browser.cookies.get("callbank", "").strip('"')
    session = shop.app.session_interface.get_signing_serializer(shop.app)
    assert session is not None
    found = session.loads(cookie).get("basket_id") if cookie else None
    return UUID(found) if found else None


def test_asking_to_cancel_changes_nothing_until_a_button_is_pressed(shop: Shop, browser: TestApp) -> None:
    order, _ = shop.started("dummy")
    page = browser.get(f"/orders/{order.key}/cancel")
    assert heading(page) == "Cancel this order?"
    text = words_of(page)
    assert text.index("Continue paying") < text.index("Cancel the order")
    assert "If Test gateway took the money after all, you get the order or your money back." in text
    assert NOTHING not in text
    assert shop.again(order)[0].status is OrderStatus.PENDING


def test_nothing_was_charged_is_said_where_nothing_was_ever_sent(shop: Shop, browser: TestApp) -> None:
    assert NOTHING in words_of(browser.get(f"/orders/{shop.order().key}/cancel"))


def test_cancelling_brings_the_goods_back_into_this_browsers_basket(shop: Shop, browser: TestApp) -> None:
    order, payment = shop.started("dummy", ("MUG-BLUE", 2), ("TEA-GREEN", 1))
    page = cancelled(browser, order.key)
    assert heading(page) == "You cancelled the order."
    assert "Your items are back in the basket." in words_of(page)
    now, payments = shop.again(order)
    assert (now.status, payments[0].status) == (OrderStatus.STOPPED, PaymentStatus.CANCELLED)
    basket_id = basket_of(shop, browser)
    assert basket_id is not None
    basket = shop.use_cases.reads.basket(basket_id)
    assert [(line.sku, line.quantity) for line in basket.lines] == [("MUG-BLUE", 2), ("TEA-GREEN", 1)]
    assert payment.id == payments[0].id


def test_the_goods_join_what_is_in_the_basket_already(shop: Shop, browser: TestApp) -> None:
    first, _ = shop.started("dummy", ("MUG-BLUE", 2))
    second, _ = shop.started("dummy", ("MUG-BLUE", 1), ("TEA-GREEN", 1))
    cancelled(browser, first.key)
    cancelled(browser, second.key)
    basket_id = basket_of(shop, browser)
    assert basket_id is not None
    basket = shop.use_cases.reads.basket(basket_id)
    assert [(line.sku, line.quantity) for line in basket.lines] == [("MUG-BLUE", 3), ("TEA-GREEN", 1)]


def test_goods_that_are_not_sold_any_more_are_named(shop: Shop, browser: TestApp) -> None:
    order, _ = shop.started("dummy", ("MUG-BLUE", 1), ("TEA-GREEN", 1))
    mug = next(product for product in PRODUCTS if product.sku == "MUG-BLUE")
    shop.database.catalogue.save_product(replace(mug, enabled=False))
    page = cancelled(browser, order.key)
    for _ in range(2):
        assert "Not sold any more, so not put back: Blue mug." in words_of(page)
        page = browser.get(f"/orders/{order.key}")
    assert "not put back" not in words_of(shop.browser().get(f"/orders/{order.key}"))
    other, _ = shop.started("dummy", ("TEA-GREEN", 1))
    shop.use_cases.cancel_return.execute(CancelReturnRequest(other.key))
    page = browser.get(f"/orders/{other.key}")
    assert heading(page) == "You cancelled the order."
    assert "not put back" not in words_of(page)


def test_cancelling_twice_brings_the_basket_back_once(shop: Shop, browser: TestApp) -> None:
    order, _ = shop.started("dummy")
    form = cancel_forms(browser.get(f"/orders/{order.key}/cancel"))[0]
    form.submit()
    answer = form.submit(expect_errors=True)
    assert (answer.status_int, heading(answer)) == (409, "You cancelled the order.")
    basket_id = basket_of(shop, browser)
    assert basket_id is not None
    assert [line.quantity for line in shop.use_cases.reads.basket(basket_id).lines] == [1]


@pytest.mark.parametrize("outcome", ["paid", "authorized"])
def test_a_paid_or_approved_order_is_not_cancelled_but_shown(
    shop: Shop, browser: TestApp, outcome: str
) -> None:
    order, payment = shop.started("dummy")
    form = cancel_forms(browser.get(f"/orders/{order.key}/cancel"))[0]
    tell(shop, payment, outcome)
    answer = form.submit(expect_errors=True)
    assert answer.status_int == 409
    expected = {"paid": "This order is already paid.", "authorized": "Your payment is approved."}
    assert heading(answer) == expected[outcome]
    assert shop.again(order)[0].status is not OrderStatus.STOPPED
    assert basket_of(shop, browser) is None


def test_the_page_of_a_paid_order_has_no_cancel_button(shop: Shop, browser: TestApp) -> None:
    order, payment = shop.started("dummy")
    tell(shop, payment, "paid")
    page = browser.get(f"/orders/{order.key}/cancel")
    assert not cancel_forms(page)
    assert heading(page) == "Paid. Thank you."
    promised, _ = shop.started("cash_on_delivery")
    assert not cancel_forms(browser.get(f"/orders/{promised.key}/cancel"))


def test_a_payment_that_arrives_while_cancelling_wins(shop: Shop, browser: TestApp) -> None:
    """The money comes between the press and the commit: the commit is decided again."""
    order, payment = shop.started("dummy")
    form = cancel_forms(browser.get(f"/orders/{order.key}/cancel"))[0]
    tell(shop, payment, "paid")
    reached: list[str] = []
    with arm(reached.append, environment="test"):
        answer = form.submit(expect_errors=True)
    assert answer.status_int == 409
    assert "cancel.before_commit" not in reached
    assert shop.again(order)[0].is_paid


def test_while_money_is_collected_nothing_can_be_cancelled(shop: Shop, browser: TestApp) -> None:
    order, payment = shop.started("dummy")
    tell(shop, payment, "authorized")
    form_page: list[TestResponse] = []

    def look(point: str) -> None:
        if point == "capture.before_gateway_call":
            form_page.append(shop.browser().get(f"/orders/{order.key}/cancel"))

    with arm(look, environment="test"), suppress(GatewayRejected):
        shop.use_cases.capture_payment.execute(payment.id, by="Anna", reason="ships today")
    assert heading(form_page[0]) == "This cannot be cancelled for a moment."
    assert not cancel_forms(form_page[0])


def test_cancelling_needs_the_form_token_and_a_post(shop: Shop, browser: TestApp) -> None:
    order, _ = shop.started("dummy")
    assert browser.post(f"/orders/{order.key}/cancel", {}, expect_errors=True).status_int == 400
    for method in ("PUT", "DELETE"):
        answer = browser.request(f"/orders/{order.key}/cancel", method=method, expect_errors=True)
        assert answer.status_int == 405
    assert shop.again(order)[0].status is OrderStatus.PENDING


def test_another_method_can_still_be_chosen_before_giving_up(shop: Shop, browser: TestApp) -> None:
    order, _ = shop.started("dummy")
    send(shop, order, "bank_transfer")
    page = browser.get(f"/orders/{order.key}/cancel")
    assert heading(page) == "Cancel this order?"
    assert heading(page.click("Continue paying")) == "Waiting for your transfer."
