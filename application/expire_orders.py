"""Orders past their deadline: the gateway is asked first, then the order ends and its goods are free."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from application.again import again
from application.ask_gateway import AskGateway
from application.close_order import OrderCloser
from application.errors import NotCancellable, UnknownAccount
from application.points import reach
from application.ports.ambient import Clock
from application.ports.persistence import Reads, Units, Work
from domain.order import ClosedBy, Order
from domain.payment import Payment

log = logging.getLogger(__name__)

LONGEST_GRACE = timedelta(hours=24)
"""How long an attempt that cannot be answered keeps its order alive; then the late-money rules serve."""


@dataclass(frozen=True, slots=True)
class Expired:
    orders: tuple[UUID, ...] = ()
    kept: int = 0


class ExpireOrdersUseCase:
    """Expire what is due, once; a second run, or a second worker, changes nothing."""

    def __init__(
        self, *, work: Work, reads: Reads, units: Units, ask: AskGateway, closer: OrderCloser, clock: Clock
    ) -> None:
        self._work, self._reads, self._units = work, reads, units
        self._ask, self._closer, self._clock = ask, closer, clock

    def execute(self, *, limit: int = 50) -> Expired:
        """``limit`` orders at a time until none is left: those that must be kept do not hide the others."""
        expired: list[UUID] = []
        kept = 0
        while due := self._work.overdue_orders(limit, skip=kept):
            ended = [order_id for order_id in due if self._expire_safely(order_id)]
            expired.extend(ended)
            kept += len(due) - len(ended)
        return Expired(tuple(expired), kept)

    def _expire_safely(self, order_id: UUID) -> bool:
        """One sick order never stops the others."""
        try:
            return self._expire(order_id)
        except Exception:
            log.exception("order not expired", extra={"order": str(order_id)})
            return False

    def _expire(self, order_id: UUID) -> bool:
        order, payments = self._reads.order_by_id(order_id)
        answers = [self._answered(payment) for payment in payments if payment.is_out]
        if not all(answers) and not self._is_overdue(order):
            return False
        try:
            return again(lambda: self._close(order_id))
        except NotCancellable:
            return False

    def _is_overdue(self, order: Order) -> bool:
        return order.deadline is not None and self._clock.now() >= order.deadline + LONGEST_GRACE

    def _answered(self, payment: Payment) -> bool:
        """Look before expire: true when the gateway said what it knows, or has nothing to be asked."""
        try:
            if not self._ask.can_look(payment.account):
                return True
        except UnknownAccount:
            return True
        return self._ask.look(payment) is not None

    def _close(self, order_id: UUID) -> bool:
        with self._units() as uow:
            order, payments = uow.lock_order(order_id)
            if not self._is_due(order):
                return False
            self._closer.close(uow, order, payments, ClosedBy.DEADLINE, "the time to pay ran out")
            reach("expire.before_commit")
            uow.commit()
        return True

    def _is_due(self, order: Order) -> bool:
        return order.is_payable and order.deadline is not None and order.deadline <= self._clock.now()
