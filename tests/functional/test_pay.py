"""From the order page to the gateway: paying, paying again, pressing twice, and everything that refuses."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from webtest import TestApp, TestResponse

from application.points import arm
from application.ports.gateway import Brief, Gateways, PaymentGateway, Started
from domain.order import OrderStatus
from domain.payment import NextStep, NextStepKind, PaymentStatus
from tests.functional.hands import nobody_home, page_of, pay_forms, send, state_of, tell
from tests.functional.world import Replaced, Shop, a_shop, heading, in_parallel, title, words_of


def choose(browser: TestApp, key: str, account: str, **kw: Any) -> TestResponse:
    """Open the order page, choose a method and press the button."""
    form = pay_forms(browser.get(f"/orders/{key}"))[0]
    form["account"] = account
    return form.submit(**kw)


def test_paying_leads_over_our_own_page_to_the_gateway(shop: Shop, browser: TestApp) -> None:
    order = shop.order()
    sent = choose(browser, order.key, "payu")
    assert sent.status_int == 303
    payment = shop.again(order)[1][0]
    assert sent.headers["Location"] == f"/orders/{order.key}/payments/{payment.id}/redirect"
    page = sent.follow()
    assert payment.next_step is not None
    assert f'<meta http-equiv="refresh" content="0; url={payment.next_step.url}">' in page.text
    assert f'href="{payment.next_step.url}"' in page.text
    assert heading(page) == "Taking you to PayU"
    assert title(page) == "Taking you to PayU - Shop"
    assert "You pay 54,89 PLN at 127.0.0.1:" in words_of(page)
    assert f"form-action 'self' {shop.sandbox};" in page.headers["Content-Security-Policy"]
    assert page.click("Choose another method").status_int == 200


def test_only_the_page_that_leads_away_may_post_elsewhere(shop: Shop) -> None:
    order, payment = shop.started("payu")
    for path in ("", "/cancel", "/status"):
        policy = shop.browser().get(f"/orders/{order.key}{path}").headers["Content-Security-Policy"]
        assert "form-action 'self';" in policy
    leading = shop.browser().get(f"/orders/{order.key}/payments/{payment.id}/redirect")
    assert "form-action 'self' http://" in leading.headers["Content-Security-Policy"]


class ByForm:
    """A gateway that wants a form posted instead of an address opened."""

    def __init__(self, inner: PaymentGateway) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def start(self, brief: Brief) -> Started:
        started = self._inner.start(brief)
        fields = (("amount", "5489"), ("signature", 'a"b<c>&d'), ("empty", ""))
        return replace(started, next_step=NextStep(NextStepKind.FORM, started.next_step.url, fields))


@pytest.fixture
def form_shop(database_path: Path, sandbox: str) -> Iterator[Shop]:
    def by_form(known: Gateways) -> Gateways:
        wrapped: Any = ByForm(known.get("dummy"))
        return Replaced(known, (wrapped,))

    with a_shop(f"sqlite:///{database_path}", sandbox, gateways=by_form) as running:
        yield running


def test_a_gateway_that_wants_a_form_gets_exactly_its_fields(form_shop: Shop) -> None:
    order, payment = form_shop.started("dummy")
    page = form_shop.browser().get(f"/orders/{order.key}/payments/{payment.id}/redirect")
    form = next(form for form in page.forms.values() if form.action.startswith("http"))
    assert payment.next_step is not None
    assert form.action == payment.next_step.url
    assert form.method.lower() == "post"
    assert form.submit_fields() == [("amount", "5489"), ("signature", 'a"b<c>&d'), ("empty", "")]
    assert "http-equiv" not in page.text
    assert re.search(r"<form[^>]* data-auto", page.text)
    assert "Continue to Test gateway" in words_of(page)


def test_a_page_that_leads_away_goes_stale_when_the_order_is_paid(shop: Shop) -> None:
    order, payment = shop.started("dummy")
    tell(shop, payment, "paid")
    answer = shop.browser().get(f"/orders/{order.key}/payments/{payment.id}/redirect")
    assert (answer.status_int, answer.headers["Location"]) == (303, f"/orders/{order.key}")


def test_promises_and_finished_attempts_lead_to_the_order_page(shop: Shop) -> None:
    transfer, promised = shop.started("bank_transfer")
    declined, payment = shop.started("dummy")
    tell(shop, payment, "declined")
    for order, attempt in ((transfer, promised), (declined, payment)):
        answer = shop.browser().get(f"/orders/{order.key}/payments/{attempt.id}/redirect")
        assert (answer.status_int, answer.headers["Location"]) == (303, f"/orders/{order.key}")


def test_an_attempt_of_another_order_is_not_found_here(shop: Shop) -> None:
    order, _ = shop.started("dummy")
    _, foreign = shop.started("dummy")
    for odd in (foreign.id, "x", "%00", "1"):
        path = f"/orders/{order.key}/payments/{odd}/redirect"
        assert shop.browser().get(path, expect_errors=True).status_int == 404


def test_while_another_request_opens_the_session_the_page_waits_for_it(shop: Shop) -> None:
    order = shop.order()
    seen: list[TestResponse] = []

    def second() -> None:
        browser = shop.browser()
        seen.append(choose(browser, order.key, "dummy"))
        seen.append(seen[0].follow())

    def meanwhile(point: str) -> None:
        if point == "start.before_gateway_call" and not seen:
            other = threading.Thread(target=second)
            other.start()
            other.join(10)

    with arm(meanwhile, environment="test"):
        first = choose(shop.browser(), order.key, "dummy")
    assert first.headers["Location"] == seen[0].headers["Location"]
    assert heading(seen[1]) == "One moment"
    assert '<meta http-equiv="refresh" content="2">' in seen[1].text
    assert len(shop.again(order)[1]) == 1


def test_ten_presses_at_once_open_one_session(shop: Shop) -> None:
    order = shop.order()
    browser = shop.browser()
    form = pay_forms(browser.get(f"/orders/{order.key}"))[0]
    form["account"] = "dummy"
    fields, action = form.submit_fields(), form.action

    def press(_: int) -> TestResponse:
        copy = TestApp(shop.app, extra_environ=browser.extra_environ, cookiejar=browser.cookiejar)
        return copy.post(action, fields, expect_errors=True)

    answers = in_parallel(10, press)
    assert {answer.status_int for answer in answers} == {303}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    (payment,) = shop.again(order)[1]
    opened = [one for one in shop.ledger()["sessions"] if one["reference"] == payment.reference]
    assert len(opened) == 1


def test_a_refused_shopper_pays_with_another_method(shop: Shop, browser: TestApp) -> None:
    order, first = shop.started("payu")
    back = shop.press(first, "cancelled").headers["Location"]
    page = browser.get(back.removeprefix(shop.url)).follow()
    assert pay_forms(page)
    choose(browser, order.key, "dummy")
    second = shop.again(order)[1][-1]
    assert second.account == "dummy"
    shop.press(second, "paid")
    assert state_of(shop, order) == "paid"
    assert shop.again(order)[0].paid_by == second.id


def test_choosing_nothing_is_said_beside_the_choice_and_nothing_is_started(
    shop: Shop, browser: TestApp
) -> None:
    order = shop.order()
    page = pay_forms(browser.get(f"/orders/{order.key}"))[0].submit(expect_errors=True)
    assert page.status_int == 400
    assert title(page).startswith("Error: ")
    assert "Error: Choose how you want to pay" in words_of(page)
    assert re.search(r'<input type="radio"[^>]*value="payu"[^>]* autofocus', page.text)
    assert re.search(r'<fieldset[^>]* aria-describedby="account-error"', page.text)
    assert shop.again(order)[1] == ()


@pytest.mark.parametrize("account", ["nobody", "pass", "nothing", "", "\x00", "cash_on_delivery "])
def test_a_method_that_is_not_on_offer_cannot_be_forced(shop: Shop, browser: TestApp, account: str) -> None:
    order = shop.order()
    form = pay_forms(browser.get(f"/orders/{order.key}"))[0]
    fields = [(name, value) for name, value in form.submit_fields() if name != "account"]
    extra = [("account", account), ("amount", "1"), ("currency", "JPY"), ("status", "paid")]
    answer = browser.post(form.action, fields + extra, expect_errors=True)
    assert answer.status_int == 400
    assert shop.again(order)[1] == ()


def test_fields_nobody_offered_change_nothing(shop: Shop, browser: TestApp) -> None:
    order = shop.order()
    form = pay_forms(browser.get(f"/orders/{order.key}"))[0]
    form["account"] = "dummy"
    extra = [("amount", "1"), ("currency", "JPY"), ("status", "paid"), ("order_id", "x"), ("total", "0")]
    assert browser.post(form.action, form.submit_fields() + extra).status_int == 303
    (payment,) = shop.again(order)[1]
    assert (payment.amount, payment.status) == (order.total, PaymentStatus.IN_PROGRESS)


def test_a_second_payment_of_a_paid_order_is_refused_with_the_receipt(shop: Shop, browser: TestApp) -> None:
    order, payment = shop.started("dummy")
    form = pay_forms(browser.get(f"/orders/{order.key}"))[0]
    form["account"] = "payu"
    tell(shop, payment, "paid")
    answer = form.submit(expect_errors=True)
    assert answer.status_int == 409
    assert heading(answer) == "This order is already paid."
    assert "We received 54,89 PLN by Test gateway" in words_of(answer)
    assert heading(answer.click("Open the receipt")) == "Paid. Thank you."
    assert len(shop.again(order)[1]) == 1


def test_an_order_whose_money_is_held_is_not_paid_another_way(shop: Shop, browser: TestApp) -> None:
    order, payment = shop.started("dummy")
    form = pay_forms(browser.get(f"/orders/{order.key}"))[0]
    form["account"] = "payu"
    tell(shop, payment, "authorized")
    answer = form.submit(expect_errors=True)
    assert (answer.status_int, heading(answer)) == (409, "Your payment is approved.")
    assert len(shop.again(order)[1]) == 1


def test_paying_a_closed_order_is_refused_with_the_truth(shop: Shop, browser: TestApp) -> None:
    order = shop.order()
    form = pay_forms(browser.get(f"/orders/{order.key}"))[0]
    form["account"] = "payu"
    shop.use_cases.cancel_order.execute(order.id, by="Anna", reason="sold out")
    answer = form.submit(expect_errors=True)
    assert (answer.status_int, heading(answer)) == (409, "The shop cancelled this order.")


def test_an_order_paid_between_reading_and_starting_is_refused_too(shop: Shop) -> None:
    """The page read the order as payable; the money came before the intent was committed."""
    order, payment = shop.started("payu")
    browser = shop.browser()
    form = pay_forms(browser.get(f"/orders/{order.key}"))[0]
    form["account"] = "dummy"
    told: list[str] = []

    def pay_first(asked: Any, account: str) -> None:
        told.append(account)
        shop.press(payment, "paid")

    shop.use_cases.hooks.connect("order_additional_validation", pay_first)
    answer = form.submit(expect_errors=True)
    assert told == ["dummy"]
    assert (answer.status_int, heading(answer)) == (409, "This order is already paid.")


def test_a_gateway_that_is_down_keeps_order_and_choice(database_path: Path, sandbox: str) -> None:
    with a_shop(f"sqlite:///{database_path}", sandbox, blocks_of=nobody_home) as shop:
        order, browser = shop.order(), shop.browser()
        answer = choose(browser, order.key, "dummy", expect_errors=True)
        assert (answer.status_int, heading(answer)) == (503, "Test gateway is not answering.")
        assert int(answer.headers["Retry-After"]) > 0
        assert f"Your order {order.reference} is saved." in words_of(answer)
        retry = pay_forms(answer)[0]
        assert retry["account"].value == "dummy"
        assert retry.submit(expect_errors=True).status_int == 503
        assert shop.again(order)[0].status is OrderStatus.OPEN
        other = answer.click("Choose another method")
        form = pay_forms(other)[0]
        form["account"] = "bank_transfer"
        assert form.submit().status_int == 303
        assert state_of(shop, order) == "transfer"


def test_a_gateway_that_hangs_leaves_an_order_that_can_be_paid_otherwise(
    shop: Shop, browser: TestApp
) -> None:
    shop.arm("payu", "hang", on="create", seconds=3)
    order = shop.order()
    answer = choose(browser, order.key, "payu", expect_errors=True)
    assert answer.status_int == 503
    page = page_of(shop, order, "?choose=1")
    assert heading(page) == "We do not know yet whether the payment went through."
    assert "<details" in page.text
    second = send(shop, order, "dummy")
    shop.press(second, "paid")
    assert state_of(shop, order) == "paid"


def test_pressing_without_a_form_token_starts_nothing(shop: Shop) -> None:
    order = shop.order()
    answer = shop.browser().post(f"/orders/{order.key}/pay", {"account": "dummy"}, expect_errors=True)
    assert answer.status_int == 400
    assert shop.again(order)[1] == ()


def test_the_gateway_gets_the_address_of_the_connection_and_not_a_claimed_one(shop: Shop) -> None:
    order = shop.order()
    browser = shop.browser(ip="203.0.113.99")
    form = pay_forms(browser.get(f"/orders/{order.key}"))[0]
    form["account"] = "payu"
    seen: list[Brief] = []
    gateway = shop.use_cases.gateways.get("payu")
    start = gateway.start
    object.__setattr__(gateway, "start", lambda brief: (seen.append(brief), start(brief))[1])
    form.submit(headers={"X-Forwarded-For": "10.0.0.1", "X-Forwarded-Host": "evil.example"})
    (brief,) = seen
    assert (brief.customer_ip, brief.user_agent) == ("203.0.113.99", "Browser/1")
    assert brief.callback_url.startswith(shop.url)
    assert brief.return_url.startswith(shop.url)
