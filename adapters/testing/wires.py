"""What a gateway that speaks HTTP promises when the other side is slow, broken, lying or gone."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import pytest

from adapters.testing.builders import a_brief, a_line, a_refund, told_the_reference
from adapters.testing.harness import WireHarness
from adapters.testing.quiet import Listener
from adapters.wire.exchange import recording
from application.errors import GatewayError, GatewayUnreachable, OutcomeUnknown
from application.ports.gateway import Brief, Operation
from domain.money import Money
from domain.observation import Observation
from domain.payment import NextStepKind, Payment, PaymentStatus
from domain.refund import RefundStatus

MARGIN = 1.0
NO_ANSWER = ("hang", "act_then_hang", "slow_drip")
BAD_ANSWERS: tuple[tuple[str, dict[str, object]], ...] = (
    ("status_5xx", {"times": None}),
    ("garbage", {"form": "html", "times": None}),
    ("garbage", {"form": "truncated", "times": None}),
    ("garbage", {"form": "empty", "times": None}),
    ("garbage", {"form": "reset", "times": None}),
)


def _started(harness: WireHarness, status: str = "") -> Payment:
    """A payment with an open session; ``status`` decides it at once."""
    brief = a_brief(harness.gateway)
    started = harness.gateway.start(brief)
    if status and started.gateway_reference:
        harness.sandbox.finish(started.gateway_reference, status)
    return told_the_reference(brief.payment, started.gateway_reference)


def _unknown_in_time(harness: WireHarness, act: Callable[[], object]) -> None:
    began = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        act()
    assert time.monotonic() - began < harness.timeout + MARGIN


class WireContract:
    """Subclass together with GatewayContract when the adapter calls its gateway."""

    def test_a_start_leads_to_a_page_of_the_gateway(self, harness: WireHarness) -> None:
        started = harness.gateway.start(a_brief(harness.gateway))
        assert started.next_step.kind in (NextStepKind.REDIRECT, NextStepKind.FORM, NextStepKind.PAGE)
        assert started.next_step.url.startswith(harness.gateway.origins)

    @pytest.mark.parametrize("code", ["JPY", "HUF", "PLN", "KWD"])
    def test_exactly_what_is_owed_is_asked_for(self, harness: WireHarness, code: str) -> None:
        taken = harness.gateway.currencies
        for minor in (1, 100, 999_999) if not taken or code in taken else ():
            brief = a_brief(harness.gateway, Money.of(minor, code))
            harness.gateway.start(brief)
            assert _asked(harness, brief) == brief.payment.amount

    def test_lines_that_do_not_divide_add_up_over_there(self, harness: WireHarness) -> None:
        total = a_brief(harness.gateway).payment.amount
        third = Money(1000, total.currency)
        lines = (a_line(third, quantity=3), a_line(total - third, name="Tea \u0142\u00f3\u017cko \u2615"))
        brief = a_brief(harness.gateway, lines=lines)
        harness.gateway.start(brief)
        assert _asked(harness, brief) == total

    def test_a_repeated_start_makes_one_session(self, harness: WireHarness) -> None:
        brief = a_brief(harness.gateway)
        first = harness.gateway.start(brief)
        if harness.gateway.capabilities.repeatable_start:
            assert harness.gateway.start(brief).gateway_reference == first.gateway_reference
        assert harness.sandbox.session(brief.payment.reference)

    def test_a_look_tells_what_became_of_it(self, harness: WireHarness) -> None:
        payment = _started(harness)
        assert harness.gateway.look(payment).status is not PaymentStatus.PAID
        assert payment.gateway_reference
        harness.sandbox.finish(payment.gateway_reference)
        seen = harness.gateway.look(payment)
        assert seen.status is PaymentStatus.PAID
        assert seen.proof is not None
        assert seen.proof.amount == payment.amount
        assert (seen.reference, seen.account) == (payment.reference, harness.gateway.account)

    def test_a_declined_payment_is_not_paid(self, harness: WireHarness) -> None:
        seen = harness.gateway.look(_started(harness, "declined"))
        assert seen.status in (PaymentStatus.FAILED, PaymentStatus.CANCELLED)

    @pytest.mark.parametrize("kind", ["wrong_amount", "wrong_currency"])
    def test_a_look_that_names_other_money_is_never_the_money_we_asked_for(
        self, harness: WireHarness, kind: str
    ) -> None:
        payment = _started(harness, "paid")
        harness.sandbox.arm(kind, "look", delta=1, currency="EUR")
        try:
            seen = harness.gateway.look(payment)
        except OutcomeUnknown:
            return
        assert seen.proof is None or seen.proof.amount != payment.amount

    def test_a_refused_connection_means_nothing_was_sent(self, harness: WireHarness) -> None:
        gone = harness.build(base_url="http://127.0.0.1:1")
        with pytest.raises(GatewayUnreachable):
            gone.start(a_brief(gone))

    @pytest.mark.parametrize("kind", NO_ANSWER)
    def test_a_start_without_an_answer_is_unknown_in_time(self, harness: WireHarness, kind: str) -> None:
        harness.sandbox.arm(kind, "create", seconds=4, pause=0.2)
        _unknown_in_time(harness, lambda: harness.gateway.start(a_brief(harness.gateway)))

    @pytest.mark.parametrize(("kind", "parameters"), BAD_ANSWERS)
    def test_a_start_with_an_unusable_answer_is_unknown(
        self, harness: WireHarness, kind: str, parameters: dict[str, object]
    ) -> None:
        harness.sandbox.arm(kind, "create", **parameters)
        _unknown_in_time(harness, lambda: harness.gateway.start(a_brief(harness.gateway)))

    @pytest.mark.parametrize("kind", NO_ANSWER)
    def test_a_look_without_an_answer_is_unknown_in_time(self, harness: WireHarness, kind: str) -> None:
        payment = _started(harness, "paid")
        harness.sandbox.arm(kind, "look", seconds=4, pause=0.2)
        _unknown_in_time(harness, lambda: harness.gateway.look(payment))

    @pytest.mark.parametrize(("kind", "parameters"), BAD_ANSWERS)
    def test_a_look_with_an_unusable_answer_is_unknown(
        self, harness: WireHarness, kind: str, parameters: dict[str, object]
    ) -> None:
        payment = _started(harness, "paid")
        harness.sandbox.arm(kind, "look", **parameters)
        _unknown_in_time(harness, lambda: harness.gateway.look(payment))

    def test_a_look_outlasts_one_bad_moment(self, harness: WireHarness) -> None:
        payment = _started(harness, "paid")
        harness.sandbox.arm("status_5xx", "look", times=1)
        assert harness.gateway.look(payment).status is PaymentStatus.PAID

    @pytest.mark.parametrize("operation", ["create", "look"])
    def test_a_redirect_to_another_host_is_not_followed(
        self, harness: WireHarness, elsewhere: Listener, operation: str
    ) -> None:
        payment = _started(harness)
        harness.sandbox.arm("redirect_elsewhere", operation, location=elsewhere.url, times=None)
        gateway = harness.gateway
        brief = a_brief(gateway)
        _unknown_in_time(
            harness,
            (lambda: gateway.start(brief)) if operation == "create" else lambda: gateway.look(payment),
        )
        assert not elsewhere.heard

    @pytest.mark.parametrize(
        "location",
        [
            "https://elsewhere.invalid/pay",
            "http://elsewhere.invalid/pay",
            "https://127.0.0.1@elsewhere.invalid/",
            "javascript:alert(1)",
            "//elsewhere.invalid/pay",
            "/pay",
        ],
    )
    def test_a_shopper_is_not_sent_to_a_foreign_page(self, harness: WireHarness, location: str) -> None:
        harness.sandbox.arm("foreign_page", "create", location=location)
        _unknown_in_time(harness, lambda: harness.gateway.start(a_brief(harness.gateway)))

    def test_being_throttled_means_nothing_was_done(self, harness: WireHarness) -> None:
        harness.sandbox.arm("throttled", "create", seconds=1)
        brief = a_brief(harness.gateway)
        with pytest.raises(GatewayUnreachable):
            harness.gateway.start(brief)
        assert harness.sandbox.session(brief.payment.reference) is None

    def test_a_lost_refund_is_found_again_and_made_once(self, harness: WireHarness) -> None:
        payment = _refundable(harness)
        refund = a_refund(payment, 100)
        harness.sandbox.arm("act_then_hang", "refund", seconds=4)
        _unknown_in_time(harness, lambda: harness.gateway.refund(payment, refund))
        again = harness.gateway.refund(payment, refund)
        assert again.refund is not None
        assert again.refund.amount == refund.amount
        session = harness.sandbox.session(payment.reference)
        assert session is not None
        assert len(session["refunds"]) == 1

    def test_a_refund_that_can_be_looked_for_is_found(self, harness: WireHarness) -> None:
        payment = _refundable(harness)
        refund = a_refund(payment, 100)
        if Operation.LOOK_REFUND in harness.gateway.capabilities.operations:
            assert harness.gateway.look_refund(payment, refund).refund is None
            harness.gateway.refund(payment, refund)
            found = harness.gateway.look_refund(payment, refund).refund
            assert found is not None
            assert (found.key, found.amount) == (refund.key, refund.amount)
            assert found.status in (RefundStatus.SENT, RefundStatus.DONE)

    @pytest.mark.parametrize(("kind", "parameters"), BAD_ANSWERS)
    def test_a_refund_with_an_unusable_answer_is_unknown(
        self, harness: WireHarness, kind: str, parameters: dict[str, object]
    ) -> None:
        payment = _refundable(harness)
        harness.sandbox.arm(kind, "refund", **parameters)
        _unknown_in_time(harness, lambda: harness.gateway.refund(payment, a_refund(payment, 100)))

    def test_too_much_is_not_refunded(self, harness: WireHarness) -> None:
        payment = _refundable(harness)
        refused: Observation | None = None
        try:
            refused = harness.gateway.refund(payment, a_refund(payment, payment.amount.minor + 1))
        except GatewayError as error:
            assert not isinstance(error, OutcomeUnknown)
        if refused is not None:
            assert refused.refund is not None
            assert refused.refund.status is RefundStatus.REFUSED

    def test_a_closed_session_takes_no_money(self, harness: WireHarness) -> None:
        if Operation.CLOSE in harness.gateway.capabilities.operations:
            payment = _started(harness)
            assert harness.gateway.void(payment, "key").status is PaymentStatus.CANCELLED
            assert harness.gateway.look(payment).status is PaymentStatus.CANCELLED

    def test_no_secret_is_logged_or_recorded(
        self, harness: WireHarness, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        with recording() as said:
            payment = _started(harness, "paid")
            harness.gateway.look(payment)
            harness.sandbox.arm("garbage", "look", times=None)
            _unknown_in_time(harness, lambda: harness.gateway.look(payment))
        assert said
        shown = " ".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
        assert "gateway exchange" in shown
        for secret in harness.secrets:
            assert secret not in shown
            assert secret not in repr(said)


def _refundable(harness: WireHarness) -> Payment:
    """A paid payment."""
    assert Operation.REFUND in harness.gateway.capabilities.operations
    return _started(harness, "paid")


def _asked(harness: WireHarness, brief: Brief) -> Money:
    """What the gateway's ledger says the shopper owes."""
    session = harness.sandbox.session(brief.payment.reference)
    assert session is not None
    currency = brief.payment.amount.currency
    assert session["currency"].upper() == currency.code
    return Money.from_scaled(session["amount"], session["places"], currency)
