"""What a unit of work holds back until it commits: aggregates before and after, records, events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from application.callbacks import RawCallback
from domain.basket import Basket
from domain.events import Event, order_events, payment_events, refund_events, review_events
from domain.order import Order
from domain.payment import Payment
from domain.refund import Refund
from domain.review import ReviewItem
from domain.transaction import MoneyFact, Transaction


class Identified(Protocol):
    @property
    def id(self) -> UUID: ...


A = TypeVar("A", bound=Identified)


@dataclass(slots=True)
class Tracked(Generic[A]):
    """Aggregates of one kind inside one unit of work: as they were loaded, and as they shall be."""

    before: dict[UUID, A] = field(default_factory=dict)
    after: dict[UUID, A] = field(default_factory=dict)

    def found(self, aggregate: A) -> A:
        self.before[aggregate.id] = aggregate
        return aggregate

    def add(self, aggregate: A) -> None:
        self.after[aggregate.id] = aggregate

    def save(self, aggregate: A) -> None:
        """Raises LookupError for what was neither loaded nor added here: its change is unknown."""
        if aggregate.id not in self.before and aggregate.id not in self.after:
            raise LookupError(
                f"{type(aggregate).__name__} {aggregate.id} was not loaded in this unit of work"
            )
        self.after[aggregate.id] = aggregate

    def latest(self, id: UUID) -> A | None:
        return self.after.get(id) or self.before.get(id)

    def changes(self) -> Iterator[tuple[A | None, A]]:
        """(as loaded, as it shall be), without what stayed as it was; None: it is new."""
        for id, after in self.after.items():
            before = self.before.get(id)
            if before != after:
                yield before, after


@dataclass(slots=True)
class Collected:
    """Everything a unit of work has seen and wants written."""

    baskets: Tracked[Basket] = field(default_factory=lambda: Tracked())
    orders: Tracked[Order] = field(default_factory=lambda: Tracked())
    payments: Tracked[Payment] = field(default_factory=lambda: Tracked())
    refunds: Tracked[Refund] = field(default_factory=lambda: Tracked())
    reviews: Tracked[ReviewItem] = field(default_factory=lambda: Tracked())
    callbacks: Tracked[RawCallback] = field(default_factory=lambda: Tracked())
    dropped: list[UUID] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)
    facts: list[MoneyFact] = field(default_factory=list)
    told: list[Event] = field(default_factory=list)

    def events(self) -> list[Event]:
        """In the order they happened: orders placed, what was told, money, orders, refunds, questions."""
        orders = list(self.orders.changes())
        happened: list[Event] = []
        for before, after in orders:
            if before is None:
                happened += order_events(before, after)
        happened += self.told
        for payment, settled in self.payments.changes():
            happened += payment_events(payment, settled)
        for before, after in orders:
            if before is not None:
                happened += order_events(before, after)
        for refund, moved in self.refunds.changes():
            happened += refund_events(refund, moved)
        for item, asked in self.reviews.changes():
            if item is None:
                happened += review_events(asked)
        return happened


class Collecting:
    """The half of a unit of work that only remembers; nothing here speaks to a database."""

    def __init__(self) -> None:
        self._collected = Collected()

    def add_basket(self, basket: Basket) -> None:
        self._collected.baskets.add(basket)

    def save_basket(self, basket: Basket) -> None:
        self._collected.baskets.save(basket)

    def drop_basket(self, basket_id: UUID) -> None:
        self._collected.baskets.after.pop(basket_id, None)
        self._collected.dropped.append(basket_id)

    def add_order(self, order: Order) -> None:
        self._collected.orders.add(order)

    def save_order(self, order: Order) -> None:
        self._collected.orders.save(order)

    def add_payment(self, payment: Payment) -> None:
        self._collected.payments.add(payment)

    def save_payment(self, payment: Payment) -> None:
        self._collected.payments.save(payment)

    def add_transaction(self, transaction: Transaction) -> None:
        self._collected.transactions.append(transaction)

    def add_fact(self, fact: MoneyFact) -> None:
        self._collected.facts.append(fact)

    def add_refund(self, refund: Refund) -> None:
        self._collected.refunds.add(refund)

    def save_refund(self, refund: Refund) -> None:
        self._collected.refunds.save(refund)

    def add_review(self, item: ReviewItem) -> None:
        self._collected.reviews.add(item)

    def save_review(self, item: ReviewItem) -> None:
        self._collected.reviews.save(item)

    def add_callback(self, callback: RawCallback) -> None:
        self._collected.callbacks.add(callback)

    def save_callback(self, callback: RawCallback) -> None:
        if callback.id not in self._collected.callbacks.after:
            self._collected.callbacks.found(callback)
        self._collected.callbacks.save(callback)

    def add_event(self, event: Event) -> None:
        """An event that no change of an aggregate tells."""
        self._collected.told.append(event)
