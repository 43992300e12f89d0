"""A payment: one attempt to collect one order through one gateway account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.errors import InvalidTransition
from domain.money import Money
from domain.moves import Moves, require
from domain.transaction import FactKind, TransactionStatus


class PaymentStatus(StrEnum):
    """What is known about the money of one attempt. Refunded and charged back are derived from facts."""

    NEW = "new"
    IN_PROGRESS = "in_progress"
    UNKNOWN = "unknown"
    AUTHORIZED = "authorized"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


_S = PaymentStatus
_MONEY = frozenset({_S.AUTHORIZED, _S.PARTIALLY_PAID, _S.PAID})
CLOSED = frozenset({_S.FAILED, _S.CANCELLED, _S.EXPIRED})
"""The attempt is over; money may still come late."""

MOVES: Moves[PaymentStatus] = {
    _S.NEW: _MONEY | CLOSED | {_S.IN_PROGRESS, _S.UNKNOWN},
    _S.IN_PROGRESS: _MONEY | CLOSED | {_S.UNKNOWN},
    _S.UNKNOWN: _MONEY | CLOSED | {_S.IN_PROGRESS},
    _S.AUTHORIZED: CLOSED | {_S.PARTIALLY_PAID, _S.PAID},
    _S.PARTIALLY_PAID: frozenset({_S.PAID}),
    _S.PAID: frozenset(),
    _S.FAILED: _MONEY,
    _S.CANCELLED: _MONEY,
    _S.EXPIRED: _MONEY,
}

OUT = frozenset({_S.NEW, _S.IN_PROGRESS, _S.UNKNOWN})
"""An attempt is on its way: the gateway may still take money, none was seen yet."""

HOLDS_ORDER = OUT | {_S.AUTHORIZED, _S.PARTIALLY_PAID}
"""While any payment stands here its order is PENDING."""

UNEXPIRABLE = frozenset({_S.AUTHORIZED, _S.PARTIALLY_PAID})

CODES: Mapping[PaymentStatus, TransactionStatus] = {
    _S.NEW: TransactionStatus.OPEN,
    _S.IN_PROGRESS: TransactionStatus.PENDING,
    _S.AUTHORIZED: TransactionStatus.PENDING,
    _S.PARTIALLY_PAID: TransactionStatus.PENDING,
    _S.PAID: TransactionStatus.VALIDATED,
    _S.FAILED: TransactionStatus.CANCELLED,
    _S.CANCELLED: TransactionStatus.CANCELLED,
    _S.EXPIRED: TransactionStatus.CANCELLED,
    _S.UNKNOWN: TransactionStatus.UNKNOWN,
}
"""The codes of Sonata ecommerce for each of our words."""


class NextStepKind(StrEnum):
    REDIRECT = "redirect"
    FORM = "form"
    PAGE = "page"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class NextStep:
    """Where the shopper goes to pay: a GET redirect, a form to post, a page of ours, or nowhere.

    A page of ours with a ``url`` lets a script from there ask for the card; ``fields`` are what it wants.
    """

    kind: NextStepKind
    url: str = ""
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def leads_on(self) -> bool:
        """Whether the shopper has something to do beyond the order's page."""
        return bool(self.url)

    @classmethod
    def redirect(cls, url: str) -> NextStep:
        return cls(NextStepKind.REDIRECT, url)

    @classmethod
    def nothing(cls) -> NextStep:
        return cls(NextStepKind.NOTHING)


