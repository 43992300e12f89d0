"""Where orders, money and messages are kept.

A unit of work *collects*: reads happen at once, writes when it commits, in one transaction. Methods named
``lock`` take the row for writing until the end (SQLite: the whole database). Lock order: basket, order,
payment, refund, then stock by sku. ``save`` is a compare-and-set on ``version`` and bumps it. What a saved
aggregate has to tell (events) and what an order does to the stock is derived by the unit of work from how it
was loaded, and written in the same commit.

Raises everywhere: StorageUnavailable; on commit also ConcurrentUpdate (stale version, a taken unique key, a
deadlock, a lost lock wait) and OutOfStock. After any of them nothing of the unit was written, except that a
connection lost *during* COMMIT leaves it open: read again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Protocol, Self
from uuid import UUID

from application.callbacks import CallbackState, RawCallback
from application.overview import Attention, Mark, Taking
from application.overview import OrderFilter as OrderFilter
from domain.basket import Basket
from domain.events import Event, Plain
from domain.order import Order
from domain.payment import Payment, PaymentStatus
from domain.refund import Refund
from domain.review import ReviewItem
from domain.transaction import MoneyFact, Transaction


@dataclass(frozen=True, slots=True)
class Attempt:
    """A payment with its order and the order's other payments, all locked; and what is already known.

    ``seen_before``: an authenticated callback with this event key is stored. ``fact_known``: the money is
    recorded. Both are hints read after the lock; the unique keys are the wall.
    """

    order: Order
    payment: Payment
    others: tuple[Payment, ...] = ()
    seen_before: UUID | None = None
    fact_known: bool = False


@dataclass(frozen=True, slots=True)
class EventRecord:
    """An event as stored: numbered per order, with its delivery state."""

    id: UUID
    order_id: UUID
    seq: int
    name: str
    payload: Mapping[str, Plain]
    at: datetime
    attempts: int = 0
    delivered_at: datetime | None = None
    dead_at: datetime | None = None
    last_error: str = ""


class UnitOfWork(Protocol):
    """One transaction. Leaving the block without ``commit`` writes nothing."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def commit(self) -> None:
        """Write everything collected, with events and stock moves. Raises ConcurrentUpdate, OutOfStock."""
        ...

    def lock_basket(self, basket_id: UUID) -> Basket:
        """Raises BasketNotFound."""
        ...

    def lock_order(self, order_id: UUID) -> tuple[Order, tuple[Payment, ...]]:
        """The order and all its payments, oldest first. Raises OrderNotFound."""
        ...

    def lock_attempt(
        self,
        reference: str,
        *,
        account: str = "",
        event_key: str | None = None,
        fact: tuple[str, str, str] | None = None,
    ) -> Attempt | None:
        """The attempt with our ``reference``; None when unknown. ``fact`` is (account, kind, gateway id)."""
        ...

    def lock_payment(self, payment_id: UUID, *, fact: tuple[str, str, str] | None = None) -> Attempt:
        """Raises PaymentNotFound."""
        ...

    def lock_refund(
        self, *, key: str = "", account: str = "", gateway_id: str = "", refund_id: UUID | None = None
    ) -> Refund | None:
        """The refund by our key, its id, or the gateway's id under an account."""
        ...

    def lock_review(self, review_id: UUID) -> ReviewItem:
        """Raises ReviewNotFound."""
        ...

    def order_of_basket(self, basket_id: UUID, version: int) -> Order | None: ...

    def order_of_source(self, source: str, source_reference: str) -> Order | None: ...

    def refunds_of(self, payment_id: UUID) -> tuple[Refund, ...]: ...

    def goods_free(self, order: Order) -> bool:
        """Whether the released goods of ``order`` could be held again; locks the stock rows by sku."""
        ...

    def add_basket(self, basket: Basket) -> None: ...

    def save_basket(self, basket: Basket) -> None: ...

    def drop_basket(self, basket_id: UUID) -> None: ...

    def add_order(self, order: Order) -> None:
        """Takes the stock of its goods when it holds any: OutOfStock at commit."""
        ...

    def save_order(self, order: Order) -> None: ...

    def add_payment(self, payment: Payment) -> None: ...

    def save_payment(self, payment: Payment) -> None: ...

    def add_transaction(self, transaction: Transaction) -> None: ...

    def add_fact(self, fact: MoneyFact) -> None: ...

    def add_refund(self, refund: Refund) -> None: ...

    def save_refund(self, refund: Refund) -> None: ...

    def add_review(self, item: ReviewItem) -> None: ...

    def save_review(self, item: ReviewItem) -> None: ...

    def add_callback(self, callback: RawCallback) -> None: ...

    def save_callback(self, callback: RawCallback) -> None: ...

    def add_event(self, event: Event) -> None:
        """An event that no change of an aggregate tells (its order must be locked or added here)."""
        ...


class Units(Protocol):
    """Opens units of work."""

    def __call__(self, *, patience: timedelta | None = None) -> UnitOfWork:
        """``patience`` bounds the wait for a row lock (where the database has any); then ConcurrentUpdate."""
        ...


