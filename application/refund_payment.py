"""Give captured money back: reserved under lock, asked for once per intent, done when the gateway says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from application.again import again
from application.call_gateway import NO_EFFECT, require
from application.errors import GatewayError, InvalidRequest, KeyReused
from application.points import reach
from application.ports.ambient import Clock, Ids
from application.ports.gateway import Gateways, Operation, PaymentGateway
from application.ports.persistence import Reads, Units
from application.settlement import Exchange, Settlement, fact_key
from application.wiretap import Recorder, nobody_listens, said
from domain.events import StaffActed
from domain.money import Money
from domain.observation import Observation, RefundNews, Source
from domain.payment import Payment
from domain.refund import Refund, RefundStatus

FIRST_LOOK = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class RefundPaymentRequest:
    """``amount`` None: all that is left. ``key`` names the intent: asking twice makes one refund."""

    payment_id: UUID
    by: str
    reason: str
    key: str
    amount: Money | None = None


class RefundPaymentUseCase:
    """Return money once per key, never more than was captured."""

    def __init__(
        self,
        *,
        reads: Reads,
        units: Units,
        gateways: Gateways,
        settlement: Settlement,
        clock: Clock,
        ids: Ids,
        recorder: Recorder = nobody_listens,
    ) -> None:
        self._reads, self._units, self._gateways = reads, units, gateways
        self._settlement, self._clock, self._ids = settlement, clock, ids
        self._recorder = recorder

    def execute(self, request: RefundPaymentRequest) -> Refund:
        """Answers the refund as it stands. Raises PaymentNotFound, InvalidRequest (amount, reason, by, key),
        KeyReused, UnsupportedOperation. A gateway's silence is status UNKNOWN, not an error."""
        _, payment = self._reads.payment(request.payment_id)
        missing = {name: "missing" for name in ("by", "reason", "key") if not getattr(request, name)}
        if missing:
            raise InvalidRequest(missing)
        gateway = self._gateways.get(payment.account)
        refund, payment, fresh = again(lambda: self._intend(gateway, request))
        if not fresh:
            return refund
        with self._recorder() as heard:
            seen = self._ask(gateway, payment, refund)
        return again(lambda: self._settle(refund, seen, said(heard)))

    def _intend(self, gateway: PaymentGateway, request: RefundPaymentRequest) -> tuple[Refund, Payment, bool]:
        now = self._clock.now()
        with self._units() as uow:
            attempt = uow.lock_payment(request.payment_id)
            payment = attempt.payment
            known = uow.lock_refund(key=request.key)
            if known is not None:
                if known.payment_id != payment.id or request.amount not in (None, known.amount):
                    raise KeyReused("this refund key belongs to another refund")
                return known, payment, False
            amount = _wanted(payment, request)
            require(gateway, Operation.REFUND if amount == payment.captured else Operation.PARTIAL_REFUND)
            refund = Refund(
                id=self._ids.new(),
                order_id=payment.order_id,
                payment_id=payment.id,
                amount=amount,
                key=request.key,
                by=request.by,
                reason=request.reason,
                created_at=now,
                look_at=now + FIRST_LOOK,
            )
            reserved = payment.reserve(amount, now)
            uow.save_order(attempt.order)
            uow.save_payment(reserved)
            uow.add_refund(refund)
            uow.add_event(StaffActed(payment.order_id, "refund", request.by, request.reason))
            reach("refund.before_intent_commit")
            uow.commit()
        return refund, reserved, True

    def _ask(self, gateway: PaymentGateway, payment: Payment, refund: Refund) -> Observation:
        reach("refund.before_gateway_call")
        try:
            seen = gateway.refund(payment, refund)
        except NO_EFFECT as error:
            seen = self._told(payment, refund, RefundStatus.REFUSED, error.code or type(error).__name__)
        except GatewayError as error:
            seen = self._told(payment, refund, RefundStatus.UNKNOWN, type(error).__name__)
        reach("refund.after_gateway_call")
        return seen

    @staticmethod
    def _told(payment: Payment, refund: Refund, status: RefundStatus, word: str) -> Observation:
        return Observation(
            account=payment.account,
            reference=payment.reference,
            environment=payment.environment,
            source=Source.REFUND,
            word=word,
            refund=RefundNews(status, refund.amount, key=refund.key),
        )

    def _settle(self, refund: Refund, seen: Observation, heard: Exchange) -> Refund:
        with self._units() as uow:
            attempt = uow.lock_payment(refund.payment_id, fact=fact_key(seen))
            self._settlement.settle(uow, attempt, seen, heard)
            uow.commit()
        with self._units() as uow:
            return uow.lock_refund(refund_id=refund.id) or refund


def _wanted(payment: Payment, request: RefundPaymentRequest) -> Money:
    """What is to go back. Raises InvalidRequest naming ``amount``: nothing, too much, another currency."""
    amount = payment.refundable if request.amount is None else request.amount
    if amount.currency != payment.amount.currency or not amount.is_positive:
        raise InvalidRequest({"amount": "more than zero, in the payment's currency"})
    if amount > payment.refundable:
        raise InvalidRequest({"amount": f"at most {payment.refundable} is left to refund"})
    return amount
