"""Questions without locks: each is one statement or a fixed few, whatever the number of rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, select

from adapters.persistence import (
    baskets,
    callbacks,
    events,
    glance,
    journal,
    lists,
    orders,
    payments,
    refunds,
    reviews,
    stock,
)
from adapters.persistence import tables as t
from adapters.persistence.channel import Link
from adapters.persistence.compiled import Row, Statement
from application.callbacks import CallbackState, RawCallback
from application.errors import BasketNotFound, CallbackNotFound, OrderNotFound, PaymentNotFound
from application.overview import Attention, Mark, OrderFilter, Taking
from application.ports.persistence import EventRecord, OrderFile
from domain.basket import Basket
from domain.order import Order
from domain.payment import Payment, PaymentStatus
from domain.review import ReviewItem

OrderAndPayments = tuple[Order, tuple[Payment, ...]]

_both: Select[Any] = (
    select(*payments.COLUMNS, *orders.COLUMNS)
    .join_from(t.orders, t.payments, t.payments.c.order_id == t.orders.c.id, isouter=True)
    .order_by(t.payments.c.created_at, t.payments.c.id)
)
_BY_ID = _both.where(t.orders.c.id == bindparam("b_id"))
_BY_KEY = _both.where(t.orders.c.key == bindparam("b_key"))
_BY_REFERENCE = _both.where(t.orders.c.reference == bindparam("b_reference"))
_OF_CUSTOMER = (
    orders.SELECT.where(t.orders.c.customer_id == bindparam("b_customer_id"))
    .order_by(t.orders.c.placed_at.desc(), t.orders.c.id.desc())
    .limit(bindparam("b_limit"))
)

_FILE: tuple[tuple[Select[Any], Callable[[Row], Any]], ...] = (
    (journal.TRANSACTIONS_OF_ORDER, journal.transaction_from_row),
    (journal.FACTS_OF_ORDER, journal.fact_from_row),
    (refunds.OF_ORDER, refunds.from_row),
    (reviews.OF_ORDER, reviews.from_row),
    (events.OF_ORDER, events.from_row),
    (callbacks.OF_ORDER, callbacks.from_row),
    (stock.MOVES_OF_ORDER, stock.from_row),
)
"""The rest of an order's file, in the order of the fields of ``OrderFile``."""


