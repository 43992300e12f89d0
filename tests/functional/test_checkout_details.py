from __future__ import annotations

import pytest
from webtest import TestApp

from tests.functional.shopper import (
    DETAILS,
    details,
    error_beside,
    fill,
    focused,
    form_with,
    orders_of,
    pay,
    put,
)
from tests.functional.world import Shop, title, words_of


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
