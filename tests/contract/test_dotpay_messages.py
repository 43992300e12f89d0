"""Dotpay's signed messages: refunds, other types, two currencies, values that could be cut differently."""

from __future__ import annotations

from dataclasses import replace

import pytest

from application.errors import GatewayProtocolError, InvalidSignature
from application.ports.gateway import PaymentGateway
from domain.money import Money
from domain.observation import Proof, RefundNews
from domain.refund import RefundStatus
from domain.transaction import FactKind
from tests.contract.stand import account
from tests.contract.test_dotpay import DEMO, V3, read, signed


@pytest.fixture
def demo() -> PaymentGateway:
    return account(DEMO)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("new", RefundStatus.SENT),
        ("processing", RefundStatus.SENT),
        ("processing_realization_waiting", RefundStatus.SENT),
        ("processing_realization", RefundStatus.SENT),
        ("completed", RefundStatus.DONE),
        ("rejected", RefundStatus.REFUSED),
        ("sneezed", None),
    ],
)
@pytest.mark.parametrize("sign", ["", "-"])
def test_a_refund_is_told_about_its_payment_whatever_its_sign(
    demo: PaymentGateway, word: str, status: RefundStatus | None, sign: str
) -> None:
    told = {
        **V3,
        "operation_number": "M9999-11111",
        "operation_type": "refund",
        "operation_status": word,
        "operation_original_amount": f"{sign}10.00",
        "operation_related_number": "M1234-56789",
        "description": "Refund/key-1",
    }
    seen = read(demo, signed(told))
    amount = Money.of(1000, "PLN")
    assert (seen.reference, seen.gateway_reference, seen.status) == ("ord-1001", "M1234-56789", None)
    assert seen.refund == (RefundNews(status, amount, "M9999-11111", "key-1") if status else None)
    done = Proof(FactKind.REFUNDED, "M9999-11111", amount)
    assert seen.proof == (done if word == "completed" else None)


@pytest.mark.parametrize("words", ["", "Refund", "refund/key-1", "For Refund/key-1"])
def test_a_refund_made_in_the_panel_has_no_key_of_ours(demo: PaymentGateway, words: str) -> None:
    told = {**V3, "operation_type": "refund", "operation_related_number": "M1-1", "description": words}
    refund = read(demo, signed(told)).refund
    assert refund is not None
    assert refund.key == ""


@pytest.mark.parametrize(
    "kind",
    [
        "payment_multimerchant_child",
        "payment_multimerchant_parent",
        "payout",
        "release_rollback",
        "unidentified_payment",
        "complaint",
    ],
)
def test_any_other_type_moves_nothing(demo: PaymentGateway, kind: str) -> None:
    seen = read(demo, signed({**V3, "operation_type": kind, "operation_original_amount": "-1.00"}))
    assert (seen.status, seen.proof, seen.refund) == (None, None, None)
    assert seen.word == f"{kind} completed"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"operation_original_amount": "-98.53"}, "a payment below zero"),
        (
            {"operation_original_amount": "298.53", "operation_commission_amount": "-1.8"},
            "a digit that moved",
        ),
        ({"operation_original_amount": "", "operation_commission_amount": "-1.8298.53"}, "no amount"),
        ({"operation_original_amount": "1e2"}, "an exponent"),
        ({"operation_original_currency": "PL"}, "half a currency"),
        ({"operation_original_currency": ""}, "no currency"),
        ({"operation_number": ""}, "no number"),
        ({"operation_number": "M1234-56789p", "operation_type": "ayment"}, "a letter that moved"),
        ({"operation_related_number": "ORD-1001", "control": ""}, "a reference that moved"),
    ],
)
def test_a_genuine_message_without_sense_is_unreadable(
    demo: PaymentGateway, change: dict[str, str], why: str
) -> None:
    with pytest.raises(GatewayProtocolError):
        demo.read_callback(signed({**V3, "is_completed": "", **change}))


@pytest.mark.parametrize(
    ("amount", "code", "minor"), [("75", "PLN", 7500), ("100.00", "JPY", 100), ("0.10", "EUR", 10)]
)
def test_amounts_are_compared_as_decimals(demo: PaymentGateway, amount: str, code: str, minor: int) -> None:
    told = {**V3, "operation_original_amount": amount, "operation_original_currency": code}
    assert read(demo, signed(told)).amount == Money.of(minor, code)


def test_what_the_account_gets_is_not_what_was_asked_for(demo: PaymentGateway) -> None:
    told = {**V3, "operation_original_amount": "22.91", "operation_original_currency": "EUR"}
    assert read(demo, signed(told)).amount == Money.of(2291, "EUR")


def test_a_field_that_stands_twice_is_refused(demo: PaymentGateway) -> None:
    message = signed(V3)
    with pytest.raises(InvalidSignature):
        demo.read_callback(replace(message, body=message.body + b"&control=other"))
