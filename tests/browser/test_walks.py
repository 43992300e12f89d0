"""From the shelf to a paid order in a real browser, with scripts and without."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DemoShop, Look
from tests.browser.shopper import Shopper

pytestmark = pytest.mark.browser
Open = Callable[[Look], Page]
BOTH = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])


@BOTH
def test_a_basket_is_paid_through_payu(demo: DemoShop, open_page: Open, scripts: bool) -> None:
    shopper = Shopper(demo, open_page(Look(scripts=scripts)))
    shopper.order("PayU")
    shopper.at_gateway()
    shopper.press("Pay")
    shopper.expect_heading("Paid. Thank you.")
    assert demo.order(shopper.reference())["order"]["payment_status"] == "paid"  # type: ignore[index]


@BOTH
def test_a_declined_payment_is_paid_again_with_another_method(
    demo: DemoShop, open_page: Open, scripts: bool
) -> None:
    shopper = Shopper(demo, open_page(Look(scripts=scripts, width=360)))
    shopper.order("PayU")
    shopper.at_gateway()
    shopper.press("Decline")
    shopper.expect_heading("payment was")
    shopper.pay_again("Test gateway")
    shopper.at_gateway()
    shopper.press("Pay")
    shopper.expect_heading("Paid. Thank you.")


@BOTH
def test_a_cancelled_order_brings_the_basket_back(demo: DemoShop, open_page: Open, scripts: bool) -> None:
    shopper = Shopper(demo, open_page(Look(scripts=scripts)))
    shopper.order("Test gateway")
    shopper.at_gateway()
    shopper.press("Cancel")
    shopper.page.get_by_role("link", name="Cancel the order").click()
    shopper.page.locator("main form button").first.click()
    shopper.page.goto(f"{demo.url}/basket")
    expect(shopper.page.locator("main")).to_contain_text("Blue mug")


@BOTH
def test_a_bank_transfer_is_paid_when_a_person_saw_the_money(
    demo: DemoShop, open_page: Open, scripts: bool
) -> None:
    shopper = Shopper(demo, open_page(Look(scripts=scripts)))
    shopper.order("Bank transfer")
    shopper.expect_heading("Waiting for your transfer")
    reference = shopper.reference()
    payment = json.loads(demo.callbank("orders", "show", reference, "--json"))["payments"][0]
    demo.callbank(
        *("payments", "confirm", payment["id"], "--amount", "64.89", "--receipt", f"line {reference}"),
        *("--by", "Ewa", "--reason", "seen on the statement"),
    )
    shopper.page.reload()
    shopper.expect_heading("Paid. Thank you.")