@dataclass(frozen=True, slots=True)
class OrderFile:
    """Everything known about one order, for pages, inspectors and checks."""

    order: Order
    payments: tuple[Payment, ...] = ()
    transactions: tuple[Transaction, ...] = ()
    facts: tuple[MoneyFact, ...] = ()
    refunds: tuple[Refund, ...] = ()
    reviews: tuple[ReviewItem, ...] = ()
    events: tuple[EventRecord, ...] = ()
    callbacks: tuple[RawCallback, ...] = ()
    stock_moves: tuple[StockMove, ...] = ()


@dataclass(frozen=True, slots=True)
class StockMove:
    """Append-only: ``quantity`` is negative when goods were taken from the shelf."""

    order_id: UUID
    sku: str
    quantity: int
    at: datetime


class Reads(Protocol):
    """Questions without locks, each one round trip or a fixed few; never inside a unit of work."""

    def order_by_key(self, key: str) -> tuple[Order, tuple[Payment, ...]]:
        """Raises OrderNotFound."""
        ...

    def order_by_id(self, order_id: UUID) -> tuple[Order, tuple[Payment, ...]]:
        """Raises OrderNotFound."""
        ...

    def order_by_reference(self, reference: str) -> tuple[Order, tuple[Payment, ...]]:
        """By our own reference. Raises OrderNotFound."""
        ...

    def payment_by_token(self, account: str, token: str) -> tuple[Order, Payment]:
        """By the token in a return address. Raises PaymentNotFound."""
        ...

    def payment(self, payment_id: UUID) -> tuple[Order, Payment]:
        """Raises PaymentNotFound."""
        ...

    def payment_reference(self, account: str, told: str) -> str:
        """Our reference of the attempt that is called so: by that reference itself, or by the gateway's id of
        its session or capture; empty: unknown."""
        ...

    def order_file(self, order_id: UUID) -> OrderFile:
        """Raises OrderNotFound."""
        ...

    def orders(self, wanted: OrderFilter) -> tuple[tuple[Order, tuple[Payment, ...]], ...]:
        """Newest first."""
        ...

    def payments(
        self,
        *,
        status: PaymentStatus | None = None,
        account: str = "",
        limit: int = 50,
        before: Mark | None = None,
    ) -> tuple[tuple[Order, Payment], ...]:
        """Newest first."""
        ...

    def callbacks(
        self,
        *,
        state: CallbackState | None = None,
        account: str = "",
        limit: int = 50,
        before: Mark | None = None,
        failing: bool = False,
    ) -> tuple[RawCallback, ...]:
        """Newest first; ``failing``: only those whose state is one of FAILING."""
        ...

    def callback(self, callback_id: UUID) -> RawCallback:
        """Raises CallbackNotFound."""
        ...

    def reviews(self, *, open_only: bool = True, limit: int = 50) -> tuple[ReviewItem, ...]: ...

    def events(self, *, undelivered: bool = False, limit: int = 50) -> tuple[EventRecord, ...]: ...

    def basket(self, basket_id: UUID) -> Basket:
        """Raises BasketNotFound."""
        ...

    def orders_of_customer(self, customer_id: UUID, limit: int = 50) -> tuple[Order, ...]: ...

    def last_callback_at(self, account: str) -> datetime | None: ...

    def last_callbacks(self, accounts: Sequence[str]) -> Mapping[str, datetime]:
        """When each account was last called back; those that never were are left out."""
        ...

    def references(self, order_ids: Sequence[UUID]) -> Mapping[UUID, str]:
        """Our references of these orders."""
        ...

    def attention(self, failing_since: datetime) -> Attention: ...

    def takings(self, since: datetime) -> tuple[Taking, ...]:
        """The money facts since then, by currency code."""
        ...


class Work(Protocol):
    """Claims for the run-once jobs: leases by the database's clock, SKIP LOCKED where there is any."""

    def claim_callbacks(self, owner: str, lease: timedelta, limit: int) -> Sequence[RawCallback]:
        """Pending callbacks that are due."""
        ...

    def claim_payments(self, owner: str, lease: timedelta, limit: int) -> Sequence[Payment]:
        """Payments whose ``look_at`` has come."""
        ...

    def claim_refunds(self, owner: str, lease: timedelta, limit: int) -> Sequence[Refund]:
        """Open refunds whose ``look_at`` has come."""
        ...

    def overdue_orders(self, limit: int, *, skip: int = 0) -> Sequence[UUID]:
        """Payable orders past their deadline, oldest first, without the first ``skip``."""
        ...

    def claim_events(self, owner: str, lease: timedelta, limit: int) -> Sequence[EventRecord]:
        """The oldest undelivered, due event of each order; never two of one order."""
        ...

    def event_delivered(self, event_id: UUID, owner: str) -> None: ...

    def event_failed(self, event_id: UUID, owner: str, error: str, retry_at: datetime | None) -> None:
        """``retry_at`` None: a dead letter; later events of its order go on."""
        ...

    def heartbeat(self, owner: str, at: datetime) -> None: ...