class SqlReads:
    """See ``application.ports.persistence.Reads``."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def _rows(self, statement: Statement, **values: object) -> list[Row]:
        return self._link.rows(statement, values)

    def order_by_key(self, key: str) -> OrderAndPayments:
        """Raises OrderNotFound."""
        return _one_order(self._rows(_BY_KEY, b_key=key))

    def order_by_id(self, order_id: UUID) -> OrderAndPayments:
        """Raises OrderNotFound."""
        return _one_order(self._rows(_BY_ID, b_id=order_id))

    def order_by_reference(self, reference: str) -> OrderAndPayments:
        """By our own reference. Raises OrderNotFound."""
        return _one_order(self._rows(_BY_REFERENCE, b_reference=reference))

    def payment_by_token(self, account: str, token: str) -> tuple[Order, Payment]:
        """By the token in a return address. Raises PaymentNotFound."""
        return _one_payment(self._rows(payments.BY_TOKEN, b_account=account, b_token=token))

    def payment(self, payment_id: UUID) -> tuple[Order, Payment]:
        """Raises PaymentNotFound."""
        return _one_payment(self._rows(payments.BY_ID, b_id=payment_id))

    def payment_reference(self, account: str, told: str) -> str:
        """Our reference of the attempt that is called so; empty: unknown."""
        found = self._rows(payments.REFERENCE, b_account=account, b_told=told)
        return str(found[0][0]) if found else ""

    def order_file(self, order_id: UUID) -> OrderFile:
        """Raises OrderNotFound."""
        order, its_payments = self.order_by_id(order_id)
        found = self._link.rows_of_each([question for question, _ in _FILE], {"b_order_id": order_id})
        parts = [tuple(map(made, rows)) for (_, made), rows in zip(_FILE, found, strict=True)]
        return OrderFile(order, its_payments, *parts)

    def orders(self, wanted: OrderFilter) -> tuple[OrderAndPayments, ...]:
        """Newest first."""
        values = lists.values_of(wanted)
        page, beside = lists.page_of_orders(wanted)
        found = [orders.from_row(row) for row in self._link.rows(page, values)]
        paid: dict[UUID, list[Payment]] = {order.id: [] for order in found}
        for row in self._link.rows(beside, values) if found else ():
            payment = payments.from_row(row)
            paid.get(payment.order_id, []).append(payment)
        return tuple((order, tuple(paid[order.id])) for order in found)

    def payments(
        self,
        *,
        status: PaymentStatus | None = None,
        account: str = "",
        limit: int = 50,
        before: Mark | None = None,
    ) -> tuple[tuple[Order, Payment], ...]:
        """Newest first."""
        values: dict[str, object] = {"b_limit": limit, **lists.values_of_mark(before)}
        values |= {"b_status": status.value} if status else {}
        values |= {"b_account": account} if account else {}
        page = lists.page_of_payments(status is not None, bool(account), before is not None)
        rows = self._link.rows(page, values)
        return tuple(_pair(row) for row in rows)

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
        values: dict[str, object] = {"b_limit": limit, **lists.values_of_mark(before)}
        values |= {"b_state": state.value} if state else {}
        values |= {"b_account": account} if account else {}
        page = lists.page_of_callbacks(state is not None, bool(account), before is not None, failing)
        rows = self._link.rows(page, values)
        return tuple(map(callbacks.from_row, rows))

    def callback(self, callback_id: UUID) -> RawCallback:
        """Raises CallbackNotFound."""
        for row in self._rows(callbacks.BY_ID, b_id=callback_id):
            return callbacks.from_row(row)
        raise CallbackNotFound(str(callback_id))

    def reviews(self, *, open_only: bool = True, limit: int = 50) -> tuple[ReviewItem, ...]:
        """Newest first."""
        rows = self._rows(reviews.OPEN if open_only else reviews.ALL, b_limit=limit)
        return tuple(map(reviews.from_row, rows))

    def events(self, *, undelivered: bool = False, limit: int = 50) -> tuple[EventRecord, ...]:
        """Newest first; undelivered ones in the order they are due."""
        rows = self._rows(events.UNDELIVERED if undelivered else events.NEWEST, b_limit=limit)
        return tuple(map(events.from_row, rows))

    def basket(self, basket_id: UUID) -> Basket:
        """Raises BasketNotFound."""
        for row in self._rows(baskets.SELECT, b_id=basket_id):
            return baskets.from_row(row)
        raise BasketNotFound(str(basket_id))

    def orders_of_customer(self, customer_id: UUID, limit: int = 50) -> tuple[Order, ...]:
        """Newest first."""
        rows = self._rows(_OF_CUSTOMER, b_customer_id=customer_id, b_limit=limit)
        return tuple(map(orders.from_row, rows))

    def last_callback_at(self, account: str) -> datetime | None:
        rows: Sequence[tuple[datetime | None]] = self._rows(callbacks.LAST_AT, b_account=account)
        return rows[0][0]

    def last_callbacks(self, accounts: Sequence[str]) -> Mapping[str, datetime]:
        """When each account was last called back; those that never were are left out."""
        if not accounts:
            return {}
        values = {f"b_account_{number}": account for number, account in enumerate(accounts)}
        (row,) = self._link.rows(glance.last_callbacks(len(accounts)), values)
        return {account: at for account, at in zip(accounts, row, strict=True) if at is not None}

    def references(self, order_ids: Sequence[UUID]) -> Mapping[UUID, str]:
        """Our references of these orders."""
        if not order_ids:
            return {}
        values = {f"b_id_{number}": id for number, id in enumerate(order_ids)}
        return dict(self._link.rows(glance.references(len(order_ids)), values))

    def attention(self, failing_since: datetime) -> Attention:
        return glance.attention_of(self._rows(glance.ATTENTION, b_since=failing_since)[0])

    def takings(self, since: datetime) -> tuple[Taking, ...]:
        """The money facts since then, by currency code."""
        return tuple(map(glance.taking_of, self._rows(glance.TAKINGS, b_since=since)))


def _one_order(rows: list[Row]) -> OrderAndPayments:
    if not rows:
        raise OrderNotFound("no such order")
    parts = [payments.split(row) for row in rows]
    order = orders.from_row(parts[0][1])
    return order, tuple(payments.from_row(payment) for payment, _ in parts if payment[0] is not None)


def _one_payment(rows: list[Row]) -> tuple[Order, Payment]:
    if not rows:
        raise PaymentNotFound("no such payment")
    return _pair(rows[0])


def _pair(row: Row) -> tuple[Order, Payment]:
    payment, order = payments.split(row)
    return orders.from_row(order), payments.from_row(payment)
