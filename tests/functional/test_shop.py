from __future__ import annotations

from dataclasses import replace

import pytest
from webtest import TestApp

from adapters.cli.demo_data import CURRENCIES, PRODUCTS, VOUCHERS, DemoDeliveries
from domain.basket import Basket
from domain.money import Currency
from tests.functional.shopper import fill, form_with, put
from tests.functional.world import Shop, a_shop, heading, title, words_of


def test_the_window_shows_what_is_on_sale_with_its_price_and_what_is_left(browser: TestApp) -> None:
    page = browser.get("/")
    words = words_of(page)
    assert title(page) == "Shop - Shop"
    assert "Blue mug In stock PLN 49.90" in words
    assert "Desk lamp Only 1 left PLN 199.90" in words
    assert page.text.count("<svg") >= 4


def test_only_the_demo_speaks_of_a_workshop(database_path: str, sandbox: str, browser: TestApp) -> None:
    plain = browser.get("/")
    assert heading(plain) == "Shop"
    assert "workshop" not in words_of(plain)
    with a_shop(f"sqlite:///{database_path}", sandbox, demo=True) as shop:
        assert heading(shop.browser().get("/")) == "Good things for a quiet desk"


def test_goods_of_another_currency_are_named_as_such_and_cannot_be_added(browser: TestApp) -> None:
    page = fill(browser.get("/"), currency="EUR").submit().follow()
    words = words_of(page)
    assert "Blue mug In stock €49.90" in words
    assert "Desk lamp Only 1 left Not sold in EUR" in words
    offered = [form["sku"].value for form in page.forms.values() if "sku" in form.fields]
    assert sorted(offered) == ["MUG-BLUE", "TEA-GREEN"]


def test_a_currency_that_is_not_offered_is_ignored(browser: TestApp) -> None:
    form = form_with(browser.get("/"), "currency")
    form["currency"].force_value("XXX")
    assert "PLN 49.90" in words_of(form.submit().follow())


def test_sold_out_goods_say_so_and_cannot_be_added(shop: Shop, browser: TestApp) -> None:
    mug = shop.use_cases.catalogue.find("MUG-BLUE")
    assert mug is not None
    shop.database.catalogue.save_product(replace(mug, available=0))
    page = browser.get("/products/MUG-BLUE")
    assert "Sold out" in words_of(page)
    assert not [form for form in page.forms.values() if "sku" in form.fields]


@pytest.mark.parametrize("sku", ["NOTHING", "%00", "a" * 300, "' OR 1=1 --"])
def test_a_product_that_is_not_there_is_not_found(browser: TestApp, sku: str) -> None:
    assert browser.get(f"/products/{sku}", expect_errors=True).status_int == 404


def test_a_product_taken_off_sale_has_no_page_and_cannot_be_added(shop: Shop, browser: TestApp) -> None:
    form = form_with(browser.get("/products/MUG-BLUE"), "sku")
    mug = shop.use_cases.catalogue.find("MUG-BLUE")
    assert mug is not None
    shop.database.catalogue.save_product(replace(mug, enabled=False))
    assert browser.get("/products/MUG-BLUE", expect_errors=True).status_int == 404
    assert form.submit(expect_errors=True).status_int == 400
    assert "Blue mug" not in words_of(browser.get("/"))


def test_markup_in_the_name_of_a_product_stays_text_everywhere(shop: Shop, browser: TestApp) -> None:
    mug = shop.use_cases.catalogue.find("MUG-BLUE")
    assert mug is not None
    canary = "<script>alert(1)</script>\"'"
    shop.database.catalogue.save_product(replace(mug, name=canary, description=canary))
    pages = [
        put(browser, "MUG-BLUE"),
        *(browser.get(path) for path in ("/", "/basket", "/products/MUG-BLUE")),
    ]
    pages.append(browser.get("/checkout").follow())
    for page in pages:
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert(1)" in page.text


def test_the_header_tells_how_much_is_in_the_basket(browser: TestApp) -> None:
    put(browser, "MUG-BLUE", "2")
    assert "Basket 2 PLN 99.80" in words_of(browser.get("/terms"))


def test_the_terms_are_one_click_from_every_page(browser: TestApp) -> None:
    page = browser.get("/").click("^Terms$")
    assert heading(page) == "Terms"


def test_without_the_shop_its_pages_are_gone_and_order_pages_stay(database_path: str, sandbox: str) -> None:
    with a_shop(f"sqlite:///{database_path}", sandbox, shop_enabled=False) as shop:
        order = shop.order()
        browser = shop.browser()
        for path in ("/", "/basket", "/checkout", "/checkout/details", "/terms", "/products/MUG-BLUE"):
            assert browser.get(path, expect_errors=True).status_int == 404, path
        assert browser.get(f"/orders/{order.key}").status_int == 200


def test_the_demo_sells_six_products_none_of_them_in_every_currency_of_all() -> None:
    assert len(PRODUCTS) == 6
    assert {code for product in PRODUCTS for code in product.prices} == set(CURRENCIES)
    assert any(set(product.prices) != set(CURRENCIES) for product in PRODUCTS)
    assert {voucher.code for voucher in VOUCHERS} == {"WELCOME10", "FREE"}


@pytest.mark.parametrize("code", CURRENCIES)
def test_the_demo_brings_goods_in_each_currency(code: str) -> None:
    basket = Basket(id=None, currency=Currency.of(code))  # type: ignore[arg-type]
    assert {option.code for option in DemoDeliveries().options(basket, "PL")} == {
        "courier",
        "locker",
        "pickup",
    }
    assert all(option.price.currency.code == code for option in DemoDeliveries().options(basket, "CL"))
    assert DemoDeliveries().options(basket, "CL")
    assert DemoDeliveries().options(basket, "AQ") == ()


def test_only_picking_up_needs_no_address() -> None:
    options = DemoDeliveries().options(Basket(None, Currency.of("PLN")), "PL")  # type: ignore[arg-type]
    assert [option.code for option in options if not option.needs_address] == ["pickup"]