@dataclass(frozen=True, slots=True)
class Payment:
    """An attempt with its money so far; every sum is of the currency of ``amount``.

    ``captured``: what settles this attempt. ``refunded``: what we gave back. ``refunded_outside``: given back
    at the gateway without us. ``reserved``: refunds asked for and not known yet. ``capture_reference``: the
    gateway's id of the capture that was accepted. ``look_at``: when reconciliation asks next. ``intent``: the
    money call that is open (collect, capture or void), committed before it is made. Times are UTC.
    """

    id: UUID
    order_id: UUID
    reference: str
    account: str
    gateway: str
    environment: str
    amount: Money
    captured: Money
    refunded: Money
    refunded_outside: Money
    charged_back: Money
    reserved: Money
    idempotency_key: str
    token: str
    created_at: datetime
    updated_at: datetime
    status: PaymentStatus = PaymentStatus.NEW
    gateway_reference: str | None = None
    capture_reference: str | None = None
    next_step: NextStep | None = None
    verified: bool = False
    receipt_failed: bool = False
    failure: str = ""
    capture_before: datetime | None = None
    look_at: datetime | None = None
    looks: int = 0
    returned_at: datetime | None = None
    intent: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)
    version: int = 1

    @classmethod
    def begin(
        cls,
        *,
        id: UUID,
        order_id: UUID,
        reference: str,
        account: str,
        gateway: str,
        environment: str,
        amount: Money,
        idempotency_key: str,
        token: str,
        now: datetime,
        extra: Mapping[str, str] | None = None,
    ) -> Payment:
        """An intent to collect ``amount``: nothing was sent yet."""
        nothing = Money.zero(amount.currency)
        return cls(
            id=id,
            order_id=order_id,
            reference=reference,
            account=account,
            gateway=gateway,
            environment=environment,
            amount=amount,
            captured=nothing,
            refunded=nothing,
            refunded_outside=nothing,
            charged_back=nothing,
            reserved=nothing,
            idempotency_key=idempotency_key,
            token=token,
            created_at=now,
            updated_at=now,
            extra=dict(extra or {}),
        )

    @property
    def is_out(self) -> bool:
        return self.status in OUT

    @property
    def holds_order(self) -> bool:
        return self.status in HOLDS_ORDER

    @property
    def outstanding(self) -> Money:
        """What is still missing to the amount that was asked."""
        return self.amount - self.captured

    @property
    def refundable(self) -> Money:
        """What may still be given back: captured less everything returned, disputed or reserved."""
        left = self.captured - self.refunded - self.refunded_outside - self.charged_back - self.reserved
        return left if left.is_positive else Money.zero(self.amount.currency)

    @property
    def returned(self) -> Money:
        return self.refunded + self.refunded_outside

    @property
    def sums(self) -> tuple[Money, ...]:
        """Everything that is known to have come, gone or to be on its way back."""
        return self.captured, self.refunded, self.refunded_outside, self.charged_back, self.reserved

    @property
    def is_emptied(self) -> bool:
        """Money came in, and all of it went back."""
        return self.captured.is_positive and self.returned >= self.captured

    @property
    def is_gone(self) -> bool:
        """Money came in, and all of it went back or is disputed."""
        return self.captured.is_positive and self.returned + self.charged_back >= self.captured

    @property
    def is_leaving(self) -> bool:
        """Money came in, and nothing of it is sure to stay: it went back, is disputed, or is on its way."""
        return self.captured.is_positive and not self.refundable.is_positive

    @property
    def is_capturing(self) -> bool:
        """A capture of ours is open: its result may reach us by another way than its answer."""
        return self.intent.startswith("capture")

    @property
    def is_double_loss(self) -> bool:
        """More money left than ever came in."""
        return self.returned + self.charged_back > self.captured

    def can_move(self, status: PaymentStatus) -> bool:
        return status in MOVES[self.status]

    def move(self, status: PaymentStatus, now: datetime) -> Payment:
        """Raises InvalidTransition when the table does not list the move. An end ends its money call."""
        return replace(
            self,
            status=require("payment.status", MOVES, self.status, status),
            updated_at=now,
            verified=self.verified or status in _MONEY,
            intent="" if status in CLOSED else self.intent,
        )

    def capture(self, amount: Money, reference: str, now: datetime) -> Payment:
        """Money came in: PAID when nothing is missing any more, else PARTIALLY_PAID."""
        captured = self.captured + amount
        status = PaymentStatus.PAID if captured >= self.amount else PaymentStatus.PARTIALLY_PAID
        moved = self if status is self.status else self.move(status, now)
        return replace(
            moved, captured=captured, capture_reference=reference, look_at=None, intent="", updated_at=now
        )

    def reserve(self, amount: Money, now: datetime) -> Payment:
        """Set ``amount`` aside for a refund that is about to be asked for."""
        if not amount.is_positive or amount > self.refundable:
            raise InvalidTransition("payment.reserved", str(self.refundable), str(amount))
        return replace(self, reserved=self.reserved + amount, updated_at=now)

    def part_with(self, kind: FactKind, amount: Money) -> Payment:
        """Money left without us, or a dispute was won: then it is ours again."""
        match kind:
            case FactKind.CHARGED_BACK:
                return replace(self, charged_back=self.charged_back + amount)
            case FactKind.DISPUTE_WON:
                return replace(self, charged_back=self.charged_back - min(amount, self.charged_back))
            case _:
                return replace(self, refunded_outside=self.refunded_outside + amount)

    def reclaim(self, amount: Money) -> Payment:
        """A refund that was first taken for somebody else's turned out to be ours: it counts once."""
        return replace(self, refunded_outside=self.refunded_outside - min(amount, self.refunded_outside))

    def as_bill(self) -> dict[str, object]:
        """The nine fields of a *bill* as the bill-based shop API names them; ``amount`` in minor units."""
        step = self.next_step
        return {
            "id": str(self.id),
            "backend": self.gateway,
            "amount": self.amount.minor,
            "transaction_id": self.gateway_reference or "",
            "extra": dict(self.extra),
            "next_step": step.url if step else "",
            "verified": self.verified,
            "created_at": self.created_at.isoformat(),
            "updated_at": self.updated_at.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class OrderPaymentStatus:
    """What an order's payments say together: our word and the code of Sonata ecommerce."""

    word: PaymentStatus
    code: TransactionStatus


_PRECEDENCE = (_S.PAID, _S.PARTIALLY_PAID, _S.AUTHORIZED, _S.UNKNOWN, _S.IN_PROGRESS)


def order_payment_status(payments: Iterable[Payment]) -> OrderPaymentStatus:
    """Compute ``order.payment_status``: the strongest payment speaks, else the newest one; none is NEW."""
    known = sorted(payments, key=lambda payment: (payment.created_at, payment.id))
    for status in _PRECEDENCE:
        speaking = [payment for payment in known if payment.status is status]
        if speaking:
            failed_receipt = status is _S.PAID and any(payment.receipt_failed for payment in speaking)
            return OrderPaymentStatus(
                status, TransactionStatus.ERROR_VALIDATION if failed_receipt else CODES[status]
            )
    status = known[-1].status if known else PaymentStatus.NEW
    return OrderPaymentStatus(status, CODES[status])
