"""One shop with every gateway of the sandbox, over real HTTP, and a shopper's way through it."""

from __future__ import annotations

import itertools
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests
from bs4 import Tag
from flask import Flask

from adapters.cli.work import drain
from adapters.container import Application, build
from adapters.gateways.registry import examine
from adapters.sandbox import create_sandbox, credentials, serve_in_thread
from adapters.web.app import create_app
from application.get_redirect_url import GetRedirectUrlRequest, Shopper
from application.hooks import UserData
from application.ports.gateway import PaymentGateway
from application.ports.persistence import OrderFile
from domain.money import Currency, Money
from domain.order import Order
from domain.payment import Payment
from domain.transaction import FactKind
from tests.functional.roaming import SOON, Browser, fields_of

Blocks = Callable[[str], Mapping[str, Mapping[str, object]]]
AT_HOME = ("PLN", "CLP", "UAH", "BRL", "EUR")
PLEASED = ("paid", "authorized")
"""What a shopper who pays makes of a session: the money is taken at once, or by a call of the shop."""


def amount_in(gateway: PaymentGateway) -> Money:
    """An amount with all the decimals its currency has, in a currency the gateway is at home in."""
    usual = [code for code in AT_HOME if not gateway.currencies or code in gateway.currencies]
    currency = Currency.of(usual[0] if usual else min(gateway.currencies))
    return Money(123456, currency) if currency.exponent else Money(12345, currency)


