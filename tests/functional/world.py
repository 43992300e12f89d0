"""A whole shop on loopback: real database file, real gateways, the sandbox as their other side."""

from __future__ import annotations

import itertools
import json
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from flask import Flask
from webtest import TestApp, TestResponse

from adapters.container.ambient import RandomIds
from adapters.gateways.registry import load
from adapters.persistence import Database
from adapters.sandbox import create_sandbox, serve_in_thread
from adapters.web.app import create_app
from adapters.web.settings import WebSettings
from application.get_redirect_url import GetRedirectUrlRequest, Shopper
from application.place_order import PlaceOrderRequest
from application.ports.gateway import Gateways, PaymentGateway
from application.use_cases import UseCases
from domain.basket import Address, Basket, Buyer, Choices
from domain.order import Order
from domain.payment import Payment
from tests.functional.goods import Couriers, blocks
from tests.functional.wiring import wire

SOON = 10.0
EMAIL = "ada@example.com"
ADDRESS = Address(name="Ada Nowak", street="Złota 44", city="Warszawa", country="PL", postcode="00-120")
BROWSER_IP = "203.0.113.7"


class MovableClock:
    """The time of day, and a test may move it."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def advance(self, **by: int) -> None:
        self.ahead += timedelta(**by)


@dataclass
class Shop:
    """A running shop and the hands to use it."""

    url: str
    sandbox: str
    app: Flask
    use_cases: UseCases
    database: Database
    clock: MovableClock
    settings: WebSettings
    _addresses: Iterator[int] = field(default_factory=lambda: itertools.count(10))

    # -- people and their browsers

    def browser(self, *, ip: str = "") -> TestApp:
        """A browser with cookies of its own, at an address of its own."""
        host = self.url.removeprefix("http://")
        remote = ip or f"198.51.100.{next(self._addresses) % 200}"
        return TestApp(
            self.app,
            extra_environ={"HTTP_HOST": host, "REMOTE_ADDR": remote, "HTTP_USER_AGENT": "Browser/1"},
        )

    # -- orders

    def basket(
        self, *goods: tuple[str, int], currency: str = "PLN", locale: str = "en", **choices: Any
    ) -> Basket:
        """A basket that lacks nothing to become an order."""
        basket: Basket | None = None
        for sku, quantity in goods or (("MUG-BLUE", 1),):
            known = basket.id if basket else None
            basket = self.use_cases.edit_basket.put(known, sku, quantity, currency=currency, locale=locale)
        assert basket is not None
        chosen: dict[str, Any] = {
            "buyer": Buyer(EMAIL, "Ada Nowak"),
            "delivery_address": ADDRESS,
            "billing_address": ADDRESS,
            "delivery": "courier",
            "account": "payu",
        }
        return self.use_cases.edit_basket.choose(basket.id, Choices(**{**chosen, **choices}))

    def order(self, *goods: tuple[str, int], voucher: str = "", **choices: Any) -> Order:
        """An order placed through the use cases, not started with any gateway."""
        basket = self.basket(*goods, **choices)
        if voucher:
            basket = self.use_cases.edit_basket.use_voucher(basket.id, voucher)
            basket = self.use_cases.edit_basket.choose(basket.id, basket.choices)
        total = str(self.use_cases.view_checkout.execute(basket.id).total)
        return self.use_cases.place_order.execute(
            PlaceOrderRequest(basket.id, basket.version, total, terms_accepted=True)
        ).order

    def started(
        self, account: str = "dummy", *goods: tuple[str, int], **choices: Any
    ) -> tuple[Order, Payment]:
        """An order whose shopper was sent to ``account``."""
        order = self.order(*goods, account=account, **choices)
        request = GetRedirectUrlRequest(order.id, shopper=Shopper(BROWSER_IP, "Browser/1"))
        sent = self.use_cases.get_redirect_url.execute(request)
        return sent.order, sent.payment

    def again(self, order: Order) -> tuple[Order, tuple[Payment, ...]]:
        """The order and its payments as the database has them now."""
        return self.use_cases.reads.order_by_id(order.id)

    # -- the other side of the wire

    def press(self, payment: Payment, outcome: str, **more: str) -> requests.Response:
        """Press a button of the gateway's page; answers its redirect, not followed."""
        assert payment.next_step is not None
        form = {"outcome": outcome, **more}
        return requests.post(payment.next_step.url, data=form, timeout=SOON, allow_redirects=False)

    def arm(self, code: str, kind: str, **more: Any) -> None:
        """Let the gateway misbehave; see ``adapters/sandbox/faults.py``."""
        answer = requests.post(f"{self.sandbox}/{code}/_faults", json={"kind": kind, **more}, timeout=SOON)
        assert answer.status_code == 201, answer.text

    def ledger(self) -> dict[str, list[dict[str, Any]]]:
        """What the sandbox did and was told."""
        told: dict[str, list[dict[str, Any]]] = requests.get(
            f"{self.sandbox}/ledger.json", timeout=SOON
        ).json()
        return told

    def last_message(self, payment: Payment) -> dict[str, Any]:
        """The youngest callback the sandbox made for this payment."""
        mine = [one for one in self.ledger()["messages"] if str(payment.id) in one["url"]]
        return mine[-1]

    # -- the background

    def overdue(self, order: Order) -> None:
        """Let the time to pay be over; the database's own clock decides that."""
        with closing(sqlite3.connect(str(self.database._link.engine.url.database))) as link:
            link.execute("UPDATE orders SET deadline = placed_at WHERE reference = ?", (order.reference,))
            link.commit()

    def work(self) -> None:
        """One round of the worker."""
        self.use_cases.judge_callbacks.execute()
        self.use_cases.reconcile_payments.execute()
        self.use_cases.expire_orders.execute()
        self.use_cases.relay_events.execute()


