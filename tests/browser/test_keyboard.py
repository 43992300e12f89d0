"""A whole purchase with nothing but the keyboard, scripts off; focus is never lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DemoShop, Look
from tests.browser.shopper import Shopper

pytestmark = pytest.mark.browser
LONGEST_WAY = 80
RING = """e => [e, e.closest('.choice')].filter(one => one).map(one => getComputedStyle(one)).some(
    style => style.outlineStyle === 'solid' && style.outlineWidth === '3px')"""


class Keyboard:
    """Walks by Tab to the control with the wanted name, and acts there."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def go_to(self, selector: str) -> None:
        """Tab until an element that matches ``selector`` has the focus, visibly."""
        for _ in range(LONGEST_WAY):
            self.page.keyboard.press("Tab")
            focused = self.page.locator(":focus")
            if focused.and_(self.page.locator(selector)).count():
                assert focused.evaluate(RING), f"the focus on {selector} cannot be seen"
                return
        raise AssertionError(f"Tab never reached {selector} on {self.page.url}")

    def type_into(self, selector: str, text: str) -> None:
        self.go_to(selector)
        self.page.keyboard.type(text)

    def press_on(self, selector: str, key: str = "Enter") -> None:
        self.go_to(selector)
        self.page.keyboard.press(key)
        self.page.wait_for_load_state()


def test_a_basket_is_paid_with_the_keyboard_alone(demo: DemoShop, open_page: Callable[[Look], Page]) -> None:
    page = open_page(Look(scripts=False))
    keys = Keyboard(page)
    page.goto(demo.url)
    keys.press_on("main button:has-text('Add to basket')")
    keys.press_on("header a[href='/basket']")
    keys.press_on("main a[href^='/checkout'], main button:has-text('Checkout')")
    keys.type_into("[autocomplete='email']", "ann@example.com")
    keys.type_into("[autocomplete='shipping name']", "Ann Nowak")
    keys.type_into("[autocomplete='shipping address-line1']", "Prosta 1")
    keys.type_into("[autocomplete='shipping postal-code']", "00-950")
    keys.type_into("[autocomplete='shipping address-level2']", "Warszawa")
    keys.press_on("main button:has-text('Continue')")
    keys.press_on("input[type=radio]", "Space")
    keys.press_on("main button:has-text('Continue')")
    keys.press_on("input[type=radio]", "Space")
    keys.press_on("main button:has-text('Continue')")
    keys.press_on("input[type=checkbox]", "Space")
    keys.press_on("main button.button:has-text('Pay')")
    page.wait_for_url(f"{demo.sandbox}/**")
    keys.press_on("button:has-text('Pay')")
    Shopper(demo, page).expect_heading("Paid. Thank you.")


def test_an_error_takes_the_focus_and_keeps_what_was_typed(
    demo: DemoShop, open_page: Callable[[Look], Page]
) -> None:
    page = open_page(Look(scripts=False))
    shopper = Shopper(demo, page)
    shopper.fill_basket()
    page.goto(f"{demo.url}/checkout/details")
    page.get_by_label("E-mail").fill("not an address")
    page.locator('[autocomplete="shipping name"]').fill("Ann Nowak")
    page.get_by_role("button", name="Continue").click()
    assert page.title().startswith("Error: ")
    expect(page.locator(":focus")).to_have_id("summary")
    expect(page.locator('[autocomplete="shipping name"]')).to_have_value("Ann Nowak")
    described = page.get_by_label("E-mail").get_attribute("aria-describedby") or ""
    assert "Error:" in page.locator(f"#{described.split()[-1]}").inner_text()
