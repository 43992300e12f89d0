"""Inside somebody else's Flask application: their orders, their pages, their listeners."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template_string
from webtest import TestApp, TestResponse

from adapters.web import signals
from adapters.web.app import mount
from adapters.web.host import payment_form_for
from adapters.web.settings import WebSettings
from application.errors import Vetoed
from application.hooks import NAMES
from application.ports.persistence import OrderFilter
from application.use_cases import UseCases
from domain.payment import PaymentStatus
from tests.functional.hands import nobody_home, pay_forms, tell
from tests.functional.signed import genuine, signed
from tests.functional.test_callbacks import deliver
from tests.functional.world import Shop, a_shop, heading, words_of

PAGE = """{% from "macros/payment_form.html" import payment_form %}<h1>Invoice {{ invoice.pk }}</h1>
{{ payment_form(chosen.form, chosen.action) }}"""


class Invoice:
    """A host's own order: nothing of ours in it."""

    currency = "PLN"

    def __init__(self, pk: int, total: Decimal | None) -> None:
        self.pk, self.total, self.status, self.saved = pk, total, "W", 0

    def __str__(self) -> str:
        return f"Invoice {self.pk}"

    def get_absolute_url(self) -> str:
        return f"/invoices/{self.pk}/thanks"

    def save(self) -> None:
        self.saved += 1


@pytest.fixture
def invoices() -> dict[str, Invoice]:
    return {"7": Invoice(7, Decimal("49.90")), "8": Invoice(8, None)}


def _host(invoices: dict[str, Invoice], use_cases: UseCases, settings: WebSettings) -> Flask:
    app = Flask("host")
    app.secret_key = "the host's own secret, long enough"
    mount(app, use_cases, settings, url_prefix="/pay", payables=invoices.get)

    @app.get("/invoices/<number>")
    def invoice(number: str) -> str:
        found = invoices[number]
        return render_template_string(PAGE, invoice=found, chosen=payment_form_for(found))

    return app


@pytest.fixture
def host(database_path: Path, sandbox: str, invoices: dict[str, Invoice]) -> Iterator[Shop]:
    def make(use_cases: UseCases, settings: WebSettings) -> Flask:
        return _host(invoices, use_cases, settings)

    with a_shop(f"sqlite:///{database_path}", sandbox, make=make, prefix="/pay") as running:
        yield running


def press(browser: TestApp, account: str = "dummy", **kw: Any) -> TestResponse:
    form = pay_forms(browser.get("/invoices/7"))[0]
    form["account"] = account
    return form.submit(**kw)


def test_a_hosts_page_embeds_the_form_and_leads_to_the_gateway(host: Shop, browser_of: TestApp) -> None:
    sent = press(browser_of)
    assert sent.status_int == 303
    assert sent.headers["Location"].startswith("/pay/orders/")
    page = sent.follow()
    assert heading(page) == "Taking you to Test gateway"
    order, (payment,) = _only_order(host)
    assert (str(order.total), order.source, order.source_reference) == ("49.90 PLN", "Invoice", "7")
    assert payment.amount == order.total


@pytest.fixture
def browser_of(host: Shop) -> TestApp:
    return host.browser()


def _only_order(host: Shop) -> Any:
    (found,) = host.use_cases.reads.orders(OrderFilter())
    return found


def test_pressing_twice_joins_the_same_attempt(host: Shop, browser_of: TestApp) -> None:
    first, second = press(browser_of), press(browser_of)
    assert first.headers["Location"] == second.headers["Location"]


def test_a_browser_cannot_invent_an_order_or_an_amount(host: Shop, browser_of: TestApp) -> None:
    form = pay_forms(browser_of.get("/invoices/7"))[0]
    form["account"] = "dummy"
    fields = [*form.submit_fields(), ("total", "0.01"), ("amount", "1"), ("reference", "8")]
    forged = form.action.replace("/payables/", "/payables/x")
    assert browser_of.post(forged, fields, expect_errors=True).status_int == 404
    assert browser_of.post("/pay/payables/7/pay", fields, expect_errors=True).status_int == 404
    browser_of.post(form.action, fields)
    assert str(_only_order(host)[0].total) == "49.90 PLN"


def test_choosing_nothing_comes_back_with_the_choice(host: Shop, browser_of: TestApp) -> None:
    answer = pay_forms(browser_of.get("/invoices/7"))[0].submit(expect_errors=True)
    assert answer.status_int == 400
    assert "Choose how you want to pay" in words_of(answer)
    form = pay_forms(answer)[0]
    form["account"] = "dummy"
    assert form.submit().status_int == 303


def test_an_amount_may_come_from_a_listener(host: Shop, browser_of: TestApp) -> None:
    """As django-getpaid asks: the listener fills in amount and currency."""

    def listener(sender: object, order: Any, payment: Any, **_: Any) -> None:
        if order.total is None:
            payment.amount, payment.currency = Decimal("12.50"), "PLN"

    signals.connect(host.use_cases.hooks)
    with signals.new_payment_query.connected_to(listener):
        form = pay_forms(browser_of.get("/invoices/8"))[0]
        form["account"] = "dummy"
        assert form.submit().status_int == 303
    assert str(_only_order(host)[0].total) == "12.50 PLN"


