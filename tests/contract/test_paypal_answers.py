"""Every word and shape that PayPal says of an order, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from adapters.gateways.paypal import mapping
from adapters.testing.builders import a_brief, a_payment
from adapters.testing.quiet import no_network
from application.errors import GatewayRejected, GatewayUnavailable, GatewayUnreachable, OutcomeUnknown
from domain.money import Money
from domain.observation import Proof
from domain.payment import PaymentStatus
from domain.transaction import FactKind
from tests.contract.paypal_stand import (
    CAPTURE,
    ORDER,
    Desk,
    demo,
    issue,
)

S = PaymentStatus


@pytest.fixture
def desk(httpserver: HTTPServer) -> Desk:
    return Desk(httpserver)


@pytest.mark.parametrize(
    ("word", "status", "collectable"),
    [
        ("CREATED", S.IN_PROGRESS, False),
        ("SAVED", S.IN_PROGRESS, False),
        ("PAYER_ACTION_REQUIRED", S.IN_PROGRESS, False),
        ("APPROVED", S.IN_PROGRESS, True),
        ("VOIDED", S.CANCELLED, False),
        ("COMPLETED", None, False),
        ("SNEEZED", None, False),
    ],
)
def test_every_word_of_an_order_has_its_meaning(
    desk: Desk, word: str, status: PaymentStatus | None, collectable: bool
) -> None:
    seen = desk.looked(desk.order(word))
    assert (seen.word, seen.status, seen.collectable, seen.proof) == (word, status, collectable, None)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("COMPLETED", S.PAID),
        ("PARTIALLY_REFUNDED", S.PAID),
        ("REFUNDED", S.PAID),
        ("PENDING", S.IN_PROGRESS),
        ("DECLINED", S.FAILED),
        ("FAILED", S.FAILED),
        ("SNEEZED", None),
    ],
)
def test_every_word_of_a_capture_has_its_meaning(desk: Desk, word: str, status: PaymentStatus | None) -> None:
    seen = desk.looked(desk.order("COMPLETED", desk.capture(word, create_time="2026-11-20T14:00:01Z")))
    assert (seen.word, seen.status, seen.collectable) == (word, status, False)
    proven = Proof(FactKind.CAPTURED, CAPTURE, Money.of(2550, "USD"))
    assert seen.proof == (proven if status is S.PAID else None)
    assert seen.receipt == {"paid_at": "2026-11-20T14:00:01Z"}
    assert seen.failure == (word if status is S.FAILED else "")


@pytest.mark.parametrize(
    ("value", "code"), [("25.49", "USD"), ("25.51", "USD"), ("25.50", "EUR"), ("2550", "JPY")]
)
def test_a_capture_of_other_money_is_told_as_it_is(desk: Desk, value: str, code: str) -> None:
    other = desk.capture(amount=desk.money(value, code))
    for seen in (desk.looked(desk.order("COMPLETED", other)), desk.collected(desk.order("COMPLETED", other))):
        assert seen.proof is not None
        assert mapping.money_json(seen.proof.amount) == desk.money(value, code)


def test_a_reason_is_told_with_a_failure_whatever_shape_it_has(desk: Desk) -> None:
    for details, told in (
        ({"reason": "ECHECK"}, "ECHECK"),
        ({}, "FAILED"),
        ("what", "FAILED"),
        (None, "FAILED"),
    ):
        failed = desk.capture("FAILED", status_details=details)
        assert desk.looked(desk.order("COMPLETED", failed)).failure == told


def test_captures_are_never_added_up(desk: Desk) -> None:
    history = desk.capture("DECLINED", "OLD")
    once = desk.order("COMPLETED", history, desk.capture(), desk.capture("FAILED", "NEW"))
    known = desk.payment.capture(desk.payment.amount, CAPTURE, desk.payment.created_at)
    for payment in (desk.payment, known):
        assert desk.looked(once, payment).proof == Proof(FactKind.CAPTURED, CAPTURE, Money.of(2550, "USD"))
    twice = desk.order("COMPLETED", desk.capture(), desk.capture(id="SECOND"))
    surplus = desk.looked(twice, known).proof
    assert surplus == Proof(FactKind.CAPTURED, "SECOND", Money.of(2550, "USD"))


@pytest.mark.parametrize(
    "change",
    [
        {"id": "ANOTHER"},
        {"unit": {"custom_id": "another"}},
        {"unit": {"amount": {"currency_code": "USD", "value": "1.00"}}},
        {"unit": {"amount": {"currency_code": "EUR", "value": "25.50"}}},
        {"unit": {"amount": {"currency_code": "USD", "value": 25.5}}},
        {"unit": {"amount": None}},
        {"unit": {"payments": {"captures": "none"}}},
        {"unit": {"payments": {"captures": [{"status": "COMPLETED"}]}}},
        {"unit": {"payments": ["none"]}},
        {"unit": {"payments": "none"}},
        {"purchase_units": []},
        {"purchase_units": [{}, {}]},
        {"status": ""},
    ],
)
def test_an_answer_about_something_else_is_not_believed(desk: Desk, change: dict[str, Any]) -> None:
    told = {**desk.order("APPROVED", unit=change.get("unit", {})), **change}
    for act in (lambda: desk.looked(told), lambda: desk.collected(told)):
        with pytest.raises(OutcomeUnknown):
            act()


AGAIN = "ORDER_NOT_APPROVED PAYER_ACTION_REQUIRED INSTRUMENT_DECLINED REDIRECT_PAYER_FOR_ALTERNATE_FUNDING"
ENDED = """
    MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED TRANSACTION_REFUSED PAYER_CANNOT_PAY COMPLIANCE_VIOLATION
    PAYEE_BLOCKED_TRANSACTION TRANSACTION_BLOCKED_BY_PAYEE PAYER_ACCOUNT_RESTRICTED
    PAYER_ACCOUNT_LOCKED_OR_CLOSED DUPLICATE_INVOICE_ID
