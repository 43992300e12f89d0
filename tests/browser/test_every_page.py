"""Each page in each look: no accessibility finding, no sideways scroll, nothing the policy blocks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import DemoShop, Look
from tests.browser.inspector import LOOKS, Inspector
from tests.browser.shopper import Shopper

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look.width}-{look.theme}")
def test_every_page_of_a_purchase_can_be_used_by_everybody(
    demo: DemoShop, open_page: Callable[[Look], Page], look: Look
) -> None:
    page = open_page(look)
    shopper, eyes = Shopper(demo, page), Inspector(page, look)
    page.goto(f"{demo.url}/basket")
    eyes.inspect("basket-empty")
    shopper.fill_basket()
    page.goto(demo.url)
    eyes.inspect("shop")
    page.goto(f"{demo.url}/basket")
    eyes.inspect("basket")
    page.goto(f"{demo.url}/checkout/details")
    eyes.inspect("details")
    page.get_by_role("button", name="Continue").click()
    eyes.inspect("details-errors", refused=True)
    shopper.enter_details()
    eyes.inspect("delivery")
    shopper.choose_delivery()
    eyes.inspect("payment")
    shopper.choose_method("PayU")
    page.get_by_role("button", name="Continue").click()
    eyes.inspect("review")
    shopper.check_and_pay()
    shopper.at_gateway()
    shopper.press("Pay later")
    shopper.expect_heading("confirming your payment")
    eyes.inspect("waiting")
    page.goto(page.url.split("?")[0] + "/cancel")
    eyes.inspect("cancel")
    page.locator("main form button").first.click()
    eyes.inspect("cancelled")
    shopper.order("PayU", "Green tea")
    shopper.at_gateway()
    shopper.press("Decline")
    eyes.inspect("unpaid")
    shopper.pay_again("PayU")
    shopper.at_gateway()
    shopper.press("Pay")
    eyes.inspect("paid")
    shopper.order("Bank transfer", "Dotted notebook")
    eyes.inspect("transfer")
    for path in ("terms", "account/sign-in", "account/register"):
        page.goto(f"{demo.url}/{path}")
        eyes.inspect(path.replace("/", "-"))
    page.goto(f"{demo.url}/orders/nobody-has-this-key")
    eyes.inspect("not-found", refused=True)


@pytest.mark.parametrize("look", [*LOOKS, Look(820)], ids=lambda look: f"{look.width}-{look.theme}")
def test_every_page_of_the_back_office_can_be_used_by_everybody(
    demo: DemoShop, open_page: Callable[[Look], Page], look: Look
) -> None:
    page = open_page(look)
    eyes = Inspector(page, look)
    page.goto(f"{demo.url}/admin/")
    page.get_by_label("E-mail").fill(demo.admin[0])
    page.get_by_label("Password", exact=True).fill(demo.admin[1])
    page.get_by_role("button", name="Sign in").click()
    for path in ("", "orders", "payments", "callbacks", "reviews", "styleguide"):
        page.goto(f"{demo.url}/admin/{path}")
        eyes.inspect(f"admin-{path or 'home'}")
    page.goto(f"{demo.url}/admin/orders")
    links = page.locator("main table a[href*='/admin/orders/']")
    if links.count():
        links.first.click()
        eyes.inspect("admin-order")
