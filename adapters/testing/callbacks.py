"""What a gateway whose callbacks prove themselves promises about reading them."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from adapters.testing.builders import a_payment
from adapters.testing.harness import CallbackHarness, Claim
from adapters.testing.quiet import no_network
from application.errors import GatewayProtocolError, InvalidSignature
from application.ports.gateway import InboundMessage, PaymentGateway
from domain.errors import CheckoutError
from domain.money import Money
from domain.observation import Observation, Source
from domain.payment import PaymentStatus
from domain.transaction import FactKind

HOSTILE = {
    "nothing": b"",
    "a list": b"[]",
    "a number": b"1",
    "half an object": b'{"order":',
    "no object inside": b'{"order":[],"refund":"x","type":"session.updated","status":{}}',
    "no encoding": b"\xff\xfe\x00\x01",
    "latin-2": '{"opis":"zażółć"}'.encode("iso-8859-2"),
    "nul": b'{"a":"\x00"}',
    "lone surrogates": b'{"extOrderId":"\\ud800","order":{"status":"\\udfff"}}',
    "right to left": '{"description":"\u202edrowssap"}'.encode(),
    "twice the key": b'{"status":"paid","status":"declined"}',
    "not a number": b'{"amount":NaN,"total":Infinity}',
    "deep brackets": b"[" * 30_000,
    "deep objects": b'{"a":' * 12_000,
    "endless number": b'{"amount":' + b"9" * 5_000 + b"}",
    "endless exponent": b'{"amount":1e999999999999}',
    "many keys": b"{" + b",".join(b'"k%d":1' % number for number in range(5_000)) + b"}",
}
PATIENCE = 0.2
"""Seconds of this thread's own time, however busy the machine."""


def _read(gateway: PaymentGateway, message: InboundMessage) -> tuple[Observation, ...]:
    with no_network():
        found = gateway.read_callback(message)
    assert isinstance(found, tuple)
    return found


def _one(gateway: PaymentGateway, message: InboundMessage) -> Observation:
    found = _read(gateway, message)
    assert len(found) == 1
    return found[0]


class ProvenCallbackContract:
    """Subclass together with GatewayContract when a callback's own bytes prove who sent it."""

    def test_changing_any_one_byte_is_refused(self, harness: CallbackHarness) -> None:
        message = harness.callback(Claim(a_payment(harness.gateway)))
        changes = list(harness.every_one_byte_change(message))
        assert len(changes) > 32
        for changed in changes:
            assert changed != message
            with pytest.raises(InvalidSignature):
                harness.gateway.read_callback(changed)

    def test_a_forgery_is_refused(self, harness: CallbackHarness) -> None:
        message = harness.callback(Claim(a_payment(harness.gateway)))
        forged = list(harness.forgeries(message))
        assert len(forged) > 2
        for forgery in forged:
            with pytest.raises(InvalidSignature):
                harness.gateway.read_callback(forgery)

    @pytest.mark.parametrize("secret", ["", "0", "null", "secret", "None"])
    def test_a_guessed_or_empty_secret_signs_nothing(self, harness: CallbackHarness, secret: str) -> None:
        message = harness.callback(Claim(a_payment(harness.gateway)), secret=secret)
        with pytest.raises(InvalidSignature):
            harness.gateway.read_callback(message)

    def test_a_refusal_tells_nothing(self, harness: CallbackHarness) -> None:
        message = harness.callback(Claim(a_payment(harness.gateway)))
        told = set()
        for forgery in (*harness.forgeries(message), *harness.every_one_byte_change(message)):
            with pytest.raises(InvalidSignature) as refusal:
                harness.gateway.read_callback(forgery)
            told.add(str(refusal.value))
        assert len(told) == 1

    def test_the_same_bytes_are_read_the_same_twice(self, harness: CallbackHarness) -> None:
        message = harness.callback(Claim(a_payment(harness.gateway)))
        first = _read(harness.gateway, message)
        assert first == _read(harness.gateway, message)
        assert all(seen.event_id for seen in first)

    def test_a_message_of_another_account_is_refused(self, harness: CallbackHarness) -> None:
        message = harness.callback(Claim(a_payment(harness.gateway), foreign=True))
        with pytest.raises(InvalidSignature):
            harness.gateway.read_callback(message)

    def test_what_is_kept_of_a_message_proves_it_again(self, harness: CallbackHarness) -> None:
        message = harness.callback(Claim(a_payment(harness.gateway)))
        proving = harness.gateway.capabilities.proof_headers
        assert all(name == name.lower() for name in proving)
        kept = {name: value for name, value in message.headers.items() if name in proving}
        assert _read(harness.gateway, replace(message, headers=kept)) == _read(harness.gateway, message)

    @pytest.mark.parametrize("name", HOSTILE)
    def test_a_signed_hostile_body_is_quickly_called_unreadable(
        self, harness: CallbackHarness, name: str
    ) -> None:
        message, began = harness.signed(HOSTILE[name]), time.thread_time()
        try:
            found = _read(harness.gateway, message)
        except (GatewayProtocolError, InvalidSignature):
            found = ()
        assert all(seen.status is None and seen.proof is None for seen in found)
        assert time.thread_time() - began < PATIENCE

    @pytest.mark.parametrize("name", HOSTILE)
    def test_an_unsigned_hostile_body_is_refused(self, harness: CallbackHarness, name: str) -> None:
        with pytest.raises(InvalidSignature):
            harness.gateway.read_callback(InboundMessage("POST", HOSTILE[name]))

    def test_both_secrets_are_believed_during_a_rotation_and_only_then(
        self, harness: CallbackHarness
    ) -> None:
        for key in harness.secret_keys:
            old = harness.callback(Claim(a_payment(harness.gateway)), secret="the-old-secret-0123456789")
            with pytest.raises(InvalidSignature):
                harness.gateway.read_callback(old)
            during = harness.build("test", **{f"{key}_previous": "the-old-secret-0123456789"})
            assert _read(during, old)
            assert _read(during, harness.callback(Claim(a_payment(during))))

    @pytest.mark.parametrize("value", ["", None])
    def test_an_empty_secret_stops_the_start(self, harness: CallbackHarness, value: str | None) -> None:
        for key in harness.secret_keys:
            with pytest.raises(CheckoutError, match=f"gateways\\.{harness.gateway.account}\\.{key} "):
                harness.build("test", **{key: value})

    def test_a_published_secret_stops_the_start_in_live(self, harness: CallbackHarness) -> None:
        own = dict.fromkeys((*harness.secret_keys, *harness.published), "a-secret-of-the-merchants-own")
        for key, value in harness.published.items():
            with pytest.raises(CheckoutError, match=key) as stopped:
                harness.build("live", **{**own, "base_url": "https://gateway.example", key: value})
            assert value not in str(stopped.value)


