"""What PayPal says of money that goes back, and flows that only its sandbox can play."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytest_httpserver import HTTPServer

from adapters.gateways.paypal import mapping
from adapters.sandbox import credentials
from adapters.testing.builders import a_payment, a_refund
from adapters.testing.quiet import no_network
from adapters.testing.wires import paid
from application.errors import GatewayRejected, GatewayUnavailable, OutcomeUnknown
from application.ports.gateway import InboundMessage
from domain.money import Money
from domain.observation import Proof, RefundNews
from domain.payment import PaymentStatus
from domain.refund import RefundStatus
from domain.transaction import FactKind
from tests.contract.paypal_stand import (
    CAPTURE,
    ORDER,
    Desk,
    PaypalHarness,
    begun,
    demo,
    issue,
)
from tests.contract.stand import HttpSandbox

S = PaymentStatus


@pytest.fixture
def harness(sandbox_url: str) -> Iterator[PaypalHarness]:
    sandbox = HttpSandbox(sandbox_url, "paypal")
    yield PaypalHarness(sandbox, dict(credentials(sandbox_url)["paypal"]))
    sandbox.settings(capture_issue="", echeck_seconds=0, refund_seconds=0)
    sandbox.clear()


@pytest.fixture
def desk(httpserver: HTTPServer) -> Desk:
    return Desk(httpserver)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("COMPLETED", RefundStatus.DONE),
        ("PENDING", RefundStatus.SENT),
        ("FAILED", RefundStatus.REFUSED),
        ("CANCELLED", RefundStatus.REFUSED),
    ],
)
def test_every_word_of_a_refund_has_its_meaning(desk: Desk, word: str, status: RefundStatus) -> None:
    seen = desk.refunded({"id": "REF1", "status": word, "amount": desk.money("1.00")})
    assert seen.refund is not None
    assert (seen.refund.status, seen.refund.gateway_id) == (status, "REF1")
    assert (seen.proof is not None) is (status is RefundStatus.DONE)


@pytest.mark.parametrize(
    "told",
    [
        {"id": "REF1", "status": "SNEEZED"},
        {"id": "REF1", "status": "COMPLETED", "amount": {"currency_code": "USD", "value": "1.01"}},
        {"id": "REF1", "status": "COMPLETED", "amount": {"currency_code": "EUR", "value": "1.00"}},
        {"status": "COMPLETED"},
        {"id": "REF1"},
    ],
)
def test_a_refund_whose_answer_makes_no_sense_is_unknown(desk: Desk, told: dict[str, object]) -> None:
    with pytest.raises(OutcomeUnknown):
        desk.refunded(told)


REFUSED = """
    CAPTURE_FULLY_REFUNDED REFUND_AMOUNT_EXCEEDED REFUND_CAPTURE_CURRENCY_MISMATCH REFUND_NOT_ALLOWED
    REFUND_TIME_LIMIT_EXCEEDED REFUND_FAILED_INSUFFICIENT_FUNDS PARTIAL_REFUND_NOT_ALLOWED PENDING_CAPTURE
    TRANSACTION_DISPUTED MAX_NUMBER_OF_REFUNDS_EXCEEDED DECIMAL_PRECISION DECIMALS_NOT_SUPPORTED
    CANNOT_BE_ZERO_OR_NEGATIVE CURRENCY_MISMATCH
