"""What stands in for the outside in tests: a still clock, counted ids, a database made of dicts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Lock
from typing import Any, TypeVar
from uuid import UUID

from application.callbacks import CallbackState, RawCallback
from application.errors import (
    BasketNotFound,
    CallbackNotFound,
    ConcurrentUpdate,
    OrderNotFound,
    PaymentNotFound,
)
from application.ports.ambient import Clock, Ids
from application.ports.people import User
from application.ports.persistence import EventRecord, OrderFile, OrderFilter
from domain.basket import Basket, Product
from domain.order import Order
from domain.payment import Payment, PaymentStatus
from domain.quote import Voucher
from domain.refund import Refund
from domain.review import ReviewItem
from tests.memory_unit import MemoryUnit, OrderAndPayments, State, got, payments_of

T = TypeVar("T")


class FrozenClock:
    """Time that moves only when told to."""

    def __init__(self, at: datetime = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)) -> None:
        self._now = at

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> datetime:
        self._now += by
        return self._now


class SequentialIds:
    """Ids that count: the same in every run, ordered like the real ones, unique within one instance."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def new(self) -> UUID:
        return UUID(int=next(self._numbers) << 80 | 7 << 76 | 2 << 62)

    def order_reference(self, now: datetime) -> str:
        return f"{now:%y%m%d}{next(self._numbers):06}"

    def secret(self) -> str:
        return f"secret-{next(self._numbers):032}"


class MemoryDatabase:
    """The same ports as ``adapters.persistence.Database``, without a database; one writer at a time."""

    def __init__(self, *, clock: Clock, ids: Ids, busy_timeout: timedelta = timedelta(seconds=5)) -> None:
        self.clock, self.ids, self.busy_timeout = clock, ids, busy_timeout
        self.state = State()
        self.lock = Lock()
        self.due: dict[UUID, datetime] = {}
        self.beats: dict[str, datetime] = {}
        self.reads = MemoryReads(self)
        self.work = MemoryWork(self)
        self.catalogue = MemoryCatalogue(self)
        self.users = MemoryUsers()

    def units(self, *, patience: timedelta | None = None) -> MemoryUnit:
        return MemoryUnit(self)

    def ping(self) -> None:
        """It is always there."""

    def dispose(self) -> None:
        """There is nothing to close."""


def _newest(rows: Iterable[Any], when: str, limit: int) -> tuple[Any, ...]:
    return tuple(sorted(rows, key=lambda row: (getattr(row, when), row.id), reverse=True)[:limit])


