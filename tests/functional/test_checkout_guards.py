from __future__ import annotations

from pathlib import Path

import pytest
from webtest import TestApp

from domain.basket import DeliveryOption
from domain.money import Money
from domain.order import OrderStatus
from tests.functional.shopper import (
    details,
    fill,
    form_with,
    orders_of,
    put,
    to_payment,
    to_review,
)
from tests.functional.world import Shop, row_counts, words_of

STEPS = ("details", "delivery", "payment", "review")


@pytest.mark.parametrize("step", STEPS)
def test_an_empty_basket_leads_back_to_the_basket_at_every_step(browser: TestApp, step: str) -> None:
    assert browser.get(f"/checkout/{step}").location.endswith("/basket")
    put(browser, "MUG-BLUE")
    form = form_with(browser.get("/checkout").follow(), "email")
    browser.get("/basket").forms["remove-1"].submit()
    answer = browser.post(f"/checkout/{step}", form.submit_fields())
    assert answer.location.endswith("/basket")


@pytest.mark.parametrize("step", STEPS[1:])
def test_a_skipped_step_leads_to_the_first_unfinished_one(shop: Shop, browser: TestApp, step: str) -> None:
    put(browser, "MUG-BLUE")
    assert browser.get(f"/checkout/{step}").location.endswith("/checkout/details")
    fields = [
        *form_with(browser.get("/checkout").follow(), "email").submit_fields(),
        ("terms", "1"),
        ("account", "payu"),
    ]
    assert browser.post(f"/checkout/{step}", fields).location.endswith("/checkout/details")
    assert orders_of(shop) == []


def test_a_step_that_does_not_exist_is_not_found(browser: TestApp) -> None:
    assert browser.get("/checkout/free", expect_errors=True).status_int == 404


def test_details_delivery_and_payment_only_change_the_basket(browser: TestApp, database_path: Path) -> None:
    put(browser, "MUG-BLUE")
    before = row_counts(database_path)
    page = fill(details(browser.get("/checkout").follow()), delivery="courier").submit().follow()
    fill(page, account="payu").submit().follow()
    assert row_counts(database_path) == before


def test_fields_for_what_only_the_server_knows_are_ignored(shop: Shop, browser: TestApp) -> None:
    review = to_review(browser)
    forged = [
        ("price", "1"), ("total", "0.01 PLN"), ("currency", "EUR"), ("status", "validated"), ("free", "1"),
        ("customer_id", "00000000-0000-0000-0000-000000000001"), ("account", "dummy"), ("paid_by", "me"),
    ]  # fmt: skip
    form = fill(review, terms=True)
    browser.post("/checkout/review", [*form.submit_fields(), *forged])
    [order] = orders_of(shop)
    assert order.total == Money.of(5489, "PLN")
    assert order.account == "payu"
    assert order.customer_id is None
    assert not order.is_paid
    assert order.status is OrderStatus.PENDING


@pytest.mark.parametrize("account", ["pass", "stripe", "", "PAYU", "payu' --", "nothing"])
def test_a_method_that_is_not_in_the_form_is_refused(browser: TestApp, account: str) -> None:
    form = form_with(to_payment(browser), "account")
    fields = [(name, value) for name, value in form.submit_fields() if name != "account"]
    page = browser.post("/checkout/payment", [*fields, ("account", account)], expect_errors=True)
    assert page.status_int == 400
    assert "Choose how you want to pay" in words_of(page)
    assert browser.get("/checkout/review").location.endswith("/checkout/payment")


def test_a_delivery_that_is_not_in_the_form_is_refused(browser: TestApp) -> None:
    put(browser, "MUG-BLUE")
    form = form_with(details(browser.get("/checkout").follow()), "delivery")
    page = browser.post(
        "/checkout/delivery", [*form.submit_fields(), ("delivery", "helicopter")], expect_errors=True
    )
    assert page.status_int == 400
    assert "Choose how you want to get it" in words_of(page)


def test_where_nothing_is_delivered_the_page_names_the_goods_and_both_ways_out(
    shop: Shop, browser: TestApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(*_: object) -> tuple[DeliveryOption, ...]:
        return ()

    monkeypatch.setattr("tests.functional.world.Couriers.options", nowhere)
    put(browser, "MUG-BLUE")
    page = details(browser.get("/checkout").follow())
    assert "We cannot bring these to Poland: Blue mug Remove Blue mug" in words_of(page)
    assert "Change the delivery address" in words_of(page)
