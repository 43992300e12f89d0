"""End an unpaid order: by its buyer, by staff or by its deadline; one piece of code for all three."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from application.errors import NotCancellable
from application.ports.ambient import Clock, Ids
from application.ports.persistence import UnitOfWork
from domain.order import ClosedBy, Order
from domain.payment import UNEXPIRABLE, Payment, PaymentStatus
from domain.transaction import (
    Transaction,
    TransactionKind,
    TransactionState,
    TransactionStatus,
)


class OrderCloser:
    """Closes a locked order and its attempts; those stay watched, for their sessions may still be paid."""

    def __init__(self, *, clock: Clock, ids: Ids) -> None:
        self._clock, self._ids = clock, ids

    def close(
        self, uow: UnitOfWork, order: Order, payments: Sequence[Payment], by: ClosedBy, reason: str
    ) -> Order:
        """Raises NotCancellable, InvalidTransition. Collects the order, its attempts and their records."""
        if any(payment.intent for payment in payments):
            raise NotCancellable("we are collecting the money: this order cannot be cancelled for a moment")
        if any(payment.status in UNEXPIRABLE and not payment.is_emptied for payment in payments):
            raise NotCancellable("money is held for this order")
        closed = order.close(by, reason)
        uow.save_order(closed)
        status = PaymentStatus.EXPIRED if by is ClosedBy.DEADLINE else PaymentStatus.CANCELLED
        now = self._clock.now()
        for payment in payments:
            if payment.is_out:
                uow.save_payment(replace(payment.move(status, now), look_at=payment.look_at))
                uow.add_transaction(self._record(payment, reason, now))
        return closed

    def _record(self, payment: Payment, reason: str, now: datetime) -> Transaction:
        return Transaction(
            id=self._ids.new(),
            order_id=payment.order_id,
            payment_id=payment.id,
            kind=TransactionKind.CLOSE,
            state=TransactionState.OK,
            status=TransactionStatus.CANCELLED,
            at=now,
            message=reason,
        )
