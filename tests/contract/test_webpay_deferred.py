"""Webpay's deferred commerce codes: held by the commit, captured once, whole or in part."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from adapters.sandbox import credentials
from adapters.testing.builders import a_refund
from adapters.testing.wires import decided
from application.errors import GatewayError, GatewayRejected, OutcomeUnknown
from domain.money import Money
from domain.observation import Proof
from domain.payment import Payment, PaymentStatus
from domain.transaction import FactKind
from tests.contract.stand import HttpSandbox
from tests.contract.test_webpay import WebpayHarness
from tests.contract.webpay_stand import (
    DEFERRED,
    TOKEN,
    a_sale,
    answering,
    built,
    capture_of,
)

P = PaymentStatus


@pytest.fixture
def harness(sandbox_url: str) -> WebpayHarness:
    block = {**credentials(sandbox_url)["webpay"], **DEFERRED}
    return WebpayHarness(HttpSandbox(sandbox_url, "webpay"), block)


def held(harness: WebpayHarness) -> Payment:
    payment = decided(harness, "authorized")
    seen = harness.gateway.collect(payment, "key")
    assert (seen.status, seen.proof, seen.amount) == (P.AUTHORIZED, None, payment.amount)
    assert seen.capture_before is not None
    assert 6 <= (seen.capture_before - datetime.now(UTC)).days < 7
    return payment


def test_a_deferred_sale_is_held_until_it_is_captured_once(harness: WebpayHarness) -> None:
    payment = held(harness)
    assert harness.gateway.look(payment).status is P.AUTHORIZED
    seen = harness.gateway.capture(payment, payment.amount, "key")
    assert (seen.status, seen.proof) == (
        P.PAID,
        Proof(FactKind.CAPTURED, str(payment.gateway_reference), payment.amount),
    )
    assert harness.gateway.look(payment).proof == seen.proof
    assert harness.gateway.capture(payment, payment.amount, "key").proof == seen.proof
    with pytest.raises(GatewayRejected):
        harness.gateway.capture(replace(payment, captured=payment.amount), payment.amount, "key")


def test_a_lost_capture_is_found_by_a_look_and_made_once(harness: WebpayHarness) -> None:
    payment = replace(held(harness), intent="capture 4990 CLP")
    harness.sandbox.arm("act_then_hang", "capture", seconds=3)
    with pytest.raises(OutcomeUnknown):
        harness.gateway.capture(payment, payment.amount, "key")
    assert harness.gateway.look(payment).proof == Proof(
        FactKind.CAPTURED, str(payment.gateway_reference), payment.amount
    )


@pytest.mark.parametrize("tells", [False, True])
def test_the_part_that_was_captured_is_what_came_in(harness: WebpayHarness, tells: bool) -> None:
    harness.sandbox.settings(status_tells_captured=tells)
    part = Money.of(3000, "CLP")
    payment = replace(held(harness), intent=f"capture {part}")
    harness.sandbox.arm("act_then_hang", "capture", seconds=3)
    with pytest.raises(OutcomeUnknown):
        harness.gateway.capture(payment, part, "key")
    if not tells:
        with pytest.raises(OutcomeUnknown, match="how much"):
            harness.gateway.look(payment)
    seen = harness.gateway.capture(payment, part, "key")
    assert (seen.status, seen.proof) == (
        P.PARTIALLY_PAID,
        capture_of(payment, part),
    )
    booked = replace(payment, captured=part, intent="")
    assert harness.gateway.look(booked).proof == seen.proof
    refund = a_refund(payment, 3000)
    assert harness.gateway.refund(booked, refund).word == "REVERSED"
    assert harness.gateway.look_refund(booked, refund).refund is not None
    harness.sandbox.settings(status_tells_captured=False)


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({"response_code": 0, "captured_amount": 4990}, None),
        ({"response_code": 309}, OutcomeUnknown),
        ({"response_code": 284}, GatewayRejected),
        ({}, OutcomeUnknown),
        ({"response_code": 0}, OutcomeUnknown),
    ],
)
def test_a_capture_is_what_its_code_says(
    httpserver: HTTPServer, told: dict[str, Any], found: type[GatewayError] | None
) -> None:
    webpay = built(httpserver, **DEFERRED)
    payment, sale = a_sale(webpay)
    answering(httpserver, "GET", sale)
    answering(httpserver, "PUT", told, path="/capture")
    if found is None:
        assert webpay.capture(payment, payment.amount, "key").status is P.PAID
        asked = json.loads(httpserver.log[-1][0].get_data())
        assert asked == {"buy_order": payment.reference, "authorization_code": "1213", "capture_amount": 4990}
        return
    with pytest.raises(found):
        webpay.capture(payment, payment.amount, "key")


@pytest.mark.parametrize("date", ["9999-12-31T23:59:59.000Z", "yesterday", ""])
def test_a_hold_without_a_date_that_can_be_is_held_all_the_same(httpserver: HTTPServer, date: str) -> None:
    webpay = built(httpserver, **DEFERRED)
    payment, told = a_sale(webpay, transaction_date=date)
    answering(httpserver, "GET", told)
    seen = webpay.look(payment)
    assert (seen.status, seen.capture_before) == (P.AUTHORIZED, None)


def test_a_hold_that_was_let_go_is_cancelled_without_money(httpserver: HTTPServer) -> None:
    webpay = built(httpserver, **DEFERRED)
    payment, told = a_sale(webpay, status="REVERSED")
    answering(httpserver, "GET", told)
    seen = webpay.look(payment)
    assert (seen.status, seen.proof) == (P.CANCELLED, None)
    captured = replace(payment, captured=payment.amount)
    assert webpay.look(captured).proof == Proof(FactKind.REVERSED, f"{TOKEN}:refunded:4990", payment.amount)
