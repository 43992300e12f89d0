"""Ask gateways about everything that is still open; establish from evidence what happened."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from application.ask_gateway import AskGateway
from application.ports.persistence import Reads, Work
from application.settlement import Settled
from domain.payment import Payment
from domain.refund import Refund

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How many payments and refunds were asked about, and how many payments moved."""

    asked: int = 0
    moved: int = 0
    refunds: int = 0


class ReconcilePaymentsUseCase:
    """Look at the payments and refunds that are due, once each; any number of workers may run it."""

    def __init__(self, *, work: Work, reads: Reads, ask: AskGateway) -> None:
        self._work, self._reads, self._ask = work, reads, ask

    def execute(self, *, owner: str = "worker", limit: int = 50) -> Reconciled:
        moved, due = 0, self._work.claim_payments(owner, LEASE, limit)
        for payment in due:
            moved += self._look(payment)
        refunds = self._work.claim_refunds(owner, LEASE, limit)
        for refund in refunds:
            self._look_refund(refund)
        return Reconciled(asked=len(due), moved=moved, refunds=len(refunds))

    def _look(self, payment: Payment) -> bool:
        """Whether the payment moved. One sick payment never stops the others: its lease runs out."""
        try:
            settled = self._ask.look(payment)
        except Exception:
            log.exception("payment not reconciled", extra={"payment": str(payment.id)})
            return False
        return settled is not None and settled.payment.status is not payment.status

    def _look_refund(self, refund: Refund) -> None:
        try:
            _, payment = self._reads.payment(refund.payment_id)
            self._ask.look_refund(payment, refund)
        except Exception:
            log.exception("refund not reconciled", extra={"refund": str(refund.id)})

    def one(self, payment_id: UUID) -> Settled | None:
        """Ask about one payment now. Raises PaymentNotFound; None when the gateway did not answer."""
        _, payment = self._reads.payment(payment_id)
        return self._ask.look(payment)
