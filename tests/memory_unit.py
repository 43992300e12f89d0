"""The unit of work of tests/fakes.py: dicts, one lock, and the rules a database would hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar
from uuid import UUID

from adapters.persistence.collecting import Collected, Collecting
from adapters.persistence.derived import all_stock_moves, needs, numbers
from application.callbacks import RawCallback
from application.errors import (
    BasketNotFound,
    ConcurrentUpdate,
    OrderNotFound,
    OutOfStock,
    PaymentNotFound,
    ReviewNotFound,
    StorageUnavailable,
)
from application.ports.ambient import Clock, Ids
from application.ports.persistence import Attempt, EventRecord, StockMove
from domain.basket import Basket
from domain.order import Order
from domain.payment import Payment
from domain.refund import Refund
from domain.review import ReviewItem
from domain.transaction import MoneyFact, Transaction

OrderAndPayments = tuple[Order, tuple[Payment, ...]]
T = TypeVar("T")


class Memory(Protocol):
    """What a unit needs of its database."""

    state: State
    lock: Lock
    clock: Clock
    ids: Ids
    due: dict[UUID, datetime]
    busy_timeout: timedelta


@dataclass(frozen=True, slots=True)
class State:
    """Everything kept, replaced as a whole by a commit: a reader never sees half of one."""

    baskets: dict[UUID, Basket] = field(default_factory=dict)
    orders: dict[UUID, Order] = field(default_factory=dict)
    payments: dict[UUID, Payment] = field(default_factory=dict)
    refunds: dict[UUID, Refund] = field(default_factory=dict)
    reviews: dict[UUID, ReviewItem] = field(default_factory=dict)
    callbacks: dict[UUID, RawCallback] = field(default_factory=dict)
    transactions: dict[UUID, Transaction] = field(default_factory=dict)
    facts: dict[UUID, MoneyFact] = field(default_factory=dict)
    events: dict[UUID, EventRecord] = field(default_factory=dict)
    moves: dict[UUID, StockMove] = field(default_factory=dict)
    stock: dict[str, int] = field(default_factory=dict)

    def copy(self) -> State:
        return State(*(dict(getattr(self, name)) for name in State.__slots__))


def _unique(state: State) -> Iterator[tuple[str, Iterable[object]]]:
    orders, payments = state.orders.values(), state.payments.values()
    yield "order reference", (o.reference for o in orders)
    yield "order key", (o.key for o in orders)
    yield "host's order", ((o.source, o.source_reference) for o in orders if o.source_reference is not None)
    yield "basket's order", ((o.basket_id, o.basket_version) for o in orders if o.basket_id is not None)
    yield "payment reference", (p.reference for p in payments)
    yield "payment token", (p.token for p in payments)
    yield "idempotency key", (p.idempotency_key for p in payments)
    yield "session", ((p.account, p.gateway_reference) for p in payments if p.gateway_reference is not None)
    yield "money fact", ((f.account, f.kind, f.gateway_id) for f in state.facts.values())
    yield "refund key", (r.key for r in state.refunds.values())
    yield "event key", ((c.account, c.event_key) for c in state.callbacks.values() if c.event_key is not None)


class MemoryUnit(Collecting):
    """A unit of work on a MemoryDatabase: the first read takes the one lock there is."""

    def __init__(self, database: Memory) -> None:
        super().__init__()
        self._database = database
        self._held = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._let_go()

    def _let_go(self) -> None:
        if self._held:
            self._held = False
            self._database.lock.release()

    @property
    def _state(self) -> State:
        if not self._held:
            if not self._database.lock.acquire(timeout=self._database.busy_timeout.total_seconds()):
                raise StorageUnavailable("another unit of work is open")
            self._held = True
        return self._database.state

    def commit(self) -> None:
        collected, self._collected = self._collected, Collected()
        try:
            state = self._state.copy()
            self._number(state, collected)
            for name in ("baskets", "orders", "payments", "refunds", "reviews"):
                _write(getattr(state, name), getattr(collected, name).changes())
            for id in collected.dropped:
                state.baskets.pop(id, None)
            for id, callback in collected.callbacks.after.items():
                if (id in state.callbacks) is not (id in collected.callbacks.before):
                    raise ConcurrentUpdate(f"callback {id}")
                state.callbacks[id] = callback
            state.transactions.update((one.id, one) for one in collected.transactions)
            state.facts.update((one.id, one) for one in collected.facts)
            self._move_stock(state, collected)
            _check(state)
            self._database.state = state
        finally:
            self._let_go()

    def _number(self, state: State, collected: Collected) -> None:
        happened = collected.events()
        for event in happened:
            if collected.orders.latest(event.order_id) is None:
                collected.orders.found(got(state.orders, event.order_id, OrderNotFound))
        known = {event.order_id: collected.orders.latest(event.order_id) for event in happened}
        last = {id: order.event_seq for id, order in known.items() if order is not None}
        now = self._database.clock.now()
        for seq, event in numbers(happened, last):
            record = EventRecord(
                self._database.ids.new(), event.order_id, seq, event.name, event.payload(), now
            )
            state.events[record.id] = record
            self._database.due[record.id] = now
        for id, seq in last.items():
            order = known[id]
            if order is not None:
                collected.orders.save(replace(order, event_seq=seq))

    def _move_stock(self, state: State, collected: Collected) -> None:
        for sku, order, quantity in all_stock_moves(collected.orders.changes()):
            if sku not in state.stock:
                continue
            left = state.stock[sku] + quantity
            if left < 0:
                raise OutOfStock(sku, next(o.name for o in order.goods if o.sku == sku), state.stock[sku])
            state.stock[sku] = left
            move = StockMove(order.id, sku, quantity, self._database.clock.now())
            state.moves[self._database.ids.new()] = move

    def lock_basket(self, basket_id: UUID) -> Basket:
        return self._collected.baskets.found(got(self._state.baskets, basket_id, BasketNotFound))

    def lock_order(self, order_id: UUID) -> OrderAndPayments:
        order = self._collected.orders.found(got(self._state.orders, order_id, OrderNotFound))
        return order, tuple(map(self._collected.payments.found, payments_of(self._state, order_id)))

    def lock_attempt(
        self,
        reference: str,
        *,
        account: str = "",
        event_key: str | None = None,
        fact: tuple[str, str, str] | None = None,
    ) -> Attempt | None:
        found = [payment for payment in self._state.payments.values() if payment.reference == reference]
        if not found:
            return None
        attempt = self.lock_payment(found[0].id, fact=fact)
        seen = [
            callback.id
            for callback in self._state.callbacks.values()
            if event_key is not None and (callback.account, callback.event_key) == (account, event_key)
        ]
        return replace(attempt, seen_before=seen[0] if seen else None)

    def lock_payment(self, payment_id: UUID, *, fact: tuple[str, str, str] | None = None) -> Attempt:
        payment = got(self._state.payments, payment_id, PaymentNotFound)
        order, payments = self.lock_order(payment.order_id)
        others = tuple(other for other in payments if other.id != payment_id)
        facts = self._state.facts.values()
        known = fact in [(one.account, one.kind.value, one.gateway_id) for one in facts]
        return Attempt(order, payment, others, fact_known=known)

    def lock_refund(
        self, *, key: str = "", account: str = "", gateway_id: str = "", refund_id: UUID | None = None
    ) -> Refund | None:
        def is_wanted(refund: Refund) -> bool:
            return refund.id == refund_id if refund_id else refund.key == key

        def is_told(refund: Refund) -> bool:
            theirs = self._state.payments[refund.payment_id].account == account
            return theirs and bool(gateway_id) and refund.gateway_id == gateway_id

        for fits in (is_wanted, is_told):
            for refund in self._state.refunds.values():
                if fits(refund):
                    return self._collected.refunds.found(refund)
        return None

    def lock_review(self, review_id: UUID) -> ReviewItem:
        return self._collected.reviews.found(got(self._state.reviews, review_id, ReviewNotFound))

    def order_of_basket(self, basket_id: UUID, version: int) -> Order | None:
        return self._order(lambda one: (one.basket_id, one.basket_version) == (basket_id, version))

    def order_of_source(self, source: str, source_reference: str) -> Order | None:
        return self._order(lambda one: (one.source, one.source_reference) == (source, source_reference))

    def _order(self, fits: Callable[[Order], bool]) -> Order | None:
        found = [order for order in self._state.orders.values() if fits(order)]
        return self._collected.orders.found(found[0]) if found else None

    def refunds_of(self, payment_id: UUID) -> tuple[Refund, ...]:
        found = (one for one in self._state.refunds.values() if one.payment_id == payment_id)
        return tuple(map(self._collected.refunds.found, sorted(found, key=lambda r: (r.created_at, r.id))))

    def goods_free(self, order: Order) -> bool:
        left = self._state.stock
        return all(left.get(sku, quantity) >= quantity for sku, quantity in needs(order).items())


def got(rows: dict[UUID, T], id: UUID, missing: type[Exception]) -> T:
    if id not in rows:
        raise missing(str(id))
    return rows[id]


def payments_of(state: State, order_id: UUID) -> tuple[Payment, ...]:
    """Oldest first."""
    found = (payment for payment in state.payments.values() if payment.order_id == order_id)
    return tuple(sorted(found, key=lambda payment: (payment.created_at, payment.id)))


def _write(rows: dict[UUID, Any], changes: Iterable[tuple[Any, Any]]) -> None:
    """Compare-and-set on the version for what was loaded; a new row must be new."""
    for before, after in changes:
        if before is None and after.id in rows:
            raise ConcurrentUpdate(f"{after.id} is there already")
        if before is not None and (after.id not in rows or rows[after.id].version != before.version):
            raise ConcurrentUpdate(f"{after.id} changed since it was read")
        if before is None:
            rows[after.id] = after
        elif isinstance(after, Basket):
            rows[after.id] = replace(after, version=max(after.version, before.version + 1))
        else:
            rows[after.id] = replace(after, version=before.version + 1)


def _check(state: State) -> None:
    for what, keys in _unique(state):
        held = list(keys)
        if len(set(held)) != len(held):
            raise ConcurrentUpdate(f"a taken {what}")
    for payment in state.payments.values():
        if payment.refunded + payment.reserved > payment.captured:
            raise ValueError(f"{payment.id} gives back more than came in")
