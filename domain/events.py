"""What happened to an order: written in the same commit as the change, delivered at least once, in order.

The events of a change are *derived* from the aggregate before and after it (``order_events``,
``payment_events``, ``refund_events``), so that no writer can forget one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import StrEnum
from uuid import UUID

from domain.money import Money
from domain.order import ClosedBy, Fulfilment, Order, OrderStatus
from domain.payment import Payment, PaymentStatus
from domain.refund import Refund, RefundStatus
from domain.review import ReviewItem, ReviewKind
from domain.transaction import FactKind

Plain = str | int | bool | None


def _plain(value: object) -> Plain:
    match value:
        case None | bool() | int():
            return value
        case StrEnum():
            return value.value
        case Money():
            return str(value)
        case _:
            return str(value)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to one order."""

    order_id: UUID

    @property
    def name(self) -> str:
        return type(self).__name__

    def payload(self) -> dict[str, Plain]:
        """Plain values by field name, money as ``"49.90 PLN"``; ready to be serialised."""
        return {item.name: _plain(getattr(self, item.name)) for item in fields(self)}


@dataclass(frozen=True, slots=True)
class OrderPlaced(Event):
    reference: str
    source: str
    total: Money


@dataclass(frozen=True, slots=True)
class OrderStatusChanged(Event):
    old: OrderStatus
    new: OrderStatus
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FulfilmentChanged(Event):
    old: Fulfilment
    new: Fulfilment


@dataclass(frozen=True, slots=True)
class OrderPaid(Event):
    payment_id: UUID
    amount: Money


@dataclass(frozen=True, slots=True)
class OrderStopped(Event):
    reason: str


@dataclass(frozen=True, slots=True)
class OrderCancelled(Event):
    reason: str


@dataclass(frozen=True, slots=True)
class OrderExpired(Event):
    reason: str


@dataclass(frozen=True, slots=True)
class PaymentStarted(Event):
    payment_id: UUID
    account: str
    amount: Money


@dataclass(frozen=True, slots=True)
class ShopperSent(Event):
    """The gateway's page is known: the shopper is on the way there."""

    payment_id: UUID


@dataclass(frozen=True, slots=True)
class PaymentStatusChanged(Event):
    payment_id: UUID
    old: PaymentStatus
    new: PaymentStatus


@dataclass(frozen=True, slots=True)
class MoneyMoved(Event):
    payment_id: UUID | None
    kind: FactKind
    gateway_id: str
    amount: Money


@dataclass(frozen=True, slots=True)
class CallbackAccepted(Event):
    payment_id: UUID
    status: PaymentStatus | None
    is_success: bool
    is_failed: bool
    is_cancelled: bool


@dataclass(frozen=True, slots=True)
class ShopperReturned(Event):
    payment_id: UUID


@dataclass(frozen=True, slots=True)
class RefundRequested(Event):
    refund_id: UUID
    payment_id: UUID
    amount: Money
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class RefundStatusChanged(Event):
    refund_id: UUID
    old: RefundStatus
    new: RefundStatus


@dataclass(frozen=True, slots=True)
class RefundDone(Event):
    refund_id: UUID
    payment_id: UUID
    amount: Money


@dataclass(frozen=True, slots=True)
class ReviewOpened(Event):
    review_id: UUID
    kind: ReviewKind
    detail: str


@dataclass(frozen=True, slots=True)
class StaffActed(Event):
    """A person did this, for this reason; beside whatever else the act changed."""

    act: str
    by: str
    reason: str


def order_events(before: Order | None, after: Order) -> Iterator[Event]:
    """What a saved order has to tell, compared with how it was loaded."""
    if before is None:
        yield OrderPlaced(after.id, after.reference, after.source, after.total)
        if after.paid_by is not None:
            yield OrderPaid(after.id, after.paid_by, after.total)
        return
    if before.status is not after.status:
        yield OrderStatusChanged(after.id, before.status, after.status, after.close_reason)
    if before.fulfilment is not after.fulfilment:
        yield FulfilmentChanged(after.id, before.fulfilment, after.fulfilment)
    if before.paid_by is None and after.paid_by is not None:
        yield OrderPaid(after.id, after.paid_by, after.total)
    if after.closed_by is not None and before.closed_by is None:
        closing: dict[ClosedBy, type[OrderStopped | OrderCancelled | OrderExpired]] = {
            ClosedBy.BUYER: OrderStopped,
            ClosedBy.STAFF: OrderCancelled,
            ClosedBy.DEADLINE: OrderExpired,
        }
        yield closing[after.closed_by](after.id, after.close_reason)


def payment_events(before: Payment | None, after: Payment) -> Iterator[Event]:
    """What a saved payment has to tell, compared with how it was loaded."""
    if before is None:
        yield PaymentStarted(after.order_id, after.id, after.account, after.amount)
        if after.status is not PaymentStatus.NEW:
            yield PaymentStatusChanged(after.order_id, after.id, PaymentStatus.NEW, after.status)
        return
    if before.next_step is None and after.next_step is not None:
        yield ShopperSent(after.order_id, after.id)
    if before.status is not after.status:
        yield PaymentStatusChanged(after.order_id, after.id, before.status, after.status)


def refund_events(before: Refund | None, after: Refund) -> Iterator[Event]:
    """What a saved refund has to tell, compared with how it was loaded."""
    if before is None:
        yield RefundRequested(
            after.order_id, after.id, after.payment_id, after.amount, after.by, after.reason
        )
    elif before.status is not after.status:
        yield RefundStatusChanged(after.order_id, after.id, before.status, after.status)
        if after.status is RefundStatus.DONE:
            yield RefundDone(after.order_id, after.id, after.payment_id, after.amount)


def review_events(item: ReviewItem) -> Iterator[Event]:
    if item.order_id is not None:
        yield ReviewOpened(item.order_id, item.id, item.kind, item.detail)
