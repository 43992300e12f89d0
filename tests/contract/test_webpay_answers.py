"""Webpay's answers one by one: every row of the status map, every refusal, what is missing or odd."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from adapters.testing.builders import a_payment, a_refund
from adapters.testing.quiet import no_network
from application.errors import GatewayError, GatewayRejected, OutcomeUnknown
from application.ports.gateway import PaymentGateway
from domain.money import Money
from domain.observation import Observation, Proof
from domain.payment import Payment, PaymentStatus
from domain.transaction import FactKind
from tests.contract.webpay_stand import (
    TOKEN,
    a_sale,
    answering,
    built,
)

ABORTED = "Transaction has an invalid finished state: aborted"
TOO_EARLY = "Invalid status '0' for transaction while authorizing"
LOCKED = "Transaction already locked by another process"
P = PaymentStatus


@pytest.fixture
def webpay(httpserver: HTTPServer) -> PaymentGateway:
    return built(httpserver)


STATUS_MAP: list[tuple[dict[str, Any], PaymentStatus | None]] = [
    ({"status": "INITIALIZED"}, P.IN_PROGRESS),
    ({"status": "INITIALIZED", "response_code": None}, P.IN_PROGRESS),
    ({"status": "AUTHORIZED"}, P.PAID),
    ({"status": "AUTHORIZED", "vci": "TSN"}, P.PAID),
    ({"status": "CAPTURED"}, P.PAID),
    ({"status": "AUTHORIZED", "response_code": -1}, P.FAILED),
    ({"status": "CAPTURED", "response_code": -4}, P.FAILED),
    ({"status": "FAILED", "response_code": 0}, P.FAILED),
    ({"status": "FAILED", "response_code": None}, P.FAILED),
    ({"status": "PARTIALLY_NULLIFIED", "balance": 990}, P.PAID),
    ({"status": "SNEEZED"}, None),
]


@pytest.mark.parametrize(("change", "status"), STATUS_MAP)
def test_a_status_is_read_word_first_then_code(
    httpserver: HTTPServer, webpay: PaymentGateway, change: dict[str, Any], status: PaymentStatus | None
) -> None:
    payment, told = a_sale(webpay, **change)
    answering(httpserver, "GET", told)
    seen = webpay.look(payment)
    assert (seen.status, seen.word) == (status, change["status"])
    paid = Proof(FactKind.CAPTURED, TOKEN, payment.amount) if status is P.PAID else None
    assert seen.proof == paid


@pytest.mark.parametrize(
    ("word", "kind"), [("REVERSED", FactKind.REVERSED), ("NULLIFIED", FactKind.REFUNDED)]
)
@pytest.mark.parametrize("code", [0, -1, None])
def test_money_that_went_back_is_never_paid_whatever_the_code(
    httpserver: HTTPServer, webpay: PaymentGateway, word: str, kind: FactKind, code: int | None
) -> None:
    payment, told = a_sale(webpay, status=word, response_code=code)
    answering(httpserver, "GET", told)
    seen = webpay.look(payment)
    assert (seen.status, seen.proof) == (None, Proof(kind, f"{TOKEN}:refunded:4990", payment.amount))


UNDETERMINED: list[object] = [
    {"response_code": None},
    {"response_code": "0"},
    {"response_code": True},
    {"status": "CAPTURED", "response_code": None},
    {"status": None},
    {"buy_order": "another"},
    {"session_id": "another"},
    {"buy_order": None},
    {"amount": None},
    {"amount": -4990},
    {"amount": 49.5},
    {"amount": "1e3"},
    {"status": "PARTIALLY_NULLIFIED"},
    {"status": "PARTIALLY_NULLIFIED", "balance": 4990},
    {"status": "PARTIALLY_NULLIFIED", "balance": 5000},
    "[]",
    "<html>",
]


@pytest.mark.parametrize("change", UNDETERMINED)
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_an_answer_that_makes_no_sense_is_unknown(
    httpserver: HTTPServer, webpay: PaymentGateway, method: str, change: Any
) -> None:
    payment, told = a_sale(webpay, **(change if isinstance(change, dict) else {}))
    answering(httpserver, method, change if isinstance(change, str) else told)
    with pytest.raises(OutcomeUnknown):
        ask(webpay, payment, method)
    httpserver.clear()
    answering(
        httpserver,
        method,
        a_sale(webpay)[1] | {"buy_order": payment.reference, "session_id": payment.reference},
    )
    assert ask(webpay, payment, method).status is P.PAID


def ask(webpay: PaymentGateway, payment: Payment, method: str) -> Observation:
    return webpay.look(payment) if method == "GET" else webpay.collect(payment, "key")


@pytest.mark.parametrize("amount", [4990, "4990", "4990.00", 4990.0])
def test_an_amount_is_read_as_number_or_as_text(
    httpserver: HTTPServer, webpay: PaymentGateway, amount: object
) -> None:
    payment, told = a_sale(webpay, amount=amount)
    answering(httpserver, "GET", told)
    assert webpay.look(payment).amount == payment.amount


def test_another_sum_is_told_as_it_is_for_a_person_to_see(
    httpserver: HTTPServer, webpay: PaymentGateway
) -> None:
    payment, told = a_sale(webpay, amount=4989)
    answering(httpserver, "PUT", told)
    assert webpay.collect(payment, "key").proof == Proof(FactKind.CAPTURED, TOKEN, Money.of(4989, "CLP"))


def test_a_commit_with_a_word_nobody_knows_is_unknown(httpserver: HTTPServer, webpay: PaymentGateway) -> None:
    payment, told = a_sale(webpay, status="SNEEZED")
    answering(httpserver, "PUT", told)
    with pytest.raises(OutcomeUnknown):
        webpay.collect(payment, "key")


@pytest.mark.parametrize(
    ("words", "status", "found"),
    [
        (TOO_EARLY, "INITIALIZED", GatewayRejected),
        ("Invalid status '10' for transaction while authorizing", "INITIALIZED", GatewayRejected),
        ("Invalid status '19' for transaction while authorizing", "INITIALIZED", GatewayRejected),
        (ABORTED, "INITIALIZED", P.CANCELLED),
        (LOCKED, "INITIALIZED", OutcomeUnknown),
        ("Api mismatch error, required version is 1.3", "INITIALIZED", OutcomeUnknown),
        (LOCKED, "AUTHORIZED", P.PAID),
        (TOO_EARLY, "AUTHORIZED", P.PAID),
        (ABORTED, "AUTHORIZED", P.PAID),
        (ABORTED, "FAILED", P.FAILED),
        (LOCKED, "SNEEZED", OutcomeUnknown),
        ("Invalid value for parameter: token", "", GatewayRejected),
        (LOCKED, "?", OutcomeUnknown),
    ],
)
def test_a_refused_commit_is_what_the_status_says(
    httpserver: HTTPServer, webpay: PaymentGateway, words: str, status: str, found: Any
) -> None:
    payment, told = a_sale(webpay, status=status)
    answering(httpserver, "PUT", {"error_message": words}, 422)
    refused = {"error_message": "Invalid value for parameter: token" if not status else "Something else"}
    answering(httpserver, "GET", told if status.isalpha() else refused, 200 if status.isalpha() else 422)
    if isinstance(found, PaymentStatus):
        assert webpay.collect(payment, "key").status is found
        return
    with pytest.raises(found) as raised:
        webpay.collect(payment, "key")
    assert raised.value.code in (words, status)


def test_a_key_that_is_refused_leaves_a_commit_unknown(
    httpserver: HTTPServer, webpay: PaymentGateway
) -> None:
    payment, _ = a_sale(webpay)
    for method in ("PUT", "GET", "POST"):
        answering(
            httpserver, method, {"error_message": "Not Authorized"}, 401, "/refunds" * (method == "POST")
        )
    with pytest.raises(OutcomeUnknown):
        webpay.collect(payment, "key")
    for asked in ("look", "refund"):
        with pytest.raises(GatewayRejected) as refused:
            webpay.look(payment) if asked == "look" else webpay.refund(payment, a_refund(payment))
        assert refused.value.code == "401"


@pytest.mark.parametrize("words", ["Invalid value for parameter: token", "a transaction not found there"])
def test_a_token_webpay_does_not_know_is_not_found(
    httpserver: HTTPServer, webpay: PaymentGateway, words: str
) -> None:
    payment, _ = a_sale(webpay)
    answering(httpserver, "GET", {"description": words}, 422)
    assert webpay.look(payment).word == "not_found"


def test_a_sale_whose_token_was_lost_is_over_once_its_start_is(webpay: PaymentGateway) -> None:
    starting = a_payment(webpay)
    with no_network():
        assert (webpay.look(starting).word, webpay.look(starting).status) == ("no_reference", None)
        assert webpay.look(replace(starting, status=P.UNKNOWN)).status is P.FAILED


def test_a_status_that_is_too_old_is_told_to_nobody(httpserver: HTTPServer, webpay: PaymentGateway) -> None:
    payment, _ = a_sale(webpay)
    words = "The transactions's date has passed max time (7 days) to recover the status"
    answering(httpserver, "GET", {"error_message": words}, 422)
    with pytest.raises(GatewayRejected) as refused:
        webpay.look(payment)
    assert refused.value.code == words


REVERSED = {"type": "REVERSED"}
NULLIFIED = {"type": "NULLIFIED", "nullified_amount": 4990, "balance": 0, "response_code": 0}


@pytest.mark.parametrize(
    ("told", "status", "part", "found"),
    [
        (REVERSED, 200, None, None),
        (NULLIFIED, 200, None, None),
        ({**NULLIFIED, "nullified_amount": 100, "balance": 4890}, 200, 100, None),
        (REVERSED, 200, 100, OutcomeUnknown),
        (NULLIFIED, 200, 100, OutcomeUnknown),
        ({**NULLIFIED, "response_code": 311}, 200, None, GatewayRejected),
        ({**NULLIFIED, "response_code": "0"}, 200, None, OutcomeUnknown),
        ({"type": "NULLIFIED", "nullified_amount": 4990}, 200, None, OutcomeUnknown),
        ({**NULLIFIED, "type": "SNEEZED"}, 200, None, OutcomeUnknown),
        ({}, 200, None, OutcomeUnknown),
        ({"error_message": "Debit or prepaid ..."}, 422, None, GatewayRejected),
        ({"description": "no"}, 422, None, GatewayRejected),
    ],
)
def test_a_refund_is_done_reversed_or_nullified_and_nothing_else(
    httpserver: HTTPServer,
    webpay: PaymentGateway,
    told: dict[str, Any],
    status: int,
    part: int | None,
    found: type[GatewayError] | None,
) -> None:
    payment, _ = a_sale(webpay)
    refund = a_refund(payment, part)
    answering(httpserver, "POST", told, status, "/refunds")
    if found is not None:
        with pytest.raises(found):
            webpay.refund(payment, refund)
        return
    assert webpay.refund(payment, refund).proof == Proof(FactKind.REFUNDED, refund.key, refund.amount)
    [(request, _)] = httpserver.log
    assert json.loads(request.get_data()) == {"amount": part or 4990}


Captor = Callable[..., Payment]


def test_the_receipt_tells_card_and_instalments(httpserver: HTTPServer, webpay: PaymentGateway) -> None:
    payment, told = a_sale(webpay, card_detail={"card_number": "XXXXXXXXXXXX6623"})
    answering(httpserver, "GET", told)
    assert webpay.look(payment).receipt == {
        "authorization_code": "1213",
        "card": "6623",
        "payment_type": "interest_free",
        "instalments": "5",
        "instalment_amount": "998",
        "paid_at": "2019-05-22T16:41:21.063Z",
    }
    httpserver.clear()
    answering(
        httpserver, "GET", {**told, "card_detail": "x", "installments_number": 0, "transaction_date": None}
    )
    assert set(webpay.look(payment).receipt) == {"authorization_code", "payment_type", "instalment_amount"}


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("VD", "debit"),
        ("VP", "prepaid"),
        ("VN", "credit"),
        ("VC", "instalments"),
        ("SI", "interest_free"),
        ("S2", "interest_free"),
        ("NC", "interest_free"),
        ("XX", None),
        (None, None),
    ],
)
def test_a_receipt_has_a_word_for_each_kind_of_payment_and_none_for_others(
    httpserver: HTTPServer, webpay: PaymentGateway, code: str | None, word: str | None
) -> None:
    payment, told = a_sale(webpay, payment_type_code=code)
    answering(httpserver, "GET", told)
    assert webpay.look(payment).receipt.get("payment_type") == word
