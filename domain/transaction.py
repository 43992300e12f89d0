"""Append-only records: exchanges about a payment, and the money facts they proved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from uuid import UUID

from domain.money import Money


class TransactionStatus(IntEnum):
    """The codes of Sonata ecommerce; the last four are verdicts on a message, never on money."""

    ORDER_UNKNOWN = -1
    OPEN = 0
    PENDING = 1
    VALIDATED = 2
    CANCELLED = 3
    UNKNOWN = 4
    ERROR_VALIDATION = 9
    WRONG_CALLBACK = 10
    WRONG_REQUEST = 11
    ORDER_NOT_OPEN = 12


class TransactionState(StrEnum):
    OK = "ok"
    KO = "ko"


class TransactionKind(StrEnum):
    START = "start"
    CALLBACK = "callback"
    RETURN = "return"
    LOOK = "look"
    COLLECT = "collect"
    CAPTURE = "capture"
    REFUND = "refund"
    VOID = "void"
    CONFIRM = "confirm"
    CLOSE = "close"
    """Ended on our side with its order: nobody was called."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """One exchange about a payment. ``parameters`` have POST over GET; request and answer are redacted."""

    id: UUID
    order_id: UUID
    payment_id: UUID
    kind: TransactionKind
    state: TransactionState
    status: TransactionStatus
    at: datetime
    message: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    request: str = ""
    answer: str = ""


class FactKind(StrEnum):
    CAPTURED = "captured"
    REFUNDED = "refunded"
    REVERSED = "reversed"
    CHARGED_BACK = "charged_back"
    DISPUTE_WON = "dispute_won"


@dataclass(frozen=True, slots=True)
class MoneyFact:
    """Money that definitively moved at a gateway; unique by account, kind and gateway id.

    ``payment_id`` None: an orphan, kept until a person says whose it is.
    """

    id: UUID
    account: str
    kind: FactKind
    gateway_id: str
    amount: Money
    at: datetime
    order_id: UUID | None = None
    payment_id: UUID | None = None

    def __post_init__(self) -> None:
        if not self.gateway_id:
            raise ValueError("a money fact needs the gateway's id")
