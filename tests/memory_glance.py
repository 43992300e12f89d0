"""What the back office reads, answered from the state of the database made of dicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from application.callbacks import FAILING, CallbackState
from application.overview import Attention, Mark, OrderFilter, OrderView, Taking
from domain.money import Money
from domain.order import Order, OrderStatus
from domain.payment import PaymentStatus
from domain.transaction import FactKind, MoneyFact
from tests.memory_unit import State, payments_of


def view_of(order: Order) -> OrderView:
    if order.status is OrderStatus.ERROR:
        return OrderView.ERROR
    if order.is_closed:
        return OrderView.CLOSED
    return OrderView.PAID if order.is_paid else OrderView.WAITING


def matches(state: State, order: Order, text: str) -> bool:
    """An id in full, or a part of who bought."""
    typed = text.strip()
    ids = {order.reference, order.key, order.source_reference}
    for payment in payments_of(state, order.id):
        ids |= {payment.reference, payment.gateway_reference}
    ids |= {fact.gateway_id for fact in state.facts.values() if fact.order_id == order.id}
    buyer = " ".join((order.buyer.email, order.buyer.name, order.buyer.phone))
    return typed in ids or typed.casefold() in buyer.casefold()


def fits(state: State, order: Order, wanted: OrderFilter) -> bool:
    return (
        (not wanted.status or order.status == wanted.status)
        and wanted.view in (OrderView.ALL, view_of(order))
        and (not wanted.text.strip() or matches(state, order, wanted.text))
        and is_after(order.placed_at, order.id, wanted.before)
    )


def is_after(moment: datetime, id: UUID, before: Mark | None) -> bool:
    return before is None or (moment, id) < before


class MemoryGlance:
    """Counts and sums of the ``_state`` of who inherits it."""

    _state: State

    def last_callbacks(self, accounts: Sequence[str]) -> Mapping[str, datetime]:
        found: dict[str, datetime] = {}
        for one in self._state.callbacks.values():
            if one.account in accounts:
                found[one.account] = max(one.received_at, found.get(one.account, one.received_at))
        return found

    def references(self, order_ids: Sequence[UUID]) -> Mapping[UUID, str]:
        known = self._state.orders
        return {id: known[id].reference for id in order_ids if id in known}

    def attention(self, failing_since: datetime) -> Attention:
        state = self._state
        callbacks = state.callbacks.values()
        return Attention(
            _count(one.is_open for one in state.reviews.values()),
            _count(one.status is PaymentStatus.UNKNOWN for one in state.payments.values()),
            _count(one.state is CallbackState.PENDING for one in callbacks),
            _count(one.state in FAILING and one.received_at >= failing_since for one in callbacks),
            _count(one.status is OrderStatus.ERROR for one in state.orders.values()),
        )

    def takings(self, since: datetime) -> tuple[Taking, ...]:
        facts = sorted((one for one in self._state.facts.values() if one.at >= since), key=_code)
        return tuple(_taking(list(rows)) for _, rows in groupby(facts, key=_code))


def _code(fact: MoneyFact) -> str:
    return fact.amount.currency.code


def _count(claims: Iterable[bool]) -> int:
    return sum(1 for claim in claims if claim)


def _taking(facts: list[MoneyFact]) -> Taking:
    currency = facts[0].amount.currency

    def total(*kinds: FactKind) -> Any:
        return Money.sum((one.amount for one in facts if one.kind in kinds), currency)

    lost = total(FactKind.REVERSED, FactKind.CHARGED_BACK) - total(FactKind.DISPUTE_WON)
    received = [one for one in facts if one.kind is FactKind.CAPTURED]
    return Taking(total(FactKind.CAPTURED), total(FactKind.REFUNDED), lost, len(received))
