"""What a gateway whose money we have to collect promises: no yes of a shopper is money before that."""

from __future__ import annotations

import pytest

from adapters.testing.builders import told_the_reference
from adapters.testing.harness import WireHarness
from adapters.testing.unusable import BAD_ANSWERS, NO_ANSWER
from adapters.testing.wires import decided, paid, started, unknown_in_time
from application.errors import GatewayError, OutcomeUnknown
from domain.observation import Source
from domain.payment import Payment, PaymentStatus


class CollectContract:
    """Subclass together with WireContract when ``Operation.COLLECT`` is declared."""

    def test_a_shoppers_yes_is_no_money_before_it_is_collected(self, harness: WireHarness) -> None:
        payment = decided(harness, harness.pays_as)
        seen = harness.gateway.look(payment)
        assert seen.status is not PaymentStatus.PAID
        assert seen.proof is None
        assert _captures(harness, payment) == 0
        held = harness.gateway.collect(payment, payment.idempotency_key)
        assert held.source is Source.COLLECT
        assert held.status is PaymentStatus.PAID
        assert held.proof is not None
        assert held.proof.amount == payment.amount
        assert _captures(harness, payment) == 1

    def test_collecting_twice_takes_the_money_once(self, harness: WireHarness) -> None:
        payment = paid(harness)
        try:
            again = harness.gateway.collect(payment, payment.idempotency_key)
        except GatewayError:
            again = harness.gateway.look(payment)
        assert again.status is PaymentStatus.PAID
        assert _captures(harness, payment) == 1

    def test_nothing_is_collected_before_the_shopper_agreed(self, harness: WireHarness) -> None:
        payment, _ = started(harness)
        try:
            seen = harness.gateway.collect(payment, payment.idempotency_key)
        except GatewayError:
            seen = harness.gateway.look(payment)
        assert seen.status is not PaymentStatus.PAID
        assert _captures(harness, payment) == 0

    def test_nothing_is_collected_from_somebody_who_declined(self, harness: WireHarness) -> None:
        payment = decided(harness, "declined")
        try:
            seen = harness.gateway.collect(payment, payment.idempotency_key)
        except GatewayError:
            seen = harness.gateway.look(payment)
        assert seen.status is not PaymentStatus.PAID
        assert _captures(harness, payment) == 0

    @pytest.mark.parametrize("kind", NO_ANSWER)
    def test_a_collect_without_an_answer_is_unknown_in_time(self, harness: WireHarness, kind: str) -> None:
        payment = decided(harness, harness.pays_as)
        harness.sandbox.arm(kind, "collect", seconds=4, pause=0.2)
        unknown_in_time(harness, lambda: harness.gateway.collect(payment, payment.idempotency_key))

    def test_a_lost_collect_is_found_by_a_look(self, harness: WireHarness) -> None:
        payment = decided(harness, harness.pays_as)
        harness.sandbox.arm("act_then_hang", "collect", seconds=4)
        unknown_in_time(harness, lambda: harness.gateway.collect(payment, payment.idempotency_key))
        seen = harness.gateway.look(payment)
        assert seen.status is PaymentStatus.PAID
        assert seen.proof is not None
        assert seen.proof.amount == payment.amount

    @pytest.mark.parametrize(("kind", "parameters"), BAD_ANSWERS)
    def test_a_collect_with_an_unusable_answer_is_unknown(
        self, harness: WireHarness, kind: str, parameters: dict[str, object]
    ) -> None:
        payment = decided(harness, harness.pays_as)
        harness.sandbox.arm(kind, "collect", **parameters)
        unknown_in_time(harness, lambda: harness.gateway.collect(payment, payment.idempotency_key))

    @pytest.mark.parametrize("kind", ["wrong_amount", "wrong_currency"])
    def test_a_collect_that_names_other_money_is_never_the_money_we_asked_for(
        self, harness: WireHarness, kind: str
    ) -> None:
        payment = decided(harness, harness.pays_as)
        no_word = kind == "wrong_currency" and len(harness.gateway.currencies) == 1
        harness.sandbox.arm(kind, "collect", delta=1, currency="EUR")
        try:
            seen = harness.gateway.collect(payment, payment.idempotency_key)
        except OutcomeUnknown:
            return
        told = _names_money(harness) and not no_word
        assert seen.proof is None or seen.proof.amount != payment.amount or not told

    def test_the_proof_of_a_look_and_of_a_collect_is_one_fact(self, harness: WireHarness) -> None:
        payment = decided(harness, harness.pays_as)
        held = harness.gateway.collect(payment, payment.idempotency_key)
        known = told_the_reference(payment, held.gateway_reference or payment.gateway_reference)
        assert harness.gateway.look(known).proof == held.proof


def _captures(harness: WireHarness, payment: Payment) -> int:
    session = harness.sandbox.session(payment.reference)
    assert session is not None
    return len(session["captures"])


def _names_money(harness: WireHarness) -> bool:
    """Whether the answer to a collect carries an amount at all; Przelewy24's does not."""
    return bool(getattr(harness, "collect_names_money", True))
