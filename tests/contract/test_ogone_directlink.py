"""Ogone's DirectLink: looks, captures, voids and refunds, and the answers that are not believed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests
from pytest_httpserver import HTTPServer

from adapters.sandbox import credentials
from adapters.sandbox.ogone_wire import answer_xml
from adapters.testing.builders import a_brief, a_payment, a_refund, told_the_reference
from adapters.testing.quiet import no_network
from adapters.testing.wires import decided, paid
from adapters.wire.payloads import xml_attributes
from application.errors import (
    GatewayProtocolError,
    GatewayRejected,
    OutcomeUnknown,
    UnsupportedOperation,
)
from application.ports.gateway import PaymentGateway
from domain.money import Money
from domain.observation import Proof
from domain.payment import Payment, PaymentStatus
from domain.refund import RefundStatus
from domain.transaction import FactKind
from tests.contract.stand import HttpSandbox, account, wait_for
from tests.contract.test_ogone import DEMO, SHA_IN, OgoneHarness, joined
from tests.contract.test_ogone_messages import ASKED, BACK, STATUSES

EUR = Money.of(4990, "EUR")
QUERY, MAINTENANCE = (f"/ncol/test/{name}direct_utf8.asp" for name in ("query", "maintenance"))


@pytest.fixture
def harness(sandbox_url: str) -> Iterator[OgoneHarness]:
    sandbox = HttpSandbox(sandbox_url, "ogone")
    before = requests.get(f"{sandbox.address}/_settings", timeout=5).json()
    yield OgoneHarness(sandbox, dict(credentials(sandbox_url)["ogone"]))
    sandbox.clear()
    sandbox.settings(**before)


@pytest.fixture
def there(httpserver: HTTPServer) -> PaymentGateway:
    api = {"api_user": "api", "api_password": "an-api-password", "base_url": httpserver.url_for("/")}
    return account({**DEMO, **api})


def a_known_payment(gateway: PaymentGateway) -> Payment:
    payment = replace(a_payment(gateway, EUR), status=PaymentStatus.IN_PROGRESS)
    return told_the_reference(payment, "3012345678")


def answer(payment: Payment, **changes: str) -> str:
    told = {
        "orderID": payment.reference,
        "PAYID": "3012345678",
        "NCERROR": "0",
        "STATUS": "9",
        "amount": "49.9",
        "currency": "EUR",
    }
    return answer_xml({**told, **changes})


def said(httpserver: HTTPServer, number: int = 0) -> dict[str, str]:
    return dict(httpserver.log[number][0].form)


def looked(httpserver: HTTPServer, gateway: PaymentGateway, payment: Payment, **changes: str) -> Any:
    httpserver.expect_request(QUERY, "POST").respond_with_data(answer(payment, **changes))
    return gateway.look(payment)


def test_a_question_is_signed_and_names_the_payment(httpserver: HTTPServer, there: PaymentGateway) -> None:
    payment = a_known_payment(there)
    seen = looked(httpserver, there, payment)
    assert seen.proof == Proof(FactKind.CAPTURED, "3012345678", EUR)
    asked = said(httpserver)
    assert asked.pop("SHASIGN") == hashlib.sha256(joined(asked, SHA_IN)).hexdigest().upper()
    mine = {"PSPID": "demoshop", "USERID": "api", "PSWD": "an-api-password"}
    assert asked == {**mine, "PAYID": "3012345678"}
    there.look(replace(payment, gateway_reference=None))
    assert said(httpserver, 1)["ORDERID"] == payment.reference


@pytest.mark.parametrize(
    ("word", "status"), [(word, status) for status, words in STATUSES.items() for word in words]
)
def test_a_look_reads_every_status_like_feedback(
    httpserver: HTTPServer, there: PaymentGateway, word: str, status: PaymentStatus
) -> None:
    seen = looked(httpserver, there, a_known_payment(there), STATUS=word, NCERROR="30001001")
    assert (seen.status, seen.proof is not None) == (status, status is PaymentStatus.PAID)


@pytest.mark.parametrize("word", [*ASKED, *(word for words in BACK.values() for word in words)])
@pytest.mark.parametrize("before", [PaymentStatus.IN_PROGRESS, PaymentStatus.AUTHORIZED, PaymentStatus.PAID])
def test_a_look_that_tells_no_payment_flags_only_what_is_still_open(
    httpserver: HTTPServer, there: PaymentGateway, word: str, before: PaymentStatus
) -> None:
    payment = replace(a_known_payment(there), status=before)
    seen = looked(httpserver, there, payment, STATUS=word, NCERROR="50001111")
    went_back = word[0] in "78" or word in ("94", "96")
    flagged = {"0": PaymentStatus.FAILED}.get(word, PaymentStatus.UNKNOWN if went_back else None)
    assert seen.status is (flagged if before is PaymentStatus.IN_PROGRESS else None)
    assert (seen.proof, seen.refund) == (None, None)


@pytest.mark.parametrize(
    "change",
    [
        {"orderID": "another"},
        {"PAYID": "3099999999"},
        {"amount": "many"},
        {"currency": ""},
        {"STATUS": ""},
        {"NCERROR": "20001001", "PAYID": "0"},
    ],
)
def test_an_answer_about_something_else_is_not_believed(
    httpserver: HTTPServer, there: PaymentGateway, change: dict[str, str]
) -> None:
    payment = a_known_payment(there)
    with pytest.raises(OutcomeUnknown):
        looked(httpserver, there, payment, **change)


@pytest.mark.parametrize(("error", "found"), [("50001130", True), ("50001111", False)])
def test_only_a_payment_nobody_has_is_not_found(
    httpserver: HTTPServer, there: PaymentGateway, error: str, found: bool
) -> None:
    payment = a_known_payment(there)
    nothing = {"orderID": "", "PAYID": "0", "STATUS": "0", "NCERROR": error}
    if found:
        assert looked(httpserver, there, payment, **nothing).word == "not_found"
        return
    with pytest.raises(GatewayRejected) as refused:
        looked(httpserver, there, payment, **nothing)
    assert refused.value.code == error


def test_credentials_are_checked_without_moving_money(harness: OgoneHarness) -> None:
    assert "not found" in harness.gateway.check()
    assert "50001111" in harness.build(api_password="a-wrong-password").check()


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b'<!DOCTYPE x [<!ENTITY a "b">]><ncresponse STATUS="&a;"/>', "entities"),
        (b'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/"><ncresponse/>', "an address to fetch"),
        (b'<ncresponse STATUS="9" STATUS="5"/>', "an attribute twice"),
        (b"<ncresponse", "half an element"),
        (b"", "nothing"),
        (b"<html/>", "another element"),
        (b'<ncresponse CN="\xff"/>', "no UTF-8"),
        (b"<a>" * 100_000, "no end"),
    ],
)
def test_xml_that_could_trick_a_parser_is_refused(raw: bytes, why: str) -> None:
    with no_network(), pytest.raises(GatewayProtocolError):
        xml_attributes(raw, "ncresponse")


def held(harness: OgoneHarness) -> tuple[PaymentGateway, Payment]:
    harness.gateway = harness.build(capture="manual")
    payment = decided(harness, "authorized")
    seen = harness.gateway.look(payment)
    assert (seen.status, seen.proof) == (PaymentStatus.AUTHORIZED, None)
    return harness.gateway, told_the_reference(payment, seen.gateway_reference)


def test_what_is_held_is_captured_once(harness: OgoneHarness) -> None:
    gateway, payment = held(harness)
    seen = gateway.capture(payment, payment.amount, "key")
    assert seen.proof == Proof(FactKind.CAPTURED, str(payment.gateway_reference), payment.amount)
    assert gateway.capture(payment, payment.amount, "key").proof == seen.proof == gateway.look(payment).proof
    session = harness.sandbox.session(payment.reference)
    assert session is not None
    assert len(session["captures"]) == 1


def test_a_capture_under_way_is_not_known_yet_and_not_asked_for_twice(harness: OgoneHarness) -> None:
    harness.sandbox.settings(slow_capture=True, refund_seconds=0.3)
    gateway, payment = held(harness)
    for _ in range(2):
        with pytest.raises(OutcomeUnknown) as unknown:
            gateway.capture(payment, payment.amount, "key")
        assert unknown.value.code == "91"
    wait_for(lambda: gateway.look(payment).status is PaymentStatus.PAID)


def test_a_lost_capture_is_found_by_a_look(harness: OgoneHarness) -> None:
    gateway, payment = held(harness)
    harness.sandbox.arm("act_then_hang", "capture", seconds=4)
    with pytest.raises(OutcomeUnknown):
        gateway.capture(payment, payment.amount, "key")
    assert gateway.look(payment).status is PaymentStatus.PAID


def test_what_is_held_is_let_go(harness: OgoneHarness) -> None:
    gateway, payment = held(harness)
    assert gateway.void(payment, "key").status is PaymentStatus.CANCELLED
    assert gateway.look(payment).word == "6"
    with pytest.raises(OutcomeUnknown):
        gateway.capture(payment, payment.amount, "key")
    session = harness.sandbox.session(payment.reference)
    assert session is not None
    assert session["captures"] == []


def test_part_of_what_is_held_is_not_captured(harness: OgoneHarness) -> None:
    gateway, payment = held(harness)
    with no_network(), pytest.raises(UnsupportedOperation):
        gateway.capture(payment, Money(1, payment.amount.currency), "key")


@pytest.mark.parametrize(
    ("minor", "returned", "operation"), [(1000, 0, "RFD"), (4990, 0, "RFS"), (3990, 1000, "RFS")]
)
def test_the_last_refund_is_said_to_be_the_last(
    httpserver: HTTPServer, there: PaymentGateway, minor: int, returned: int, operation: str
) -> None:
    payment = replace(a_known_payment(there), refunded=Money.of(returned, "EUR"))
    told = answer(payment, STATUS="81", amount=Money.of(minor, "EUR").decimal.to_eng_string(), PAYIDSUB="1")
    httpserver.expect_request(MAINTENANCE, "POST").respond_with_data(told)
    seen = there.refund(payment, a_refund(payment, minor))
    assert seen.refund is not None
    assert (seen.refund.status, seen.refund.gateway_id) == (RefundStatus.SENT, "3012345678/1")
    assert (said(httpserver)["OPERATION"], said(httpserver)["AMOUNT"]) == (operation, str(minor))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"NCERROR": "50001126", "NCSTATUS": "5", "STATUS": "0"}, GatewayRejected),
        ({"NCERROR": "30001001", "NCSTATUS": "3"}, GatewayRejected),
        ({"NCERROR": "20001001", "NCSTATUS": "2", "STATUS": "82"}, OutcomeUnknown),
        ({"NCERROR": "99", "NCSTATUS": ""}, OutcomeUnknown),
        ({"STATUS": "82"}, OutcomeUnknown),
        ({"STATUS": "84"}, OutcomeUnknown),
        ({"STATUS": "sneezed"}, OutcomeUnknown),
        ({"STATUS": "81", "amount": "9.99"}, OutcomeUnknown),
        ({"STATUS": "81", "orderID": "another"}, OutcomeUnknown),
        ({"STATUS": "81", "currency": "USD"}, OutcomeUnknown),
    ],
)
def test_a_refund_is_refused_or_unknown_but_never_guessed(
    httpserver: HTTPServer, there: PaymentGateway, change: dict[str, str], error: type[Exception]
) -> None:
    payment = a_known_payment(there)
    told = answer(payment, **{"amount": "10", "PAYIDSUB": "1", **change})
    httpserver.expect_request(MAINTENANCE, "POST").respond_with_data(told)
    with pytest.raises(error):
        there.refund(payment, a_refund(payment, 1000))


@pytest.mark.parametrize("names_the_order", [False, True])
def test_a_refund_is_found_by_its_number_whatever_came_after(
    harness: OgoneHarness, names_the_order: bool
) -> None:
    harness.sandbox.settings(refund_seconds=0.01, order_amount_in_query=names_the_order)
    payment, gateway = paid(harness), harness.gateway
    refunds = [a_refund(payment, 1000), a_refund(payment, 1000)]
    made = [gateway.refund(payment, refund).refund for refund in refunds]
    for number, (refund, told) in enumerate(zip(refunds, made, strict=True), 1):
        assert told is not None
        assert told.gateway_id == f"{payment.gateway_reference}/{number}"
        known = replace(refund, gateway_id=told.gateway_id)
        wait_for(lambda known=known: gateway.look_refund(payment, known).proof is not None)  # type: ignore[misc]


def test_a_lost_refund_is_not_taken_for_an_earlier_one(harness: OgoneHarness) -> None:
    payment, gateway = paid(harness), harness.gateway
    first = a_refund(payment, 1000)
    gateway.refund(payment, first)
    before = replace(payment, refunded=first.amount)
    assert gateway.look_refund(before, a_refund(payment, 1000)).refund is None
    assert gateway.look_refund(payment, a_refund(payment, 900)).refund is None


def test_an_operation_without_a_number_is_ours_only_by_its_sum(
    httpserver: HTTPServer, there: PaymentGateway
) -> None:
    payment = a_known_payment(there)
    told = answer(payment, STATUS="8", amount="5")
    httpserver.expect_request(QUERY, "POST").respond_with_data(told)
    assert there.look_refund(payment, a_refund(payment, 1000)).refund is None
    assert there.look_refund(payment, a_refund(payment, 500)).refund is not None


def test_without_an_api_user_nothing_is_asked() -> None:
    gateway = account(DEMO)
    payment = a_known_payment(gateway)
    assert gateway.capabilities.operations == frozenset()
    assert gateway.check() == ""
    for act in (
        lambda: gateway.look(payment),
        lambda: gateway.capture(payment, payment.amount, "key"),
        lambda: gateway.void(payment, "key"),
        lambda: gateway.refund(payment, a_refund(payment)),
        lambda: gateway.look_refund(payment, a_refund(payment)),
    ):
        with no_network(), pytest.raises(UnsupportedOperation):
            act()
    assert gateway.start(a_brief(gateway)).next_step.fields
