from __future__ import annotations

from pathlib import Path

import pytest
from webtest import TestApp, TestResponse

from adapters.web.passwords import Argon2Hasher
from application.accounts import Registration
from tests.functional.shopper import (
    error_beside,
    fill,
    focused,
    form_with,
    orders_of,
    pay,
    put,
    to_review,
)
from tests.functional.world import Shop, a_shop, words_of

PASSWORD = "correct horse battery"


def a_customer(shop: Shop, email: str = "eva@example.com") -> None:
    shop.use_cases.register.execute(Registration(email, PASSWORD, "Eva Kowalska"))


def sign_in(
    browser: TestApp, email: str = "eva@example.com", password: str = PASSWORD, after: str = ""
) -> TestResponse:
    page = browser.get("/account/sign-in", {"next": after} if after else {})
    return fill(page, email=email, password=password).submit(expect_errors=True)


def test_registering_makes_an_account_and_signs_in(shop: Shop, browser: TestApp) -> None:
    page = fill(browser.get("/account/register"), name="Eva", email=" Eva@Example.com ", password=PASSWORD)
    answer = page.submit()
    assert answer.location.endswith("/account/orders")
    assert "Signed in as eva@example.com" in words_of(answer.follow())
    assert shop.use_cases.users.by_email("eva@example.com") is not None


@pytest.mark.parametrize(
    ("email", "password", "field", "sentence"),
    [
        ("eva", PASSWORD, "email", "Enter an e-mail address like name@example.com"),
        ("eva@example.com", "short", "password", "Use 10 to 200 characters"),
        ("taken@example.com", PASSWORD, "email", "This e-mail cannot be used for a new account"),
    ],
)
def test_a_fault_in_the_registration_is_said_beside_its_field(
    shop: Shop, browser: TestApp, email: str, password: str, field: str, sentence: str
) -> None:
    a_customer(shop, "taken@example.com")
    page = fill(browser.get("/account/register"), email=email, password=password).submit(expect_errors=True)
    assert page.status_int == 400
    assert error_beside(page, field) == sentence
    assert focused(page) == [field]
    assert password not in page.text


def test_a_role_cannot_be_registered(shop: Shop, browser: TestApp) -> None:
    form = fill(browser.get("/account/register"), email="eva@example.com", password=PASSWORD)
    browser.post("/account/register", [*form.submit_fields(), ("role", "admin"), ("id", "1")])
    user = shop.use_cases.users.by_email("eva@example.com")
    assert user is not None
    assert user.role == "customer"


def test_an_unknown_email_and_a_wrong_password_are_answered_alike(shop: Shop, browser: TestApp) -> None:
    a_customer(shop)
    wrong = sign_in(browser, password="not this password")
    unknown = sign_in(browser, email="bob@example.com")
    assert wrong.status_int == unknown.status_int == 400
    assert error_beside(wrong, "password") == "This e-mail and password do not fit together"
    assert words_of(wrong) == words_of(unknown)


def test_signing_in_keeps_the_basket_and_makes_it_the_customers(shop: Shop, browser: TestApp) -> None:
    a_customer(shop)
    put(browser, "MUG-BLUE", "2")
    sign_in(browser)
    assert "Basket 2" in words_of(browser.get("/"))
    pay(to_review(browser))
    user = shop.use_cases.users.by_email("eva@example.com")
    [order] = orders_of(shop)
    assert user is not None
    assert order.customer_id == user.id
    assert order.reference in words_of(browser.get("/account/orders"))


def test_goods_taken_after_signing_in_are_the_customers_too(shop: Shop, browser: TestApp) -> None:
    a_customer(shop)
    sign_in(browser)
    pay(to_review(browser))
    user = shop.use_cases.users.by_email("eva@example.com")
    assert user is not None
    assert orders_of(shop)[0].customer_id == user.id


def test_a_session_known_before_signing_in_is_worth_nothing_after_it(shop: Shop, browser: TestApp) -> None:
    a_customer(shop)
    page = browser.get("/account/sign-in")
    planted = browser.cookies["callbank"]
    token = form_with(page, "password")["csrf_token"].value
    fill(page, email="eva@example.com", password=PASSWORD).submit()
    assert browser.cookies["callbank"] != planted
    thief = shop.browser()
    thief.set_cookie("callbank", planted)
    assert thief.get("/account/orders").location.endswith("/account/sign-in?next=/account/orders")
    refused = browser.post("/account/sign-out", {"csrf_token": token}, expect_errors=True)
    assert refused.status_int == 400


def test_the_orders_of_others_are_not_listed(shop: Shop, browser: TestApp) -> None:
    a_customer(shop)
    a_customer(shop, "bob@example.com")
    pay(to_review(browser))
    mine = shop.browser()
    sign_in(mine)
    pay(to_review(mine, "TEA-GREEN"))
    other = shop.browser()
    sign_in(other, "bob@example.com")
    assert "No orders yet" in words_of(other.get("/account/orders"))
    listed = words_of(mine.get("/account/orders"))
    assert [order.reference for order in orders_of(shop) if order.reference in listed] == [
        order.reference for order in orders_of(shop) if order.customer_id
    ]


