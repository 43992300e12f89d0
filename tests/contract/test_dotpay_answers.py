"""Dotpay's forms, ways back, oldest messages and seller API: what is particular, and what is not believed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
import requests
from pytest_httpserver import HTTPServer

from adapters.sandbox import credentials
from adapters.testing.builders import a_brief, a_payment, a_refund, told_the_reference
from adapters.testing.quiet import listening, no_network
from adapters.testing.wires import started
from adapters.wire.errors import SettingsError
from application.errors import (
    GatewayRejected,
    GatewayUnavailable,
    OutcomeUnknown,
    UnsupportedOperation,
)
from application.ports.gateway import InboundMessage, Operation, PaymentGateway
from domain.basket import Buyer
from domain.money import Money
from domain.observation import RefundNews
from domain.payment import NextStepKind, PaymentStatus
from domain.refund import RefundStatus
from tests.contract.stand import HttpSandbox, account, wait_for
from tests.contract.test_dotpay import DEMO, DotpayHarness, read

PLN = Money.of(9853, "PLN")
LIVE = {**DEMO, "pin": "a-pin-of-the-merchants-own", "base_url": "https://dproxy.przelewy24.pl"}


@pytest.fixture
def harness(sandbox_url: str) -> Iterator[DotpayHarness]:
    sandbox = HttpSandbox(sandbox_url, "dotpay")
    before = requests.get(f"{sandbox.address}/_settings", timeout=5).json()
    yield DotpayHarness(sandbox, dict(credentials(sandbox_url)["dotpay"]))
    sandbox.clear()
    sandbox.settings(**before)


def with_api(httpserver: HTTPServer, **changes: object) -> PaymentGateway:
    panel = {"api_user": "anna", "api_password": "a-panel-password", "base_url": httpserver.url_for("/")}
    return account({**DEMO, **panel, **changes})


def operation(reference: str, **changes: Any) -> dict[str, Any]:
    return {
        "number": "M1234-56789",
        "type": "payment",
        "status": "completed",
        "amount": "98.53",
        "currency": "PLN",
        "original_amount": "98.53",
        "original_currency": "PLN",
        "account_id": 123456,
        "related_operation": None,
        "description": f"Order/{reference}",
        "control": reference,
        **changes,
    }


@pytest.mark.parametrize("scheme", ["next", "dev", ""])
def test_a_form_is_posted_exactly_as_it_was_proven(harness: DotpayHarness, scheme: str) -> None:
    gateway = harness.build(api_version=scheme, accept_md5=True, channel="73", return_type="4")
    brief = replace(
        a_brief(gateway, Money.of(10, "PLN")),
        description=" Kawa\r\n 'ż' & <b> / \u2615\U0001f600 " + "x" * 300,
        buyer=Buyer("jan@example.com", "Jan  Żółć-Nowak\n"),
        locale="cs-CZ",
    )
    with no_network():
        step = gateway.start(brief).next_step
    fields = dict(step.fields)
    assert step.kind is NextStepKind.FORM
    assert step.url == f"{harness.sandbox.address}/test_payment/"
    assert ("api_version" in fields) == bool(scheme)
    assert (fields["amount"], fields["lang"], len(fields["description"])) == ("0.10", "cz", 255)
    assert (fields["firstname"], fields["lastname"]) == ("Jan", "Żółć-Nowak")
    payment, _ = started(harness, brief)
    assert harness.sandbox.session(payment.reference)
    bent = requests.post(step.url, {**fields, "amount": "0.01"}, timeout=5, allow_redirects=False)
    assert "error_code=HASH_NOT_EQUAL_CHK" in bent.headers["Location"]


@pytest.mark.parametrize(("decimals", "text"), [(False, "500"), (True, "500.00")])
def test_yen_are_written_as_the_account_wants_them(decimals: bool, text: str) -> None:
    gateway = account({**DEMO, "yen_with_decimals": decimals})
    step = gateway.start(a_brief(gateway, Money.of(500, "JPY"))).next_step
    assert dict(step.fields)["amount"] == text


@pytest.mark.parametrize(
    ("carried", "aborted"),
    [
        ({"status": "OK"}, False),
        ({"status": "FAIL"}, True),
        ({"error_code": "PAYMENT_EXPIRED"}, True),
        ({"status": "OK", "error_code": ""}, False),
        ({}, False),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_only_a_failed_return_hints_at_giving_up(
    method: str, carried: Mapping[str, str], aborted: bool
) -> None:
    pairs = tuple(carried.items())
    message = InboundMessage(method, b"", query=pairs if method == "GET" else (), form=pairs)
    assert account(DEMO).read_return(message).aborted is aborted


@pytest.mark.parametrize("scheme", ["next", ""])
def test_what_the_sandbox_sends_is_what_we_believe(harness: DotpayHarness, scheme: str) -> None:
    gateway = harness.build(api_version=scheme, accept_md5=True)
    with listening() as shop:
        brief = a_brief(gateway, callback_url=f"{shop.url}/cb")
        session = harness.sandbox.open(gateway.start(brief))
        harness.sandbox.finish(session)
        made = {"session": session, "amount": "1000"}
        url = f"{harness.sandbox.address}/_panel/refund"
        assert requests.post(url, json=made, timeout=5).status_code == 201
        wait_for(lambda: len(shop.heard) == 2)
        messages = [InboundMessage(heard.method, heard.body, heard.headers) for heard in shop.heard]
    pay, back = (read(gateway, message) for message in messages)
    assert (pay.reference, pay.status, pay.gateway_reference) == (
        brief.payment.reference,
        PaymentStatus.PAID,
        session,
    )
    assert pay.receipt == ({"card": "1111"} if scheme else {})
    assert back.refund is not None
    assert (back.refund.amount, back.refund.key) == (Money.of(1000, "PLN"), "")
    assert (back.refund.status, back.gateway_reference) == (RefundStatus.DONE, session)


@pytest.mark.parametrize("sign", ["", "-"])
def test_the_news_of_our_refund_carry_its_key(harness: DotpayHarness, sign: str) -> None:
    harness.sandbox.settings(refund_seconds=0.01, refund_sign=sign)
    with listening() as shop:
        brief = a_brief(harness.gateway, callback_url=f"{shop.url}/cb")
        session = harness.sandbox.open(harness.gateway.start(brief))
        harness.sandbox.finish(session)
        payment = told_the_reference(brief.payment, session)
        refund = a_refund(payment, 1230)
        made = harness.gateway.refund(payment, refund).refund
        assert made == RefundNews(RefundStatus.SENT, refund.amount, "", refund.key)
        wait_for(lambda: len(shop.heard) == 2)
        heard = shop.heard[1]
    seen = read(harness.gateway, InboundMessage(heard.method, heard.body, heard.headers))
    assert seen.refund is not None
    assert (seen.refund.status, seen.refund.key) == (RefundStatus.DONE, refund.key)
    assert (seen.reference, seen.refund.amount) == (payment.reference, refund.amount)
    assert harness.gateway.look_refund(payment, refund).refund == seen.refund


def test_of_several_tries_the_completed_one_speaks(harness: DotpayHarness) -> None:
    brief, gateway = a_brief(harness.gateway), harness.gateway
    harness.sandbox.settings(page_size=1)
    assert gateway.look(brief.payment).word == "not_found"
    for status, told in (
        ("declined", PaymentStatus.FAILED),
        ("paid", PaymentStatus.PAID),
        ("declined", PaymentStatus.PAID),
    ):
        session = harness.sandbox.open(gateway.start(brief))
        harness.sandbox.finish(session, status)
        assert gateway.look(brief.payment).status is told


@pytest.mark.parametrize(
    "change",
    [
        {"account_id": 654321},
        {"control": "another"},
        {"number": "M9999-99999"},
        {"type": "refund"},
        {"original_currency": None},
        {"original_amount": "many"},
        {"status": None},
    ],
)
def test_an_answer_about_something_else_is_not_believed(
    httpserver: HTTPServer, change: dict[str, Any]
) -> None:
    gateway = with_api(httpserver)
    payment = told_the_reference(a_payment(gateway, PLN), "M1234-56789")
    path = "/test_seller/api/v1/operations/M1234-56789/"
    for told in (operation(payment.reference, **change), operation(payment.reference)):
        httpserver.expect_oneshot_request(path).respond_with_json(told)
    with pytest.raises(OutcomeUnknown):
        gateway.look(payment)
    assert gateway.look(payment).status is PaymentStatus.PAID


def test_what_a_search_finds_for_others_is_passed_over(httpserver: HTTPServer) -> None:
    gateway = with_api(httpserver)
    payment = a_payment(gateway, PLN)
    refund = a_refund(payment)
    other = operation("another", description=f"Order/{payment.reference}")
    back = {"type": "refund", "number": "M9999-99999", "description": f"Refund/{refund.key}1"}
    page = {"results": [other, operation(payment.reference, **back)], "next": None}
    httpserver.expect_request("/test_seller/api/v1/operations/").respond_with_json(page)
    assert gateway.look(payment).word == "not_found"
    assert gateway.look_refund(payment, refund).word == "not_found"
    for (asked, _), words in zip(
        httpserver.log, (f"/{payment.reference}", f"Refund/{refund.key}"), strict=True
    ):
        assert asked.args["description"] == words


@pytest.mark.parametrize("link", ["/test_seller/api/v1/operations/", "https://elsewhere.invalid/"])
def test_a_search_without_end_or_on_another_host_is_given_up(httpserver: HTTPServer, link: str) -> None:
    gateway = with_api(httpserver)
    following = httpserver.url_for(link) if link.startswith("/") else link
    page = {"results": [], "next": following}
    httpserver.expect_request("/test_seller/api/v1/operations/").respond_with_json(page)
    with pytest.raises((OutcomeUnknown, GatewayUnavailable)):
        gateway.look(a_payment(gateway, PLN))
    assert len(httpserver.log) <= 5


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refund_that_is_refused_was_not_made(httpserver: HTTPServer, status: int) -> None:
    gateway = with_api(httpserver)
    payment = told_the_reference(a_payment(gateway, PLN), "M1234-56789")
    refund = a_refund(payment, 1050)
    path = "/test_seller/api/v1/payments/M1234-56789/refund/"
    httpserver.expect_request(path, "POST").respond_with_json({"detail": "no"}, status)
    with pytest.raises(GatewayRejected):
        gateway.refund(payment, refund)
    asked = httpserver.log[0][0]
    body = f'{{"amount":10.50,"description":"Refund/{refund.key}","control":"{payment.reference}"}}'
    assert asked.get_data(as_text=True) == body
    assert asked.authorization is not None
    assert (asked.authorization.username, asked.authorization.password) == ("anna", "a-panel-password")


def test_a_refund_in_a_currency_the_account_is_not_kept_in_is_not_sent(httpserver: HTTPServer) -> None:
    gateway = with_api(httpserver)
    payment = told_the_reference(a_payment(gateway, Money.of(9853, "EUR")), "M1234-56789")
    with no_network(), pytest.raises(GatewayRejected):
        gateway.refund(payment, a_refund(payment))


@pytest.mark.parametrize(
    ("changes", "can"),
    [({}, set()), ({"api_version": "", "accept_md5": True, "api_user": "a", "api_password": "b"}, {"look"})],
)
def test_what_cannot_be_asked_is_not_declared(changes: dict[str, object], can: set[str]) -> None:
    gateway = account({**DEMO, **changes})
    payment = told_the_reference(a_payment(gateway), "M1234-56789")
    assert {operation.value for operation in gateway.capabilities.operations} == can
    with no_network(), pytest.raises(UnsupportedOperation):
        gateway.refund(payment, a_refund(payment))
    with no_network(), pytest.raises(UnsupportedOperation):
        gateway.look_refund(payment, a_refund(payment))
    if Operation.LOOK not in gateway.capabilities.operations:
        with no_network(), pytest.raises(UnsupportedOperation):
            gateway.look(payment)


@pytest.mark.parametrize(
    ("environment", "key", "change"),
    [
        ("test", "api_password", {"api_user": "anna"}),
        ("test", "api_user", {"api_password": "x"}),
        ("test", "accept_md5", {"api_version": ""}),
        ("test", "form_path", {"form_path": "t2/"}),
        ("live", "form_path", {"form_path": "test_payment/"}),
        ("live", "api_path", {"api_path": "test_seller/api/v1/"}),
        ("live", "base_url", {"base_url": ""}),
    ],
)
def test_settings_that_could_not_work_stop_the_start(
    environment: str, key: str, change: dict[str, object]
) -> None:
    good = LIVE if environment == "live" else DEMO
    assert account(good, environment).code == "dotpay"
    with pytest.raises(SettingsError, match=rf"gateways\.acc\.{key} "):
        account({**good, **change}, environment)


def test_live_forms_go_to_the_live_page() -> None:
    gateway = account(LIVE, "live")
    assert gateway.start(a_brief(gateway)).next_step.url == "https://dproxy.przelewy24.pl/t2/"
