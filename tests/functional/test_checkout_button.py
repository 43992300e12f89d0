from __future__ import annotations

import pytest
from webtest import TestApp

from domain.money import Money
from domain.order import OrderStatus
from domain.payment import PaymentStatus
from tests.functional.shopper import (
    change,
    details,
    error_beside,
    fill,
    focused,
    form_with,
    orders_of,
    pay,
    payments_of,
    put,
    to_review,
    twin,
)
from tests.functional.world import Shop, heading, in_parallel, title, words_of


def test_without_the_terms_nothing_is_ordered_and_the_box_says_why(shop: Shop, browser: TestApp) -> None:
    page = form_with(to_review(browser), "terms").submit(expect_errors=True)
    assert page.status_int == 400
    assert error_beside(page, "terms") == "Accept the terms to order"
    assert focused(page) == ["terms"]
    assert orders_of(shop) == []
    assert pay(page).status_int == 303


def test_ten_presses_at_once_make_one_order_and_one_session(shop: Shop, browser: TestApp) -> None:
    fields = list(fill(to_review(browser), terms=True).submit_fields())
    tabs = [twin(shop, browser) for _ in range(10)]
    answers = in_parallel(
        10, lambda number: tabs[number].post("/checkout/review", fields, expect_errors=True)
    )
    assert {answer.status_int for answer in answers} == {303}
    assert len({answer.location for answer in answers}) == 1
    assert len(orders_of(shop)) == 1
    assert len(payments_of(shop)) == 1
    reference = payments_of(shop)[0].reference
    sessions = [one for one in shop.ledger()["sessions"] if reference in str(one)]
    assert len(sessions) == 1


def test_back_and_resend_lead_to_the_order_that_exists(shop: Shop, browser: TestApp) -> None:
    review = to_review(browser)
    first = pay(review)
    for _ in range(3):
        assert pay(review).location == first.location
    for _ in range(10):
        assert browser.get(first.location).status_int == 200
    assert len(orders_of(shop)) == 1
    assert len(payments_of(shop)) == 1


def test_two_tabs_with_two_gateways_make_one_order(shop: Shop, browser: TestApp) -> None:
    first = to_review(browser, account="payu")
    other = twin(shop, browser)
    second = fill(other.get("/checkout/payment"), account="dummy").submit().follow()
    stale = pay(first)
    assert stale.status_int == 409
    assert "This order was changed" in words_of(stale)
    assert orders_of(shop) == []
    answers = in_parallel(2, lambda number: pay((second, stale)[number]))
    assert {answer.status_int for answer in answers} == {303}
    assert len({answer.location for answer in answers}) == 1
    [order] = orders_of(shop)
    assert order.account == "dummy"


def test_a_total_that_changed_is_shown_with_the_old_one_and_ordered_only_on_a_new_press(
    shop: Shop, browser: TestApp
) -> None:
    review = to_review(browser)
    change(shop, "MUG-BLUE", prices={"PLN": Money.of(5990, "PLN")})
    page = pay(review)
    assert page.status_int == 409
    assert "It was 54,89 PLN, it is 64,89 PLN now." in words_of(page)
    assert "Pay 64,89 PLN" in words_of(page)
    assert orders_of(shop) == []
    assert pay(page).status_int == 303
    assert orders_of(shop)[0].total == Money.of(6489, "PLN")


@pytest.mark.parametrize(
    "seen", ["0.01 PLN", "", "nonsense", "1e9 PLN", "54.89 EUR", "<b>54.89</b> PLN", "9" * 400]
)
def test_a_forged_total_makes_no_order(shop: Shop, browser: TestApp, seen: str) -> None:
    form = fill(to_review(browser), terms=True)
    form["expected_total"].force_value(seen)
    page = form.submit(expect_errors=True)
    assert page.status_int == 409
    assert "<b>54.89" not in page.text
    assert orders_of(shop) == []


@pytest.mark.parametrize("version", ["", "0", "-1", "1e3", "9" * 5000, "\u0663", "\u00b2", "99999999999"])
def test_a_forged_version_makes_no_order(shop: Shop, browser: TestApp, version: str) -> None:
    form = fill(to_review(browser), terms=True)
    form["version"].force_value(version)
    assert form.submit(expect_errors=True).status_int == 409
    assert orders_of(shop) == []


def test_the_last_one_sold_to_somebody_else_is_named_and_nothing_is_ordered(
    shop: Shop, browser: TestApp
) -> None:
    review = to_review(browser, "LAMP", "MUG-BLUE")
    change(shop, "LAMP", available=0)
    page = pay(review)
    assert page.status_int == 409
    assert heading(page) == "Desk lamp is sold out"
    assert orders_of(shop) == []
    assert "Desk lamp" in words_of(page.click("Change the basket"))


def test_a_method_taken_off_the_shop_leads_back_to_the_choice(
    shop: Shop, browser: TestApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    review = to_review(browser)
    gateway = shop.use_cases.gateways.get("payu")
    monkeypatch.setattr(type(gateway), "offer", property(lambda self: False))
    answer = pay(review)
    assert answer.location.endswith("/checkout/payment")
    assert orders_of(shop) == []


def test_a_gateway_that_fails_never_loses_the_order(shop: Shop, browser: TestApp) -> None:
    review = to_review(browser, account="dummy")
    shop.arm("dummy", "status_5xx", times=9)
    answer = pay(review)
    [order] = orders_of(shop)
    assert answer.status_int == 303
    page = answer.follow(expect_errors=True)
    assert order.reference in words_of(page)
    assert order.is_payable
    assert payments_of(shop)[0].status in (PaymentStatus.UNKNOWN, PaymentStatus.FAILED)


def test_a_total_of_zero_skips_the_payment_and_is_settled_without_a_gateway(
    shop: Shop, browser: TestApp
) -> None:
    put(browser, "MUG-BLUE")
    fill(browser.get("/basket"), code="FREE").submit()
    page = details(browser.get("/checkout").follow())
    page = fill(page, delivery="pickup").submit().follow()
    assert title(page) == "Step 3 of 3: Review - Shop"
    assert "Place the order" in words_of(page)
    sessions = len(shop.ledger()["sessions"])
    answer = pay(page)
    [order] = orders_of(shop)
    assert order.is_paid
    assert order.status is OrderStatus.VALIDATED
    assert answer.location.endswith(f"/orders/{order.key}")
    assert len(payments_of(shop)) == 1
    assert len(shop.ledger()["sessions"]) == sessions
    assert pay(page).location == answer.location


def test_a_dear_delivery_brings_the_payment_step_back(browser: TestApp) -> None:
    put(browser, "MUG-BLUE")
    fill(browser.get("/basket"), code="FREE").submit()
    page = details(browser.get("/checkout").follow())
    assert fill(page, delivery="courier").submit().follow().request.path == "/checkout/payment"


def test_the_order_speaks_the_language_of_the_page(shop: Shop, browser: TestApp) -> None:
    to_review(browser)
    form_with(browser.get("/basket"), "language").submit("language", value="pl")
    page = browser.get("/checkout/review").maybe_follow()
    pay(page)
    assert orders_of(shop)[0].locale == "pl"


def test_the_second_order_of_a_browser_needs_no_details_again(browser: TestApp) -> None:
    pay(to_review(browser))
    put(browser, "TEA-GREEN")
    page = browser.get("/checkout").follow()
    assert page.request.path == "/checkout/delivery"
    assert "ada@example.com" in words_of(page)
