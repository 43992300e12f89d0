"""The questions of tests/fakes.py, answered from dicts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from application.callbacks import FAILING, CallbackState, RawCallback
from application.errors import BasketNotFound, CallbackNotFound, OrderNotFound, PaymentNotFound
from application.overview import Mark, OrderFilter
from application.ports.persistence import EventRecord, OrderFile
from domain.basket import Basket
from domain.order import Order
from domain.payment import Payment, PaymentStatus
from domain.review import ReviewItem
from domain.transaction import FactKind
from tests.memory_glance import MemoryGlance, fits, is_after
from tests.memory_unit import OrderAndPayments, State, got, payments_of

T = TypeVar("T")


class Memory(Protocol):
    """What the questions are put to."""

    state: State
    due: dict[UUID, datetime]


def is_owed(event: EventRecord) -> bool:
    return event.delivered_at is None and event.dead_at is None


def _newest(rows: Iterable[Any], when: str, limit: int) -> tuple[Any, ...]:
    return tuple(sorted(rows, key=lambda row: (getattr(row, when), row.id), reverse=True)[:limit])


class MemoryReads(MemoryGlance):
    """Questions to the last committed state."""

    def __init__(self, database: Memory) -> None:
        self._database = database

    @property
    def _state(self) -> State:  # type: ignore[override]
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

    def payment_reference(self, account: str, told: str) -> str:
        for payment in self._state.payments.values():
            if payment.account == account and told in (payment.reference, payment.gateway_reference):
                return payment.reference
        for fact in self._state.facts.values():
            is_it = (fact.account, fact.kind, fact.gateway_id) == (account, FactKind.CAPTURED, told)
            if is_it and fact.payment_id is not None:
                return self._state.payments[fact.payment_id].reference
        return ""

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
        wanted_ones = (order for order in self._state.orders.values() if fits(self._state, order, wanted))
        page = _newest(wanted_ones, "placed_at", wanted.limit)
        return tuple((order, payments_of(self._state, order.id)) for order in page)

    def payments(
        self,
        *,
        status: PaymentStatus | None = None,
        account: str = "",
        limit: int = 50,
        before: Mark | None = None,
    ) -> tuple[tuple[Order, Payment], ...]:
        found = (
            one
            for one in self._state.payments.values()
            if status in (None, one.status)
            and account in ("", one.account)
            and is_after(one.created_at, one.id, before)
        )
        return tuple(self.payment(one.id) for one in _newest(found, "created_at", limit))

    def callbacks(
        self,
        *,
        state: CallbackState | None = None,
        account: str = "",
        limit: int = 50,
        before: Mark | None = None,
        failing: bool = False,
    ) -> tuple[RawCallback, ...]:
        found = (
            one
            for one in self._state.callbacks.values()
            if state in (None, one.state)
            and account in ("", one.account)
            and (not failing or one.state in FAILING)
            and is_after(one.received_at, one.id, before)
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
