"""What stands in for the outside in tests: a still clock, counted ids, a database made of dicts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Lock
from typing import TypeVar
from uuid import UUID

from application.callbacks import CallbackState, RawCallback
from application.errors import (
    ConcurrentUpdate,
)
from application.ports.ambient import Clock, Ids
from application.ports.people import User
from application.ports.persistence import EventRecord
from domain.basket import Product
from domain.payment import Payment
from domain.quote import Voucher
from domain.refund import Refund
from tests.memory_reads import MemoryReads, is_owed
from tests.memory_unit import MemoryUnit, State

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

    def payment_reference(self, id: UUID) -> str:
        return f"{id.int:026X}"[-26:]

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

    def overdue_orders(self, limit: int, *, skip: int = 0) -> Sequence[UUID]:
        now = self._database.clock.now()
        found = [
            (one.deadline, one.id)
            for one in self._database.state.orders.values()
            if one.is_payable and one.deadline is not None and one.deadline < now
        ]
        return [id for _, id in sorted(found)[skip : skip + limit]]

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
