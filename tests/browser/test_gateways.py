"""Gateways of three temperaments, and a card on a page of ours, walked by a shopper in every look."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.conftest import DemoShop, Look
from tests.browser.inspector import LOOKS, Inspector
from tests.browser.shopper import Shopper
from tests.browser.test_keyboard import Keyboard

pytestmark = pytest.mark.browser
Open = Callable[[Look], Page]
EVERY_LOOK = pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look.width}-{look.theme}")
GOOD, REFUSED = "4111 1111 1111 1111", "5105105105105100"


@contextmanager
def turned(demo: DemoShop, code: str, **knobs: object) -> Iterator[None]:
    """The other side of a gateway with some of its knobs turned, and turned back."""
    address = f"{demo.sandbox}/{code}/_settings"
    before = requests.get(address, timeout=10).json()
    requests.post(address, json=knobs, timeout=10).raise_for_status()
    try:
        yield
    finally:
        requests.post(address, json={name: before[name] for name in knobs}, timeout=10).raise_for_status()


def said(page: Page) -> str:
    """The words of the page, spaces folded."""
    return re.sub(r"[\s\u00a0]+", " ", page.inner_text("main"))


@EVERY_LOOK
def test_instalments_are_chosen_checked_and_paid(demo: DemoShop, open_page: Open, look: Look) -> None:
    page = open_page(look)
    shopper, eyes = Shopper(demo, page, "UAH"), Inspector(page, look)
    shopper.reach_payment()
    shopper.choose_method("PrivatBank PayParts", "3 payments")
    eyes.inspect("payparts-payment")
    page.get_by_role("button", name="Continue").click()
    plan = "3 payments: UAH 223.00, then 2 × UAH 223.00 monthly = UAH 669.00, no extra cost"
    assert plan in said(page)
    eyes.inspect("payparts-review")
    shopper.check_and_pay()
    shopper.at_gateway()
    expect(page.locator("main")).to_contain_text("3 payments, PP")
    shopper.press("Pay")
    shopper.expect_heading("Paid. Thank you.")
    assert plan in said(page)
    eyes.inspect("payparts-receipt")


@EVERY_LOOK
def test_a_payment_that_our_answer_decides_has_its_whole_receipt(
    demo: DemoShop, open_page: Open, look: Look
) -> None:
    page = open_page(look)
    shopper, eyes = Shopper(demo, page, "CLP"), Inspector(page, look)
    with turned(demo, "webpay", payment_type="SI", instalments=3):
        shopper.reach_payment()
        eyes.inspect("webpay-payment")
        shopper.choose_method("Webpay Plus")
        page.get_by_role("button", name="Continue").click()
        assert "Your bank offers instalments on the next page." in said(page)
        eyes.inspect("webpay-review")
        shopper.check_and_pay()
        shopper.at_gateway()
        shopper.press("Pay")
        shopper.expect_heading("Paid. Thank you.")
    words = said(page)
    assert "Card ending in 6623" in words
    assert "Kind of payment Credit card, instalments without interest" in words
    assert "Instalments 3 × CLP 8,660" in words
    assert re.search(r"Authorisation code \d{6}\b", words)
    eyes.inspect("webpay-receipt")


@EVERY_LOOK
def test_a_payment_is_refused_and_then_collected_from_another_gateway(
    demo: DemoShop, open_page: Open, look: Look
) -> None:
    page = open_page(look)
    shopper, eyes = Shopper(demo, page, "EUR"), Inspector(page, look)
    shopper.reach_payment()
    eyes.inspect("paypal-payment")
    shopper.choose_method("PayPal")
    page.get_by_role("button", name="Continue").click()
    shopper.check_and_pay()
    shopper.at_gateway()
    shopper.press("Cancel")
    shopper.expect_heading("The payment was not completed.")
    eyes.inspect("paypal-given-up")
    shopper.pay_again("PayPal")
    shopper.at_gateway()
    shopper.press("Pay")
    shopper.expect_heading("Paid. Thank you.")
    assert "Time of payment" in said(page)
    eyes.inspect("paypal-receipt")


def type_card(keys: Keyboard, number: str) -> None:
    """Fill in the card's fields in their order and press Enter."""
    keys.type_into("#card-holder", "Ann Nowak")
    for field, text in (("number", number), ("month", "12"), ("year", "31"), ("cvc", "123")):
        keys.type_into(f"#card-{field}", text)
    keys.page.keyboard.press("Enter")


@EVERY_LOOK
def test_a_card_is_refused_with_its_reason_and_another_one_pays(
    demo: DemoShop, open_page: Open, look: Look
) -> None:
    page = open_page(look)
    shopper, eyes, keys = Shopper(demo, page, "EUR"), Inspector(page, look), Keyboard(page)
    with turned(demo, "paymill", decline_code=40103):
        shopper.order("PAYMILL")
        shopper.expect_heading("Pay by card")
        eyes.inspect("card")
        keys.press_on("main button:has-text('Pay')")
        expect(page.get_by_role("alert")).to_contain_text("The card was not accepted.")
        expect(page.locator(":focus")).to_have_id("card-number")
        eyes.inspect("card-refused")
        page.reload()
        type_card(keys, REFUSED)
        shopper.expect_heading("The payment was declined.")
        assert "The amount is above the limit of the card or account. Nothing was charged." in said(page)
        eyes.inspect("card-declined")
    shopper.pay_again("PAYMILL")
    type_card(keys, GOOD)
    shopper.expect_heading("Paid. Thank you.")
    assert "Card ending in 1111" in said(page)
    eyes.inspect("card-receipt")


def test_a_card_page_without_its_script_says_what_to_do(demo: DemoShop, open_page: Open) -> None:
    page = open_page(Look())
    page.route("**/bridge.js", lambda route: route.abort())
    shopper = Shopper(demo, page, "EUR")
    shopper.order("PAYMILL")
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_role("alert")).to_have_text("PAYMILL is not answering.")
    bare = open_page(Look(scripts=False))
    bare.context.add_cookies(page.context.cookies())
    bare.goto(page.url)
    expect(bare.locator("noscript .notice")).to_be_visible()
    bare.get_by_role("link", name="Choose another method").click()
    expect(bare.get_by_role("button", name="Pay").first).to_be_visible()
