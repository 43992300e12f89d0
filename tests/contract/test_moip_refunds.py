"""What Moip gives back: refunds of ours, of its panel, and chargebacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from pytest_httpserver import HTTPServer

from adapters.testing.builders import a_refund
from application.errors import OutcomeUnknown
from domain.money import Money
from domain.observation import Proof
from domain.payment import PaymentStatus
from domain.refund import RefundStatus
from domain.transaction import FactKind
from tests.contract.moip_stand import Wire, known, order, refund_told


@pytest.fixture
def wire(httpserver: HTTPServer) -> Wire:
    return Wire(httpserver)


CHARGEBACK: Mapping[str, object] = {"status": "REVERTED", "payments": [{"status": "REVERSED"}]}


@pytest.mark.parametrize(
    ("changes", "kind", "total"),
    [
        ({"status": "REVERTED"}, FactKind.REFUNDED, 10980),
        (CHARGEBACK, FactKind.CHARGED_BACK, 10980),
        ({**CHARGEBACK, "refunds": [refund_told("COMPLETED", 980)]}, FactKind.CHARGED_BACK, 10000),
        ({"amount": {"total": 10980, "refunds": 70, "currency": "BRL"}}, FactKind.REFUNDED, 70),
        (
            {
                "refunds": [
                    refund_told("COMPLETED", 90),
                    refund_told("REQUESTED", 5),
                    refund_told("FAILED", 9),
                ]
            },
            FactKind.REFUNDED,
            90,
        ),
    ],
)
def test_what_left_is_told_once_the_capture_is_on_record(
    wire: Wire, changes: dict[str, object], kind: FactKind, total: int
) -> None:
    gateway = wire.gateway()
    payment = known(gateway)
    recorded = replace(payment, captured=payment.amount, status=PaymentStatus.PAID)
    capture, amount = Proof(FactKind.CAPTURED, "ORD-1", payment.amount), Money.of(total, "BRL")
    for _ in range(3):
        wire.answer(order(payment, **changes))
    assert gateway.look(payment).proof == capture
    assert gateway.look(recorded).proof == Proof(kind, f"ORD-1:{kind.value}:{total}", amount)
    back = {"refunded_outside": amount} if kind is FactKind.REFUNDED else {"charged_back": amount}
    seen = gateway.look(replace(recorded, **{"refunded": Money.of(980, "BRL")} | back))
    assert seen.proof == capture


@pytest.mark.parametrize(("part", "body"), [(None, "{}"), (100, '{"amount":100}')])
def test_a_whole_refund_names_no_amount(wire: Wire, part: int | None, body: str) -> None:
    gateway = wire.gateway()
    payment = known(gateway)
    refund = a_refund(payment, part)
    wire.answer(refund_told("REQUESTED", refund.amount.minor), 201)
    seen = gateway.refund(payment, refund).refund
    assert seen is not None
    assert (seen.status, seen.gateway_id, seen.key) == (RefundStatus.SENT, "REF-1", refund.key)
    assert wire.said[0][:2] == ("POST", "/v2/orders/ORD-1/refunds")
    assert wire.said[0][3] == body


@pytest.mark.parametrize(
    "told",
    [
        refund_told("COMPLETED", 99),
        refund_told("SNEEZED", 100),
        refund_told("COMPLETED", 100, _links={"order": {"title": "ORD-2"}}),
        refund_told("COMPLETED", 100, amount={"total": 100, "currency": "EUR"}),
    ],
)
def test_a_refund_that_does_not_fit_is_unknown(wire: Wire, told: dict[str, object]) -> None:
    gateway = wire.gateway()
    payment = known(gateway)
    wire.answer(told, 201)
    with pytest.raises(OutcomeUnknown):
        gateway.refund(payment, a_refund(payment, 100))


@pytest.mark.parametrize(
    ("word", "status"), [("REQUESTED", "sent"), ("COMPLETED", "done"), ("FAILED", "refused")]
)
def test_a_refund_with_an_id_is_found_by_it(wire: Wire, word: str, status: str) -> None:
    gateway = wire.gateway()
    payment = known(gateway)
    refund = replace(a_refund(payment, 100), gateway_id="REF-1")
    wire.answer({"refunds": [refund_told("REQUESTED", 100, "REF-2"), refund_told(word, 100)]})
    seen = gateway.look_refund(payment, refund).refund
    assert seen is not None
    assert (seen.status, seen.gateway_id) == (RefundStatus(status), "REF-1")


def test_a_lost_refund_is_the_one_that_nobody_else_accounts_for(wire: Wire) -> None:
    gateway = wire.gateway()
    payment = known(gateway, refunded=Money.of(100, "BRL"), reserved=Money.of(100, "BRL"))
    refund, first = a_refund(payment, 100), refund_told("COMPLETED", 100)
    wire.answer({"refunds": [first]})
    assert gateway.look_refund(payment, refund).refund is None
    wire.answer({"refunds": [refund_told("COMPLETED", 100, "REF-2"), first]})
    seen = gateway.look_refund(payment, refund).refund
    assert seen is not None
    assert seen.gateway_id == "REF-2"
    wire.answer({"refunds": [refund_told("FAILED", 100, "REF-2"), first]})
    assert gateway.look_refund(payment, refund).refund is None
    wire.answer({"refunds": [refund_told("COMPLETED", 100, "REF-2"), first]})
    with pytest.raises(OutcomeUnknown):
        gateway.look_refund(replace(payment, reserved=Money.of(200, "BRL")), refund)
    wire.answer({"refunds": [refund_told("SNEEZED", 100, "REF-2"), first]})
    with pytest.raises(OutcomeUnknown):
        gateway.look_refund(payment, refund)
