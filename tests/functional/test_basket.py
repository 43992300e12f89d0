from __future__ import annotations

import pytest
from webtest import TestApp

from domain.money import Money
from tests.functional.shopper import change, control, error_beside, fill, focused, form_with, put, twin
from tests.functional.world import Shop, heading, in_parallel, title, words_of

NOT_QUANTITIES = [
    "-1", "+1", "1.5", "1,5", "1e3", "1000000000000", "", " ", "abc", "NaN", "0x10", "1 000",
    "\u0661", "\uff11", "\u00bd", "1\x00", "9" * 5000,
]  # fmt: skip


def quantity(shop: Shop, browser: TestApp, sku: str) -> int:
    """How many of these goods the browser's basket holds, read from the page."""
    return int(form_with(browser.get("/basket"), f"quantity-{sku}")[f"quantity-{sku}"].value)


def test_an_empty_basket_says_so_and_leads_to_the_shop(browser: TestApp) -> None:
    page = browser.get("/basket")
    assert "Your basket is empty" in words_of(page)
    assert page.click("Go to the shop").request.path == "/"


def test_adding_goods_goes_back_to_where_they_were_seen_and_says_what_happened(browser: TestApp) -> None:
    forms = [form for form in browser.get("/").forms.values() if "sku" in form.fields]
    page = next(form for form in forms if form["sku"].value == "TEA-GREEN").submit().follow()
    assert page.request.path == "/"
    assert "Green tea is in your basket." in words_of(page)


def test_adding_the_same_goods_twice_adds_up(shop: Shop, browser: TestApp) -> None:
    put(browser, "MUG-BLUE", "2")
    put(browser, "MUG-BLUE", "3")
    assert quantity(shop, browser, "MUG-BLUE") == 5


@pytest.mark.parametrize("typed", [*NOT_QUANTITIES, "0"])
def test_what_is_no_quantity_is_refused_beside_its_field_when_goods_are_added(
    browser: TestApp, typed: str
) -> None:
    page = put(browser, "MUG-BLUE", typed)
    assert page.status_int == 400
    assert error_beside(page, "quantity") == "Enter a whole number from 1 to 9999 for Blue mug"
    assert focused(page) == ["quantity"]
    assert title(page).startswith("Error: ")
    assert "Your basket is empty" in words_of(browser.get("/basket"))


@pytest.mark.parametrize("typed", NOT_QUANTITIES)
def test_what_is_no_quantity_is_refused_in_the_basket_and_nothing_changes(
    shop: Shop, browser: TestApp, typed: str
) -> None:
    put(browser, "MUG-BLUE", "2")
    put(browser, "TEA-GREEN", "3")
    form = fill(browser.get("/basket"), **{"quantity__MUG__BLUE": typed, "quantity__TEA__GREEN": "7"})
    page = form.submit(expect_errors=True)
    assert page.status_int == 400
    assert "for Blue mug" in error_beside(page, "quantity-MUG-BLUE")
    assert 'value="7"' in control(page, "quantity-TEA-GREEN")
    assert quantity(shop, browser, "MUG-BLUE") == 2
    assert quantity(shop, browser, "TEA-GREEN") == 3


def test_zero_in_the_basket_takes_the_goods_out(browser: TestApp) -> None:
    put(browser, "MUG-BLUE")
    page = fill(browser.get("/basket"), **{"quantity__MUG__BLUE": "0"}).submit().follow()
    assert "Your basket is empty" in words_of(page)


def test_one_press_updates_all_quantities(shop: Shop, browser: TestApp) -> None:
    put(browser, "MUG-BLUE")
    put(browser, "TEA-GREEN")
    fill(browser.get("/basket"), **{"quantity__MUG__BLUE": "4", "quantity__TEA__GREEN": " 2 "}).submit()
    assert quantity(shop, browser, "MUG-BLUE") == 4
    assert quantity(shop, browser, "TEA-GREEN") == 2


def test_one_error_takes_the_focus_and_several_leave_it_to_the_summary(browser: TestApp) -> None:
    put(browser, "MUG-BLUE")
    put(browser, "TEA-GREEN")
    one = fill(browser.get("/basket"), **{"quantity__MUG__BLUE": "x"}).submit(expect_errors=True)
    assert focused(one) == ["quantity-MUG-BLUE"]
    two = fill(one, **{"quantity__TEA__GREEN": "y"}).submit(expect_errors=True)
    assert focused(two) == ["summary"]
    assert 'href="#quantity-MUG-BLUE"' in two.text
    assert 'href="#quantity-TEA-GREEN"' in two.text


def test_more_than_there_is_says_how_many_are_left(browser: TestApp) -> None:
    page = put(browser, "LAMP", "2")
    assert page.status_int == 400
    assert error_beside(page, "quantity") == "Only 1 of Desk lamp is left"
    put(browser, "LAMP")
    page = fill(browser.get("/basket"), quantity__LAMP="2").submit(expect_errors=True)
    assert error_beside(page, "quantity-LAMP") == "Only 1 of Desk lamp is left"


def test_one_shortage_leaves_all_quantities_as_they_were(shop: Shop, browser: TestApp) -> None:
    put(browser, "TEA-GREEN")
    put(browser, "LAMP")
    form = fill(browser.get("/basket"), **{"quantity__TEA__GREEN": "7", "quantity__LAMP": "2"})
    assert form.submit(expect_errors=True).status_int == 400
    assert quantity(shop, browser, "TEA-GREEN") == 1


