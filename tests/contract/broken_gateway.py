"""Adapters that are wrong on purpose, one defect each: the contract suite must catch every one of them."""

from __future__ import annotations

import itertools
import logging
import socket
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from adapters.gateways.dummy import mapping
from adapters.gateways.dummy.gateway import DummyGateway
from adapters.gateways.dummy.signature import _digest
from adapters.wire.payloads import json_object
from application.errors import GatewayRejected, InvalidSignature, OutcomeUnknown
from application.ports.gateway import Brief, InboundMessage, Reply, Started
from domain.money import Money
from domain.observation import Observation, Proof, Source
from domain.payment import NextStep, Payment, PaymentStatus
from domain.refund import Refund
from domain.settlement import Verdict
from domain.transaction import FactKind

_counter = itertools.count()


def proof(told: Mapping[str, Any]) -> Proof:
    return Proof(FactKind.CAPTURED, "cap_1", mapping.amount_of(told))


class VerifiesNothing(DummyGateway):
    def read_callback(self, message: InboundMessage) -> tuple[Observation, ...]:
        return (self._told(json_object(message.body), Source.CALLBACK, "evt"),)


class VerifiesOnlyWhatIsSigned(DummyGateway):
    def read_callback(self, message: InboundMessage) -> tuple[Observation, ...]:
        if not message.headers.get("x-dummy-signature"):
            return (self._told(json_object(message.body), Source.CALLBACK, "evt"),)
        return super().read_callback(message)


class BelievesAGuessedSecret(DummyGateway):
    def read_callback(self, message: InboundMessage) -> tuple[Observation, ...]:
        stamp = message.headers.get("x-dummy-timestamp", "")
        if message.headers.get("x-dummy-signature") == _digest("secret", stamp, message.body):
            return (self._told(json_object(message.body), Source.CALLBACK, "evt"),)
        return super().read_callback(message)


class TellsTheExpectedSignature(DummyGateway):
    def read_callback(self, message: InboundMessage) -> tuple[Observation, ...]:
        try:
            return super().read_callback(message)
        except InvalidSignature as error:
            stamp = message.headers.get("x-dummy-timestamp", "")
            raise InvalidSignature(_digest("x", stamp, message.body)) from error


class CopiesTheAmountAsked(DummyGateway):
    def read_callback(self, message: InboundMessage) -> tuple[Observation, ...]:
        (seen,) = super().read_callback(message)
        asked = Money.of(4990, "PLN")
        return (replace(seen, amount=asked, proof=replace(seen.proof, amount=asked) if seen.proof else None),)


class TakesAnybodysMessages(DummyGateway):
    def read_callback(self, message: InboundMessage) -> tuple[Observation, ...]:
        told = json_object(message.body)
        try:
            return super().read_callback(message)
        except InvalidSignature:
            if told.get("account") == "somebody":
                return (self._told(told, Source.CALLBACK, "evt"),)
            raise


class TakesAnUnknownWordForSuccess(DummyGateway):
    def _told(self, told: Mapping[str, Any], source: Source, event_id: str = "") -> Observation:
        seen = super()._told(told, source, event_id)
        return seen if seen.status else replace(seen, status=PaymentStatus.PAID, proof=proof(told))


class TakesAHoldForMoney(DummyGateway):
    def _told(self, told: Mapping[str, Any], source: Source, event_id: str = "") -> Observation:
        seen = super()._told(told, source, event_id)
        is_held = seen.status is PaymentStatus.AUTHORIZED
        return replace(seen, status=PaymentStatus.PAID, proof=proof(told)) if is_held else seen


class NamesEventsByTheHour(DummyGateway):
    def read_callback(self, message: InboundMessage) -> tuple[Observation, ...]:
        (seen,) = super().read_callback(message)
        return (replace(seen, event_id=str(next(_counter))),)


class BelievesTheQuery(DummyGateway):
    def read_callback(self, message: InboundMessage) -> tuple[Observation, ...]:
        (seen,) = super().read_callback(message)
        return (replace(seen, word=dict(message.query).get("status", seen.word)),)


class AsksBeforeReading(DummyGateway):
    def read_callback(self, message: InboundMessage) -> tuple[Observation, ...]:
        socket.getaddrinfo("localhost", 80)
        return super().read_callback(message)


class ScoldsDuplicates(DummyGateway):
    def acknowledge(self, verdict: Verdict, seen: Observation | None = None) -> Reply:
        return Reply(b"again?") if verdict is Verdict.DUPLICATE else Reply(b"OK")


class CollectsWithoutSayingSo(DummyGateway):
    def collect(self, payment: Payment, key: str) -> Observation:
        return self._seen(payment.reference, Source.COLLECT, "done")


class SendsShoppersAnywhere(DummyGateway):
    def start(self, brief: Brief) -> Started:
        body = mapping.session_body(brief, self.account, "auto")
        told = self._post("/sessions", body)
        return Started(NextStep.redirect(str(told.get("url"))), str(told.get("id")))


class TakesSilenceForARefusal(DummyGateway):
    def start(self, brief: Brief) -> Started:
        try:
            return super().start(brief)
        except OutcomeUnknown as error:
            raise GatewayRejected("no answer") from error


class AsksForARoundSum(DummyGateway):
    def start(self, brief: Brief) -> Started:
        amount = brief.payment.amount
        rounded = Money(max(amount.minor - amount.minor % 10, 10), amount.currency)
        return super().start(replace(brief, payment=replace(brief.payment, amount=rounded)))


class OpensASessionPerClick(DummyGateway):
    def start(self, brief: Brief) -> Started:
        fresh = replace(brief.payment, idempotency_key=str(next(_counter)))
        return super().start(replace(brief, payment=fresh))


class RefundsWithAFreshKey(DummyGateway):
    def refund(self, payment: Payment, refund: Refund) -> Observation:
        return super().refund(payment, replace(refund, key=f"{refund.key}-{next(_counter)}"))


class LooksAtWhatWasAsked(DummyGateway):
    def look(self, payment: Payment) -> Observation:
        seen = super().look(payment)
        return replace(seen, proof=replace(seen.proof, amount=payment.amount) if seen.proof else None)


class LogsItsSecret(DummyGateway):
    def look(self, payment: Payment) -> Observation:
        logging.getLogger("careless").info("signing with %s", self._settings.secret)
        return super().look(payment)


def broken(kind: type[DummyGateway], healthy: DummyGateway) -> DummyGateway:
    """``healthy`` with one defect."""
    return kind(healthy._settings, account=healthy.account, environment="test")
