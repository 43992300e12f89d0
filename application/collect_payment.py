"""Take the money a shopper agreed to: once, and only when the order can be settled with it."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from application.again import again
from application.call_gateway import NO_EFFECT
from application.errors import GatewayError
from application.points import reach
from application.ports.ambient import Clock, Ids
from application.ports.gateway import Gateways, Operation, PaymentGateway
from application.ports.persistence import Attempt, UnitOfWork, Units
from application.settlement import LONGEST_CALL, Exchange, Settled, Settlement, fact_key
from application.wiretap import Recorder, nobody_listens, said
from domain.collecting import why_not_collect
from domain.observation import Observation, Source
from domain.payment import CODES, Payment, PaymentStatus
from domain.transaction import Transaction, TransactionKind, TransactionState

INTENT = "collect"


class Collector:
    """Verifies, captures or commits: the one place that takes money on a gateway's word."""

    def __init__(
        self,
        *,
        gateways: Gateways,
        units: Units,
        settlement: Settlement,
        clock: Clock,
        ids: Ids,
        recorder: Recorder = nobody_listens,
    ) -> None:
        self._gateways, self._units, self._settlement = gateways, units, settlement
        self._clock, self._ids, self._recorder = clock, ids, recorder

    def collect(self, payment: Payment) -> Settled | None:
        """None when the order cannot be settled with this money now, or somebody is collecting it already."""
        gateway = self._gateways.get(payment.account)
        intended = again(lambda: self._intended(gateway, payment.id))
        return self.carry_out(gateway, intended) if intended else None

    def intend(self, uow: UnitOfWork, gateway: PaymentGateway, attempt: Attempt) -> Payment | None:
        """Write the intent into the caller's unit of work, or why there is none. Nothing is sent yet.

        While the intent stands the order can be neither cancelled nor expired.
        """
        payment, now = attempt.payment, self._clock.now()
        if Operation.COLLECT not in gateway.capabilities.operations:
            return None
        if payment.intent == INTENT and now - payment.updated_at <= LONGEST_CALL:
            return None
        if why_not := why_not_collect(attempt.order, payment, attempt.others):
            self._record(uow, payment, f"not collected: {why_not}")
            return None
        intended = replace(payment, intent=INTENT, updated_at=now)
        uow.save_payment(intended)
        return intended

    def carry_out(self, gateway: PaymentGateway, payment: Payment) -> Settled | None:
        """Make the call a committed intent is about, and settle its answer.

        Refused or never sent: the intent is over, None. Without an answer the payment is UNKNOWN, the intent
        stands, and a look comes next.
        """
        reach("collect.before_gateway_call")
        try:
            with self._recorder() as heard:
                seen = gateway.collect(payment, f"{payment.idempotency_key}:{INTENT}")
            if seen.says_nothing:
                seen = replace(seen, status=PaymentStatus.UNKNOWN)
        except NO_EFFECT as error:
            why = f"{type(error).__name__} {error.code}".strip()
            again(lambda: self._give_up(payment.id, why))
            return None
        except GatewayError as error:
            lost = _unknown(payment, error)
            return again(lambda: self._settle(payment.id, lost, said(heard)))
        reach("collect.after_gateway_call")
        return again(lambda: self._settle(payment.id, seen, said(heard)))

    def _intended(self, gateway: PaymentGateway, payment_id: UUID) -> Payment | None:
        with self._units() as uow:
            intended = self.intend(uow, gateway, uow.lock_payment(payment_id))
            uow.commit()
        return intended

    def _settle(self, payment_id: UUID, seen: Observation, heard: Exchange) -> Settled:
        with self._units() as uow:
            attempt = uow.lock_payment(payment_id, fact=fact_key(seen))
            settled = self._settlement.settle(uow, attempt, seen, heard)
            if seen.status is PaymentStatus.UNKNOWN:
                final = replace(settled.payment, intent=attempt.payment.intent, look_at=self._clock.now())
            else:
                final = replace(settled.payment, intent="")
            uow.save_payment(final)
            reach("collect.before_commit")
            uow.commit()
        return replace(settled, payment=final)

    def _give_up(self, payment_id: UUID, why: str) -> None:
        with self._units() as uow:
            attempt = uow.lock_payment(payment_id)
            uow.save_payment(replace(attempt.payment, intent=""))
            self._record(uow, attempt.payment, f"not collected: {why}")
            uow.commit()

    def _record(self, uow: UnitOfWork, payment: Payment, message: str) -> None:
        uow.add_transaction(
            Transaction(
                id=self._ids.new(),
                order_id=payment.order_id,
                payment_id=payment.id,
                kind=TransactionKind.COLLECT,
                state=TransactionState.KO,
                status=CODES[payment.status],
                at=self._clock.now(),
                message=message,
            )
        )


def _unknown(payment: Payment, error: GatewayError) -> Observation:
    return Observation(
        account=payment.account,
        reference=payment.reference,
        environment=payment.environment,
        source=Source.COLLECT,
        word=type(error).__name__,
        status=PaymentStatus.UNKNOWN,
        failure=error.code,
    )
