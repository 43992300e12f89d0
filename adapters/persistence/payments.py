"""Payments as rows, and the one joined read that locks an attempt with everything its settlement needs."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    CompoundSelect,
    Select,
    and_,
    bindparam,
    exists,
    insert,
    literal_column,
    null,
    select,
    union_all,
    update,
)

from adapters.persistence import orders as order_rows
from adapters.persistence.compiled import Row, Values
from adapters.persistence.packing import pack, pack_map, unpack, unpack_map
from adapters.persistence.tables import callbacks, money_facts, orders, payments
from domain.money import Currency, Money
from domain.payment import NextStep, NextStepKind, Payment, PaymentStatus
from domain.transaction import FactKind

COLUMNS = tuple(column for column in payments.columns if not column.key.startswith("leased_"))
SELECT = select(*COLUMNS)
OF_ORDER = SELECT.where(payments.c.order_id == bindparam("b_order_id")).order_by(
    payments.c.created_at, payments.c.id
)
LOCK_OF_ORDER = OF_ORDER.with_for_update()
INSERT = insert(payments)
UPDATE = (
    update(payments)
    .where(payments.c.id == bindparam("b_id"), payments.c.version == bindparam("b_version"))
    .values(version=payments.c.version + literal_column("1"), leased_by=null(), leased_until=null())
)
_WIDTH = len(COLUMNS)

_wanted = payments.alias("wanted")
_before_waiting = orders.alias("before_waiting")
_locked = (
    select(
        *COLUMNS,
        *order_rows.COLUMNS,
        select(_before_waiting.c.version)
        .where(_before_waiting.c.id == orders.c.id)
        .scalar_subquery()
        .label("seen_version"),
        select(callbacks.c.id)
        .where(
            callbacks.c.account == bindparam("b_key_account"),
            callbacks.c.event_key == bindparam("b_event_key"),
        )
        .scalar_subquery()
        .label("seen_before"),
        exists()
        .where(
            money_facts.c.account == bindparam("b_fact_account"),
            money_facts.c.kind == bindparam("b_fact_kind"),
            money_facts.c.gateway_id == bindparam("b_fact_id"),
        )
        .label("fact_known"),
    )
    .join_from(_wanted, orders, orders.c.id == _wanted.c.order_id)
    .join(payments, payments.c.order_id == orders.c.id)
    .order_by(payments.c.created_at, payments.c.id)
    .with_for_update(of=[orders, payments])
)
LOCK_BY_REFERENCE: Select[Any] = _locked.where(_wanted.c.reference == bindparam("b_reference"))
LOCK_BY_ID: Select[Any] = _locked.where(_wanted.c.id == bindparam("b_id"))

WITH_ORDER: Select[Any] = select(*COLUMNS, *order_rows.COLUMNS).join_from(
    payments, orders, orders.c.id == payments.c.order_id
)
BY_TOKEN = WITH_ORDER.where(
    and_(payments.c.account == bindparam("b_account"), payments.c.token == bindparam("b_token"))
)
BY_ID = WITH_ORDER.where(payments.c.id == bindparam("b_id"))
REFERENCE: CompoundSelect[Any] = union_all(
    select(payments.c.reference).where(
        payments.c.account == bindparam("b_account"),
        payments.c.reference == bindparam("b_told"),
    ),
    select(payments.c.reference).where(
        payments.c.account == bindparam("b_account"),
        payments.c.gateway_reference == bindparam("b_told"),
    ),
    select(payments.c.reference)
    .join_from(payments, money_facts, money_facts.c.payment_id == payments.c.id)
    .where(
        money_facts.c.account == bindparam("b_account"),
        money_facts.c.kind == FactKind.CAPTURED.value,
        money_facts.c.gateway_id == bindparam("b_told"),
    ),
)


def split(row: Row) -> tuple[Row, Row]:
    """The columns of the payment, and those that follow."""
    return row[:_WIDTH], row[_WIDTH:]


class LockedRow(NamedTuple):
    """One row of an attempt: a payment, its order, and what was known of the message."""

    payment: Row
    order: Row
    was_stale: bool
    seen_before: UUID | None
    fact_known: bool


def split_attempt(row: Row) -> LockedRow:
    payment, rest = split(row)
    order, (seen_version, seen_before, fact_known) = rest[:-3], rest[-3:]
    return LockedRow(payment, order, order[-1] != seen_version, seen_before, bool(fact_known))


def _moving(payment: Payment) -> dict[str, Any]:
    step = payment.next_step
    return {
        "captured": payment.captured.minor,
        "refunded": payment.refunded.minor,
        "refunded_outside": payment.refunded_outside.minor,
        "charged_back": payment.charged_back.minor,
        "reserved": payment.reserved.minor,
        "updated_at": payment.updated_at,
        "status": payment.status.value,
        "gateway_reference": payment.gateway_reference,
        "capture_reference": payment.capture_reference,
        "next_step": pack([step.kind.value, step.url, step.fields]) if step else None,
        "verified": payment.verified,
        "receipt_failed": payment.receipt_failed,
        "failure": payment.failure,
        "capture_before": payment.capture_before,
        "look_at": payment.look_at,
        "looks": payment.looks,
        "returned_at": payment.returned_at,
        "intent": payment.intent,
        "extra": pack_map(payment.extra),
    }


def to_row(payment: Payment) -> Values:
    return {
        "id": payment.id,
        "order_id": payment.order_id,
        "reference": payment.reference,
        "account": payment.account,
        "gateway": payment.gateway,
        "environment": payment.environment,
        "currency": payment.amount.currency.code,
        "amount": payment.amount.minor,
        "idempotency_key": payment.idempotency_key,
        "token": payment.token,
        "created_at": payment.created_at,
        "version": payment.version,
        **_moving(payment),
    }


def to_change(before: Payment, after: Payment) -> Values:
    """What an UPDATE of this payment needs; it ends the lease of whoever was to look at it."""
    return {"b_id": before.id, "b_version": before.version, **_moving(after)}


def from_row(row: Row) -> Payment:
    (
        id, order_id, reference, account, gateway, environment, code, amount, captured, refunded,
        refunded_outside, charged_back, reserved, idempotency_key, token, created_at, updated_at, status,
        gateway_reference, capture_reference, next_step, verified, receipt_failed, failure, capture_before,
        look_at, looks, returned_at, intent, extra, version,
    ) = row  # fmt: skip
    currency = Currency.of(code)
    return Payment(
        id, order_id, reference, account, gateway, environment, Money(amount, currency),
        Money(captured, currency), Money(refunded, currency), Money(refunded_outside, currency),
        Money(charged_back, currency), Money(reserved, currency), idempotency_key, token, created_at,
        updated_at, PaymentStatus(status), gateway_reference, capture_reference, _step(next_step), verified,
        receipt_failed, failure, capture_before, look_at, looks, returned_at, intent, unpack_map(extra),
        version,
    )  # fmt: skip


def _step(packed: str | None) -> NextStep | None:
    if packed is None:
        return None
    kind, url, fields = unpack(packed)
    return NextStep(NextStepKind(kind), url, tuple((name, value) for name, value in fields))
