"""PayPal's orders against the contract suite, the examples of its sheet, and how a webhook proves itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from adapters.sandbox import credentials
from adapters.testing.builders import a_brief
from adapters.testing.callbacks import ProvenCallbackContract
from adapters.testing.collects import CollectContract
from adapters.testing.contract import GatewayContract
from adapters.testing.quiet import no_network
from adapters.testing.tokens import TokenContract
from adapters.testing.wires import WireContract
from adapters.wire.errors import SettingsError
from application.errors import GatewayError
from domain.money import Money
from tests.contract.paypal_stand import (
    OAUTH,
    PaypalHarness,
    demo,
)
from tests.contract.stand import HttpSandbox


@pytest.fixture
def harness(sandbox_url: str) -> Iterator[PaypalHarness]:
    sandbox = HttpSandbox(sandbox_url, "paypal")
    yield PaypalHarness(sandbox, dict(credentials(sandbox_url)["paypal"]))
    sandbox.clear()


class TestPaypal(GatewayContract, ProvenCallbackContract, CollectContract, TokenContract, WireContract):
    """The contract."""


def test_the_tokens_of_the_sheet_are_asked_for_with_its_header(httpserver: HTTPServer) -> None:
    heard: list[Request] = []

    def token(request: Request) -> Response:
        heard.append(request)
        assert request.get_data() == b"grant_type=client_credentials"
        return Response(json.dumps({"error": "invalid_client"}), 401, content_type="application/json")

    httpserver.expect_request("/v1/oauth2/token", method="POST").respond_with_handler(token)
    gateway = demo(base_url=httpserver.url_for("").rstrip("/"))
    with pytest.raises(GatewayError, match="credentials"):
        gateway.start(a_brief(gateway))
    assert heard[0].headers["Authorization"] == "Basic QVlkZW1vLWNsaWVudDpFS2RlbW8tc2VjcmV0"
    assert heard[0].headers["Content-Type"] == "application/x-www-form-urlencoded"


def asked(httpserver: HTTPServer, money: Money) -> Request:
    """What a start over ``money`` sends, for the payment of the sheet's example."""
    heard: list[Request] = []

    def create(request: Request) -> Response:
        heard.append(request)
        request.get_data()
        return Response("{}", 422, content_type="application/json")

    httpserver.expect_request("/v1/oauth2/token").respond_with_json(OAUTH)
    httpserver.expect_request("/v2/checkout/orders", method="POST").respond_with_handler(create)
    gateway = demo(base_url=httpserver.url_for("").rstrip("/"))
    brief = a_brief(gateway, money)
    paid = replace(brief.payment, reference="pay-1001", idempotency_key="key-1001")
    with pytest.raises(GatewayError):
        gateway.start(replace(brief, payment=paid, description="Order pay-1001"))
    return heard[0]


def test_an_order_is_asked_for_as_in_the_sheet(httpserver: HTTPServer) -> None:
    request = asked(httpserver, Money.of(2550, "USD"))
    body = json.loads(request.get_data())
    context = body.pop("payment_source")["paypal"]["experience_context"]
    unit = {
        "amount": {"currency_code": "USD", "value": "25.50"},
        "description": "Order pay-1001",
        "custom_id": "pay-1001",
        "invoice_id": "INV-pay-1001",
    }
    assert body == {"intent": "CAPTURE", "purchase_units": [unit]}
    assert (context["user_action"], context["shipping_preference"]) == ("PAY_NOW", "NO_SHIPPING")
    assert (context["locale"], context["landing_page"]) == ("pl", "NO_PREFERENCE")
    assert context["cancel_url"] == f"{context['return_url']}?cancelled=1"
    assert request.headers["PayPal-Request-Id"] == "key-1001"
    assert request.headers["Authorization"] == "Bearer A21AA-token"


@pytest.mark.parametrize(
    ("minor", "code", "value"),
    [(2500, "JPY", "2500"), (2500, "HUF", "25"), (100, "TWD", "1"), (5, "EUR", "0.05")],
)
def test_three_currencies_are_written_without_decimals(
    httpserver: HTTPServer, minor: int, code: str, value: str
) -> None:
    unit = json.loads(asked(httpserver, Money.of(minor, code)).get_data())["purchase_units"][0]
    assert unit["amount"] == {"currency_code": code, "value": value}


@pytest.mark.parametrize(
    ("minor", "code"), [(2550, "HUF"), (1, "TWD"), (100, "CLP"), (100, "UAH"), (1000, "KWD")]
)
def test_an_amount_that_does_not_fit_is_refused_before_any_call(minor: int, code: str) -> None:
    gateway, money = demo(), Money.of(minor, code)
    assert gateway.accepts(money, "PL", ())
    with no_network(), pytest.raises(GatewayError) as refused:
        gateway.start(a_brief(gateway, money))
    assert refused.value.code in ("amount", "currency")


@pytest.mark.parametrize(
    ("base", "environment"),
    [("https://api-m.sandbox.paypal.com", "live"), ("https://api-m.paypal.com", "test")],
)
def test_test_and_live_never_mix(base: str, environment: str) -> None:
    with pytest.raises(SettingsError, match=r"gateways\.acc\.base_url"):
        demo(environment, base_url=base)
