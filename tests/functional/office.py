"""The hands of staff in the back office, and a shop with something of everything in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from uuid import uuid4

from webtest import TestApp, TestResponse

from application.accounts import Registration
from application.refund_payment import RefundPaymentRequest
from domain.money import Money
from domain.order import Order
from tests.builders import a_callback
from tests.functional.hands import tell
from tests.functional.shopper import fill
from tests.functional.world import Shop, eventually

PASSWORD = "a long enough password"


def somebody(shop: Shop, role: str, *, name: str = "Anna K.") -> TestApp:
    """A browser in which somebody of this role signed in through the real form."""
    browser = shop.browser()
    if role == "nobody":
        return browser
    email = f"{role}-{uuid4().hex[:6]}@shop.example"
    shop.use_cases.register.execute(Registration(email, PASSWORD, name, role=role))
    page = browser.get("/account/sign-in")
    fill(page, email=email, password=PASSWORD).submit(status=303)
    return browser


@dataclass
class Stock:
    """One order of each kind that staff meets."""

    paid: Order
    declined: Order
    error: Order
    transfer: Order
    untouched: Order
    cancelled: Order
    cash: Order

    @property
    def all(self) -> tuple[Order, ...]:
        return (
            self.paid,
            self.declined,
            self.error,
            self.transfer,
            self.untouched,
            self.cancelled,
            self.cash,
        )


def a_busy_day(shop: Shop) -> Stock:
    """Orders in every state, through the use cases and genuine messages."""
    paid, payment = shop.started("dummy", ("MUG-BLUE", 2))
    shop.press(payment, "paid")
    eventually(lambda: shop.again(paid)[0].is_paid)
    declined, refused = shop.started("dummy", ("TEA-GREEN", 1))
    tell(shop, refused, "declined")
    error, wrong = shop.started("dummy")
    tell(shop, wrong, "paid", amount=str(wrong.amount.minor + 1))
    transfer, _promise = shop.started("bank_transfer")
    untouched = shop.order(("GIFT", 1))
    cancelled = shop.order(("TEA-GREEN", 2))
    shop.use_cases.cancel_order.execute(cancelled.id, by="anna@shop.example", reason="Asked for by telephone")
    cash, _later = shop.started("cash_on_delivery")
    return Stock(paid, declined, error, transfer, untouched, cancelled, cash)


def refund(shop: Shop, order: Order, minor: int) -> None:
    """Give a part back, with a name and a reason."""
    payment = shop.again(order)[1][0]
    amount = Money.of(minor, payment.amount.currency.code)
    shop.use_cases.refund_payment.execute(
        RefundPaymentRequest(payment.id, "anna@shop.example", "Handle was broken", uuid4().hex, amount)
    )


def a_stored_callback(shop: Shop, **changes: object) -> None:
    with shop.database.units() as uow:
        uow.add_callback(a_callback(**changes))  # type: ignore[arg-type]
        uow.commit()


def table(page: TestResponse) -> list[list[str]]:
    """The text of every cell of every row in the page's tables, headers of columns left out."""
    rows = re.findall(r"(?s)<tr role=\"row\"[^>]*><th scope=\"row\".*?</tr>", page.text)
    return [[plain(cell) for cell in re.findall(r"(?s)<t[hd]\b[^>]*>(.*?)</t[hd]>", row)] for row in rows]


def plain(markup: str) -> str:
    return re.sub(r"[\s\u00a0]+", " ", unescape(re.sub(r"<[^>]+>", " ", markup))).strip()


def timeline(page: TestResponse) -> list[str]:
    """The entries in the order of the page, without their time and raw message; headings of days left out."""
    listed = re.search(r"(?s)<ol class=\"timeline\">(.*)</ol>", page.text)
    assert listed
    entries = re.findall(r"(?s)<li id=\"[^\"]+\"[^>]*>(.*?)</li>", listed[1])
    return [plain(re.sub(r"(?s)<details>.*?</details>|<time.*?</time>", "", entry)) for entry in entries]


def links(page: TestResponse, prefix: str = "/admin") -> set[str]:
    """The addresses under ``prefix`` that the page leads to."""
    found = {unescape(url).partition("#")[0] for url in re.findall(r'href="([^"]+)"', page.text)}
    return {url for url in found if url.startswith(prefix)}


def counted(shop: Shop, act: Callable[[], object]) -> int:
    """How many statements reached the database while ``act`` ran."""
    link = shop.database.reads._link
    run, seen = link.run, [0]

    def counting(*arguments: object) -> object:
        seen[0] += 1
        return run(*arguments)  # type: ignore[arg-type]

    link.run = counting  # type: ignore[method-assign, assignment]
    try:
        act()
    finally:
        link.run = run  # type: ignore[method-assign]
    return seen[0]
