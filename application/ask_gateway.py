"""One authenticated question to a gateway, with no transaction open, and its answer on the one road."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from application.again import again
from application.collect_payment import INTENT, Collector
from application.errors import GatewayError, GatewayProtocolError, UnknownAccount, UnsupportedOperation
from application.points import reach
from application.ports.ambient import Clock
from application.ports.gateway import Gateways, Operation, PaymentGateway
from application.ports.persistence import UnitOfWork, Units
from application.settlement import LONGEST_CALL, Exchange, Settled, Settlement, fact_key, watched
from application.wiretap import Recorder, nobody_listens, said
from domain.observation import Observation, Source
from domain.order import Order
from domain.payment import UNEXPIRABLE, Payment, PaymentStatus
from domain.refund import Refund, RefundStatus
from domain.settlement import Verdict

PATIENCE = timedelta(seconds=1)
"""How long the others wait for one whose order is busy; it is asked about again."""

_NO_MONEY = (PaymentStatus.NEW, PaymentStatus.IN_PROGRESS)
"""What a look answers while nothing was taken."""

_RETIRED = (timedelta(hours=1),)
"""The schedule of payments whose account is not configured any more."""


class AskGateway:
    """Looks at attempts and refunds. A failed look changes nothing but the time of the next one."""

    def __init__(
        self,
        *,
        gateways: Gateways,
        units: Units,
        settlement: Settlement,
        collector: Collector,
        clock: Clock,
        recorder: Recorder = nobody_listens,
    ) -> None:
        self._gateways, self._units, self._collector = gateways, units, collector
        self._settlement, self._clock, self._recorder = settlement, clock, recorder

    def can_look(self, account: str) -> bool:
        return Operation.LOOK in self._operations(account)

    def _operations(self, account: str) -> frozenset[Operation]:
        return self._gateways.get(account).capabilities.operations

    def about(self, gateway: PaymentGateway, hint: Observation) -> Observation:
        """The truth behind a hint, asked with our own credentials; of an unknown order the bare reference.

        Raises GatewayError, PaymentNotFound.
        """
        with self._units(patience=PATIENCE) as uow:
            attempt = uow.lock_attempt(hint.reference, account=hint.account)
        if attempt is None:
            return replace(hint, status=None, amount=None, proof=None, refund=None)
        return self._look(gateway, attempt.payment)

    def look(self, payment: Payment, *, aborted: bool = False) -> Settled | None:
        """Ask once and settle the answer; None when the gateway gave none that can be believed.

        ``aborted``: the shopper came back without paying; if no money is seen the attempt is over. Money that
        waits to be collected is collected.
        """
        try:
            gateway = self._gateways.get(payment.account)
        except UnknownAccount:
            again(lambda: self._look_later(_RETIRED, payment))
            return None
        try:
            with self._recorder() as heard:
                seen = self._look(gateway, payment)
        except GatewayError:
            again(lambda: self._look_later(gateway.capabilities.look_after, payment))
            return None
        if aborted and not seen.collectable and seen.status in _NO_MONEY:
            seen = replace(seen, source=Source.RETURN, status=PaymentStatus.CANCELLED, word="aborted")
        settled, lost = again(lambda: self._settle(gateway, payment, seen, said(heard)))
        if seen.collectable or lost == INTENT:
            return self._collector.collect(settled.payment) or settled
        return settled

    def follow_up(self, seen: Observation) -> None:
        """What a settled look calls for: money that waits to be collected, refunds that may be done."""
        with self._units(patience=PATIENCE) as uow:
            attempt = uow.lock_attempt(seen.reference, account=seen.account)
            pending = attempt is not None and attempt.payment.reserved.is_positive
            refunds = uow.refunds_of(attempt.payment.id) if attempt and pending else ()
            if attempt is not None and pending:  # what left beside our own refunds shows when they are over
                schedule = self._gateways.get(seen.account).capabilities.look_after
                uow.save_payment(watched(attempt.payment, schedule, self._clock.now()))
                uow.commit()
        if attempt is None:
            return
        if seen.collectable:
            self._collector.collect(attempt.payment)
        for refund in refunds:
            if refund.is_open and Operation.LOOK_REFUND in self._operations(seen.account):
                self.look_refund(attempt.payment, refund)

    def look_refund(self, payment: Payment, refund: Refund) -> None:
        """Ask what became of a refund of ours, and settle the answer."""
        try:
            gateway = self._gateways.get(payment.account)
        except UnknownAccount:
            again(lambda: self._refund_later(_RETIRED, refund))
            return
        schedule = gateway.capabilities.look_after or _RETIRED
        try:
            with self._recorder() as heard:
                seen = gateway.look_refund(payment, refund)
        except GatewayError:
            again(lambda: self._refund_later(schedule, refund))
            return
        again(lambda: self._settle(gateway, payment, seen, said(heard)))
        again(lambda: self._refund_later(schedule, refund))

    def _look(self, gateway: PaymentGateway, payment: Payment) -> Observation:
        if Operation.LOOK not in gateway.capabilities.operations:
            raise UnsupportedOperation(f"{gateway.code} cannot be asked")
        reach("look.before_gateway_call")
        seen = gateway.look(payment)
        reach("look.after_gateway_call")
        if seen.reference != payment.reference:
            raise GatewayProtocolError("the answer is about another payment")
        return replace(seen, sums=payment.sums)

    def _settle(
        self, gateway: PaymentGateway, payment: Payment, seen: Observation, heard: Exchange
    ) -> tuple[Settled, str]:
        """What came of it, and the money call that turned out to have had no effect."""
        now = self._clock.now()
        with self._units(patience=PATIENCE) as uow:
            attempt = uow.lock_payment(payment.id, fact=fact_key(seen))
            settled = self._settlement.settle(uow, attempt, seen, heard)
            counted = _planned(attempt.payment, settled, seen, gateway.capabilities.look_after, now)
            lost = attempt.payment.intent if _had_no_effect(attempt.payment, settled, seen, now) else ""
            if lost:
                counted = replace(counted, intent="")
            uow.save_payment(counted)
            if counted.status is PaymentStatus.UNKNOWN:
                self._ask_a_person(uow, attempt.order, counted, gateway.capabilities.look_after)
            reach("look.before_commit")
            uow.commit()
        return replace(settled, payment=counted), lost

    def _look_later(self, schedule: tuple[timedelta, ...], payment: Payment) -> None:
        now = self._clock.now()
        with self._units(patience=PATIENCE) as uow:
            attempt = uow.lock_payment(payment.id)
            counted = replace(attempt.payment, looks=attempt.payment.looks + 1)
            uow.save_payment(watched(counted, schedule, now))
            if counted.status is not PaymentStatus.PAID:
                self._ask_a_person(uow, attempt.order, counted, schedule)
            uow.commit()

    def _ask_a_person(
        self, uow: UnitOfWork, order: Order, payment: Payment, schedule: tuple[timedelta, ...]
    ) -> None:
        """Once, when the schedule has been gone through in vain."""
        if payment.looks == len(schedule):
            uow.save_order(order)
            self._settlement.ask_about_silence(uow, payment, "this payment", payment.amount)

    def _refund_later(self, schedule: tuple[timedelta, ...], refund: Refund) -> None:
        with self._units(patience=PATIENCE) as uow:
            attempt = uow.lock_payment(refund.payment_id)
            fresh = uow.lock_refund(refund_id=refund.id)
            if fresh is not None and fresh.is_open:
                step = schedule[min(fresh.looks, len(schedule) - 1)]
                uow.save_refund(replace(fresh, looks=fresh.looks + 1, look_at=self._clock.now() + step))
                if fresh.status is not RefundStatus.SENT and fresh.looks + 1 == len(schedule):
                    uow.save_order(attempt.order)
                    self._settlement.ask_about_silence(uow, attempt.payment, "a refund", fresh.amount)
                uow.commit()


def _planned(
    before: Payment, settled: Settled, seen: Observation, schedule: tuple[timedelta, ...], now: datetime
) -> Payment:
    """The payment after this look, with the time of the next one."""
    after, moved = settled.payment, settled.verdict in (Verdict.APPLIED, Verdict.STALE)
    counted = replace(after, looks=before.looks + 1)
    if seen.source is Source.RETURN:  # given up by its shopper, not ended by the gateway
        counted = replace(counted, look_at=before.look_at)
    if seen.proof is not None and moved and counted.look_at is not None:  # there may be more to see
        return counted
    if counted.reserved.is_positive:
        return watched(counted, schedule, now)
    if counted.status is PaymentStatus.PAID:
        return replace(counted, look_at=None)
    return counted if counted.look_at is None else watched(counted, schedule, now)


def _had_no_effect(before: Payment, settled: Settled, seen: Observation, now: datetime) -> bool:
    """A money call nobody heard of again: long after it things are there as they were before."""
    if now - before.updated_at <= LONGEST_CALL:
        return False
    if before.intent == INTENT:
        return settled.payment.intent == INTENT and seen.status in _NO_MONEY
    return settled.verdict is Verdict.DUPLICATE and settled.payment.status in UNEXPIRABLE
