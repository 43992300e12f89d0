"""A refund: our intent to give captured money back, with its key and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.money import Money
from domain.moves import Moves, require


class RefundStatus(StrEnum):
    REQUESTED = "requested"
    SENT = "sent"
    UNKNOWN = "unknown"
    DONE = "done"
    REFUSED = "refused"
    FAILED_LATER = "failed_later"


_R = RefundStatus

MOVES: Moves[RefundStatus] = {
    _R.REQUESTED: frozenset({_R.SENT, _R.UNKNOWN, _R.DONE, _R.REFUSED}),
    _R.UNKNOWN: frozenset({_R.SENT, _R.DONE, _R.REFUSED}),
    _R.SENT: frozenset({_R.DONE, _R.REFUSED}),
    _R.DONE: frozenset({_R.FAILED_LATER}),
    _R.REFUSED: frozenset(),
    _R.FAILED_LATER: frozenset(),
}

OPEN = frozenset({_R.REQUESTED, _R.SENT, _R.UNKNOWN})
"""The amount stays reserved: it may still leave."""

CAME_BACK = frozenset({_R.REFUSED, _R.FAILED_LATER})
"""No money left in the end."""


@dataclass(frozen=True, slots=True)
class Refund:
    """An intent to return ``amount`` of a payment; ``key`` is sent to the gateway on every try."""

    id: UUID
    order_id: UUID
    payment_id: UUID
    amount: Money
    key: str
    by: str
    reason: str
    created_at: datetime
    status: RefundStatus = RefundStatus.REQUESTED
    gateway_id: str = ""
    look_at: datetime | None = None
    looks: int = 0
    version: int = 1

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    def can_move(self, status: RefundStatus) -> bool:
        return status in MOVES[self.status]

    def move(self, status: RefundStatus, gateway_id: str = "") -> Refund:
        """Raises InvalidTransition when the table does not list the move."""
        return replace(
            self,
            status=require("refund.status", MOVES, self.status, status),
            gateway_id=self.gateway_id or gateway_id,
        )
