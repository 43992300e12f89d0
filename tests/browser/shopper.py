"""What a shopper does, said once: every walk is made of these."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import DemoShop


class Shopper:
    """Somebody with a browser, a name and an address in Warsaw."""

    def __init__(self, demo: DemoShop, page: Page) -> None:
        self.demo, self.page = demo, page

    def fill_basket(self, product: str = "Blue mug") -> None:
        self.page.goto(self.demo.url)
        card = self.page.locator("article, li").filter(has=self.page.get_by_role("heading", name=product))
        card.get_by_role("button", name="Add to basket").first.click()

    def enter_details(self) -> None:
        self.page.goto(f"{self.demo.url}/checkout/details")
        self.page.get_by_label("E-mail").fill("ann@example.com")
        self.page.locator('[autocomplete="shipping name"]').fill("Ann Nowak")
        self.page.locator('[autocomplete="shipping address-line1"]').fill("Prosta 1")
        self.page.locator('[autocomplete="shipping postal-code"]').fill("00 950")
        self.page.locator('[autocomplete="shipping address-level2"]').fill("Warszawa")
        self._continue()

    def choose_delivery(self) -> None:
        self.page.locator(".choice label").first.click()
        self._continue()

    def choose_method(self, name: str) -> None:
        self.page.locator(".choice label", has_text=name).first.click()

    def check_and_pay(self) -> None:
        self.page.get_by_role("checkbox").first.check()
        self.page.locator("form button.button:not(.second)").first.click()

    def order(self, method: str, product: str = "Blue mug") -> None:
        """From the shelf to the gateway, or to the order page for a promise."""
        self.fill_basket(product)
        self.enter_details()
        self.choose_delivery()
        self.choose_method(method)
        self._continue()
        expect(self.page).to_have_title(re.compile("Review"))
        self.check_and_pay()

    def pay_again(self, method: str) -> None:
        self.choose_method(method)
        self.page.get_by_role("button", name=re.compile("^Pay")).first.click()

    def at_gateway(self) -> None:
        self.page.wait_for_url(f"{self.demo.sandbox}/**")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).first.click()

    def expect_heading(self, words: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(words)

    def reference(self) -> str:
        found = re.search(r"\b\d{12}\b", self.page.inner_text("main"))
        assert found, self.page.inner_text("main")
        return found[0]

    def _continue(self) -> None:
        self.page.get_by_role("button", name="Continue").click()
