"""What a gateway told us: normalised, authenticated, and no more than that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.money import Money
from domain.payment import PaymentStatus
from domain.refund import RefundStatus
from domain.transaction import FactKind


class Source(StrEnum):
    """How an observation reached us; only our own acts may bring a part of an amount."""

    START = "start"
    CALLBACK = "callback"
    RETURN = "return"
    LOOK = "look"
    COLLECT = "collect"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class Proof:
    """Money that moved for certain, under the gateway's own id of the movement."""

    kind: FactKind
    gateway_id: str
    amount: Money


@dataclass(frozen=True, slots=True)
class RefundNews:
    """What became of a refund. ``key`` is ours if the gateway echoes it, empty for one made in its panel.

    ``nameless``: this gateway never says whose refund it is; it may be one of ours that it never answered.
    """

    status: RefundStatus
    amount: Money
    gateway_id: str = ""
    key: str = ""
    nameless: bool = False


@dataclass(frozen=True, slots=True)
class Observation:
    """One authenticated statement about one payment.

    ``reference`` is ours. ``status`` None: the gateway's ``word`` says nothing about the attempt, or nothing
    we know. ``amount`` None: this gateway does not send one. ``event_id`` tells this message from another
    and is empty when the gateway has no such thing. ``proof`` is required for PAID and PARTIALLY_PAID.
    ``collectable``: the shopper agreed, and the money comes once we collect it. ``answer_decides``: our yes
    to this message takes the money, so it is said only when the order can be settled with it. ``receipt``:
    what its shopper may see, by our own names: authorization_code, card (last four digits), payment_type
    (debit, prepaid, credit, instalments, interest_free), instalments, instalment_amount (as text, in the
    payment's currency), paid_at (ISO 8601); of a refusal decline (funds, limit, expired, wrong_data,
    not_online). ``sums``: what we knew of the money when we asked; the gateway tells totals, and what is new
    in them is the difference to this. Empty: told without being asked. ``took_back``: the gateway's id of a
    capture of which money went back, without saying how much.
    """

    account: str
    reference: str
    environment: str
    source: Source
    word: str
    status: PaymentStatus | None = None
    amount: Money | None = None
    gateway_reference: str | None = None
    event_id: str = ""
    proof: Proof | None = None
    refund: RefundNews | None = None
    failure: str = ""
    capture_before: datetime | None = None
    receipt_failed: bool = False
    collectable: bool = False
    answer_decides: bool = False
    receipt: Mapping[str, str] = field(default_factory=dict)
    sums: tuple[Money, ...] = ()
    took_back: str = ""

    @property
    def says_nothing(self) -> bool:
        """Neither a status nor money: nobody knows more than before."""
        return self.status is None and self.proof is None

    def __post_init__(self) -> None:
        paid = self.status in (PaymentStatus.PAID, PaymentStatus.PARTIALLY_PAID)
        if paid and (self.proof is None or self.proof.kind is not FactKind.CAPTURED):
            raise ValueError("a paid status needs the capture that proves it")
