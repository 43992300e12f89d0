"""What a look at Tpay believes, by the OpenAPI and by the old API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from adapters.testing.builders import a_payment
from adapters.wire.http import Answer, HttpClient
from application.errors import OutcomeUnknown
from domain.money import Money
from domain.payment import PaymentStatus
from tests.contract.tpay_stand import (
    GOOD,
    TITLE,
    TpayHarness,
    by_classic,
    by_openapi,
    captured,
    over_http,
)

MUG = Money.of(4990, "PLN")
_S = PaymentStatus


@pytest.fixture
def harness(sandbox_url: str) -> Iterator[TpayHarness]:
    with by_openapi(sandbox_url) as harness:
        yield harness


@pytest.fixture
def classic(sandbox_url: str) -> TpayHarness:
    return by_classic(sandbox_url)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"status": "correct"}, _S.PAID),
        ({"status": "success"}, _S.PAID),
        ({"status": "correct", "payments": {"amountPaid": 48.0}}, _S.PARTIALLY_PAID),
        ({"status": "correct", "payments": {"amountPaid": "50.00"}}, _S.PAID),
        ({"status": "pending"}, _S.IN_PROGRESS),
        ({"status": "paid"}, _S.IN_PROGRESS),
        ({"status": "error"}, _S.IN_PROGRESS),
        ({"status": "declined"}, _S.IN_PROGRESS),
        ({"status": "sneezed"}, _S.IN_PROGRESS),
        ({"status": "canceled"}, _S.CANCELLED),
        ({"transactionId": "ta_2"}, None),
        ({"hiddenDescription": "ANOTHER"}, None),
        ({"amount": 49.91}, None),
        ({"currency": "EUR"}, None),
        ({"amount": "x"}, None),
        ({"title": ""}, None),
        ({"status": ""}, None),
        ({"payments": {"amountPaid": "x"}}, None),
    ],
)
def test_a_look_believes_only_an_answer_about_this_transaction(
    harness: TpayHarness, httpserver: HTTPServer, change: dict[str, Any], status: PaymentStatus | None
) -> None:
    gateway = over_http(harness, httpserver)
    payment = replace(a_payment(gateway), extra={"transaction_id": "ta_1"})
    answer = {
        **GOOD,
        "status": "correct",
        "amount": 49.9,
        "currency": "PLN",
        "hiddenDescription": payment.reference,
    }
    httpserver.expect_request("/transactions/ta_1").respond_with_json({**answer, **change})
    if status is None:
        with pytest.raises(OutcomeUnknown):
            gateway.look(payment)
        return
    seen = gateway.look(payment)
    assert (seen.status, seen.gateway_reference) == (status, TITLE)
    assert (seen.proof is not None) == (status in (_S.PAID, _S.PARTIALLY_PAID))


@pytest.mark.parametrize(
    ("word", "known", "told"),
    [
        ("canceled", {}, TITLE),
        ("sneezed", {}, TITLE),
        ("correct", {}, ""),
        ("pending", {}, ""),
        ("refund", {"refunded": MUG}, ""),
        ("refund", {"reserved": MUG}, ""),
    ],
)
def test_taken_money_whose_transaction_ended_without_a_refund_is_told(
    harness: TpayHarness, httpserver: HTTPServer, word: str, known: dict[str, Money], told: str
) -> None:
    """Our TRUE was lost on its way, and the two-step acceptance sent the money back."""
    gateway = over_http(harness, httpserver)
    payment = captured(replace(a_payment(gateway), extra={"transaction_id": "ta_1"}), **known)
    answer = {**GOOD, "status": word, "amount": 49.9, "currency": "PLN"}
    answer["hiddenDescription"] = payment.reference
    httpserver.expect_request("/transactions/ta_1").respond_with_json(answer)
    listed = {"result": "success", "refundsList": []}
    httpserver.expect_request("/transactions/ta_1/refunds").respond_with_json(listed)
    seen = gateway.look(replace(payment, gateway_reference=TITLE))
    assert (seen.status, seen.proof, seen.took_back) == (None, None, told)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, _S.PAID),
        ({"amount": "49.90", "amount_paid": "49.90"}, _S.PAID),
        ({"amount_paid": 48}, _S.PARTIALLY_PAID),
        ({"status": "pending"}, _S.IN_PROGRESS),
        ({"status": "sneezed"}, _S.IN_PROGRESS),
        ({"amount_paid": 0}, _S.IN_PROGRESS),
        ({"amount": 49.91}, None),
        ({"amount_paid": "x"}, None),
        ({"status": None}, None),
    ],
)
def test_a_look_by_the_old_api_believes_only_an_answer_about_this_sum(
    classic: TpayHarness, httpserver: HTTPServer, change: dict[str, Any], status: PaymentStatus | None
) -> None:
    gateway = classic.build(base_url=httpserver.url_for("").rstrip("/"))
    payment = replace(a_payment(gateway), gateway_reference=TITLE)
    answer = {"result": 1, "status": "correct", "amount": 49.9, "amount_paid": 49.9, "test_mode": 0, **change}
    httpserver.expect_request("/api/gw/tpay-sandbox-api-key/transaction/get").respond_with_json(answer)
    if status is None:
        with pytest.raises(OutcomeUnknown):
            gateway.look(payment)
        return
    seen = gateway.look(payment)
    assert (seen.status, seen.environment) == (status, "test")
    assert (seen.proof is not None) == (status in (_S.PAID, _S.PARTIALLY_PAID))


def test_what_was_never_told_its_id_cannot_be_asked_about(harness: TpayHarness, classic: TpayHarness) -> None:
    for gateway in (harness.gateway, classic.gateway):
        assert gateway.look(a_payment(gateway)).word == "no_reference"
    unheard = replace(a_payment(harness.gateway), extra={"transaction_id": "ta_none"})
    assert harness.gateway.look(unheard).word == "not_found"
    unknown = replace(a_payment(classic.gateway), gateway_reference="TR-NONE-NONEX")
    assert classic.gateway.look(unknown).word == "not_found"


def test_what_the_old_api_marks_as_a_test_is_none_of_a_live_shop_s(
    classic: TpayHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = classic.build("live", base_url=None, security_code="of-its-own")
    payment = replace(a_payment(live), gateway_reference=TITLE)
    for mark, environment in ((1, "test"), ("1", "test"), (0, "live"), (None, "live")):
        answer = {"result": 1, "status": "correct", "amount": 49.9, "amount_paid": 49.9, "test_mode": mark}
        told = Answer(200, {}, json.dumps(answer).encode())
        monkeypatch.setattr(HttpClient, "send", lambda *_, told=told, **__: told)
        assert live.look(payment).environment == environment