class MemoryReads:
    """Questions to the last committed state."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    @property
    def _state(self) -> State:
        return self._database.state

    def _order(self, fits: Callable[[Order], bool]) -> OrderAndPayments:
        for order in self._state.orders.values():
            if fits(order):
                return order, payments_of(self._state, order.id)
        raise OrderNotFound("no such order")

    def order_by_key(self, key: str) -> OrderAndPayments:
        return self._order(lambda order: order.key == key)

    def order_by_id(self, order_id: UUID) -> OrderAndPayments:
        return self._order(lambda order: order.id == order_id)

    def order_by_reference(self, reference: str) -> OrderAndPayments:
        return self._order(lambda order: order.reference == reference)

    def payment_by_token(self, account: str, token: str) -> tuple[Order, Payment]:
        for payment in self._state.payments.values():
            if (payment.account, payment.token) == (account, token):
                return self._state.orders[payment.order_id], payment
        raise PaymentNotFound("no such payment")

    def payment(self, payment_id: UUID) -> tuple[Order, Payment]:
        payment = got(self._state.payments, payment_id, PaymentNotFound)
        return self._state.orders[payment.order_id], payment

    def order_file(self, order_id: UUID) -> OrderFile:
        order, payments = self.order_by_id(order_id)
        state = self._state

        def its(rows: dict[UUID, T], when: str) -> tuple[T, ...]:
            found = ((id, row) for id, row in rows.items() if getattr(row, "order_id", None) == order_id)
            return tuple(row for _, row in sorted(found, key=lambda it: (getattr(it[1], when), it[0])))

        return OrderFile(
            order,
            payments,
            its(state.transactions, "at"),
            its(state.facts, "at"),
            its(state.refunds, "created_at"),
            its(state.reviews, "opened_at"),
            its(state.events, "seq"),
            its(state.callbacks, "received_at"),
            its(state.moves, "at"),
        )

    def orders(self, wanted: OrderFilter) -> tuple[OrderAndPayments, ...]:
        text = wanted.text.strip()

        def fits(order: Order) -> bool:
            told = {order.reference, order.source_reference, order.buyer.email.lower()}
            for payment in payments_of(self._state, order.id):
                told |= {payment.reference, payment.gateway_reference}
            return (
                (not wanted.status or order.status == wanted.status)
                and (not text or text in told or text.lower() == order.buyer.email.lower())
                and (wanted.before is None or (order.placed_at, order.id) < wanted.before)
            )

        page = _newest(filter(fits, self._state.orders.values()), "placed_at", wanted.limit)
        return tuple((order, payments_of(self._state, order.id)) for order in page)

    def payments(
        self, *, status: PaymentStatus | None = None, account: str = "", limit: int = 50
    ) -> tuple[tuple[Order, Payment], ...]:
        found = (
            one
            for one in self._state.payments.values()
            if status in (None, one.status) and account in ("", one.account)
        )
        return tuple(self.payment(one.id) for one in _newest(found, "created_at", limit))

    def callbacks(
        self, *, state: CallbackState | None = None, account: str = "", limit: int = 50
    ) -> tuple[RawCallback, ...]:
        found = (
            one
            for one in self._state.callbacks.values()
            if state in (None, one.state) and account in ("", one.account)
        )
        return _newest(found, "received_at", limit)

    def callback(self, callback_id: UUID) -> RawCallback:
        return got(self._state.callbacks, callback_id, CallbackNotFound)

    def reviews(self, *, open_only: bool = True, limit: int = 50) -> tuple[ReviewItem, ...]:
        found = (one for one in self._state.reviews.values() if one.is_open or not open_only)
        return _newest(found, "opened_at", limit)

    def events(self, *, undelivered: bool = False, limit: int = 50) -> tuple[EventRecord, ...]:
        if not undelivered:
            return tuple(sorted(self._state.events.values(), key=lambda one: one.id, reverse=True)[:limit])
        due = self._database.due
        owed = (one for one in self._state.events.values() if is_owed(one))
        return tuple(sorted(owed, key=lambda one: (due[one.id], one.order_id, one.seq))[:limit])

    def basket(self, basket_id: UUID) -> Basket:
        return got(self._state.baskets, basket_id, BasketNotFound)

    def orders_of_customer(self, customer_id: UUID, limit: int = 50) -> tuple[Order, ...]:
        found = (one for one in self._state.orders.values() if one.customer_id == customer_id)
        return _newest(found, "placed_at", limit)

    def last_callback_at(self, account: str) -> datetime | None:
        found = [one.received_at for one in self._state.callbacks.values() if one.account == account]
        return max(found, default=None)


def is_owed(event: EventRecord) -> bool:
    return event.delivered_at is None and event.dead_at is None


class MemoryWork:
    """Claims by the clock of the test."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database
        self._leases: dict[UUID, tuple[str, datetime, object]] = {}

    def _claim(
        self, owner: str, lease: timedelta, limit: int, rows: Iterable[tuple[datetime | None, T]]
    ) -> list[T]:
        """A saved row is another row: that ends its lease, as it does in a database."""
        now = self._database.clock.now()
        claimed: list[T] = []
        with self._database.lock:
            due = [(at, row) for at, row in rows if at is not None and at <= now]
            for _, row in sorted(due, key=lambda it: (it[0], _id(it[1]))):
                _, until, leased = self._leases.get(_id(row), ("", now, None))
                if len(claimed) < limit and (leased is not row or until < now):
                    self._leases[_id(row)] = (owner, now + lease, row)
                    claimed.append(row)
        return claimed

    def claim_callbacks(self, owner: str, lease: timedelta, limit: int) -> Sequence[RawCallback]:
        rows = self._database.state.callbacks.values()
        pending = ((one.due_at or one.received_at, one) for one in rows if one.state is CallbackState.PENDING)
        return self._claim(owner, lease, limit, pending)

    def claim_payments(self, owner: str, lease: timedelta, limit: int) -> Sequence[Payment]:
        rows = self._database.state.payments.values()
        return self._claim(owner, lease, limit, ((one.look_at, one) for one in rows))

    def claim_refunds(self, owner: str, lease: timedelta, limit: int) -> Sequence[Refund]:
        rows = self._database.state.refunds.values()
        return self._claim(owner, lease, limit, ((one.look_at, one) for one in rows if one.is_open))

    def overdue_orders(self, limit: int) -> Sequence[UUID]:
        now = self._database.clock.now()
        found = [
            (one.deadline, one.id)
            for one in self._database.state.orders.values()
            if one.is_payable and one.deadline is not None and one.deadline < now
        ]
        return [id for _, id in sorted(found)[:limit]]

    def claim_events(self, owner: str, lease: timedelta, limit: int) -> Sequence[EventRecord]:
        first: dict[UUID, EventRecord] = {}
        for event in sorted(self._database.state.events.values(), key=lambda one: one.seq):
            if is_owed(event):
                first.setdefault(event.order_id, event)
        due = self._database.due
        return self._claim(owner, lease, limit, ((due[one.id], one) for one in first.values()))

    def event_delivered(self, event_id: UUID, owner: str) -> None:
        self._settle(event_id, owner, delivered_at=self._database.clock.now())

    def event_failed(self, event_id: UUID, owner: str, error: str, retry_at: datetime | None) -> None:
        if retry_at is None:
            self._settle(event_id, owner, last_error=error, dead_at=self._database.clock.now())
        elif self._settle(event_id, owner, last_error=error):
            self._database.due[event_id] = retry_at

    def _settle(self, event_id: UUID, owner: str, **changes: object) -> bool:
        with self._database.lock:
            if self._leases.get(event_id, ("",))[0] != owner:
                return False
            state = self._database.state.copy()
            event = state.events[event_id]
            state.events[event_id] = replace(event, attempts=event.attempts + 1, **changes)  # type: ignore[arg-type]
            self._database.state = state
            del self._leases[event_id]
        return True

    def heartbeat(self, owner: str, at: datetime) -> None:
        self._database.beats[owner] = at


