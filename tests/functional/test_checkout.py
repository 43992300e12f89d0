from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from webtest import TestApp

from domain.basket import DeliveryOption
from domain.money import Money
from domain.order import OrderStatus
from domain.payment import PaymentStatus
from tests.functional.shopper import (
    DETAILS,
    control,
    details,
    error_beside,
    fill,
    focused,
    form_with,
    orders_of,
    pay,
    payments_of,
    put,
    to_payment,
    to_review,
    twin,
)
from tests.functional.world import Shop, a_shop, blocks, heading, in_parallel, row_counts, title, words_of

STEPS = ("details", "delivery", "payment", "review")


def change(shop: Shop, sku: str, **what: Any) -> None:
    product = shop.use_cases.catalogue.find(sku)
    assert product is not None
    shop.database.catalogue.save_product(replace(product, **what))


# -- the whole way


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


# -- the way is kept


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


# -- details


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("email", "", "Enter your e-mail address"),
        ("email", "ada", "Enter an e-mail address like name@example.com"),
        ("email", "ada@localhost@x.com", "Enter an e-mail address like name@example.com"),
        ("email", "a" * 300 + "@example.com", "Enter an e-mail address like name@example.com"),
        ("name", " ", "Enter a name"),
        ("name", "x" * 101, "Use at most 100 characters"),
        ("delivery-street", "", "Enter the street and number"),
        ("delivery-street", "x" * 101, "Use at most 100 characters"),
        ("delivery-postcode", "", "Enter a postcode like 00-950"),
        ("delivery-postcode", "1234", "Enter a postcode like 00-950"),
        ("delivery-city", "", "Enter the town or city"),
    ],
)
def test_each_fault_has_its_own_words_beside_its_field_and_the_focus(
    browser: TestApp, field: str, typed: str, sentence: str
) -> None:
    put(browser, "MUG-BLUE")
    page = details(browser.get("/checkout").follow(), **{field: typed})
    assert page.status_int == 400
    assert error_beside(page, field) == sentence
    assert focused(page) == [field]
    assert title(page).startswith("Error: Step 1 of 4")
    for name, value in DETAILS.items():
        if name not in (field, "country"):
            assert form_with(page, "email")[name].value == value


def test_several_faults_leave_the_focus_to_the_summary_which_links_each(browser: TestApp) -> None:
    put(browser, "MUG-BLUE")
    page = details(browser.get("/checkout").follow(), email="", delivery__city="")
    assert focused(page) == ["summary"]
    assert 'href="#email"' in page.text
    assert 'href="#delivery-city"' in page.text


def test_another_billing_address_has_fields_and_faults_of_its_own(shop: Shop, browser: TestApp) -> None:
    put(browser, "MUG-BLUE")
    form = form_with(browser.get("/checkout").follow(), "email")
    form["same"] = False
    page = details(form.submit(expect_errors=True))
    assert error_beside(page, "billing-name") == "Enter a name"
    assert error_beside(page, "billing-street") == "Enter the street and number"
    page = fill(
        page,
        billing__name="Firma SA",
        billing__street="Prosta 1",
        billing__postcode="30-001",
        billing__city="Kraków",
    )
    page = page.submit().follow()
    assert "Bill to Firma SA Prosta 1 30-001 Kraków" in words_of(page)
    fill(page, delivery="courier").submit()
    pay(fill(browser.get("/checkout/payment"), account="payu").submit().follow())
    [order] = orders_of(shop)
    assert order.billing_address.name == "Firma SA"
    assert order.delivery_address.name == "Ada Nowak"


def test_update_fields_shows_those_of_the_country_and_keeps_what_was_typed(browser: TestApp) -> None:
    put(browser, "MUG-BLUE")
    form = fill(
        browser.get("/checkout").follow(), country="BR", email="half", name="Ana", delivery__street="Rua 1"
    )
    page = form.submit("update", value="delivery-fields")
    assert page.status_int == 200
    shown = form_with(page, "email")
    assert shown["email"].value == "half"
    assert shown["delivery-street"].value == "Rua 1"
    assert "CEP" in words_of(page)
    assert len(shown["delivery-region"].options) == 28
    shown["delivery-district"] = "Centro"
    shown["country"] = "DE"
    back = shown.submit("update", value="delivery-fields")
    assert form_with(back, "email")["delivery-district"].value == "Centro"
    assert "delivery-region" not in form_with(back, "email").fields


def test_a_doubtful_postcode_warns_once_and_is_kept_when_sent_again(browser: TestApp) -> None:
    put(browser, "MUG-BLUE")
    page = fill(browser.get("/checkout").follow(), country="US").submit("update", value="delivery-fields")
    typed = {
        "email": "ada@example.com", "name": "Ada", "delivery-street": "1 Infinite Loop",
        "delivery-city": "Cupertino", "delivery-region": "NY", "delivery-postcode": "95014",
    }  # fmt: skip
    form = form_with(page, "email")
    for name, value in typed.items():
        form[name] = value
    warned = form.submit(expect_errors=True)
    assert "another region" in error_beside(warned, "delivery-postcode")
    assert form_with(warned, "email").submit().follow().request.path == "/checkout/delivery"


def test_names_in_every_script_are_taken_as_they_are(shop: Shop, browser: TestApp) -> None:
    put(browser, "MUG-BLUE")
    name = "Їжак  Ґалаґан \u202etest Ωmega"
    page = details(browser.get("/checkout").follow(), name=name)
    assert page.request.path == "/checkout/delivery"


# -- pressing the button


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
