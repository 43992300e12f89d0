"""A review item: a question about money that only a person may answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.money import Money


class ReviewKind(StrEnum):
    AMOUNT_MISMATCH = "amount_mismatch"
    CURRENCY_MISMATCH = "currency_mismatch"
    ACCOUNT_MISMATCH = "account_mismatch"
    ENVIRONMENT_MISMATCH = "environment_mismatch"
    REFERENCE_MISMATCH = "reference_mismatch"
    LATE = "late"
    SURPLUS = "surplus"
    ORPHAN = "orphan"
    POISON = "poison"
    REVERSED = "reversed"
    CHARGEBACK = "chargeback"
    DOUBLE_LOSS = "double_loss"
    REFUND_REFUSED = "refund_refused"
    REFUND_FAILED = "refund_failed"
    RECEIPT_FAILED = "receipt_failed"
    UNKNOWN_TOO_LONG = "unknown_too_long"


@dataclass(frozen=True, slots=True)
class Question:
    """A review item to be opened."""

    kind: ReviewKind
    detail: str


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """What happened, to whose money; ``decision`` is empty until one person decided, once."""

    id: UUID
    kind: ReviewKind
    account: str
    opened_at: datetime
    detail: str = ""
    order_id: UUID | None = None
    payment_id: UUID | None = None
    gateway_id: str = ""
    amount: Money | None = None
    decision: str = ""
    decided_by: str = ""
    decided_reason: str = ""
    decided_at: datetime | None = None
    version: int = 1

    @property
    def is_open(self) -> bool:
        return self.decided_at is None
