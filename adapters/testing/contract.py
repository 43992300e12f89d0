"""What every gateway promises, whatever its temperament."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from adapters.testing.builders import a_line, a_payment, a_refund
from adapters.testing.harness import GatewayHarness
from adapters.testing.quiet import no_network
from application.errors import InvalidSignature, UnsupportedOperation
from application.ports.gateway import InboundMessage, Operation, PaymentGateway, ReturnHint
from domain.currencies import EXPONENTS
from domain.money import Money
from domain.observation import Observation
from domain.settlement import Verdict

_CODE = re.compile(r"[a-z][a-z0-9_]*")
ODD_RETURNS = (
    InboundMessage("GET", b""),
    InboundMessage("GET", b"", query=(("status", "paid"), ("status", "failed"), ("amount", "1"))),
    InboundMessage(
        "POST", b"\xff\x00", form=(("token_ws", "\ud800"), ("error", "")), headers={"x": "\u0119"}
    ),
)


def _attempts(gateway: PaymentGateway) -> dict[Operation, Callable[[], Observation]]:
    payment = a_payment(gateway)
    refund, part = a_refund(payment), a_refund(payment, 1)
    return {
        Operation.LOOK: lambda: gateway.look(payment),
        Operation.COLLECT: lambda: gateway.collect(payment, "key"),
        Operation.CAPTURE: lambda: gateway.capture(payment, payment.amount, "key"),
        Operation.PARTIAL_CAPTURE: lambda: gateway.capture(payment, part.amount, "key"),
        Operation.VOID: lambda: gateway.void(payment, "key"),
        Operation.REFUND: lambda: gateway.refund(payment, refund),
        Operation.PARTIAL_REFUND: lambda: gateway.refund(payment, part),
        Operation.LOOK_REFUND: lambda: gateway.look_refund(payment, refund),
    }


class GatewayContract:
    """Subclass as ``TestMine(GatewayContract)`` with a fixture ``harness``."""

    def test_it_says_who_it_is(self, harness: GatewayHarness) -> None:
        gateway = harness.gateway
        assert _CODE.fullmatch(gateway.code)
        assert gateway.account
        assert gateway.label
        assert gateway.environment in ("test", "live")

    def test_its_currencies_are_of_iso_4217(self, harness: GatewayHarness) -> None:
        assert harness.gateway.currencies <= EXPONENTS.keys()

    def test_an_undeclared_operation_raises_before_any_io(self, harness: GatewayHarness) -> None:
        declared = harness.gateway.capabilities.operations
        for operation, attempt in _attempts(harness.gateway).items():
            if operation not in declared:
                with no_network(), pytest.raises(UnsupportedOperation):
                    attempt()

    def test_powers_that_need_another_are_declared_with_it(self, harness: GatewayHarness) -> None:
        declared = harness.gateway.capabilities.operations
        for power, basis in (
            (Operation.PARTIAL_REFUND, Operation.REFUND),
            (Operation.LOOK_REFUND, Operation.REFUND),
            (Operation.PARTIAL_CAPTURE, Operation.CAPTURE),
            (Operation.CLOSE, Operation.VOID),
        ):
            assert power not in declared or basis in declared

    def test_acknowledging_is_pure_and_polite_to_every_verdict(self, harness: GatewayHarness) -> None:
        with no_network():
            for verdict in Verdict:
                reply = harness.gateway.acknowledge(verdict)
                assert reply == harness.gateway.acknowledge(verdict)
                assert 200 <= reply.status < 300

    def test_a_duplicate_is_acknowledged_like_the_first(self, harness: GatewayHarness) -> None:
        gateway = harness.gateway
        assert gateway.acknowledge(Verdict.DUPLICATE) == gateway.acknowledge(Verdict.APPLIED)

    def test_a_return_only_hints(self, harness: GatewayHarness) -> None:
        with no_network():
            for message in ODD_RETURNS:
                assert isinstance(harness.gateway.read_return(message), ReturnHint)

    def test_a_currency_it_does_not_list_is_not_accepted(self, harness: GatewayHarness) -> None:
        gateway = harness.gateway
        for code in sorted(EXPONENTS.keys() - gateway.currencies if gateway.currencies else ()):
            amount = Money.of(1000, code)
            assert gateway.accepts(amount, "PL", (a_line(amount),))

    def test_callbacks_come_by_get_or_post_or_not_at_all(self, harness: GatewayHarness) -> None:
        assert harness.gateway.capabilities.callback_methods <= {"GET", "POST"}

    def test_without_callbacks_every_message_is_refused(self, harness: GatewayHarness) -> None:
        gateway = harness.gateway
        if not gateway.capabilities.callback_methods:
            with pytest.raises(InvalidSignature):
                gateway.read_callback(InboundMessage("POST", b'{"status":"paid"}'))

    def test_what_goes_into_a_panel_hangs_below_our_own_address(self, harness: GatewayHarness) -> None:
        for panel in harness.gateway.panel_urls("https://shop.example/pay"):
            assert panel.field
            assert panel.url.startswith("https://shop.example/pay/")

    def test_it_sends_shoppers_over_https_or_to_this_machine(self, harness: GatewayHarness) -> None:
        for source in harness.gateway.origins:
            assert source.startswith(("https://", "http://127.0.0.1:", "http://localhost:"))

    def test_no_secret_shows_in_its_text(self, harness: GatewayHarness) -> None:
        shown = f"{harness.gateway!r} {vars(harness.gateway)!r}"
        for secret in getattr(harness, "secrets", ()):
            assert secret not in shown
