"""Take authorised money, whole or in part; or let it go."""

from __future__ import annotations

from uuid import UUID

from application.call_gateway import MoneyCall, require
from application.errors import InvalidRequest, NotPayable
from application.ports.gateway import Gateways, Operation
from application.ports.persistence import Reads
from application.settlement import Settled
from domain.money import Money
from domain.payment import Payment, PaymentStatus

_CAPTURABLE = (PaymentStatus.AUTHORIZED, PaymentStatus.PARTIALLY_PAID)


def _why_not(payment: Payment, *statuses: PaymentStatus) -> str:
    return "" if payment.status in statuses else f"this payment is {payment.status}"


class CapturePaymentUseCase:
    """Capture what is outstanding of an authorised payment, or a part of it."""

    def __init__(self, *, reads: Reads, gateways: Gateways, call: MoneyCall) -> None:
        self._reads, self._gateways, self._call = reads, gateways, call

    def execute(self, payment_id: UUID, *, by: str, reason: str, amount: Money | None = None) -> Settled:
        """Raises PaymentNotFound, InvalidRequest (amount), NotPayable, UnsupportedOperation, GatewayError."""
        _, payment = self._reads.payment(payment_id)
        gateway = self._gateways.get(payment.account)
        if not payment.outstanding.is_positive:
            raise NotPayable(f"nothing is left to capture: {payment.captured} is captured already")
        wanted = payment.outstanding if amount is None else amount
        if wanted.currency != payment.amount.currency or not wanted.is_positive:
            raise InvalidRequest({"amount": "more than zero, in the payment's currency"})
        if wanted > payment.outstanding:
            raise InvalidRequest({"amount": f"at most {payment.outstanding}"})
        whole = wanted == payment.amount
        require(gateway, Operation.CAPTURE if whole else Operation.PARTIAL_CAPTURE)
        return self._call.make(
            payment_id,
            "capture",
            lambda intended, key: gateway.capture(intended, wanted, key),
            by=by,
            reason=reason,
            allowed=lambda item: _why_not(item, *_CAPTURABLE),
            terms=str(wanted),
        )


class VoidPaymentUseCase:
    """Drop an authorisation that was not captured."""

    def __init__(self, *, reads: Reads, gateways: Gateways, call: MoneyCall) -> None:
        self._reads, self._gateways, self._call = reads, gateways, call

    def execute(self, payment_id: UUID, *, by: str, reason: str) -> Settled:
        """Raises PaymentNotFound, NotPayable, UnsupportedOperation, GatewayError."""
        _, payment = self._reads.payment(payment_id)
        gateway = self._gateways.get(payment.account)
        require(gateway, Operation.VOID)
        return self._call.make(
            payment_id,
            "void",
            gateway.void,
            by=by,
            reason=reason,
            allowed=lambda item: _why_not(item, PaymentStatus.AUTHORIZED),
        )
