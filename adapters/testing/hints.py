"""What a gateway whose messages are mere hints promises about reading them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Protocol

import pytest

from adapters.testing.builders import a_payment, told_the_reference
from adapters.testing.callbacks import HOSTILE, PATIENCE
from adapters.testing.harness import GatewayHarness
from adapters.testing.quiet import no_network
from application.errors import GatewayProtocolError, InvalidSignature
from application.ports.gateway import InboundMessage, NeedsProof
from domain.observation import Source
from domain.payment import Payment


class HintHarness(GatewayHarness, Protocol):
    """An account whose messages only say where to look.

    An attribute ``session`` is what the gateway calls its attempt, where messages name that instead of our
    reference; ``hints`` then gets a payment that was told it.
    """

    def hints(self, payment: Payment) -> Iterable[InboundMessage]:
        """Every kind of message about this payment, the most promising first."""
        ...


class HintContract:
    """Subclass together with GatewayContract: no message moves anything, each says whom to ask about."""

    def test_a_message_says_only_whom_to_ask_about(self, harness: HintHarness) -> None:
        session = getattr(harness, "session", None)
        payment = told_the_reference(a_payment(harness.gateway), session)
        named = ("", session) if session else (payment.reference, None)
        for message in harness.hints(payment):
            with no_network():
                found = harness.gateway.read_callback(message)
            assert not isinstance(found, NeedsProof)
            assert found
            for seen in found:
                assert (seen.status, seen.proof, seen.refund) == (None, None, None)
                assert seen.source is Source.CALLBACK
                assert (seen.reference, seen.gateway_reference if session else None) == named
                assert seen.word

    @pytest.mark.parametrize("name", HOSTILE)
    def test_a_hostile_body_is_quickly_called_unreadable(self, harness: HintHarness, name: str) -> None:
        began = time.thread_time()
        try:
            with no_network():
                found = harness.gateway.read_callback(InboundMessage("POST", HOSTILE[name]))
        except (GatewayProtocolError, InvalidSignature):
            found = ()
        if not isinstance(found, NeedsProof):
            assert all(seen.status is None and seen.proof is None for seen in found)
        assert time.thread_time() - began < PATIENCE
