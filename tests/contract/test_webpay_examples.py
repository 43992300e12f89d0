"""Webpay's worked examples on both sides of the wire, its limits, and the settings of an account."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import requests
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from adapters.testing.builders import a_brief, a_payment
from adapters.testing.quiet import no_network
from adapters.wire.errors import SettingsError
from application.errors import GatewayRejected
from application.ports.gateway import PaymentGateway
from domain.money import Money
from tests.contract.stand import HttpSandbox, account
from tests.contract.webpay_stand import (
    KEY,
    TOKEN,
    TRANSACTIONS,
    built,
)


@pytest.fixture
def webpay(httpserver: HTTPServer) -> PaymentGateway:
    return built(httpserver)


def test_the_first_example_is_what_goes_out(httpserver: HTTPServer, webpay: PaymentGateway) -> None:
    heard: list[Request] = []

    def created(request: Request) -> Response:
        heard.append(request)
        url = httpserver.url_for("/webpayserver/initTransaction")
        return Response(json.dumps({"token": TOKEN, "url": url}), content_type="application/json")

    httpserver.expect_request(f"/webpay{TRANSACTIONS}", method="POST").respond_with_handler(created)
    payment = replace(a_payment(webpay, Money.of(10000, "CLP")), reference="order-1")
    brief = replace(a_brief(webpay, payment=payment), return_url="https://shop.example/r")
    assert webpay.start(brief).gateway_reference == TOKEN
    [request] = heard
    assert request.headers["Tbk-Api-Key-Id"] == "597055555532"
    assert request.headers["Tbk-Api-Key-Secret"] == KEY
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.get_data()) == {
        "buy_order": "order-1",
        "session_id": "order-1",
        "amount": 10000,
        "return_url": "https://shop.example/r",
    }


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("amount", ["10000", 10000, "10000.00"])
def test_the_sandbox_takes_the_first_example_as_clients_send_it(
    sandbox_url: str, slash: str, amount: object
) -> None:
    asked = {
        "buy_order": "order-1",
        "session_id": "sess-1",
        "amount": amount,
        "return_url": "https://shop.example/r",
    }
    answer = in_sandbox(sandbox_url, asked, slash)
    assert answer.status_code == 200
    assert set(answer.json()) == {"token", "url"}
    sandbox = HttpSandbox(sandbox_url, "webpay")
    [held] = [one for one in sandbox.ledger()["sessions"] if one["id"] == answer.json()["token"]]
    assert (held["amount"], held["currency"], held["reference"]) == (10000, "CLP", "order-1")


def in_sandbox(sandbox_url: str, asked: object, slash: str = "", key: str = KEY) -> requests.Response:
    headers = {
        "Tbk-Api-Key-Id": "597055555532",
        "Tbk-Api-Key-Secret": key,
        "Content-Type": "application/json",
    }
    url = f"{sandbox_url}/webpay{TRANSACTIONS}{slash}"
    return requests.post(url, data=json.dumps(asked), headers=headers, timeout=5)


@pytest.mark.parametrize(
    "change",
    [
        {"amount": "10.5"},
        {"amount": 0},
        {"amount": "1" * 18},
        {"amount": True},
        {"buy_order": "x" * 27},
        {"session_id": " "},
        {"return_url": "ftp://x"},
    ],
)
def test_the_sandbox_refuses_what_webpay_refuses(sandbox_url: str, change: dict[str, object]) -> None:
    asked = {"buy_order": "o", "session_id": "s", "amount": 1, "return_url": "https://shop.example/r"}
    refused = in_sandbox(sandbox_url, {**asked, **change})
    assert (refused.status_code, set(refused.json())) == (422, {"error_message"})
    assert in_sandbox(sandbox_url, asked, key="x").json() == {"error_message": "Not Authorized"}


@pytest.mark.parametrize(
    ("reference", "return_url", "named"),
    [
        ("x" * 27, "https://shop.example/r", "buy_order"),
        ("  ", "https://shop.example/r", "buy_order"),
        ("", "https://shop.example/r", "buy_order"),
        ("order 1", "https://shop.example/r", "buy_order"),
        ("order-1", "https://shop.example/" + "r" * 235, "return_url"),
    ],
)
def test_fields_webpay_would_refuse_are_refused_before_any_call(
    webpay: PaymentGateway, reference: str, return_url: str, named: str
) -> None:
    payment = replace(a_payment(webpay), reference=reference)
    brief = replace(a_brief(webpay, payment=payment), return_url=return_url)
    with no_network(), pytest.raises(GatewayRejected) as refused:
        webpay.start(brief)
    assert refused.value.code == named


def test_more_digits_than_webpay_writes_are_not_accepted(webpay: PaymentGateway) -> None:
    assert webpay.accepts(Money.of(10**17 - 1, "CLP"), "CL", ()) == ""
    assert webpay.accepts(Money.of(10**17, "CLP"), "CL", ())


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"api_key": KEY}, "api_key"),
        ({"base_url": "https://webpay3gint.transbank.cl"}, "base_url"),
        ({"api_key": ""}, "api_key"),
        ({"commerce_code": "x"}, "commerce_code"),
        ({"currencies": ["CLP", "USD"]}, "currencies"),
        ({"currencies": ["EUR"]}, "currencies"),
        ({"currencies": []}, "currencies"),
    ],
)
def test_a_live_account_has_its_own_key_host_and_one_currency(changes: dict[str, object], key: str) -> None:
    own: dict[str, object] = {"adapter": "webpay", "commerce_code": "597012345678", "api_key": "my-own-key"}
    live = account(own, "live")
    assert (live.origins, live.currencies) == (("https://webpay3g.transbank.cl",), frozenset({"CLP"}))
    with pytest.raises(SettingsError, match=rf"gateways\.acc\.{key} ") as stopped:
        account({**own, **changes}, "live")
    assert KEY not in str(stopped.value)
