"""Money calls of staff and machine: intent first, then the call, then the answer on the one road."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from application.again import again
from application.errors import (
    GatewayError,
    GatewayRejected,
    GatewayUnavailable,
    GatewayUnreachable,
    InvalidRequest,
    NotPayable,
    OutcomeUnknown,
    UnsupportedOperation,
)
from application.points import reach
from application.ports.ambient import Clock
from application.ports.gateway import Operation, PaymentGateway
from application.ports.persistence import Units
from application.settlement import Exchange, Settled, Settlement, fact_key
from application.wiretap import Recorder, nobody_listens, said
from domain.events import StaffActed
from domain.observation import Observation
from domain.payment import Payment

NO_EFFECT = (GatewayRejected, GatewayUnreachable, GatewayUnavailable, UnsupportedOperation)
"""After these nothing happened there; after any other GatewayError nobody knows."""


class MoneyCall:
    """Makes one capture, void or collect at a time per payment; its key is derived from the payment."""

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

    def make(
        self,
        payment_id: UUID,
        intent: str,
        call: Callable[[Payment, str], Observation],
        *,
        by: str,
        reason: str,
        allowed: Callable[[Payment], str],
        terms: str = "",
    ) -> Settled:
        """Raises InvalidRequest (by, reason), NotPayable when ``allowed`` answers why not, PaymentNotFound,
        GatewayError.

        While nobody knows what became of it the intent stays open, until a look tells; asking again with the
        same ``terms`` uses the same key, with others it is refused.
        """
        named(by, reason)
        recorded = f"{intent} {terms}".strip()
        payment, repeated = again(lambda: self._intend(payment_id, recorded, by, reason, allowed))
        reach(f"{intent}.before_gateway_call")
        try:
            with self._recorder() as heard:
                seen = call(payment, f"{payment.idempotency_key}:{intent}:{payment.captured.minor}")
            if seen.says_nothing:
                raise OutcomeUnknown("the gateway does not say what became of it", code=seen.word)
        except NO_EFFECT:
            again(lambda: self._forget(payment_id, look=repeated))
            raise
        except GatewayError:
            again(lambda: self._forget(payment_id, look=True))
            raise
        reach(f"{intent}.after_gateway_call")
        return again(lambda: self._settle(payment_id, seen, said(heard)))

    def _intend(
        self, payment_id: UUID, intent: str, by: str, reason: str, allowed: Callable[[Payment], str]
    ) -> tuple[Payment, bool]:
        """The payment, and whether the same call was open before: then it may have had an effect."""
        with self._units() as uow:
            attempt = uow.lock_payment(payment_id)
            why_not = allowed(attempt.payment)
            if why_not or attempt.payment.intent not in ("", intent):
                raise NotPayable(why_not or f"a {attempt.payment.intent} is open")
            intended = replace(attempt.payment, intent=intent, updated_at=self._clock.now())
            uow.save_payment(intended)
            uow.add_event(StaffActed(attempt.order.id, intent, by, reason))
            uow.save_order(attempt.order)
            uow.commit()
        return intended, bool(attempt.payment.intent)

    def _settle(self, payment_id: UUID, seen: Observation, heard: Exchange) -> Settled:
        with self._units() as uow:
            attempt = uow.lock_payment(payment_id, fact=fact_key(seen))
            settled = self._settlement.settle(uow, attempt, seen, heard)
            final = replace(settled.payment, intent="")
            uow.save_payment(final)
            uow.commit()
        return replace(settled, payment=final)

    def _forget(self, payment_id: UUID, *, look: bool) -> None:
        """Refused or never sent: the intent is over. Unknown: it stays open and is asked about at once."""
        with self._units() as uow:
            attempt = uow.lock_payment(payment_id)
            now = self._clock.now()
            changed = replace(attempt.payment, look_at=now) if look else replace(attempt.payment, intent="")
            uow.save_payment(changed)
            uow.commit()


def named(by: str, reason: str) -> None:
    """Raises InvalidRequest: whoever moves money or orders by hand says who they are, and why."""
    missing = {name: "missing" for name, text in (("by", by), ("reason", reason)) if not text.strip()}
    if missing:
        raise InvalidRequest(missing)


def require(gateway: PaymentGateway, operation: Operation) -> None:
    """Raises UnsupportedOperation before anything is written or sent."""
    if operation not in gateway.capabilities.operations:
        raise UnsupportedOperation(f"{gateway.label} cannot {operation.value.replace('_', ' ')}")
