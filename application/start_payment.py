"""Open a gateway's session for a committed intent, and store what came of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from application.again import again
from application.errors import GatewayError, GatewayRejected, GatewayUnavailable, GatewayUnreachable
from application.points import reach
from application.ports.ambient import Clock
from application.ports.gateway import Brief, PaymentGateway, Started
from application.ports.persistence import Units
from application.settlement import Exchange, Settlement, fact_key, watched
from application.wiretap import Recorder, nobody_listens, said
from domain.observation import Observation, Source
from domain.order import Order
from domain.payment import Payment, PaymentStatus

NOTHING_WAS_SENT = (GatewayUnreachable, GatewayUnavailable)


@dataclass(frozen=True, slots=True)
class Sent:
    """An attempt and its order; ``to_start``: the gateway has still to be called.

    ``resumed``: it was called before, and nobody knows what came of that.
    """

    order: Order
    payment: Payment
    to_start: bool = False
    resumed: bool = False


class PaymentStarter:
    """Calls ``start`` with no transaction open, then settles the answer on the one road."""

    def __init__(
        self,
        *,
        units: Units,
        settlement: Settlement,
        clock: Clock,
        recorder: Recorder = nobody_listens,
    ) -> None:
        self._units, self._settlement, self._clock = units, settlement, clock
        self._recorder = recorder

    def start(self, gateway: PaymentGateway, brief: Brief, *, resumed: bool = False) -> Sent:
        """Raises every GatewayError once stored: FAILED if refused or nothing was sent, else UNKNOWN.

        After a failure an attempt that is ``resumed`` stays UNKNOWN: its first call may have had an effect.
        """
        reach("start.before_gateway_call")
        with self._recorder() as heard:
            try:
                started = gateway.start(brief)
            except GatewayError as failure:
                error = failure
                reach("start.after_gateway_call")
                again(lambda: self._failed(brief.payment, error, said(heard), resumed=resumed))
                raise
        reach("start.after_gateway_call")
        return again(lambda: self._accepted(gateway, brief.payment, started, said(heard)))

    def _accepted(self, gateway: PaymentGateway, payment: Payment, started: Started, heard: Exchange) -> Sent:
        """The answer adds the gateway's reference and the next step; a faster callback keeps its status."""
        seen = started.observation or _seen(payment, PaymentStatus.IN_PROGRESS, "started")
        now = self._clock.now()
        with self._units() as uow:
            attempt = uow.lock_payment(payment.id, fact=fact_key(seen))
            told = replace(
                attempt.payment,
                gateway_reference=attempt.payment.gateway_reference or started.gateway_reference,
                next_step=started.next_step,
                extra={**attempt.payment.extra, **started.extra},
            )
            settled = self._settlement.settle(uow, replace(attempt, payment=told), seen, heard)
            order, final = settled.order, settled.payment
            if final.holds_order:
                final = watched(final, gateway.capabilities.look_after, now)
            if started.approved and order.is_payable and final.holds_order:
                order = order.validate(now)
            uow.save_payment(final)
            uow.save_order(order)
            reach("start.before_answer_commit")
            uow.commit()
        return Sent(order, final)

    def _failed(self, payment: Payment, error: GatewayError, heard: Exchange, *, resumed: bool) -> None:
        harmless = isinstance(error, (*NOTHING_WAS_SENT, GatewayRejected)) and not resumed
        status = PaymentStatus.FAILED if harmless else PaymentStatus.UNKNOWN
        seen = replace(_seen(payment, status, type(error).__name__), failure=error.code)
        with self._units() as uow:
            attempt = uow.lock_payment(payment.id)
            settled = self._settlement.settle(uow, attempt, seen, heard)
            if settled.payment.is_out:
                uow.save_payment(replace(settled.payment, look_at=self._clock.now()))
            uow.commit()


def _seen(payment: Payment, status: PaymentStatus, word: str) -> Observation:
    return Observation(
        account=payment.account,
        reference=payment.reference,
        environment=payment.environment,
        source=Source.START,
        word=word,
        status=status,
    )
