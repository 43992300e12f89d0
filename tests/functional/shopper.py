"""The hands of a shopper on real forms."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import Any

from webtest import Form, TestApp, TestResponse

from tests.functional.world import Shop, words_of

DETAILS = {
    "email": "ada@example.com",
    "name": "Ada Nowak",
    "country": "PL",
    "delivery-street": "Złota 44",
    "delivery-postcode": "00120",
    "delivery-city": "Warszawa",
}


def form_with(page: TestResponse, field: str) -> Form:
    """The form of the page that has this field."""
    found = [form for form in page.forms.values() if field in form.fields]
    assert found, f"no form with {field!r} at {page.request.url}: {words_of(page)[:400]}"
    return found[0]


def fill(page: TestResponse, **fields: Any) -> Form:
    """The form that has all these fields, filled; ``__`` in a name stands for a hyphen."""
    named = {name.replace("__", "-"): value for name, value in fields.items()}
    form = form_with(page, next(iter(named)))
    for name, value in named.items():
        form[name] = value
    return form


def put(browser: TestApp, sku: str, quantity: str = "1") -> TestResponse:
    """Take goods on their own page."""
    page = browser.get(f"/products/{sku}")
    return fill(page, quantity=quantity).submit(expect_errors=True).maybe_follow()


def details(page: TestResponse, **changes: str) -> TestResponse:
    """Fill in the first step and go on."""
    form = form_with(page, "email")
    for name, value in {
        **DETAILS,
        **{key.replace("__", "-"): value for key, value in changes.items()},
    }.items():
        form[name] = value
    return form.submit(expect_errors=True).maybe_follow()


def to_payment(browser: TestApp, *skus: str, delivery: str = "courier") -> TestResponse:
    for sku in skus or ("MUG-BLUE",):
        put(browser, sku)
    page = details(browser.get("/checkout").follow())
    return fill(page, delivery=delivery).submit().follow()


def to_review(browser: TestApp, *skus: str, delivery: str = "courier", account: str = "payu") -> TestResponse:
    """Walk to the last page before the order."""
    page = to_payment(browser, *skus, delivery=delivery)
    return fill(page, account=account).submit().follow()


def pay(page: TestResponse) -> TestResponse:
    """Accept the terms and press the button; the answer is not followed."""
    return fill(page, terms=True).submit(expect_errors=True)


def twin(shop: Shop, browser: TestApp) -> TestApp:
    """Another tab of the same browser, as its cookies are now."""
    other = shop.browser()
    for cookie in browser.cookiejar:
        other.cookiejar.set_cookie(cookie)
    return other


def change(shop: Shop, sku: str, **what: Any) -> None:
    """The shop changes a product: its price, what is left of it, whether it is sold."""
    product = shop.use_cases.catalogue.find(sku)
    assert product is not None
    shop.database.catalogue.save_product(replace(product, **what))


def orders_of(shop: Shop) -> list[Any]:
    from application.ports.persistence import OrderFilter

    return [order for order, _payments in shop.use_cases.reads.orders(OrderFilter())]


def payments_of(shop: Shop) -> list[Any]:
    return [payment for _order, payment in shop.use_cases.reads.payments()]


def control(page: TestResponse, id: str) -> str:
    """The opening tag of the control with this id."""
    found = re.search(rf'<(?:input|select)\b[^>]*\bid="{re.escape(id)}"[^>]*>', page.text)
    assert found, f"no control {id}"
    return found[0]


def error_beside(page: TestResponse, id: str) -> str:
    """The sentence beside a field, provided the field is marked and described by it."""
    tag = control(page, id)
    assert 'aria-invalid="true"' in tag, tag
    described = re.search(r'aria-describedby="([^"]*)"', tag)
    assert described, f"{id} is described by nothing"
    assert f"{id}-error" in described[1].split(), described[1]
    found = re.search(rf'(?s)id="{re.escape(id)}-error"><span class="vh">[^<]*</span>(.*?)</span>', page.text)
    assert found, f"no error beside {id}"
    return unescape(found[1]).strip()


def focused(page: TestResponse) -> list[str]:
    """The ids of what takes the focus when the page opens."""
    tags = re.findall(r"<[a-z]+\b[^>]*\sautofocus[^>]*>", page.text)
    return [found[1] for tag in tags if (found := re.search(r'\bid="([^"]+)"', tag))]