class SignedCallbackContract(ProvenCallbackContract):
    """And when they prove the money, too: what they say is settled without asking."""

    def test_a_genuine_payment_is_read_as_what_it_is(self, harness: CallbackHarness) -> None:
        payment = a_payment(harness.gateway)
        seen = _one(harness.gateway, harness.callback(Claim(payment)))
        assert (seen.account, seen.environment) == (harness.gateway.account, harness.gateway.environment)
        assert (seen.reference, seen.source) == (payment.reference, Source.CALLBACK)
        assert seen.status is PaymentStatus.PAID
        assert seen.proof is not None
        assert (seen.proof.kind, seen.proof.amount) == (FactKind.CAPTURED, payment.amount)
        assert seen.proof.gateway_id
        assert seen.gateway_reference

    def test_two_statuses_are_two_events(self, harness: CallbackHarness) -> None:
        payment = a_payment(harness.gateway)
        messages = [harness.callback(Claim(payment, status)) for status in sorted(harness.statuses)]
        events = [_one(harness.gateway, message).event_id for message in messages]
        assert len(set(events)) == len(events)

    @pytest.mark.parametrize("minor", [4989, 4991, 49, 0, 499_000])
    def test_an_amount_is_reported_as_told_never_as_asked(self, harness: CallbackHarness, minor: int) -> None:
        payment = a_payment(harness.gateway)
        claimed = Money(minor, payment.amount.currency)
        seen = _one(harness.gateway, harness.callback(Claim(payment, amount=claimed)))
        assert seen.proof is not None
        assert seen.proof.amount == claimed
        assert seen.amount in (None, claimed)

    def test_a_currency_is_reported_as_told_never_as_asked(self, harness: CallbackHarness) -> None:
        payment = a_payment(harness.gateway)
        if len(harness.gateway.currencies) == 1:  # then no message has a word for it
            return
        other = "EUR" if payment.amount.currency.code != "EUR" else "USD"
        claimed = Money.of(payment.amount.minor, other)
        seen = _one(harness.gateway, harness.callback(Claim(payment, amount=claimed)))
        assert seen.proof is not None
        assert seen.proof.amount == claimed

    @pytest.mark.parametrize("code", ["JPY", "HUF", "PLN", "KWD"])
    def test_amounts_are_exact_in_every_currency_it_takes(self, harness: CallbackHarness, code: str) -> None:
        gateway = harness.gateway
        for minor in (1, 99, 100, 1_234_567) if not gateway.currencies or code in gateway.currencies else ():
            amount = Money.of(minor, code)
            seen = _one(gateway, harness.callback(Claim(a_payment(gateway, amount))))
            assert seen.proof is not None
            assert seen.proof.amount == amount

    def test_an_unknown_word_moves_nothing_and_is_kept(self, harness: CallbackHarness) -> None:
        payment = a_payment(harness.gateway)
        seen = _one(harness.gateway, harness.callback(Claim(payment, word="SNEEZED")))
        assert (seen.status, seen.proof, seen.word) == (None, None, "SNEEZED")
        assert seen.reference == payment.reference

    def test_only_captured_money_is_paid(self, harness: CallbackHarness) -> None:
        wanted = {
            "authorized": {PaymentStatus.AUTHORIZED},
            "declined": {PaymentStatus.FAILED, PaymentStatus.CANCELLED},
            "cancelled": {PaymentStatus.CANCELLED},
            "expired": {PaymentStatus.EXPIRED, PaymentStatus.CANCELLED},
        }
        for status in harness.statuses - {"paid"}:
            seen = _one(harness.gateway, harness.callback(Claim(a_payment(harness.gateway), status)))
            assert seen.status in wanted[status]
            assert seen.proof is None

    def test_what_stands_in_the_query_changes_nothing(self, harness: CallbackHarness) -> None:
        message = harness.callback(Claim(a_payment(harness.gateway)))
        bent = replace(message, query=(("status", "declined"), ("amount", "1"), ("order", "x")))
        assert _read(harness.gateway, bent) == _read(harness.gateway, message)