"""


@pytest.mark.parametrize("name", REFUSED.split())
def test_a_refused_refund_gave_nothing_back_and_says_why(desk: Desk, name: str) -> None:
    with pytest.raises(GatewayRejected) as refused:
        desk.refunded(issue(name), 422)
    assert refused.value.code == name
    assert "d3bu6" in str(refused.value)


def test_a_refund_that_paypal_has_under_our_key_is_looked_for(desk: Desk) -> None:
    with pytest.raises(OutcomeUnknown):
        desk.refunded(issue("DUPLICATE_INVOICE_ID"), 422)


def test_a_refund_carries_its_key_our_reference_and_its_own_amount(desk: Desk) -> None:
    long = replace(a_refund(desk.payment, 5), key="ż" * 200)
    for refund in (a_refund(desk.payment, 5), long):
        desk.refunded({"id": "REF1", "status": "COMPLETED"}, refund=refund)
        request, _ = desk.server.log[-1]
        key = refund.key if refund is not long else mapping.fitting(refund.key)
        assert request.headers["PayPal-Request-Id"] == key
        assert len(key) <= 108
        reference = desk.payment.reference
        assert json.loads(request.get_data()) == {
            "amount": desk.money("0.05"),
            "custom_id": reference,
            "invoice_id": key,
        }


def test_a_refund_that_does_not_fit_its_currency_is_refused_before_any_call() -> None:
    gateway = demo()
    held = replace(
        a_payment(gateway, Money.of(10000, "HUF")), capture_reference=CAPTURE, gateway_reference="X"
    )
    with no_network(), pytest.raises(GatewayRejected):
        gateway.refund(held, a_refund(held, 1050))


def test_money_given_back_at_paypal_is_told_as_the_difference(desk: Desk) -> None:
    one = {"id": "R1", "status": "COMPLETED", "amount": desk.money("5.00")}
    more = [one, {**one, "id": "R2", "amount": desk.money("1.50")}, {**one, "id": "R3", "status": "PENDING"}]
    order = desk.order("COMPLETED", desk.capture("PARTIALLY_REFUNDED"), refunds=more)
    held = desk.payment.capture(desk.payment.amount, CAPTURE, desk.payment.created_at)
    seen = desk.looked(order, held)
    total = Money.of(650, "USD")
    assert seen.proof == Proof(FactKind.REFUNDED, f"{CAPTURE}:refunded:6.50", total)
    assert seen.refund == RefundNews(RefundStatus.DONE, total, f"{CAPTURE}:refunded:6.50")
    known = replace(held, refunded=Money.of(500, "USD"))
    assert desk.looked(order, known).proof == Proof(
        FactKind.REFUNDED, f"{CAPTURE}:refunded:6.50", Money.of(150, "USD")
    )
    for settled in (replace(held, refunded_outside=total), replace(held, reserved=Money.of(1, "USD"))):
        assert desk.looked(order, settled).proof == Proof(FactKind.CAPTURED, CAPTURE, desk.payment.amount)
    whole = desk.looked(desk.order("COMPLETED", desk.capture("REFUNDED")), held).proof
    assert whole == Proof(FactKind.REFUNDED, f"{CAPTURE}:refunded:25.50", desk.payment.amount)


def test_money_is_still_found_when_paypal_has_forgotten_the_order(desk: Desk) -> None:
    held = desk.payment.capture(desk.payment.amount, CAPTURE, desk.payment.created_at)
    gone = issue("INVALID_RESOURCE_ID")
    for capture, kind in (("COMPLETED", FactKind.CAPTURED), ("REFUNDED", FactKind.REFUNDED)):
        desk.answers(f"/v2/checkout/orders/{ORDER}", gone, 404)
        desk.answers(f"/v2/payments/captures/{CAPTURE}", desk.capture(capture))
        proof = desk.gateway.look(held).proof
        assert proof is not None
        assert (proof.kind, proof.amount) == (kind, held.amount)
    desk.answers(f"/v2/checkout/orders/{ORDER}", gone, 404)
    assert desk.gateway.look(desk.payment).word == "not_found"


def test_a_refund_whose_id_is_known_is_asked_for_by_it(desk: Desk) -> None:
    refund = replace(a_refund(desk.payment, 100), gateway_id="REF1")
    told = {"id": "REF1", "status": "COMPLETED", "amount": desk.money("1.00")}
    desk.answers("/v2/payments/refunds/REF1", told)
    seen = desk.gateway.look_refund(desk.payment, refund)
    assert seen.proof == Proof(FactKind.REFUNDED, "REF1", refund.amount)


def test_only_the_cancelling_way_back_hints_at_giving_up() -> None:
    gateway = demo()
    for query, aborted in (((("cancelled", "1"), ("token", "X")), True), ((("token", "X"),), False)):
        assert gateway.read_return(InboundMessage("GET", b"", query=query)).aborted is aborted


def test_a_declined_funding_source_sends_the_shopper_back(harness: PaypalHarness) -> None:
    payment = begun(harness.gateway)
    harness.sandbox.finish(str(payment.gateway_reference), "authorized")
    harness.sandbox.settings(capture_issue="INSTRUMENT_DECLINED")
    assert harness.gateway.collect(payment, "key").status is S.IN_PROGRESS
    assert harness.gateway.look(payment).collectable
    harness.sandbox.settings(capture_issue="")
    assert harness.gateway.collect(payment, "key").status is S.PAID


def test_an_echeck_is_paid_when_it_clears(harness: PaypalHarness) -> None:
    harness.sandbox.settings(echeck_seconds=0.2)
    payment = begun(harness.gateway)
    harness.sandbox.finish(str(payment.gateway_reference), "authorized")
    seen = harness.gateway.collect(payment, "key")
    assert (seen.status, seen.word, seen.proof) == (S.IN_PROGRESS, "PENDING", None)
    assert not harness.gateway.look(payment).collectable


def test_a_refund_made_in_the_panel_shows_in_a_look(harness: PaypalHarness) -> None:
    payment = paid(harness)
    proof = harness.gateway.look(payment).proof
    assert proof is not None
    held = payment.capture(payment.amount, proof.gateway_id, payment.created_at)
    assert harness.sandbox._post("_panel/refund", {"session": payment.gateway_reference, "amount": "990"}).ok
    back = harness.gateway.look(held)
    assert back.refund is not None
    assert (back.refund.amount.minor, back.refund.key) == (990, "")


def test_an_expired_order_is_not_found(harness: PaypalHarness) -> None:
    payment = begun(harness.gateway)
    harness.sandbox.finish(str(payment.gateway_reference), "expired")
    assert harness.gateway.look(payment).word == "not_found"


def test_wrong_credentials_are_told_as_such(harness: PaypalHarness) -> None:
    gateway = harness.build(client_secret="wrong")
    with pytest.raises(GatewayUnavailable, match="credentials"):
        gateway.check()
    assert "not found" in harness.gateway.check()
