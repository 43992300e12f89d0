"""Przelewy24's answers, scripted: every status of its tables, and what is never believed."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from adapters.testing.builders import a_brief, a_payment, a_refund
from application.errors import GatewayRejected, GatewayUnavailable, OutcomeUnknown
from domain.money import Money
from domain.observation import Observation, Proof, Source
from domain.payment import Payment, PaymentStatus
from domain.refund import RefundStatus
from domain.review import ReviewKind
from domain.settlement import Circumstances, Decision, Verdict, decide
from domain.transaction import FactKind
from tests.builders import NOW, an_order
from tests.contract.przelewy24_script import LOOK, ORDER_ID, REFUND, REFUNDS, VERIFY, Script
from tests.contract.stand import account
from tests.contract.test_przelewy24 import DEMO

NOT_FOUND = (404, {"error": "Transaction not found", "responseCode": 0})
SUCCESS = (200, {"data": {"status": "success"}, "responseCode": 0})
BAD = (400, {"error": "Invalid input data", "code": 400})


@pytest.fixture
def p24(httpserver: HTTPServer) -> Script:
    block = {
        **DEMO,
        "base_url": httpserver.url_for("/p24"),
        "timeout": 2,
        "currencies": ["PLN", "JPY", "KWD"],
    }
    script = Script(account(block))
    httpserver.expect_request(re.compile("/p24/.*")).respond_with_handler(script.play)
    return script


def judged(payment: Payment, seen: Observation) -> Decision:
    return decide(an_order(), payment, seen, Circumstances(now=NOW))


def held(p24: Script, **changes: Any) -> Payment:
    """A payment that was collected and recorded."""
    payment = a_payment(p24.gateway)
    paid = {"status": PaymentStatus.PAID, "captured": payment.amount, "gateway_reference": str(ORDER_ID)}
    return replace(payment, **{**paid, **changes})


@pytest.mark.parametrize(
    ("word", "status", "collectable"),
    [
        (0, PaymentStatus.IN_PROGRESS, False),
        (1, PaymentStatus.IN_PROGRESS, True),
        (2, PaymentStatus.PAID, False),
        (4, None, False),
        ("SNEEZED", None, False),
        (None, None, False),
    ],
)
def test_every_status_of_the_table_is_read(
    p24: Script, word: object, status: PaymentStatus | None, collectable: bool
) -> None:
    payment = a_payment(p24.gateway)
    p24.transaction(payment, word)
    seen = p24.gateway.look(payment)
    assert (seen.word, seen.status, seen.collectable) == (str(word), status, collectable)
    money = Proof(FactKind.CAPTURED, str(ORDER_ID), payment.amount)
    assert seen.proof == (money if status is PaymentStatus.PAID else None)


def test_a_transaction_nobody_tried_to_pay_is_not_found(p24: Script) -> None:
    p24.answers[LOOK] = [NOT_FOUND]
    seen = p24.gateway.look(a_payment(p24.gateway))
    assert (seen.word, seen.status) == ("not_found", None)


def test_a_try_that_came_to_nothing_binds_no_number(p24: Script) -> None:
    payment = a_payment(p24.gateway)
    p24.transaction(payment, 0, orderId=1)
    p24.transaction(payment, 1, orderId=2)
    assert p24.gateway.look(payment).gateway_reference is None
    assert p24.gateway.look(payment).gateway_reference == "2"


@pytest.mark.parametrize("change", [{"amount": 4989}, {"amount": 4991}, {"amount": 0}, {"currency": "EUR"}])
def test_money_that_is_not_what_we_asked_for_waits_for_a_person(p24: Script, change: dict[str, Any]) -> None:
    payment = a_payment(p24.gateway)
    p24.transaction(payment, 1, **change)
    p24.answers[VERIFY] = [SUCCESS]
    seen = p24.gateway.look(payment)
    assert not seen.collectable
    assert judged(payment, seen).verdict is Verdict.REVIEW
    with pytest.raises(GatewayRejected):
        p24.gateway.collect(payment, "key")
    assert not p24.called(VERIFY)


def test_verified_money_of_another_amount_is_a_fact_and_a_question(p24: Script) -> None:
    payment = a_payment(p24.gateway)
    p24.transaction(payment, 2, amount=49)
    decision = judged(payment, p24.gateway.look(payment))
    assert decision.proof == Proof(FactKind.CAPTURED, str(ORDER_ID), Money(49, payment.amount.currency))
    assert [question.kind for question in decision.questions] == [ReviewKind.AMOUNT_MISMATCH]
    with pytest.raises(GatewayRejected):
        p24.gateway.collect(payment, "key")


def test_a_second_transaction_of_an_attempt_is_not_verified(p24: Script) -> None:
    payment = replace(a_payment(p24.gateway), gateway_reference="77")
    p24.transaction(payment, 1)
    p24.answers[VERIFY] = [SUCCESS]
    seen = p24.gateway.look(payment)
    assert (seen.collectable, seen.gateway_reference) == (False, str(ORDER_ID))
    with pytest.raises(GatewayRejected):
        p24.gateway.collect(payment, "key")
    assert not p24.called(VERIFY)


@pytest.mark.parametrize(
    "change",
    [
        *({"sessionId": "another"}, {"sessionId": None}, {"orderId": "x"}, {"orderId": -1}),
        *({"amount": 1.5}, {"amount": None}, {"currency": None}, {"currency": "pln"}),
    ],
)
def test_a_look_that_makes_no_sense_is_unknown(p24: Script, change: dict[str, Any]) -> None:
    payment = a_payment(p24.gateway)
    p24.transaction(payment, 2, **change)
    with pytest.raises(OutcomeUnknown):
        p24.gateway.look(payment)


@pytest.mark.parametrize("told", [{}, {"data": []}, {"data": {}}, {"data": {"status": "failure"}}])
def test_a_verify_that_does_not_say_success_is_unknown(p24: Script, told: dict[str, Any]) -> None:
    payment = a_payment(p24.gateway)
    p24.transaction(payment, 1)
    p24.answers[VERIFY] = [(200, told)]
    with pytest.raises(OutcomeUnknown):
        p24.gateway.collect(payment, "key")


def test_a_refused_verify_is_looked_at_before_it_is_believed(p24: Script) -> None:
    payment = a_payment(p24.gateway)
    p24.transaction(payment, 1)
    p24.answers[VERIFY] = [BAD]
    with pytest.raises(GatewayRejected) as refused:
        p24.gateway.collect(payment, "key")
    assert refused.value.code == "Invalid input data"
    p24.transaction(payment, 2)  # somebody else's verify was faster
    seen = p24.gateway.collect(payment, "key")
    assert (seen.status, seen.source) == (PaymentStatus.PAID, Source.COLLECT)
    assert len(p24.called(VERIFY)) == 2


@pytest.mark.parametrize(
    ("word", "status"),
    [(1, RefundStatus.DONE), (2, RefundStatus.SENT), (3, RefundStatus.SENT), (4, RefundStatus.REFUSED)],
)
def test_every_status_of_a_refund_is_read(p24: Script, word: int, status: RefundStatus) -> None:
    payment = held(p24)
    refund = a_refund(payment, 100)
    p24.answers[REFUND] = [(400, {"error": "Request already exists", "code": 400})]
    p24.answers[REFUNDS] = [(404, {"error": "none", "code": 404})]
    with pytest.raises(OutcomeUnknown):
        p24.gateway.refund(payment, refund)
    sent = p24.called(REFUND)[0]
    p24.refunds(payment, ("panel-1", 1, 100), (sent["requestId"], word, 100))
    for seen in (p24.gateway.look_refund(payment, refund), p24.gateway.refund(payment, refund)):
        assert seen.refund is not None
        assert (seen.refund.status, seen.refund.key) == (status, refund.key)
        assert (seen.proof is not None) == (status is RefundStatus.DONE)
    assert (len(sent["requestId"]) <= 45, len(sent["refundsUuid"]) <= 35) == (True, True)


def test_a_refund_says_what_goes_back_and_whom_to_tell(p24: Script) -> None:
    payment = held(p24, extra={"status_url": "https://shop.example/cb"})
    one = {"orderId": ORDER_ID, "sessionId": payment.reference, "amount": 100}
    p24.answers[REFUND] = [(201, {"data": [{**one, "status": True, "message": "success"}]})]
    reason = "Zwrot: kubek pęknięty, opakowanie całe"
    seen = p24.gateway.refund(payment, replace(a_refund(payment, 100), reason=reason))
    assert (seen.word, seen.refund and seen.refund.status) == ("success", RefundStatus.SENT)
    body = p24.called(REFUND)[0]
    assert body["refunds"] == [{**one, "description": reason[:35]}]
    assert body["urlStatus"] == "https://shop.example/cb"


@pytest.mark.parametrize(
    ("status", "told", "error"),
    [
        (201, {"data": []}, OutcomeUnknown),
        (201, {"data": [{"orderId": 1, "amount": 100, "status": True, "message": "m"}]}, OutcomeUnknown),
        (201, {"data": [{"orderId": ORDER_ID, "amount": 1, "status": True, "message": "m"}]}, OutcomeUnknown),
        (
            201,
            {"data": [{"orderId": ORDER_ID, "amount": 100, "message": "m", "status": False}]},
            OutcomeUnknown,
        ),
        (400, {"error": "Invalid input parameters", "code": 400}, GatewayRejected),
        (409, {"error": [{"status": False, "message": "Insufficient funds available"}]}, GatewayRejected),
        (409, "not even JSON", GatewayRejected),
        (500, {"error": "Unknown error", "code": 500}, OutcomeUnknown),
    ],
)
def test_a_refund_is_refused_or_unknown_as_it_is_told(
    p24: Script, status: int, told: Any, error: type[Exception]
) -> None:
    payment = held(p24)
    p24.answers[REFUND] = [(status, told)]
    with pytest.raises(error):
        p24.gateway.refund(payment, a_refund(payment, 100))


def test_the_words_of_a_refusal_are_kept(p24: Script) -> None:
    payment = held(p24)
    one = {"orderId": ORDER_ID, "status": False, "message": "Transaction in wrong status - cannot refund"}
    p24.answers[REFUND] = [(409, {"error": [one], "code": 409})]
    with pytest.raises(GatewayRejected) as refused:
        p24.gateway.refund(payment, a_refund(payment))
    assert refused.value.code == one["message"]


@pytest.mark.parametrize("change", [{"orderId": 1}, {"sessionId": "x"}, {"currency": "EUR"}, {"refunds": {}}])
def test_refunds_of_another_transaction_are_not_believed(p24: Script, change: dict[str, Any]) -> None:
    payment = held(p24)
    p24.refunds(payment, **change)
    with pytest.raises(OutcomeUnknown):
        p24.gateway.look_refund(payment, a_refund(payment))


def test_refunds_of_the_panel_are_found_by_a_look_once_and_ours_are_not_among_them(p24: Script) -> None:
    payment = held(p24)
    currency = payment.amount.currency
    p24.transaction(payment, 2)
    p24.refunds(payment, ("panel-1", 1, 100), ("panel-2", 2, 50), ("callbank-" + "0" * 32, 1, 200))
    seen = p24.gateway.look(payment)
    assert seen.proof == Proof(FactKind.REFUNDED, f"{ORDER_ID}:refunded:100", Money(100, currency))
    known = judged(payment, seen).payment
    assert (known.refunded_outside, known.status) == (Money(100, currency), PaymentStatus.PAID)
    assert p24.gateway.look(known).status is PaymentStatus.PAID
    p24.refunds(payment, ("panel-1", 1, 100), ("panel-2", 1, 50))
    later = p24.gateway.look(known)
    assert later.proof == Proof(FactKind.REFUNDED, f"{ORDER_ID}:refunded:150", Money(50, currency))


def test_money_that_went_back_before_it_was_seen_pays_nothing_and_leaves_both_facts(p24: Script) -> None:
    payment = a_payment(p24.gateway)
    p24.transaction(payment, 3)
    p24.answers[REFUNDS] = [NOT_FOUND]
    first = judged(payment, p24.gateway.look(payment))
    assert (first.payment.status, first.proof and first.proof.kind) == (
        PaymentStatus.CANCELLED,
        FactKind.REFUNDED,
    )
    second = judged(first.payment, p24.gateway.look(first.payment))
    assert (second.payment.status, second.payment.captured) == (PaymentStatus.CANCELLED, payment.amount)
    assert second.order.paid_by is None


def test_what_we_gave_back_whole_is_no_news(p24: Script) -> None:
    payment = held(p24, refunded=a_payment(p24.gateway).amount)
    p24.transaction(payment, 3)
    p24.refunds(payment, ("callbank-" + "0" * 32, 1, payment.amount.minor))
    assert p24.gateway.look(payment).status is PaymentStatus.PAID
    p24.answers[REFUNDS] = [NOT_FOUND]
    assert p24.gateway.look(payment).status is PaymentStatus.PAID


def test_another_currency_that_went_back_is_a_question(p24: Script) -> None:
    payment = a_payment(p24.gateway)
    p24.transaction(payment, 3, currency="EUR")
    decision = judged(payment, p24.gateway.look(payment))
    assert [question.kind for question in decision.questions] == [ReviewKind.CURRENCY_MISMATCH]


@pytest.mark.parametrize("status", [401, 403])
def test_wrong_credentials_mean_nothing_was_done(p24: Script, status: int) -> None:
    p24.answers["POST /transaction/register"] = [(status, {"error": "Incorrect authentication"})]
    with pytest.raises(GatewayUnavailable):
        p24.gateway.start(a_brief(p24.gateway))


@pytest.mark.parametrize(("minor", "code", "wire"), [(499, "JPY", 49900), (1230, "KWD", 123), (1, "PLN", 1)])
def test_amounts_are_hundredths_in_every_currency(p24: Script, minor: int, code: str, wire: int) -> None:
    p24.answers["POST /transaction/register"] = [(200, {"data": {"token": "T-1"}})]
    brief = a_brief(p24.gateway, Money.of(minor, code))
    p24.gateway.start(brief)
    assert p24.called("POST /transaction/register")[0]["amount"] == wire
    p24.transaction(brief.payment, 2, amount=wire)
    assert p24.gateway.look(brief.payment).amount == brief.payment.amount


def test_an_amount_finer_than_hundredths_is_refused_unsent(p24: Script) -> None:
    with pytest.raises(GatewayRejected):
        p24.gateway.start(a_brief(p24.gateway, Money.of(1231, "KWD")))
    assert not p24.heard
