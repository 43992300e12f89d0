"""What a unit of work writes without being told: the events of its changes, and the goods they move. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from application.callbacks import RawCallback
from domain.basket import Basket
from domain.events import Event, order_events, payment_events, refund_events, review_events
from domain.order import Order, StockHold
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


def numbers(events: Iterable[Event], last: dict[UUID, int]) -> list[tuple[int, Event]]:
    """Each event with its number within its order, counted on from ``last``."""
    numbered = []
    for event in events:
        last[event.order_id] += 1
        numbered.append((last[event.order_id], event))
    return numbered


_OWN = frozenset({StockHold.HELD, StockHold.COMMITTED})


def needs(order: Order) -> dict[str, int]:
    """How many of each product the order is about, sorted by sku."""
    counted: Counter[str] = Counter()
    for line in order.goods:
        counted[line.sku] += line.quantity
    return dict(sorted(counted.items()))


def stock_moves(before: Order | None, after: Order) -> dict[str, int]:
    """What changes on the shelf, sorted by sku: negative when goods are taken.

    Goods are an order's own while it holds or committed them, so each is taken once and given back once.
    """
    had = before is not None and before.stock in _OWN
    has = after.stock in _OWN
    if had == has:
        return {}
    sign = -1 if has else 1
    return {sku: sign * quantity for sku, quantity in needs(after).items()}


def all_stock_moves(changes: Iterable[tuple[Order | None, Order]]) -> Sequence[tuple[str, Order, int]]:
    """The moves of several orders, sorted by sku so that no two units wait for each other."""
    found = [
        (sku, after, quantity)
        for before, after in changes
        for sku, quantity in stock_moves(before, after).items()
    ]
    return sorted(found, key=lambda move: (move[0], move[1].id))