def eventually(holds: Callable[[], object]) -> None:
    """Wait for what another thread brings about."""
    until = time.monotonic() + SOON
    while not holds():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.02)


def words_of(page: TestResponse) -> str:
    """The text a person reads on a page, spaces folded, the head and hidden forms left out."""
    body = re.sub(r"(?s)<(script|style|head)\b.*?</\1>", " ", page.text)
    text = re.sub(r"<[^>]+>", " ", body)
    for name, sign in (("&#39;", "'"), ("&#34;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")):
        text = text.replace(name, sign)
    return re.sub(r"[\s\u00a0]+", " ", text)


def heading(page: TestResponse) -> str:
    """The one h1 of a page."""
    found = re.findall(r"(?s)<h1\b[^>]*>(.*?)</h1>", page.text)
    assert len(found) == 1, f"{len(found)} h1"
    return re.sub(r"[\s\u00a0]+", " ", re.sub(r"<[^>]+>", "", found[0])).strip().replace("&#39;", "'")


def title(page: TestResponse) -> str:
    found = re.search(r"(?s)<title>(.*?)</title>", page.text)
    assert found
    return found[1].strip()


def row_counts(database: Path) -> dict[str, int]:
    """How many rows each table has: to see that nothing was written."""
    with closing(sqlite3.connect(database)) as link:
        tables = [name for (name,) in link.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: link.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}  # noqa: S608


@contextmanager
def a_sandbox() -> Iterator[str]:
    url, stop = serve_in_thread(create_sandbox(retry_delays=(0.1, 0.5, 2)))
    try:
        yield url
    finally:
        stop()


@contextmanager
def a_shop(
    database_url: str,
    sandbox: str,
    *,
    gateways: Callable[[Gateways], Gateways] = lambda known: known,
    blocks_of: Callable[[str], dict[str, dict[str, object]]] = blocks,
    make: Callable[[UseCases, WebSettings], Flask] = create_app,
    busy_timeout: timedelta = timedelta(seconds=5),
    prefix: str = "",
    **settings: Any,
) -> Iterator[Shop]:
    """A shop that answers at its own loopback address, in this process too; ``prefix``: its pages below."""
    front = Flask("front")
    url, stop = serve_in_thread(front)
    clock = MovableClock()
    ids = RandomIds(clock)
    database = Database(database_url, clock=clock, ids=ids, busy_timeout=busy_timeout)
    askers = ThreadPoolExecutor(4)
    web_settings = WebSettings(
        sends_mail=True,
        **{
            "base_url": url + prefix,
            "secret_key": "a secret of the tests, long enough",
            "guest_checkout": True,
            "brand_name": "Shop",
            "brand_contact": "help@shop.example",
            "sandbox_origin": sandbox,
            "currencies": ("PLN", "EUR", "UAH"),
            "allowed_return_hosts": ("host.example",),
            **settings,
        },
    )
    known = gateways(load(blocks_of(sandbox), environment="test", base_url=url + prefix))
    use_cases = wire(
        database, known, clock=clock, ids=ids, askers=askers, settings=web_settings, deliveries=Couriers()
    )
    app = make(use_cases, web_settings)
    front.wsgi_app = app.wsgi_app  # type: ignore[method-assign]
    try:
        yield Shop(url, sandbox, app, use_cases, database, clock, web_settings)
    finally:
        askers.shutdown(wait=True)
        stop()
        database.dispose()


def in_parallel(count: int, act: Callable[[int], Any]) -> list[Any]:
    """What ``act`` answered ``count`` times at once."""
    barrier = threading.Barrier(count)

    def one(number: int) -> Any:
        barrier.wait(SOON)
        return act(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


@dataclass(frozen=True)
class Replaced:
    """The known accounts with some of them replaced or added."""

    known: Gateways
    others: tuple[PaymentGateway, ...]

    def get(self, account: str) -> PaymentGateway:
        mine = [one for one in self.others if one.account == account]
        return mine[0] if mine else self.known.get(account)

    def all(self) -> tuple[PaymentGateway, ...]:
        names = {one.account for one in self.others}
        return (*(one for one in self.known.all() if one.account not in names), *self.others)


def as_json(page: TestResponse) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(page.text)
    return told