def _id(row: object) -> UUID:
    id: UUID = row.id  # type: ignore[attr-defined]
    return id


class MemoryCatalogue:
    """Goods on sale; what is left of them lies in the state."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database
        self._products: dict[str, Product] = {}
        self._vouchers: dict[str, Voucher] = {}

    def find(self, sku: str) -> Product | None:
        product = self._products.get(sku)
        return replace(product, available=self._database.state.stock.get(sku)) if product else None

    def products(self) -> Sequence[Product]:
        known = (self.find(sku) for sku in self._products)
        return sorted((one for one in known if one is not None), key=lambda one: (one.name, one.sku))

    def voucher(self, code: str) -> Voucher | None:
        return self._vouchers.get(code)

    def save_product(self, product: Product) -> None:
        self._products[product.sku] = product
        self._database.state.stock.pop(product.sku, None)
        self._count(product)

    def load_products(self, wanted: Iterable[Product], vouchers: Iterable[Voucher] = ()) -> None:
        for product in wanted:
            self._products[product.sku] = product
            self._count(product)
        self._vouchers |= {voucher.code: voucher for voucher in vouchers}

    def _count(self, product: Product) -> None:
        if product.available is not None:
            self._database.state.stock.setdefault(product.sku, product.available)


class MemoryUsers:
    """Accounts by id."""

    def __init__(self) -> None:
        self._users: dict[UUID, User] = {}

    def add(self, user: User) -> None:
        if self.by_email(user.email) is not None:
            raise ConcurrentUpdate("the e-mail has an account")
        self._users[user.id] = replace(user, email=user.email.lower())

    def by_email(self, email: str) -> User | None:
        return next((user for user in self._users.values() if user.email == email.lower()), None)

    def by_id(self, user_id: UUID) -> User | None:
        return self._users.get(user_id)
