"""The first sale, walked in a real browser as its page tells it.

With PICTURES=docs/images the pictures of the page and of the README are made anew.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DemoShop, Look
from tests.browser.shopper import Shopper
from tests.docs import pages

pytestmark = pytest.mark.browser
PICTURES = os.environ.get("PICTURES")
FOLDER = pages.ROOT / PICTURES if PICTURES else None
TUTORIAL = pages.read("docs/tutorial/first-sale.md")
Open = Callable[[Look], Page]


def picture(shopper: Shopper, name: str, width: int = 820, height: int = 540) -> None:
    """What the page shows at this moment; only when pictures are asked for."""
    assert f"../images/{name}.png" in TUTORIAL
    if FOLDER is not None:
        shopper.page.wait_for_load_state()
        shopper.page.set_viewport_size({"width": width, "height": height})
        shopper.page.evaluate("window.scrollTo(0, 0)")
        shopper.page.screenshot(path=Path(FOLDER) / f"{name}.png")


def told(words: str, mark: str = "*") -> str:
    """Words that the page promises its reader to see."""
    assert f"{mark}{words}{mark}" in TUTORIAL
    return words


def payments_of(demo: DemoShop, shopper: Shopper) -> list[dict[str, object]]:
    shown = json.loads(demo.callbank("orders", "show", shopper.reference(), "--json"))
    found: list[dict[str, object]] = shown["payments"]
    return found


def test_a_sale_is_paid(demo: DemoShop, open_page: Open) -> None:
    shopper = Shopper(demo, open_page(Look(width=820)))
    shopper.page.goto(demo.url)
    picture(shopper, "shop", 1000, 780)
    shopper.fill_basket()
    shopper.enter_details()
    shopper.choose_delivery()
    shopper.choose_method("PayU")
    shopper.page.get_by_role("button", name="Continue").click()
    expect(shopper.page).to_have_title(re.compile("Review"))
    picture(shopper, "review")
    shopper.check_and_pay()
    shopper.at_gateway()
    picture(shopper, "gateway")
    shopper.press("Pay")
    shopper.expect_heading("Paid. Thank you.")
    picture(shopper, "paid")
    assert [one["status"] for one in payments_of(demo, shopper)] == ["paid"]


def test_a_declined_sale_is_paid_another_way(demo: DemoShop, open_page: Open) -> None:
    shopper = Shopper(demo, open_page(Look(width=820)))
    shopper.order("PayU")
    shopper.at_gateway()
    shopper.press("Decline")
    shopper.expect_heading("payment was")
    picture(shopper, "declined")
    shopper.pay_again("Test gateway")
    shopper.at_gateway()
    shopper.press("Pay")
    shopper.expect_heading("Paid. Thank you.")
    first, second = (one["status"] for one in payments_of(demo, shopper))
    assert first in ("failed", "cancelled")
    assert second == "paid"


def test_a_cancelled_sale_and_a_bank_transfer(demo: DemoShop, open_page: Open) -> None:
    shopper = Shopper(demo, open_page(Look(width=820)))
    shopper.order("Test gateway")
    shopper.at_gateway()
    shopper.press("Cancel")
    expect(shopper.page.locator("main")).to_contain_text("stays open")
    shopper.page.get_by_role("link", name="Cancel the order").click()
    shopper.expect_heading(told("Cancel this order?"))
    picture(shopper, "cancel")
    shopper.page.get_by_role("button", name=told("Cancel the order", mark="**")).click()
    shopper.expect_heading(told("You cancelled the order."))
    shopper.page.goto(f"{demo.url}/basket")
    expect(shopper.page.locator("main")).to_contain_text("Blue mug")

    shopper.enter_details()
    shopper.choose_delivery()
    shopper.choose_method("Bank transfer")
    shopper.page.get_by_role("button", name="Continue").click()
    shopper.check_and_pay()
    shopper.expect_heading("Waiting for your transfer")
    picture(shopper, "transfer", height=700)
    [payment] = payments_of(demo, shopper)
    [typed] = re.findall(r"\$ callbank (payments confirm .*)", TUTORIAL)
    assert '--amount 64.89 --receipt "statement 12, line 3"' in typed
    said = ("--amount", "64.89", "--receipt", "statement 12, line 3", "--by", "Ewa", "--reason", "seen")
    for _ in range(2):
        demo.callbank("payments", "confirm", str(payment["id"]), *said)
    shopper.page.reload()
    shopper.expect_heading("Paid. Thank you.")
    assert payments_of(demo, shopper)[0]["captured"] == {"amount": "64.89", "minor": 6489, "currency": "PLN"}
    assert "every invariant holds" in demo.callbank("check")


def test_the_back_office_tells_the_story_of_an_order(demo: DemoShop, open_page: Open) -> None:
    shopper = Shopper(demo, open_page(Look(width=1000)))
    shopper.order("PayU")
    shopper.at_gateway()
    shopper.press("Pay")
    shopper.expect_heading("Paid. Thank you.")
    reference = shopper.reference()
    shopper.page.goto(f"{demo.url}/admin/")
    shopper.page.get_by_label("E-mail").fill(demo.admin[0])
    shopper.page.get_by_label("Password").fill(demo.admin[1])
    shopper.page.locator("main form button").first.click()
    shopper.page.goto(f"{demo.url}/admin/orders?q={reference}")
    if shopper.page.get_by_role("link", name=reference).count():
        shopper.page.get_by_role("link", name=reference).first.click()
    expect(shopper.page.locator("main")).to_contain_text(reference)
    picture(shopper, "back-office", 1280, 760)