def goods_of(amount: Money) -> list[dict[str, object]]:
    """Three of one thing and one of another that cost ``amount`` together."""
    three = Money(amount.minor // 4, amount.currency)
    rest = Money(amount.minor - 3 * three.minor, amount.currency)
    return [
        {"name": "Kubek żółty", "count": 3, "price": three.text},
        {"name": "Té & більше", "count": 1, "price": rest.text},
    ]


def known_customer(user: UserData) -> None:
    """What a host tells about its customer."""
    user.email, user.name, user.phone = "ada@example.com", "Ada Nowak", "+48 601 234 567"


@dataclass
class Stage:
    """The shop, the gateways' other side, and what stands between them."""

    url: str
    sandbox: str
    database: Path
    application: Application
    problems: Mapping[str, str]
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def gateway(self, code: str) -> PaymentGateway:
        """The account at this gateway; what is wrong with its settings fails the test."""
        assert code not in self.problems, self.problems[code]
        return self.application.use_cases.gateways.get(code)

    def send(self, code: str, order: Order | None = None) -> Journey:
        """A shopper who was sent to pay a new order, or ``order`` again."""
        gateway = self.gateway(code)
        amount = amount_in(gateway)
        source = {
            "order_id": f"{code}-{next(self._numbers)}",
            "amount": amount.text,
            "currency": amount.currency.code,
            "products": goods_of(amount),
            "description": "Zamówienie № 7",
        }
        before = {one["id"] for one in self.sessions(code)}
        request = GetRedirectUrlRequest(
            order_id=order.id if order else None,
            source=None if order else source,
            account=code,
            shopper=Shopper("203.0.113.7", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"),
        )
        sent = self.application.use_cases.get_redirect_url.execute(request)
        return Journey(self, gateway, sent.order, sent.payment, before)

    def sessions(self, code: str) -> list[dict[str, Any]]:
        """What the gateway knows, by its own ledger."""
        return [one for one in self.ledger()["sessions"] if one["gateway"] == code]

    def ledger(self) -> dict[str, list[dict[str, Any]]]:
        """What the gateways did, and what they told us."""
        told: dict[str, Any] = requests.get(f"{self.sandbox}/ledger.json", timeout=SOON).json()
        return told

    def pull(self, code: str, handle: str, **wish: Any) -> dict[str, Any]:
        """Use one of the sandbox's handles (``_faults``, ``_deliver``...)."""
        answer = requests.post(f"{self.sandbox}/{code}/{handle}", json=wish, timeout=SOON)
        assert answer.status_code < 400, f"{handle}: {answer.status_code} {answer.text[:300]}"
        told: dict[str, Any] = answer.json()
        return told

    def faults(self, code: str) -> list[dict[str, Any]]:
        """What is armed and has not happened yet."""
        armed: list[dict[str, Any]] = requests.get(f"{self.sandbox}/{code}/_faults", timeout=SOON).json()
        return armed

    def type_into_panels(self) -> None:
        """What a merchant does with ``callbank gateways urls``: each panel learns our address."""
        for gateway in self.application.use_cases.gateways.all():
            for panel in gateway.panel_urls(self.url):
                if "/callbacks/" in panel.url:
                    self.pull(gateway.code, "_settings", webhook_url=panel.url)

    def work(self) -> None:
        """What ``callbank worker --once`` does."""
        drain(self.application.use_cases, "journey")

    def mend(self, code: str) -> None:
        requests.delete(f"{self.sandbox}/{code}/_faults", timeout=SOON)

    def violations(self) -> list[str]:
        """What ``callbank check`` finds."""
        return [str(one) for one in self.application.database.checks.violations()]

    def sql(self, statement: str, *values: object) -> None:
        """Raw SQL, past every rule of ours."""
        with closing(sqlite3.connect(self.database, timeout=5)) as link:
            link.execute(statement, values)
            link.commit()


@dataclass
class Journey:
    """One attempt to pay one order, from our page to the gateway's and back."""

    stage: Stage
    gateway: PaymentGateway
    order: Order
    payment: Payment
    before: set[str]
    browser: Browser = field(default_factory=Browser)
    hosted: str = ""
    offered: dict[str, str] = field(default_factory=dict)
    card: dict[str, str] = field(default_factory=dict)
    """What our own page sends when a script made a token of a card there; empty for most."""

    @property
    def page(self) -> str:
        return f"{self.stage.url}/orders/{self.order.key}"

    def go(self) -> dict[str, str]:
        """Leave our page for the gateway's; what can be chosen there, by what becomes of the session."""
        self.browser.open(f"{self.page}/payments/{self.payment.id}/redirect")
        card = self.browser.page.find("form", attrs={"data-card": True})
        if isinstance(card, Tag):
            self.card = {"action": urljoin(self.browser.url, str(card["action"])), **fields_of(card)}
            self.card["token"] = self.browser.token_of(card)
        form = self.browser.form_with("outcome")
        assert form is not None, f"no choice at {self.browser.url}: {self.browser.page.get_text(' ')[:300]}"
        self.hosted = self.browser.url
        buttons = form.find_all("button", attrs={"name": "outcome"})
        self.offered = {str(one["value"]): one.get_text(strip=True) for one in buttons}
        return self.offered

    def press(self, outcome: str, *, come_back: bool = True) -> None:
        """Press a button there; whoever does not come back closes the browser."""
        self.browser.post(self.hosted, {"outcome": outcome}, follow=come_back and not self.card)
        if self.card and outcome == "cancelled":
            self.browser.open(f"{self.page}?choose=1")
        elif self.card and come_back:
            fields = {name: value for name, value in self.card.items() if name != "action"}
            self.browser.post(self.card["action"], fields)

    def pay(self, *, come_back: bool = True) -> None:
        """Press what this gateway's page offers to somebody who wants to pay."""
        offered = self.offered or self.go()
        self.press(next(status for status in PLEASED if status in offered), come_back=come_back)

    def session(self) -> dict[str, Any]:
        """The one session that the gateway opened for this attempt."""
        mine = [one for one in self.stage.sessions(self.gateway.code) if one["id"] not in self.before]
        assert len(mine) == 1, f"{len(mine)} sessions"
        return mine[0]

    def now(self) -> tuple[Order, Payment]:
        """Order and attempt as the database has them."""
        order, payments = self.stage.application.use_cases.reads.order_by_id(self.order.id)
        return order, next(one for one in payments if one.id == self.payment.id)

    def until(self, holds: Callable[[Order, Payment], object]) -> tuple[Order, Payment]:
        """Let the worker work until it is so."""
        end = time.monotonic() + SOON
        while True:
            self.stage.work()
            order, payment = self.now()
            if holds(order, payment):
                return order, payment
            assert time.monotonic() < end, f"order {order.status}, payment {payment.status}: {self.told()}"
            time.sleep(0.05)

    def state(self) -> str:
        """The word of the order page."""
        answer = requests.get(f"{self.page}/status", timeout=SOON)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["state"])

    def is_payable_again(self) -> bool:
        """Whether the order page offers to pay."""
        self.browser.open(f"{self.page}?choose=1")
        form = self.browser.form_with("account")
        return form is not None and str(form["action"]).endswith("/pay")

    def file(self) -> OrderFile:
        """Everything known about the order."""
        return self.stage.application.use_cases.reads.order_file(self.order.id)

    def captured(self) -> list[Money]:
        """The money facts of the order that say money came."""
        return [fact.amount for fact in self.file().facts if fact.kind is FactKind.CAPTURED]

    def taken(self) -> list[Decimal]:
        """What the gateway took for this attempt, in major units."""
        session = self.session()
        return [Decimal(one["amount"]).scaleb(-session["places"]) for one in session["captures"]]

    def told(self) -> list[str]:
        """What happened to the order, for the message of a failing test."""
        file = self.file()
        said = [f"{one.kind.value} {one.state} {one.message}" for one in file.transactions]
        return said + [f"callback {one.state.value} {one.note}" for one in file.callbacks]

    def hear_it_after_all(self) -> None:
        """What was lost on the way is sent again by the gateway, as it does for days."""
        self.stage.mend(self.gateway.code)
        session = self.session()["id"]
        for message in self.stage.ledger()["messages"]:
            if message["session_id"] == session:
                self.stage.pull(self.gateway.code, "_deliver", message=message["id"])

    def make_due(self) -> None:
        """Time goes by: everything about this attempt is due."""
        past, reference = "2026-01-01 00:00:00.000000", self.payment.reference
        mine = "(SELECT id FROM payments WHERE reference = ?)"
        due = "SET look_at = ?, leased_until = NULL WHERE look_at IS NOT NULL AND"
        self.stage.sql(f"UPDATE payments {due} reference = ?", past, reference)
        self.stage.sql(f"UPDATE refunds {due} payment_id = {mine}", past, reference)


@contextmanager
def a_stage(database: Path, blocks_of: Blocks = credentials) -> Iterator[Stage]:
    """The real application on loopback beside the sandbox, with an account at each of these gateways."""
    front = Flask("front")
    sandbox, close = serve_in_thread(create_sandbox(retry_delays=(0.2, 0.5, 1)))
    url, stop = serve_in_thread(front)
    blocks = {code: {**block, "timeout": 5} for code, block in blocks_of(sandbox).items()}
    examined = examine(blocks, environment="test", base_url=url)
    settings = {
        "base_url": url,
        "secret_key": "a secret key for the tests only",
        "guest_checkout": True,
        "database": {"url": f"sqlite:///{database}"},
        "gateways": {one.account: blocks[one.account] for one in examined if one.gateway},
    }
    with build(settings, handlers={"user_data_query": known_customer}) as application:
        application.database.upgrade()
        app = create_app(application.use_cases, application.web_settings())
        front.wsgi_app = app.wsgi_app  # type: ignore[method-assign]
        problems = {one.account: one.problem for one in examined if one.problem}
        stage = Stage(url, sandbox, database, application, problems)
        try:
            stage.type_into_panels()
            yield stage
        finally:
            stop()
            close()
