"""What Mollie says, word by word, and what is not believed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import requests
from adapters.testing.builders import a_payment, a_refund
from adapters.testing.wires import decided, paid
from application.errors import OutcomeUnknown
from conftest import MollieHarness
from domain.money import Money
from domain.observation import Proof
from domain.payment import PaymentStatus
from domain.refund import RefundStatus
from domain.transaction import FactKind
from pytest_httpserver import HTTPServer
from replies import ID, Answer, answers, euros


@pytest.fixture
def answer(httpserver: HTTPServer, harness: MollieHarness) -> Answer:
    return answers(httpserver, harness)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("open", PaymentStatus.IN_PROGRESS),
        ("pending", PaymentStatus.IN_PROGRESS),
        ("authorized", PaymentStatus.AUTHORIZED),
        ("paid", PaymentStatus.PAID),
        ("failed", PaymentStatus.FAILED),
        ("canceled", PaymentStatus.CANCELLED),
        ("expired", PaymentStatus.EXPIRED),
        ("sneezed", None),
    ],
)
def test_each_word_of_a_payment_becomes_ours(
    harness: MollieHarness, answer: Answer, word: str, status: PaymentStatus | None
) -> None:
    seen = harness.gateway.look(answer(status=word))
    assert (seen.status, seen.word, seen.proof is not None) == (status, word, word == "paid")


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("queued", RefundStatus.SENT),
        ("pending", RefundStatus.SENT),
        ("processing", RefundStatus.SENT),
        ("refunded", RefundStatus.DONE),
        ("failed", RefundStatus.REFUSED),
        ("canceled", RefundStatus.REFUSED),
    ],
)
def test_each_word_of_a_refund_becomes_ours(
    harness: MollieHarness, answer: Answer, word: str, status: RefundStatus
) -> None:
    refund = a_refund(a_payment(harness.gateway, Money.of(4990, "EUR")), 500)
    told = {
        "id": "re_4qqhO89gsT",
        "status": word,
        "amount": euros("5.00"),
        "metadata": {"refund": refund.key},
    }
    somebodys = {"id": "re_1", "status": "refunded", "amount": euros("1.00"), "metadata": None}
    payment = answer(_embedded={"refunds": [somebodys, told]})
    seen = harness.gateway.look_refund(payment, refund)
    assert seen.refund is not None
    assert (seen.refund.status, seen.refund.gateway_id) == (status, "re_4qqhO89gsT")
    proof = Proof(FactKind.REFUNDED, "re_4qqhO89gsT", refund.amount)
    assert seen.proof == (proof if word == "refunded" else None)


def test_an_unknown_word_of_a_refund_is_not_believed(harness: MollieHarness, answer: Answer) -> None:
    refund = a_refund(a_payment(harness.gateway, Money.of(4990, "EUR")), 500)
    told = {"id": "re_1", "status": "sneezed", "amount": euros("5.00"), "metadata": {"refund": refund.key}}
    payment = answer(_embedded={"refunds": [told]})
    with pytest.raises(OutcomeUnknown):
        harness.gateway.look_refund(payment, refund)


def test_an_answer_about_another_refund_is_not_believed(
    harness: MollieHarness, answer: Answer, httpserver: HTTPServer
) -> None:
    payment = answer()
    told = {"id": "re_1", "status": "pending", "amount": euros("5.00"), "metadata": {"refund": "another"}}
    httpserver.expect_request(f"/v2/payments/{ID}/refunds").respond_with_json(told, 201)
    with pytest.raises(OutcomeUnknown):
        harness.gateway.refund(payment, a_refund(payment, 500))


@pytest.mark.parametrize(
    "change",
    [
        {"id": "tr_another"},
        {"mode": "live"},
        {"mode": None},
        {"metadata": {"reference": "another"}},
        {"metadata": None},
        {"amount": {"currency": "EUR", "value": 49.9}},
        {"amount": {"currency": "ZZZ", "value": "49.90"}},
        {"amount": None},
        {"status": None},
        {"amountChargedBack": "all"},
        {"_embedded": {"refunds": ["re_1"]}},
    ],
)
def test_an_answer_that_does_not_fit_is_not_believed(
    harness: MollieHarness, answer: Answer, change: dict[str, Any]
) -> None:
    payment = answer(**change)
    with pytest.raises(OutcomeUnknown):
        harness.gateway.look(payment)


def test_a_part_that_was_captured_is_told_as_that_part(harness: MollieHarness, answer: Answer) -> None:
    seen = harness.gateway.look(answer(amountCaptured=euros("20.00")))
    assert seen.proof == Proof(FactKind.CAPTURED, ID, Money.of(2000, "EUR"))


def test_of_a_card_only_the_last_digits_are_kept(harness: MollieHarness, answer: Answer) -> None:
    details = {"cardNumber": "6787", "cardHolder": "T. TEST"}
    seen = harness.gateway.look(answer(details=details, paidAt="2026-11-20T09:13:37+00:00"))
    assert seen.receipt == {"card": "6787", "paid_at": "2026-11-20T09:13:37+00:00"}
    assert harness.gateway.look(answer(details=None)).receipt == {}


def test_why_a_card_was_refused_is_kept(harness: MollieHarness) -> None:
    assert harness.gateway.look(decided(harness, "declined")).failure == "insufficient_funds"


# -- money that leaves


@pytest.mark.parametrize(
    ("changes", "kind", "gone"),
    [
        ({"amountChargedBack": euros("49.90")}, FactKind.CHARGED_BACK, 4990),
        (
            {
                "amountRefunded": euros("40.00"),
                "_embedded": {
                    "refunds": [
                        {"status": "refunded", "amount": euros("10.00")},
                        {"status": "refunded", "amount": euros("5.50")},
                        {"status": "pending", "amount": euros("24.50")},
                    ]
                },
            },
            FactKind.REFUNDED,
            1550,
        ),
    ],
)
def test_what_left_is_told_once_as_the_difference_to_what_is_recorded(
    harness: MollieHarness, answer: Answer, changes: dict[str, Any], kind: FactKind, gone: int
) -> None:
    payment = answer(**changes)
    capture = Proof(FactKind.CAPTURED, ID, payment.amount)
    assert harness.gateway.look(payment).proof == capture
    known = replace(payment, captured=payment.amount, status=PaymentStatus.PAID)
    amount = Money.of(gone, "EUR")
    assert harness.gateway.look(known).proof == Proof(kind, f"{ID}:{kind.value}:{gone}", amount)
    recorded = "charged_back" if kind is FactKind.CHARGED_BACK else "refunded_outside"
    assert harness.gateway.look(replace(known, **{recorded: amount})).proof == capture
    pending = replace(known, reserved=Money.of(1, "EUR"))
    assert harness.gateway.look(pending).proof == capture


@pytest.mark.parametrize(
    ("panel", "kind"), [("refund", FactKind.REFUNDED), ("chargeback", FactKind.CHARGED_BACK)]
)
def test_what_happens_in_the_dashboard_is_seen_by_a_look(
    harness: MollieHarness, panel: str, kind: FactKind
) -> None:
    payment = paid(harness)
    known = replace(payment, captured=payment.amount, status=PaymentStatus.PAID)
    wish = {"session": payment.gateway_reference, "amount": "90"}
    assert requests.post(f"{harness.sandbox.address}/_panel/{panel}", json=wish, timeout=5).ok
    proof = harness.gateway.look(known).proof
    assert proof is not None
    assert (proof.kind, proof.amount.minor) == (kind, 90)