def test_the_orders_page_asks_to_sign_in_and_comes_back(shop: Shop, browser: TestApp) -> None:
    a_customer(shop)
    page = browser.get("/account").follow()
    assert page.request.path == "/account/sign-in"
    page = browser.get("/account/orders").follow()
    answer = fill(page, email="eva@example.com", password=PASSWORD).submit()
    assert answer.location.endswith("/account/orders")


@pytest.mark.parametrize(
    "after",
    [
        "//evil.example",
        "/\\evil.example",
        "https:\\\\evil.example",
        "https://evil.example",
        "/%2f/evil",
        "javascript:1",
    ],
)
def test_signing_in_never_leads_elsewhere(shop: Shop, browser: TestApp, after: str) -> None:
    a_customer(shop)
    answer = sign_in(browser, after=after)
    assert answer.location.endswith("/account/orders")
    assert "evil" not in answer.location


def test_signing_out_forgets_the_person_and_the_basket(shop: Shop, browser: TestApp) -> None:
    a_customer(shop)
    sign_in(browser)
    put(browser, "MUG-BLUE")
    forms = browser.get("/account/orders").forms.values()
    next(form for form in forms if form.action.endswith("/sign-out")).submit()
    assert browser.get("/account/orders").location.endswith("/account/sign-in?next=/account/orders")
    assert "Your basket is empty" in words_of(browser.get("/basket"))


def test_guests_may_go_on_where_the_shop_lets_them(browser: TestApp) -> None:
    put(browser, "MUG-BLUE")
    page = browser.get("/checkout").follow().click("^Sign in$")
    words = words_of(page)
    assert words.index("Continue as guest") < words.index("Password")
    assert page.click("Continue as guest").follow().request.path == "/checkout/details"


def test_without_guests_the_checkout_asks_to_sign_in_and_goes_on_from_there(
    database_path: Path, sandbox: str
) -> None:
    with a_shop(f"sqlite:///{database_path}", sandbox, guest_checkout=False) as shop:
        a_customer(shop)
        browser = shop.browser()
        put(browser, "MUG-BLUE")
        page = browser.get("/checkout").follow().follow()
        assert page.request.path == "/account/sign-in"
        assert "Continue as guest" not in words_of(page)
        after = fill(page, email="eva@example.com", password=PASSWORD).submit().follow()
        assert after.request.path == "/checkout/details"
        assert form_with(after, "email")["email"].value == "eva@example.com"


def test_a_guest_who_posts_the_last_step_directly_is_sent_to_sign_in(
    database_path: Path, sandbox: str
) -> None:
    with a_shop(f"sqlite:///{database_path}", sandbox, guest_checkout=False) as shop:
        a_customer(shop)
        browser = shop.browser()
        sign_in(browser)
        review = to_review(browser)
        form = fill(review, terms=True)
        guest = shop.browser()
        put(guest, "MUG-BLUE")
        token = form_with(guest.get("/basket"), "code")["csrf_token"].value
        fields = [(name, token if name == "csrf_token" else value) for name, value in form.submit_fields()]
        assert "/account/sign-in" in guest.post("/checkout/review", fields).location
        assert orders_of(shop) == []


def test_the_addresses_of_the_last_order_are_filled_in_for_a_customer(shop: Shop, browser: TestApp) -> None:
    a_customer(shop)
    sign_in(browser)
    pay(to_review(browser))
    elsewhere = shop.browser()
    sign_in(elsewhere)
    put(elsewhere, "TEA-GREEN")
    form = form_with(elsewhere.get("/checkout").follow(), "email")
    assert form["delivery-street"].value == "Złota 44"
    assert form["email"].value == "eva@example.com"


def test_many_wrong_passwords_are_slowed_down_and_another_person_still_gets_in(
    shop: Shop, browser: TestApp
) -> None:
    a_customer(shop)
    a_customer(shop, "bob@example.com")
    page = browser.get("/account/sign-in")
    answers = [
        fill(page, email="eva@example.com", password="wrong").submit(expect_errors=True).status_int
        for _ in range(40)
    ]
    assert answers[0] == 400
    assert answers[-1] == 429
    assert sign_in(shop.browser(), "bob@example.com").status_int == 303


def test_a_hash_fits_its_password_alone_and_garbage_fits_nothing() -> None:
    hasher = Argon2Hasher()
    known = hasher.hash(PASSWORD)
    assert known.startswith("$argon2id$")
    assert hasher.verify(known, PASSWORD)
    assert not hasher.verify(known, PASSWORD + "x")
    assert not hasher.verify("garbage", PASSWORD)
    assert not hasher.verify("", PASSWORD)
