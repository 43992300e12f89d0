"""What an order page is about: one state, computed from the order and its payments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.order import ClosedBy, Order, OrderStatus
from domain.payment import UNEXPIRABLE, Payment, PaymentStatus

USUAL = timedelta(seconds=60)
"""How long an answer usually takes."""
PATIENCE = timedelta(minutes=15)
"""After this without an answer nobody knows whether the payment went through."""


class State(StrEnum):
    """The page's own words for what is true; ``kind`` is the tone of its panel."""

    OPEN = "open"
    WAITING = "waiting"
    LONGER = "longer"
    UNKNOWN = "unknown"
    APPROVED = "approved"
    TRANSFER = "transfer"
    PART_ARRIVED = "part_arrived"
    PROMISED = "promised"
    PAID = "paid"
    NOTHING_DUE = "nothing_due"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"
    DUPLICATE = "duplicate"
    DECLINED = "declined"
    NOT_STARTED = "not_started"
    GIVEN_UP = "given_up"
    SESSION_OVER = "session_over"
    STOPPED = "stopped"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    LATE = "late"
    REVIEW = "review"

    @property
    def kind(self) -> str:
        return next((kind for kind, states in _KINDS.items() if self in states), "idle")

    @property
    def is_waiting(self) -> bool:
        """The answer is expected to come by itself: the page asks again."""
        return self in (State.WAITING, State.LONGER, State.UNKNOWN, State.APPROVED)

    @property
    def is_paid(self) -> bool:
        """The page is a receipt."""
        return self in _RECEIPTS

    @property
    def is_promise(self) -> bool:
        return self in (State.TRANSFER, State.PART_ARRIVED, State.PROMISED)


_RECEIPTS = frozenset({State.PAID, State.NOTHING_DUE, State.PARTLY_REFUNDED, State.REFUNDED, State.DUPLICATE})
_KINDS = {
    "ok": frozenset({State.PAID, State.NOTHING_DUE, State.PROMISED}),
    "info": frozenset(
        {State.WAITING, State.LONGER, State.APPROVED, State.TRANSFER, State.PARTLY_REFUNDED, State.REFUNDED}
    ),
    "warn": frozenset(
        {
            State.UNKNOWN,
            State.PART_ARRIVED,
            State.DUPLICATE,
            State.NOT_STARTED,
            State.LATE,
            State.REVIEW,
        }
    ),
    "bad": frozenset({State.DECLINED}),
}
_OVER = {
    PaymentStatus.FAILED: State.DECLINED,
    PaymentStatus.CANCELLED: State.GIVEN_UP,
    PaymentStatus.EXPIRED: State.SESSION_OVER,
}
_CLOSED = {ClosedBy.BUYER: State.STOPPED, ClosedBy.DEADLINE: State.EXPIRED, ClosedBy.STAFF: State.CANCELLED}


@dataclass(frozen=True, slots=True)
class Situation:
    """A state and the payment it is about, if it is about one."""

    state: State
    payment: Payment | None = None


def situation(
    order: Order, payments: Sequence[Payment], now: datetime, is_offline: Callable[[Payment], bool]
) -> Situation:
    """The one truth the page tells. ``is_offline``: nothing on the wire, a person sees the money."""
    known = sorted(payments, key=lambda payment: (payment.created_at, payment.id))
    if order.is_paid:
        return _paid(order, known)
    received = next((item for item in known if item.captured.is_positive and not item.is_emptied), None)
    if order.status is OrderStatus.ERROR:
        return Situation(State.LATE if received else State.REVIEW, received or _last(known))
    if order.is_closed:
        closed = _CLOSED[order.closed_by or ClosedBy.STAFF]
        return Situation(State.LATE if received else closed, received or _last(known))
    speaking = _speaking(known)
    if order.status is OrderStatus.VALIDATED:
        return Situation(State.PROMISED, speaking)
    if speaking is None:
        return Situation(State.OPEN)
    return Situation(_unpaid(speaking, now, is_offline(speaking)), speaking)


def changed_at(order: Order, payments: Sequence[Payment]) -> datetime:
    """When anything last moved."""
    return max([order.placed_at, *(payment.updated_at for payment in payments)])


def waits_since(payment: Payment) -> datetime:
    """Since when an answer is due: the shopper's return, else the start of the attempt."""
    return payment.returned_at or payment.created_at


def takes_payment(order: Order, payments: Sequence[Payment]) -> bool:
    """Whether another attempt makes sense: not while money is held or a part of it is here."""
    return order.is_payable and not any(payment.status in UNEXPIRABLE for payment in payments)


def nothing_was_charged(payments: Sequence[Payment]) -> bool:
    """True only when every attempt was finally refused, or none was ever made."""
    return all(payment.status is PaymentStatus.FAILED for payment in payments)


def _last(known: Sequence[Payment]) -> Payment | None:
    return known[-1] if known else None


def _speaking(known: Sequence[Payment]) -> Payment | None:
    """The newest attempt speaks, unless money of an earlier one is held or may be on its way."""
    for status in (PaymentStatus.PARTIALLY_PAID, PaymentStatus.AUTHORIZED, PaymentStatus.UNKNOWN):
        held = [payment for payment in known if payment.status is status]
        if held:
            return held[-1]
    came_back = [payment for payment in known if payment.is_out and payment.returned_at]
    return _last(came_back) or _last(known)


def _unpaid(payment: Payment, now: datetime, offline: bool) -> State:
    if payment.status is PaymentStatus.PARTIALLY_PAID:
        return State.PART_ARRIVED if offline else State.APPROVED
    if payment.status is PaymentStatus.AUTHORIZED:
        return State.APPROVED
    if payment.status is PaymentStatus.FAILED and payment.next_step is None:
        return State.NOT_STARTED
    if payment.status in _OVER:
        return _OVER[payment.status]
    if offline:
        return State.TRANSFER
    waited = now - waits_since(payment)
    if payment.status is PaymentStatus.UNKNOWN or waited >= PATIENCE:
        return State.UNKNOWN
    return State.LONGER if waited >= USUAL else State.WAITING


def _paid(order: Order, known: Sequence[Payment]) -> Situation:
    paying = next((payment for payment in known if payment.id == order.paid_by), None)
    second = [
        item
        for item in known
        if item.id != order.paid_by and item.captured.is_positive and not item.is_emptied
    ]
    if second:
        return Situation(State.DUPLICATE, second[-1])
    if paying is None or not paying.captured.is_positive:
        return Situation(State.NOTHING_DUE, paying)
    if paying.is_emptied:
        return Situation(State.REFUNDED, paying)
    return Situation(State.PARTLY_REFUNDED if paying.returned.is_positive else State.PAID, paying)
