"""The unit of work: reads happen at once, everything else is collected and written by one ``commit``."""

from __future__ import annotations

from dataclasses import replace
from types import TracebackType
from typing import Self
from uuid import UUID

from adapters.persistence import baskets, orders, payments, refunds, reviews, stock
from adapters.persistence.channel import Link, Shortage, Transaction
from adapters.persistence.collecting import Collected, Collecting
from adapters.persistence.compiled import Row, Statement, Values
from adapters.persistence.derived import all_stock_moves, needs, numbers
from adapters.persistence.writing import writes
from application.errors import (
    BasketNotFound,
    ConcurrentUpdate,
    OrderNotFound,
    OutOfStock,
    PaymentNotFound,
    ReviewNotFound,
)
from application.ports.ambient import Clock, Ids
from application.ports.persistence import Attempt
from domain.basket import Basket
from domain.order import Order
from domain.payment import Payment
from domain.refund import Refund
from domain.review import ReviewItem

NO_FACT = ("", "", "")


class SqlUnitOfWork(Collecting):
    """One transaction on one database; see ``application.ports.persistence.UnitOfWork``."""

    def __init__(self, link: Link, transaction: Transaction, clock: Clock, ids: Ids) -> None:
        super().__init__()
        self._link, self._transaction = link, transaction
        self._clock, self._ids = clock, ids

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._transaction.close()

    def commit(self) -> None:
        """Write everything collected, with events and stock moves. Raises ConcurrentUpdate, OutOfStock."""
        collected = self._collected
        events = collected.events()
        last = {event.order_id: self._latest(event.order_id).event_seq for event in events}
        numbered = numbers(events, last)
        for order_id, seq in last.items():
            collected.orders.save(replace(self._latest(order_id), event_seq=seq))
        planned = list(writes(collected, numbered, self._ids, self._clock.now()))
        self._collected = Collected()
        try:
            self._transaction.commit(planned)
        except Shortage:
            raise self._shortage(collected) from None

    def _latest(self, order_id: UUID) -> Order:
        known = self._collected.orders.latest(order_id)
        return known if known is not None else self._lock_order(order_id)

    def _shortage(self, collected: Collected) -> Exception:
        """Which product ran out, looked up after the transaction was undone."""
        for sku, order, quantity in all_stock_moves(collected.orders.changes()):
            found = self._link.rows(stock.AVAILABLE, {"b_sku": sku})
            if found and found[0][0] + quantity < 0:
                name = next(line.name for line in order.goods if line.sku == sku)
                return OutOfStock(sku, name, found[0][0])
        return ConcurrentUpdate("the goods came back meanwhile")

    def _read(self, statement: Statement, values: Values) -> list[Row]:
        return self._transaction.read(statement, values)

    def lock_basket(self, basket_id: UUID) -> Basket:
        """Raises BasketNotFound."""
        for row in self._read(baskets.LOCK, {"b_id": basket_id}):
            return self._collected.baskets.found(baskets.from_row(row))
        raise BasketNotFound(str(basket_id))

    def lock_order(self, order_id: UUID) -> tuple[Order, tuple[Payment, ...]]:
        """The order and all its payments, oldest first. Raises OrderNotFound."""
        order = self._lock_order(order_id)
        rows = self._read(payments.LOCK_OF_ORDER, {"b_order_id": order_id})
        return order, tuple(self._collected.payments.found(payments.from_row(row)) for row in rows)

    def _lock_order(self, order_id: UUID) -> Order:
        for row in self._read(orders.LOCK, {"b_id": order_id}):
            return self._collected.orders.found(orders.from_row(row))
        raise OrderNotFound(str(order_id))

    def lock_attempt(
        self,
        reference: str,
        *,
        account: str = "",
        event_key: str | None = None,
        fact: tuple[str, str, str] | None = None,
    ) -> Attempt | None:
        """The attempt with our ``reference``; None when unknown."""
        values = {"b_reference": reference, **_hints(account, event_key, fact)}
        return self._attempt(payments.LOCK_BY_REFERENCE, values)

    def lock_payment(self, payment_id: UUID, *, fact: tuple[str, str, str] | None = None) -> Attempt:
        """Raises PaymentNotFound."""
        attempt = self._attempt(payments.LOCK_BY_ID, {"b_id": payment_id, **_hints("", None, fact)})
        if attempt is None:
            raise PaymentNotFound(str(payment_id))
        return attempt

    def _attempt(self, statement: Statement, values: Values) -> Attempt | None:
        """One round trip; a second one when the lock was waited for.

        PostgreSQL reads the locked rows afresh after a wait, and nothing else: then the version of the order
        under the lock is not the one the rest of the statement saw, and the statement is repeated.
        """
        found = [payments.split_attempt(row) for row in self._read(statement, values)]
        if found and found[0].was_stale:
            found = [payments.split_attempt(row) for row in self._read(statement, values)]
        if not found:
            return None
        order = self._collected.orders.found(orders.from_row(found[0].order))
        known = [self._collected.payments.found(payments.from_row(part.payment)) for part in found]
        wanted = next(
            one for one in known if values.get("b_id") == one.id or values.get("b_reference") == one.reference
        )
        others = tuple(one for one in known if one is not wanted)
        return Attempt(order, wanted, others, found[0].seen_before, found[0].fact_known)

    def lock_refund(
        self, *, key: str = "", account: str = "", gateway_id: str = "", refund_id: UUID | None = None
    ) -> Refund | None:
        """The refund by our key, its id, or the gateway's id under an account."""
        if refund_id is not None:
            rows = self._read(refunds.LOCK_BY_ID, {"b_id": refund_id})
        else:
            rows = self._read(refunds.LOCK_BY_KEY, {"b_key": key}) if key else []
            if not rows and gateway_id:
                wanted = {"b_account": account, "b_gateway_id": gateway_id}
                rows = self._read(refunds.LOCK_BY_GATEWAY_ID, wanted)
        return self._collected.refunds.found(refunds.from_row(rows[0])) if rows else None

    def lock_review(self, review_id: UUID) -> ReviewItem:
        """Raises ReviewNotFound."""
        for row in self._read(reviews.LOCK, {"b_id": review_id}):
            return self._collected.reviews.found(reviews.from_row(row))
        raise ReviewNotFound(str(review_id))

    def order_of_basket(self, basket_id: UUID, version: int) -> Order | None:
        rows = self._read(orders.BY_BASKET, {"b_id": basket_id, "b_version": version})
        return self._collected.orders.found(orders.from_row(rows[0])) if rows else None

    def order_of_source(self, source: str, source_reference: str) -> Order | None:
        rows = self._read(orders.BY_SOURCE, {"b_source": source, "b_reference": source_reference})
        return self._collected.orders.found(orders.from_row(rows[0])) if rows else None

    def refunds_of(self, payment_id: UUID) -> tuple[Refund, ...]:
        rows = self._read(refunds.OF_PAYMENT, {"b_payment_id": payment_id})
        return tuple(self._collected.refunds.found(refunds.from_row(row)) for row in rows)

    def goods_free(self, order: Order) -> bool:
        """Whether the released goods of ``order`` could be held again; locks the stock rows by sku."""
        for sku, quantity in needs(order).items():
            left = self._read(stock.LOCK, {"b_sku": sku})
            if left and left[0][0] < quantity:
                return False
        return True


def _hints(account: str, event_key: str | None, fact: tuple[str, str, str] | None) -> Values:
    fact_account, fact_kind, fact_id = fact or NO_FACT
    return {
        "b_key_account": account,
        "b_event_key": event_key,
        "b_fact_account": fact_account,
        "b_fact_kind": fact_kind,
        "b_fact_id": fact_id,
    }
