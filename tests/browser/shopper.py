"""What a shopper does, said once: every walk is made of these."""

from __future__ import annotations

import re
from collections.abc import Mapping

from playwright.sync_api import Page, expect

from tests.browser.conftest import DemoShop

HOMES: Mapping[str, Mapping[str, str]] = {
    "PLN": {"address-line1": "Prosta 1", "postal-code": "00 950", "address-level2": "Warszawa"},
    "EUR": {"address-line1": "Lindenweg 7", "postal-code": "10115", "address-level2": "Berlin"},
    "UAH": {"address-line1": "Хрещатик 1", "postal-code": "01001", "address-level2": "Київ"},
    "CLP": {
        "address-line1": "Alameda 100",
        "address-level1": "Metropolitana de Santiago",
        "address-level2": "Santiago",
    },
}
"""What a shopper types of an address, by the currency of the region, under the names browsers fill in."""


class Shopper:
    """Somebody with a browser, a name and an address where the currency is at home."""

    def __init__(self, demo: DemoShop, page: Page, currency: str = "PLN") -> None:
        self.demo, self.page, self.currency = demo, page, currency

    def fill_basket(self, product: str = "Blue mug") -> None:
        self.page.goto(self.demo.url)
        if self.currency != "PLN":
            self.page.locator("select[name=currency]").select_option(self.currency)
            self.page.get_by_role("button", name="Show").click()
        card = self.page.locator("article, li").filter(has=self.page.get_by_role("heading", name=product))
        card.get_by_role("button", name="Add to basket").first.click()

    def enter_details(self) -> None:
        self.page.goto(f"{self.demo.url}/checkout/details")
        self.page.get_by_label("E-mail").fill("ann@example.com")
        self.page.locator('[autocomplete="shipping name"]').fill("Ann Nowak")
        for name, value in HOMES[self.currency].items():
            field = self.page.locator(f'[autocomplete="shipping {name}"]')
            if field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(label=value)
            else:
                field.fill(value)
        self._continue()

    def choose_delivery(self) -> None:
        expect(self.page).to_have_url(re.compile("/checkout/delivery"))
        offered = self.page.locator(".choice label")
        if offered.count():
            offered.first.click()
        self._continue()

    def reach_payment(self, product: str = "Blue mug") -> None:
        self.fill_basket(product)
        self.enter_details()
        self.choose_delivery()

    def choose_method(self, name: str, plan: str = "") -> None:
        """``plan``: the first words of the instalments that are chosen under the method."""
        self.page.locator(".choice > label", has_text=name).first.click()
        if plan:
            self.page.get_by_role("radio", name=plan).check()

    def check_and_pay(self) -> None:
        self.page.get_by_role("checkbox").first.check()
        self.page.locator("form button.button:not(.second)").first.click()

    def order(self, method: str, product: str = "Blue mug", plan: str = "") -> None:
        """From the shelf to the gateway, or to the order page for a promise."""
        self.reach_payment(product)
        self.choose_method(method, plan)
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