def test_the_button_that_removes_names_its_product(browser: TestApp) -> None:
    put(browser, "MUG-BLUE")
    put(browser, "TEA-GREEN")
    page = browser.get("/basket")
    assert "Remove Blue mug" in words_of(page)
    after = page.forms["remove-1"].submit().follow()
    assert "Blue mug" not in words_of(after)
    assert "Green tea" in words_of(after)


def test_a_voucher_takes_its_share_off_and_can_be_taken_away(browser: TestApp) -> None:
    put(browser, "MUG-BLUE")
    page = fill(browser.get("/basket"), code=" welcome10 ").submit().follow()
    assert "Voucher WELCOME10 -PLN 4.99" in words_of(page)
    assert "PLN 44.91" in words_of(page)
    assert "Voucher WELCOME10" not in words_of(form_with(page, "remove").submit().follow())


@pytest.mark.parametrize(
    ("code", "sentence"), [("NONE", "We do not know the voucher NONE"), ("", "Enter the code")]
)
def test_a_voucher_nobody_gave_out_is_refused_beside_its_field(
    browser: TestApp, code: str, sentence: str
) -> None:
    put(browser, "MUG-BLUE")
    page = fill(browser.get("/basket"), code=code).submit(expect_errors=True)
    assert page.status_int == 400
    assert sentence in error_beside(page, "code")
    assert focused(page) == ["code"]


def test_a_changed_price_is_told_with_the_old_and_the_new_one(shop: Shop, browser: TestApp) -> None:
    put(browser, "MUG-BLUE")
    change(shop, "MUG-BLUE", prices={"PLN": Money.of(5990, "PLN")})
    page = browser.get("/basket")
    assert "The price was PLN 49.90, it is PLN 59.90 now." in words_of(page)
    assert "Total so far PLN 59.90" in words_of(page)
    after = page.forms["quantities"].submit().follow()
    assert "The price was" not in words_of(after)


def test_goods_that_vanished_are_named_left_out_of_the_total_and_stay_until_removed(
    shop: Shop, browser: TestApp
) -> None:
    put(browser, "MUG-BLUE")
    put(browser, "TEA-GREEN")
    change(shop, "MUG-BLUE", enabled=False)
    page = browser.get("/basket")
    assert "Blue mug is not sold any more. It is left out of the total." in words_of(page)
    assert "Total so far PLN 12.50" in words_of(page)
    after = page.forms["remove-2"].submit().follow()
    assert "Blue mug" not in words_of(after)


def test_a_shortage_is_told_and_stops_the_way_to_the_checkout(shop: Shop, browser: TestApp) -> None:
    put(browser, "MUG-BLUE", "5")
    change(shop, "MUG-BLUE", available=2)
    page = browser.get("/basket")
    assert "Only 2 of Blue mug are left" in words_of(page)
    assert page.forms["quantities"].submit("checkout", expect_errors=True).status_int == 400


def test_checkout_keeps_quantities_that_were_typed_and_not_updated(shop: Shop, browser: TestApp) -> None:
    put(browser, "MUG-BLUE")
    form = fill(browser.get("/basket"), **{"quantity__MUG__BLUE": "3"})
    assert form.submit("checkout").follow().follow().request.path == "/checkout/details"
    assert quantity(shop, browser, "MUG-BLUE") == 3


def test_another_currency_names_what_it_cannot_sell(browser: TestApp) -> None:
    put(browser, "MUG-BLUE")
    put(browser, "LAMP")
    page = fill(browser.get("/"), currency="EUR").submit().follow()
    assert "Desk lamp is not sold in EUR: it left the basket." in words_of(page)
    assert "Basket 1 €49.90" in words_of(page)


def test_fields_for_price_name_and_version_are_ignored_when_goods_are_added(browser: TestApp) -> None:
    form = form_with(browser.get("/products/MUG-BLUE"), "sku")
    fields = [
        *form.submit_fields(),
        ("price", "1"),
        ("unit_price", "1"),
        ("currency", "EUR"),
        ("name", "Free mug"),
    ]
    browser.post("/basket/add", fields)
    assert "Blue mug PLN 49.90" in words_of(browser.get("/basket"))


@pytest.mark.parametrize("id", ["", "nonsense", "00000000-0000-0000-0000-000000000000", 7])
def test_a_basket_id_that_leads_nowhere_is_an_empty_basket(shop: Shop, browser: TestApp, id: object) -> None:
    browser.get("/")
    signer = shop.app.session_interface.get_signing_serializer(shop.app)  # type: ignore[attr-defined]
    browser.set_cookie("callbank", signer.dumps({"basket_id": id}))
    assert "Your basket is empty" in words_of(browser.get("/basket"))
    assert "Blue mug is in your basket" in words_of(put(browser, "MUG-BLUE"))


def test_the_basket_of_another_browser_is_not_mine(shop: Shop, browser: TestApp) -> None:
    put(browser, "MUG-BLUE")
    assert "Your basket is empty" in words_of(shop.browser().get("/basket"))


def test_two_tabs_adding_at_once_lose_nothing(shop: Shop, browser: TestApp) -> None:
    put(browser, "TEA-GREEN")
    tabs = [twin(shop, browser) for _ in range(4)]
    in_parallel(4, lambda number: put(tabs[number], "MUG-BLUE", "2"))
    assert quantity(shop, browser, "MUG-BLUE") == 8


def test_every_page_of_the_basket_has_one_heading(browser: TestApp) -> None:
    assert heading(browser.get("/basket")) == "Your basket"
    put(browser, "MUG-BLUE")
    assert heading(browser.get("/basket")) == "Your basket"
