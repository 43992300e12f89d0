"""Every error there is, as a person, a program and a gateway read it."""

from __future__ import annotations

from http import HTTPStatus

import pytest
from flask import Flask, abort, request
from webtest import TestApp

from application import errors as app_errors
from domain import errors as rules
from domain.errors import CheckoutError


def every_error() -> list[type[CheckoutError]]:
    """Each class of the tree, leaves and branches."""
    found, left = [], [CheckoutError]
    while left:
        kind = left.pop()
        found.append(kind)
        left += kind.__subclasses__()
    return [kind for kind in found if kind.__module__.startswith(("domain", "application"))]


def an_error(kind: type[CheckoutError]) -> CheckoutError:
    special: dict[type[CheckoutError], CheckoutError] = {
        app_errors.InvalidRequest: app_errors.InvalidRequest({"email": "enter an e-mail"}),
        app_errors.TotalChanged: app_errors.TotalChanged("49.90 PLN", "59.90 PLN"),
        app_errors.OutOfStock: app_errors.OutOfStock("MUG", "Blue mug", 2),
        rules.InvalidTransition: rules.InvalidTransition("status", "paid", "new"),
    }
    return special.get(kind) or kind("canary-detail")


STATUS = {
    "CheckoutError": 500,
    "DomainError": 500,
    "ApplicationError": 500,
    "InvalidMoney": 400,
    "UnknownCurrency": 400,
    "InvalidBasket": 400,
    "InvalidOrder": 400,
    "InvalidRequest": 400,
    "CallbackUnreadable": 400,
    "CallbackRefused": 403,
    "SignInRefused": 403,
    "NotFound": 404,
    "OrderNotFound": 404,
    "PaymentNotFound": 404,
    "BasketNotFound": 404,
    "CallbackNotFound": 404,
    "ReviewNotFound": 404,
    "UnknownAccount": 404,
    "MethodNotAllowed": 405,
    "AlreadyPaid": 409,
    "NotPayable": 409,
    "NotCancellable": 409,
    "TotalChanged": 409,
    "OutOfStock": 409,
    "MethodNotOffered": 409,
    "Vetoed": 409,
    "KeyReused": 409,
    "InvalidTransition": 409,
    "ConcurrentUpdate": 409,
    "UnsupportedOperation": 409,
    "StorageUnavailable": 503,
    "GatewayError": 503,
    "GatewayUnreachable": 503,
    "GatewayUnavailable": 503,
    "GatewayRejected": 503,
    "GatewayProtocolError": 503,
    "OutcomeUnknown": 503,
    "InvalidSignature": 503,
}
TELLS = {"InvalidBasket", "InvalidOrder", "Vetoed"}


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_every_error_has_its_status_and_a_public_sentence(app: Flask, kind: type[CheckoutError]) -> None:
    def fail() -> str:
        raise an_error(kind)

    app.add_url_rule("/fail", "fail", fail)
    page = TestApp(app, extra_environ={"HTTP_HOST": "localhost"}).get("/fail", expect_errors=True)
    assert page.status_int == STATUS[kind.__name__]
    assert len(page.html.select("h1")) == 1
    assert page.html.select_one("h1").text.strip()
    assert "Traceback" not in page.text
    assert ("canary-detail" in page.text) is (kind.__name__ in TELLS)
    assert ("Retry-After" in page.headers) is (page.status_int == HTTPStatus.SERVICE_UNAVAILABLE)


@pytest.mark.parametrize("code", [400, 401, 403, 404, 405, 409, 410, 413, 415, 429, 500, 502, 503])
def test_every_http_error_speaks_the_shops_language(app: Flask, code: int) -> None:
    app.add_url_rule("/fail", "fail", lambda: abort(code))
    client = TestApp(app, extra_environ={"HTTP_HOST": "localhost"})
    page = client.get("/fail", headers={"Accept-Language": "pl"}, expect_errors=True)
    wanted = {415: 400, 502: 500}.get(code, code)
    assert page.status_int == wanted
    assert page.html.html["lang"] == "pl"
    assert page.html.select_one("a.button")
    problem = client.get("/fail", headers={"Accept": "application/json"}, expect_errors=True)
    assert problem.content_type == "application/problem+json"
    assert problem.json["status"] == wanted


def test_an_unexpected_error_shows_a_code_to_quote_and_nothing_else(app: Flask, client: TestApp) -> None:
    def fail() -> str:
        raise RuntimeError("canary-secret")

    app.add_url_rule("/fail", "fail", fail)
    page = client.get("/fail", expect_errors=True)
    assert page.status_int == HTTPStatus.INTERNAL_SERVER_ERROR
    assert "canary" not in page.text
    assert page.headers["X-Request-ID"][:12] in page.text
    problem = client.get("/fail", headers={"Accept": "application/json"}, expect_errors=True)
    assert "canary" not in problem.text


def test_a_page_of_no_order_and_a_page_of_a_wrong_key_are_the_same_bytes(app: Flask) -> None:
    def fail(kind: str) -> str:
        raise {"order": app_errors.OrderNotFound, "account": app_errors.UnknownAccount}[kind]("a reason")

    app.add_url_rule("/fail/<kind>", "fail", fail)
    bodies = {
        TestApp(app, extra_environ={"HTTP_HOST": "localhost"}).get(path, expect_errors=True).body
        for path in ("/fail/order", "/fail/account", "/no/such/page", "/another?key=1")
    }
    assert len(bodies) == 1


def test_a_failed_gateway_offers_the_same_form_again(app: Flask) -> None:
    calls = []

    def pay() -> str:
        calls.append(request.form["account"])
        if len(calls) == 1:
            raise app_errors.GatewayUnreachable("connection refused by 10.0.0.7")
        return "sent"

    app.add_url_rule("/pay", "pay", pay, methods=["POST"])
    client = TestApp(app, extra_environ={"HTTP_HOST": "localhost"})
    token = client.get("/styleguide").forms[0]["csrf_token"].value
    page = client.post("/pay", {"csrf_token": token, "account": "payu"}, expect_errors=True)
    assert page.status_int == HTTPStatus.SERVICE_UNAVAILABLE
    assert page.headers["Retry-After"]
    assert "10.0.0.7" not in page.text
    form = page.forms[0]
    form.action = "/pay"
    assert form.submit().text == "sent"
    assert calls == ["payu", "payu"]


def test_an_error_page_that_cannot_be_drawn_does_not_hide_the_error(app: Flask) -> None:
    def broken() -> dict[str, object]:
        raise app_errors.StorageUnavailable

    app.context_processor(broken)
    page = TestApp(app, extra_environ={"HTTP_HOST": "localhost"}).get("/nowhere", expect_errors=True)
    assert page.status_int == HTTPStatus.NOT_FOUND
    assert "This page does not exist" in page.text