def test_the_listener_of_the_seed_marks_its_own_order_paid(
    host: Shop, browser_of: TestApp, invoices: dict[str, Invoice]
) -> None:
    """Word for word what shops wrote for django-getpaid."""

    def payment_status_changed_listener(
        sender: Any, instance: Any, old_status: str, new_status: str, **kwargs: Any
    ) -> None:
        if old_status != "paid" and new_status == "paid":
            instance.order.status = "P"
            instance.order.save()

    press(browser_of)
    _, (payment,) = _only_order(host)
    tell_host(host, payment)
    signals.connect(host.use_cases.hooks, find_order=invoices.get)
    with signals.payment_status_changed.connected_to(payment_status_changed_listener):
        for _ in range(12):
            host.use_cases.relay_events.execute()
    assert (invoices["7"].status, invoices["7"].saved) == ("P", 1)


def tell_host(host: Shop, payment: Any) -> None:
    body = genuine(payment, "paid")
    assert deliver(host.browser(), "/pay/callbacks/dummy", body, signed(body)).status_int == 200


def test_every_hook_has_a_signal_and_facts_tell_the_payment(shop: Shop) -> None:
    assert set(signals.namespace) >= NAMES
    heard: list[tuple[str, Any]] = []

    def listen(name: str) -> Any:
        def listener(sender: object, **told: Any) -> None:
            heard.append((name, told))

        return listener

    listeners = [(name, listen(name)) for name in sorted(NAMES)]
    signals.connect(shop.use_cases.hooks)
    for name, listener in listeners:
        signals.namespace.signal(name).connect(listener)
    try:
        order, payment = shop.started("dummy")
        tell(shop, payment, "paid")
        shop.browser().post("/callbacks/dummy", "{}", expect_errors=True)
        for _ in range(12):
            shop.use_cases.relay_events.execute()
    finally:
        for name, listener in listeners:
            signals.namespace.signal(name).disconnect(listener)
    names = [name for name, _ in heard]
    for name in (
        "order_placed",
        "redirecting_to_payment_gateway",
        "order_additional_validation",
        "new_payment",
        "pre_sendbank",
        "post_sendbank",
        "callback_accepted",
        "callback_refused",
        "payment_status_changed",
        "order_paid",
    ):
        assert name in names, name
    changed = [told for name, told in heard if name == "payment_status_changed"][-1]
    assert (changed["old_status"], changed["new_status"]) == ("in_progress", "paid")
    assert changed["instance"].status is PaymentStatus.PAID
    assert changed["instance"].order.reference == order.reference
    accepted = next(told for name, told in heard if name == "callback_accepted")
    assert (accepted["is_success"], accepted["is_failed"]) == (True, False)


def test_a_listener_may_refuse_a_payment_and_its_words_reach_the_shopper(shop: Shop) -> None:
    def veto(sender: object, order: Any, backend: str, **_: Any) -> None:
        if backend == "dummy":
            raise Vetoed("We do not deliver on the moon.")

    signals.connect(shop.use_cases.hooks)
    order, browser = shop.order(), shop.browser()
    form = pay_forms(browser.get(f"/orders/{order.key}"))[0]
    form["account"] = "dummy"
    with signals.order_additional_validation.connected_to(veto):
        answer = form.submit(expect_errors=True)
    assert answer.status_int == 409
    assert "We do not deliver on the moon." in words_of(answer)
    assert shop.again(order)[1] == ()


def test_a_listener_may_tell_who_the_buyer_is(host: Shop, browser_of: TestApp) -> None:
    def listener(sender: object, order: Any, user_data: dict[str, str], **_: Any) -> None:
        user_data["email"], user_data["lang"] = "host@example.com", "pl"

    signals.connect(host.use_cases.hooks)
    with signals.user_data_query.connected_to(listener):
        press(browser_of)
    order, _ = _only_order(host)
    assert (order.buyer.email, order.locale) == ("host@example.com", "pl")


def test_a_gateway_that_is_down_keeps_the_hosts_order(
    database_path: Path, sandbox: str, invoices: dict[str, Invoice]
) -> None:
    def make(use_cases: UseCases, settings: WebSettings) -> Flask:
        return _host(invoices, use_cases, settings)

    place = f"sqlite:///{database_path}"
    with a_shop(place, sandbox, make=make, prefix="/pay", blocks_of=nobody_home) as host:
        answer = press(host.browser(), expect_errors=True)
        assert (answer.status_int, heading(answer)) == (503, "Test gateway is not answering.")


def test_a_paid_order_of_the_host_is_not_paid_again(host: Shop, browser_of: TestApp) -> None:
    press(browser_of)
    _, (payment,) = _only_order(host)
    tell_host(host, payment)
    answer = press(browser_of, "payu", expect_errors=True)
    assert (answer.status_int, heading(answer)) == (409, "This order is already paid.")


def test_a_template_of_the_host_replaces_ours(
    database_path: Path, sandbox: str, tmp_path: Path, invoices: dict[str, Invoice]
) -> None:
    own = tmp_path / "own" / "orders"
    own.mkdir(parents=True)
    (own / "redirect.html").write_text("<h1>Our way to {{ method }}</h1><a href='{{ step.url }}'>go</a>")

    def make(use_cases: UseCases, settings: WebSettings) -> Flask:
        app = Flask("host", template_folder=str(own.parent))
        app.secret_key = "the host's own secret, long enough"
        mount(app, use_cases, settings)
        return app

    with a_shop(f"sqlite:///{database_path}", sandbox, make=make) as host:
        order, payment = host.started("dummy")
        page = host.browser().get(f"/orders/{order.key}/payments/{payment.id}/redirect")
    assert heading(page) == "Our way to Test gateway"
