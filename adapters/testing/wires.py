"""What a gateway that speaks HTTP promises when the other side is slow, broken, lying or gone."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import pytest

from adapters.testing.builders import a_brief, a_line, a_refund, once_started, told_the_reference
from adapters.testing.harness import Agreeing, WireHarness
from adapters.testing.quiet import Listener
from adapters.testing.unusable import BAD_ANSWERS, NO_ANSWER
from adapters.wire.exchange import recording
from application.errors import GatewayError, GatewayUnreachable, OutcomeUnknown
from application.ports.gateway import Brief, Operation
from domain.money import Money
from domain.observation import Observation
from domain.payment import NextStepKind, Payment, PaymentStatus
from domain.refund import Refund, RefundStatus

MARGIN = 1.0


def started(harness: WireHarness, brief: Brief | None = None) -> tuple[Payment, str]:
    """A payment with an open session, and what the sandbox (and perhaps a message of its) calls that."""
    brief = brief or a_brief(harness.gateway)
    session = harness.sandbox.open(begun := harness.gateway.start(brief))
    later = session if getattr(harness, "tells_later", False) else ""
    payment = once_started(brief.payment, begun, later)
    return harness.agreed(payment, session) if isinstance(harness, Agreeing) else payment, session


def decided(harness: WireHarness, status: str) -> Payment:
    """A payment whose shopper has decided."""
    payment, session = started(harness)
    harness.sandbox.finish(session, status)
    return payment


def paid(harness: WireHarness) -> Payment:
    """A payment with money: its shopper agreed, and we collected where that is ours to do."""
    payment, gateway = decided(harness, harness.pays_as), harness.gateway
    operations = gateway.capabilities.operations
    seen = gateway.look(payment) if Operation.LOOK in operations else None
    if Operation.COLLECT in operations:
        seen = gateway.collect(payment, payment.idempotency_key)
    known = seen.gateway_reference if seen else None
    return told_the_reference(payment, known or payment.gateway_reference)


def unknown_in_time(harness: WireHarness, act: Callable[[], object]) -> None:
    began = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        act()
    assert time.monotonic() - began < harness.timeout + MARGIN


class WireContract:
    """Subclass together with GatewayContract when the adapter calls its gateway."""

    def test_a_start_leads_to_a_page_of_the_gateway(self, harness: WireHarness) -> None:
        step = harness.gateway.start(a_brief(harness.gateway)).next_step
        assert step.kind in (NextStepKind.REDIRECT, NextStepKind.FORM, NextStepKind.PAGE)
        assert step.url.startswith(harness.gateway.origins)
        assert (step.kind is not NextStepKind.REDIRECT) >= harness.gateway.capabilities.starts_by_form

    @pytest.mark.parametrize("code", ["JPY", "HUF", "PLN", "KWD"])
    def test_exactly_what_is_owed_is_asked_for(self, harness: WireHarness, code: str) -> None:
        gateway, amounts = harness.gateway, [Money.of(minor, code) for minor in (1, 100, 999_999)]
        briefs = [a_brief(gateway, one) for one in amounts if not gateway.accepts(one, "PL", (a_line(one),))]
        assert briefs or (gateway.currencies and code not in gateway.currencies)
        for brief in briefs:
            started(harness, brief)
            assert _asked(harness, brief) == brief.payment.amount

    def test_lines_that_do_not_divide_add_up_over_there(self, harness: WireHarness) -> None:
        total = a_brief(harness.gateway).payment.amount
        third = Money(1000, total.currency)
        lines = (a_line(third, quantity=3), a_line(total - third, name="Tea \u0142\u00f3\u017cko \u2615"))
        brief = a_brief(harness.gateway, lines=lines)
        started(harness, brief)
        assert _asked(harness, brief) == total

    def test_a_repeated_start_makes_one_session(self, harness: WireHarness) -> None:
        brief = a_brief(harness.gateway)
        first, _ = started(harness, brief)
        if harness.gateway.capabilities.repeatable_start:
            assert harness.gateway.start(brief).gateway_reference == first.gateway_reference
        assert harness.sandbox.session(brief.payment.reference)

    def test_a_look_tells_what_became_of_it(self, harness: WireHarness) -> None:
        if not _can(harness, Operation.LOOK):
            return
        payment, _ = started(harness)
        assert harness.gateway.look(payment).status is not PaymentStatus.PAID
        payment = paid(harness)
        seen = harness.gateway.look(payment)
        assert seen.status is PaymentStatus.PAID
        assert seen.proof is not None
        assert seen.proof.amount == payment.amount
        assert (seen.reference, seen.account) == (payment.reference, harness.gateway.account)

    def test_a_declined_payment_is_not_paid(self, harness: WireHarness) -> None:
        if not _can(harness, Operation.LOOK):
            return
        seen = harness.gateway.look(decided(harness, "declined"))
        if getattr(harness, "tells_declines", True):  # Przelewy24 says nothing of them
            assert seen.status in (PaymentStatus.FAILED, PaymentStatus.CANCELLED)
        assert (seen.status is PaymentStatus.PAID, seen.proof) == (False, None)

    @pytest.mark.parametrize("kind", ["wrong_amount", "wrong_currency"])
    def test_a_look_that_names_other_money_is_never_the_money_we_asked_for(
        self, harness: WireHarness, kind: str
    ) -> None:
        no_word = kind == "wrong_currency" and len(harness.gateway.currencies) == 1
        if not _can(harness, Operation.LOOK) or no_word:
            return
        payment = paid(harness)
        harness.sandbox.arm(kind, "look", delta=1, currency="EUR")
        try:
            seen = harness.gateway.look(payment)
        except OutcomeUnknown:
            return
        assert seen.proof is None or seen.proof.amount != payment.amount

    def test_a_refused_connection_means_nothing_was_sent(self, harness: WireHarness) -> None:
        if harness.gateway.capabilities.starts_by_form:
            return
        gone = harness.build(base_url="http://127.0.0.1:1")
        with pytest.raises(GatewayUnreachable):
            gone.start(a_brief(gone))

    @pytest.mark.parametrize("kind", NO_ANSWER)
    def test_a_start_without_an_answer_is_unknown_in_time(self, harness: WireHarness, kind: str) -> None:
        if harness.gateway.capabilities.starts_by_form:
            return
        harness.sandbox.arm(kind, "create", seconds=4, pause=0.2)
        unknown_in_time(harness, lambda: harness.gateway.start(a_brief(harness.gateway)))

    @pytest.mark.parametrize(("kind", "parameters"), BAD_ANSWERS)
    def test_a_start_with_an_unusable_answer_is_unknown(
        self, harness: WireHarness, kind: str, parameters: dict[str, object]
    ) -> None:
        if harness.gateway.capabilities.starts_by_form:
            return
        harness.sandbox.arm(kind, "create", **parameters)
        unknown_in_time(harness, lambda: harness.gateway.start(a_brief(harness.gateway)))

    @pytest.mark.parametrize("kind", NO_ANSWER)
    def test_a_look_without_an_answer_is_unknown_in_time(self, harness: WireHarness, kind: str) -> None:
        if not _can(harness, Operation.LOOK):
            return
        payment = paid(harness)
        harness.sandbox.arm(kind, "look", seconds=4, pause=0.2)
        unknown_in_time(harness, lambda: harness.gateway.look(payment))

    @pytest.mark.parametrize(("kind", "parameters"), BAD_ANSWERS)
    def test_a_look_with_an_unusable_answer_is_unknown(
        self, harness: WireHarness, kind: str, parameters: dict[str, object]
    ) -> None:
        if not _can(harness, Operation.LOOK):
            return
        payment = paid(harness)
        harness.sandbox.arm(kind, "look", **parameters)
        unknown_in_time(harness, lambda: harness.gateway.look(payment))

    def test_a_look_outlasts_one_bad_moment(self, harness: WireHarness) -> None:
        if not _can(harness, Operation.LOOK):
            return
        payment = paid(harness)
        harness.sandbox.arm("status_5xx", "look", times=1)
        assert harness.gateway.look(payment).status is PaymentStatus.PAID

    @pytest.mark.parametrize("operation", ["create", "look"])
    def test_a_redirect_to_another_host_is_not_followed(
        self, harness: WireHarness, elsewhere: Listener, operation: str
    ) -> None:
        if operation == "look" and not _can(harness, Operation.LOOK):
            return
        if operation == "create" and harness.gateway.capabilities.starts_by_form:
            return
        payment, _ = started(harness)
        harness.sandbox.arm("redirect_elsewhere", operation, location=elsewhere.url, times=None)
        gateway = harness.gateway
        brief = a_brief(gateway)
        unknown_in_time(
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
        if harness.gateway.capabilities.starts_by_form:
            return
        harness.sandbox.arm("foreign_page", "create", location=location)
        unknown_in_time(harness, lambda: harness.gateway.start(a_brief(harness.gateway)))

    def test_being_throttled_means_nothing_was_done(self, harness: WireHarness) -> None:
        if harness.gateway.capabilities.starts_by_form:
            return
        harness.sandbox.arm("throttled", "create", seconds=1)
        brief = a_brief(harness.gateway)
        with pytest.raises(GatewayUnreachable):
            harness.gateway.start(brief)
        assert harness.sandbox.session(brief.payment.reference) is None

    def test_a_lost_refund_is_found_again_and_made_once(self, harness: WireHarness) -> None:
        if not _can(harness, Operation.REFUND):
            return
        payment, gateway = paid(harness), harness.gateway
        refund = _some_refund(harness, payment)
        harness.sandbox.arm("act_then_hang", "refund", seconds=4)
        unknown_in_time(harness, lambda: gateway.refund(payment, refund))
        if gateway.capabilities.repeatable_refund:
            _is_ours(gateway.refund(payment, refund), refund)
        elif _can(harness, Operation.LOOK_REFUND):
            _is_ours(gateway.look_refund(payment, refund), refund)
        session = harness.sandbox.session(payment.reference)
        assert session is not None
        assert len(session["refunds"]) == 1

    def test_a_refund_that_can_be_looked_for_is_found(self, harness: WireHarness) -> None:
        if not _can(harness, Operation.LOOK_REFUND):
            return
        payment, gateway = paid(harness), harness.gateway
        refund = _some_refund(harness, payment)
        assert gateway.look_refund(payment, refund).refund is None
        gateway.refund(payment, refund)
        seen = gateway.look_refund(payment, refund)
        _is_ours(seen, refund)
        assert seen.refund is not None
        assert seen.refund.status in (RefundStatus.SENT, RefundStatus.DONE)

    @pytest.mark.parametrize(("kind", "parameters"), BAD_ANSWERS)
    def test_a_refund_with_an_unusable_answer_is_unknown(
        self, harness: WireHarness, kind: str, parameters: dict[str, object]
    ) -> None:
        if not _can(harness, Operation.REFUND):
            return
        payment = paid(harness)
        refund = _some_refund(harness, payment)
        harness.sandbox.arm(kind, "refund", **parameters)
        unknown_in_time(harness, lambda: harness.gateway.refund(payment, refund))

    def test_too_much_is_not_refunded(self, harness: WireHarness) -> None:
        if not _can(harness, Operation.PARTIAL_REFUND):
            return
        payment = paid(harness)
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
            payment, _ = started(harness)
            assert harness.gateway.void(payment, "key").status is PaymentStatus.CANCELLED
            assert harness.gateway.look(payment).status in (PaymentStatus.CANCELLED, PaymentStatus.EXPIRED)

    def test_no_secret_is_logged_or_recorded(
        self, harness: WireHarness, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        with recording() as said:
            payment = paid(harness)
            if _can(harness, Operation.LOOK):
                harness.gateway.look(payment)
                harness.sandbox.arm("garbage", "look", times=None)
                unknown_in_time(harness, lambda: harness.gateway.look(payment))
            elif harness.gateway.capabilities.starts_by_form:
                return
        assert said
        shown = " ".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
        assert "gateway exchange" in shown
        for secret in harness.secrets:
            assert secret not in shown
            assert secret not in repr(said)


def _can(harness: WireHarness, operation: Operation) -> bool:
    return operation in harness.gateway.capabilities.operations


def _some_refund(harness: WireHarness, payment: Payment) -> Refund:
    """A part where parts can go back, else the whole."""
    return a_refund(payment, 100 if _can(harness, Operation.PARTIAL_REFUND) else None)


def _is_ours(seen: Observation, refund: Refund) -> None:
    assert seen.refund is not None
    assert (seen.refund.key, seen.refund.amount) == (refund.key, refund.amount)


def _asked(harness: WireHarness, brief: Brief) -> Money:
    """What the gateway's ledger says the shopper owes."""
    session = harness.sandbox.session(brief.payment.reference)
    assert session is not None
    currency = brief.payment.amount.currency
    assert session["currency"].upper() == currency.code
    return Money.from_scaled(session["amount"], session["places"], currency)
