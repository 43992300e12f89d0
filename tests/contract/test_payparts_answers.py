"""What PayParts answers, and what of it is believed: holds, looks, refunds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from adapters.testing.builders import a_brief, a_payment, a_refund
from adapters.testing.quiet import listening, no_network
from adapters.testing.wires import decided, paid
from application.errors import (
    GatewayRejected,
    OutcomeUnknown,
    UnsupportedOperation,
)
from application.ports.gateway import InboundMessage, PaymentGateway
from domain.money import Money
from domain.payment import PaymentStatus
from domain.refund import RefundStatus
from domain.transaction import FactKind
from tests.contract.payparts_bank import (
    ORDER,
    PayPartsHarness,
    a_sale,
    a_store,
    at,
    bank,
    held,
    hryvnias,
)


@pytest.fixture
def harness(sandbox_url: str) -> Iterator[PayPartsHarness]:
    with a_store(sandbox_url) as store:
        yield store


@pytest.mark.parametrize("wide", [False, True])
def test_what_is_held_is_taken_whole_when_the_state_says_so(harness: PayPartsHarness, wide: bool) -> None:
    harness.sandbox.settings(wide_replies=wide)
    gateway, payment, _ = held(harness)
    seen = gateway.look(payment)
    assert (seen.status, seen.proof, seen.amount) == (PaymentStatus.AUTHORIZED, None, payment.amount)
    with no_network(), pytest.raises(UnsupportedOperation):
        gateway.capture(payment, Money(1, payment.amount.currency), "key")
    for _ in range(2):
        taken = gateway.capture(payment, payment.amount, "key")
        assert taken.proof is not None
        assert (taken.source, taken.proof.amount) == ("capture", payment.amount)


@pytest.mark.parametrize("wide", [False, True])
def test_what_is_held_is_let_go_when_the_state_says_so(harness: PayPartsHarness, wide: bool) -> None:
    harness.sandbox.settings(wide_replies=wide)
    gateway, payment, _ = held(harness)
    seen = gateway.void(payment, "key")
    assert (seen.status, seen.source, seen.proof) == (PaymentStatus.CANCELLED, "void", None)
    assert gateway.look(payment).status is PaymentStatus.CANCELLED


@pytest.mark.parametrize("kind", ["act_then_hang", "garbage", "status_5xx"])
@pytest.mark.parametrize("operation", ["capture", "cancel", "look"])
def test_a_confirm_or_cancel_without_its_proof_is_unknown(
    harness: PayPartsHarness, operation: str, kind: str
) -> None:
    gateway, payment, _ = held(harness)
    harness.sandbox.arm(kind, operation, seconds=3, times=None)
    with pytest.raises(OutcomeUnknown):
        gateway.void(payment, "k") if operation == "cancel" else gateway.capture(payment, payment.amount, "k")


def test_a_refused_confirm_of_what_is_still_held_is_a_refusal(httpserver: HTTPServer) -> None:
    gateway, payment = at(httpserver), None
    bank(httpserver, refusing_to_confirm)
    payment = a_payment(gateway)
    with pytest.raises(GatewayRejected, match="limit is used up"):
        gateway.capture(payment, payment.amount, "key")


def test_a_confirm_that_changed_nothing_yet_is_unknown(httpserver: HTTPServer) -> None:
    gateway = at(httpserver)
    bank(httpserver, lambda wish: {"state": "SUCCESS", "paymentState": "LOCKED"})
    payment = a_payment(gateway)
    with pytest.raises(OutcomeUnknown, match="not done it yet"):
        gateway.capture(payment, payment.amount, "key")


def refusing_to_confirm(wish: dict[str, Any]) -> dict[str, Any]:
    if "showAmount" in wish:
        return {"state": "SUCCESS", "paymentState": "LOCKED"}
    return {"state": "FAIL", "message": "limit is used up"}


def test_the_shoppers_yes_to_a_hold_only_locks_the_money(harness: PayPartsHarness) -> None:
    with listening() as shop:
        gateway = harness.build(capture="manual")
        started = gateway.start(a_brief(gateway, callback_url=f"{shop.url}/cb"))
        harness.sandbox.finish(harness.sandbox.open(started), "authorized")
        (heard,) = shop.heard
    (seen,) = gateway.read_callback(InboundMessage("POST", heard.body, heard.headers))
    assert (seen.status, seen.word, seen.proof) == (PaymentStatus.AUTHORIZED, "LOCKED", None)


def test_what_the_sandbox_sends_is_what_we_believe(harness: PayPartsHarness) -> None:
    with listening() as shop:
        brief = a_brief(harness.gateway, hryvnias("834.20"), callback_url=f"{shop.url}/cb")
        started = harness.gateway.start(brief)
        harness.sandbox.finish(harness.sandbox.open(started))
        (heard,) = shop.heard
    (seen,) = harness.gateway.read_callback(InboundMessage("POST", heard.body, heard.headers))
    assert seen.proof is not None
    assert (seen.proof.kind, seen.proof.amount) == (FactKind.CAPTURED, brief.payment.amount)
    assert seen.gateway_reference == started.gateway_reference


def test_a_paid_look_tells_the_last_digits_of_the_card_and_no_more(harness: PayPartsHarness) -> None:
    assert harness.gateway.look(paid(harness)).receipt == {"authorization_code": "123456", "card": "3333"}


def test_a_declined_payment_keeps_the_banks_word(harness: PayPartsHarness) -> None:
    assert harness.gateway.look(decided(harness, "declined")).failure


def test_an_order_the_bank_never_heard_of_is_not_found(harness: PayPartsHarness) -> None:
    assert harness.gateway.look(a_payment(harness.gateway)).word == "not_found"


def test_a_part_and_the_rest_go_back_and_no_more(harness: PayPartsHarness) -> None:
    payment = paid(harness)
    for minor in (1000, 3990):
        seen = harness.gateway.refund(payment, a_refund(payment, minor))
        assert seen.refund is not None
        assert (seen.refund.status, seen.refund.amount.minor) == (RefundStatus.DONE, minor)
        assert seen.proof is not None
        assert seen.proof.gateway_id == seen.refund.key
    with pytest.raises(GatewayRejected):
        harness.gateway.refund(payment, a_refund(payment, 1))


CHANGES: dict[str, dict[str, Any]] = {
    "unsigned": {"signature": None},
    "refused without a proof": {"signature": None, "state": "FAIL", "errorMessage": "Store not found."},
    "another store": {"storeId": "DEMO0STORE0000000002"},
    "another order": {"orderId": "ORDER-1002"},
    "no state": {"state": None},
    "another state": {"state": "PERHAPS"},
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("act", ["start", "look", "refund"])
def test_an_answer_that_does_not_prove_itself_is_unknown(httpserver: HTTPServer, act: str, name: str) -> None:
    gateway = at(httpserver)
    told = {
        "state": "SUCCESS",
        **({"token": "C7C09327B608"} if act == "start" else {"paymentState": "SUCCESS"}),
    }
    bank(httpserver, lambda wish: told, **CHANGES[name])
    with pytest.raises(OutcomeUnknown):
        doing(gateway, act)
    httpserver.clear()
    bank(httpserver, lambda wish: told)
    assert doing(gateway, act)


def doing(gateway: PaymentGateway, act: str) -> object:
    brief = a_sale(gateway, ("Чай", 1, "400"))
    if act == "start":
        return gateway.start(brief)
    return (
        gateway.look(brief.payment)
        if act == "look"
        else gateway.refund(brief.payment, a_refund(brief.payment))
    )


@pytest.mark.parametrize("act", ["start", "look", "refund"])
def test_an_answer_of_another_status_than_200_is_an_error_of_the_line(
    httpserver: HTTPServer, act: str
) -> None:
    gateway = at(httpserver)
    bank(httpserver, lambda wish: {"state": "FAIL", "message": "no"}, status=400)
    with pytest.raises(OutcomeUnknown):
        doing(gateway, act)


def test_an_unsigned_refusal_is_unknown_and_tells_staff_the_banks_text(httpserver: HTTPServer) -> None:
    gateway = at(httpserver)
    bank(httpserver, lambda wish: {"state": "FAIL", "errorMessage": "Store not found."}, signature=None)
    with pytest.raises(OutcomeUnknown, match="Store not found"):
        doing(gateway, "start")


def test_a_signed_answer_about_another_order_is_unknown(httpserver: HTTPServer) -> None:
    gateway = at(httpserver)
    bank(httpserver, lambda wish: {"orderId": ORDER, "state": "SUCCESS", "paymentState": "SUCCESS"})
    with pytest.raises(OutcomeUnknown, match="something else"):
        gateway.look(a_payment(gateway))


@pytest.mark.parametrize("act", ["start", "refund"])
def test_a_signed_refusal_is_final_and_keeps_the_banks_text(httpserver: HTTPServer, act: str) -> None:
    gateway = at(httpserver)
    bank(httpserver, lambda wish: {"state": "FAIL", "message": "client has not credit limit"})
    with pytest.raises(GatewayRejected, match="client has not credit limit"):
        doing(gateway, act)


@pytest.mark.parametrize("token", ["", "https://elsewhere.invalid", "a b", "x&y=1", "é" * 12])
def test_a_token_of_another_shape_sends_nobody_anywhere(httpserver: HTTPServer, token: str) -> None:
    gateway = at(httpserver)
    bank(httpserver, lambda wish: {"state": "SUCCESS", "token": token})
    with pytest.raises(OutcomeUnknown):
        doing(gateway, "start")


@pytest.mark.parametrize("amount", [400.01, 40000, "x", True, [], "400.001"])
def test_a_look_that_names_another_amount_is_not_believed(httpserver: HTTPServer, amount: object) -> None:
    gateway = at(httpserver)
    bank(httpserver, lambda wish: {"state": "SUCCESS", "paymentState": "SUCCESS"}, amount=amount)
    with pytest.raises(OutcomeUnknown):
        doing(gateway, "look")


@pytest.mark.parametrize("amount", [400, "400.00", None])
def test_a_look_that_names_our_amount_or_none_is_believed(httpserver: HTTPServer, amount: object) -> None:
    gateway = at(httpserver)
    bank(httpserver, lambda wish: {"state": "SUCCESS", "paymentState": "SUCCESS"}, amount=amount)
    assert doing(gateway, "look")


OLD = "the-password-before"


def test_an_answer_signed_with_the_old_password_is_believed_during_a_change(
    httpserver: HTTPServer,
) -> None:
    bank(httpserver, lambda wish: {"state": "SUCCESS", "paymentState": "SUCCESS"}, password=OLD)
    with pytest.raises(OutcomeUnknown):
        doing(at(httpserver), "look")
    assert doing(at(httpserver, password_previous=OLD), "look")
