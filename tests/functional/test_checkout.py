from __future__ import annotations

import re
from pathlib import Path

from webtest import TestApp

from domain.money import Money
from tests.functional.shopper import (
    change,
    control,
    details,
    fill,
    form_with,
    orders_of,
    pay,
    payments_of,
    put,
    to_payment,
    to_review,
)
from tests.functional.world import Shop, a_shop, blocks, heading, title, words_of


def test_a_guest_walks_from_the_shop_to_the_gateway(shop: Shop, browser: TestApp) -> None:
    review = to_review(browser, "MUG-BLUE", "TEA-GREEN")
    assert heading(review) == "Check and pay"
    assert "Pay 67,39" in words_of(review)
    sent = pay(review)
    assert sent.status_int == 303
    [order], [payment] = orders_of(shop), payments_of(shop)
    assert sent.location.endswith(f"/orders/{order.key}/payments/{payment.id}/redirect")
    assert order.total == Money.of(6739, "PLN")
    assert order.buyer.email == "ada@example.com"
    assert order.delivery_address == order.billing_address
    assert order.delivery_address.postcode == "00-120"
    assert order.customer_id is None
    assert payment.account == "payu"
    assert "Taking you to PayU" in words_of(sent.follow())
    assert "Your basket is empty" in words_of(browser.get("/basket"))


def test_an_offline_method_says_that_ordering_obliges_and_leads_to_the_order_page(
    shop: Shop, browser: TestApp
) -> None:
    review = to_review(browser, account="bank_transfer")
    assert "Order with obligation to pay 54,89" in words_of(review)
    sent = pay(review)
    assert sent.location.endswith(f"/orders/{orders_of(shop)[0].key}")


def test_each_step_says_where_it_is_and_what_is_settled(browser: TestApp) -> None:
    put(browser, "MUG-BLUE")
    page = browser.get("/checkout").follow()
    assert title(page) == "Step 1 of 4: Details - Shop"
    page = details(page)
    assert title(page) == "Step 2 of 4: Delivery - Shop"
    assert "Złota 44 00-120 Warszawa Poland" in words_of(page)
    page = fill(page, delivery="pickup").submit().follow()
    assert title(page) == "Step 3 of 4: Payment - Shop"
    assert re.search(r'<li aria-current="step"><span>Payment', page.text)
    page = fill(page, account="dummy").submit().follow()
    assert title(page) == "Step 4 of 4: Review - Shop"
    assert "Change delivery address" in words_of(page)


def test_the_total_is_in_view_at_every_step_and_says_when_delivery_is_still_missing(browser: TestApp) -> None:
    put(browser, "MUG-BLUE")
    page = browser.get("/checkout").follow()
    assert "Total so far PLN 49.90 Delivery is added when you choose it." in words_of(page)
    page = fill(details(page), delivery="courier").submit().follow()
    assert "Total 54,89 PLN" in words_of(page)
    assert "Total so far" not in words_of(page)


def test_a_change_from_the_review_comes_back_to_the_review(browser: TestApp) -> None:
    review = to_review(browser)
    page = review.click("Change.*e-mail")
    assert page.request.path == "/checkout/details"
    assert 'value="ada@example.com"' in control(page, "email")
    after = fill(page, email="other@example.com").submit().follow()
    assert after.request.path == "/checkout/review"
    assert "other@example.com" in words_of(after)


def test_the_last_choice_is_checked_when_a_step_is_opened_again(browser: TestApp) -> None:
    to_review(browser, delivery="pickup", account="dummy")
    assert form_with(browser.get("/checkout/delivery"), "delivery")["delivery"].value == "pickup"
    assert form_with(browser.get("/checkout/payment"), "account")["account"].value == "dummy"


def test_nothing_is_chosen_beforehand(browser: TestApp) -> None:
    put(browser, "MUG-BLUE")
    page = details(browser.get("/checkout").follow())
    assert form_with(page, "delivery")["delivery"].value is None
    page = fill(page, delivery="courier").submit().follow()
    assert form_with(page, "account")["account"].value is None


def test_another_content_asks_again_how_it_is_delivered_and_paid(browser: TestApp) -> None:
    to_review(browser)
    put(browser, "TEA-GREEN")
    assert browser.get("/checkout").follow().request.path == "/checkout/delivery"


def test_goods_without_delivery_skip_its_step_and_the_postal_address(shop: Shop, browser: TestApp) -> None:
    put(browser, "GIFT")
    page = browser.get("/checkout").follow()
    assert title(page) == "Step 1 of 3: Details - Shop"
    assert "delivery-street" not in form_with(page, "email").fields
    page = fill(page, email="ada@example.com", name="Ada Nowak", country="PL").submit().follow()
    assert title(page) == "Step 2 of 3: Payment - Shop"
    pay(fill(page, account="payu").submit().follow())
    [order] = orders_of(shop)
    assert order.delivery_address is None
    assert order.billing_address.country == "PL"
    assert browser.get("/checkout/delivery").follow().request.path == "/basket"


def test_a_single_method_is_shown_as_text(database_path: Path, sandbox: str) -> None:
    def blocks_of(url: str) -> dict[str, dict[str, object]]:
        return {"payu": blocks(url)["payu"]}

    with a_shop(f"sqlite:///{database_path}", sandbox, blocks_of=blocks_of) as shop:
        page = to_payment(shop.browser())
        assert 'type="radio"' not in page.text
        assert "PayU" in words_of(page)
        assert form_with(page, "account").submit().follow().request.path == "/checkout/review"


def test_an_order_that_no_method_takes_says_so_and_whom_to_ask(database_path: Path, sandbox: str) -> None:
    def blocks_of(url: str) -> dict[str, dict[str, object]]:
        return {"payu": blocks(url)["payu"]}

    offered = ("PLN", "KWD")
    with a_shop(f"sqlite:///{database_path}", sandbox, blocks_of=blocks_of, currencies=offered) as shop:
        browser = shop.browser()
        change(shop, "TEA-GREEN", prices={"KWD": Money.of(1250, "KWD")})
        fill(browser.get("/"), currency="KWD").submit()
        page = to_payment(browser, "TEA-GREEN")
        assert page.request.path == "/checkout/payment"
        assert "No way to pay fits this order" in words_of(page)
        assert "Write to help@shop.example" in words_of(page)
        assert browser.get("/checkout/review").location.endswith("/checkout/payment")