"""


@pytest.mark.parametrize("name", AGAIN.split())
def test_the_shopper_may_choose_again_after(desk: Desk, name: str) -> None:
    seen = desk.collected(issue(name), 422)
    assert (seen.status, seen.word, seen.failure) == (S.IN_PROGRESS, name, name)


@pytest.mark.parametrize("name", ENDED.split())
def test_the_attempt_ends_with(desk: Desk, name: str) -> None:
    seen = desk.collected(issue(name), 422)
    assert (seen.status, seen.failure) == (S.FAILED, name)


@pytest.mark.parametrize(
    ("told", "status", "error"),
    [
        (issue("ORDER_COMPLETION_IN_PROGRESS"), 422, OutcomeUnknown),
        ({"name": "RESOURCE_CONFLICT"}, 409, OutcomeUnknown),
        ({"name": "INVALID_REQUEST"}, 400, GatewayRejected),
        ({"name": "NOT_AUTHORIZED"}, 403, GatewayRejected),
        ({"name": "RESOURCE_NOT_FOUND"}, 404, GatewayRejected),
        ({"name": "RATE_LIMIT_REACHED"}, 429, GatewayUnreachable),
        ({"name": "INTERNAL_SERVER_ERROR"}, 500, OutcomeUnknown),
        ({"name": "SERVICE_UNAVAILABLE"}, 503, OutcomeUnknown),
        (["what"], 422, OutcomeUnknown),
        ({"details": "what"}, 422, OutcomeUnknown),
    ],
)
def test_what_a_refused_capture_may_have_done(
    desk: Desk, told: object, status: int, error: type[Exception]
) -> None:
    with pytest.raises(error):
        desk.collected(told, status)


def test_an_order_that_was_captured_before_is_read(desk: Desk) -> None:
    desk.answers(f"/v2/checkout/orders/{ORDER}", desk.order("COMPLETED", desk.capture()))
    assert desk.collected(issue("ORDER_ALREADY_CAPTURED"), 422).status is S.PAID
    desk.server.expect_request(f"/v2/checkout/orders/{ORDER}").respond_with_json({}, status=404)
    with pytest.raises(OutcomeUnknown):
        desk.collected(issue("ORDER_ALREADY_CAPTURED"), 422)


@pytest.mark.parametrize(
    ("links", "status"),
    [
        ([{"rel": "payer-action"}], "PAYER_ACTION_REQUIRED"),
        ([{"rel": "approve"}], "CREATED"),
        ([], "APPROVED"),
    ],
)
def test_either_link_leads_to_the_page(desk: Desk, links: list[dict[str, str]], status: str) -> None:
    page = desk.server.url_for("/checkoutnow?token=X")
    told = {"id": ORDER, "status": status, "links": [{**link, "href": page} for link in links]}
    desk.answers("/v2/checkout/orders", told, 201, "POST")
    started = desk.gateway.start(a_brief(desk.gateway))
    assert (started.next_step.url, started.gateway_reference) == (page if links else "", ORDER)


@pytest.mark.parametrize("change", [{"id": ""}, {"status": None}, {"links": []}, {"links": "x"}])
def test_a_start_without_id_status_or_page_is_unknown(desk: Desk, change: dict[str, object]) -> None:
    page = desk.server.url_for("/checkoutnow")
    told = {"id": ORDER, "status": "CREATED", "links": [{"rel": "approve", "href": page}], **change}
    desk.answers("/v2/checkout/orders", told, 201, "POST")
    with pytest.raises(OutcomeUnknown):
        desk.gateway.start(a_brief(desk.gateway))


def test_an_attempt_without_an_order_id_cannot_be_asked_about() -> None:
    gateway = demo()
    with no_network():
        assert gateway.look(a_payment(gateway)).word == "no_reference"
        with pytest.raises(GatewayUnavailable):
            gateway.collect(a_payment(gateway), "key")
