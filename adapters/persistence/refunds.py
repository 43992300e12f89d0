"""Refunds as rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, insert, literal_column, null, select, update

from adapters.persistence.compiled import Row, Values
from adapters.persistence.tables import payments, refunds
from domain.money import Money
from domain.refund import Refund, RefundStatus

COLUMNS = tuple(column for column in refunds.columns if not column.key.startswith("leased_"))
SELECT = select(*COLUMNS)
OF_PAYMENT = SELECT.where(refunds.c.payment_id == bindparam("b_payment_id")).order_by(
    refunds.c.created_at, refunds.c.id
)
OF_ORDER = SELECT.where(refunds.c.order_id == bindparam("b_order_id")).order_by(
    refunds.c.created_at, refunds.c.id
)
LOCK_BY_ID = SELECT.where(refunds.c.id == bindparam("b_id")).with_for_update()
LOCK_BY_KEY = SELECT.where(refunds.c.key == bindparam("b_key")).with_for_update()
LOCK_BY_GATEWAY_ID = (
    SELECT.join_from(refunds, payments, payments.c.id == refunds.c.payment_id)
    .where(
        payments.c.account == bindparam("b_account"),
        refunds.c.gateway_id == bindparam("b_gateway_id"),
        refunds.c.gateway_id != "",
    )
    .with_for_update(of=refunds)
)
INSERT = insert(refunds)
UPDATE = (
    update(refunds)
    .where(refunds.c.id == bindparam("b_id"), refunds.c.version == bindparam("b_version"))
    .values(version=refunds.c.version + literal_column("1"), leased_by=null(), leased_until=null())
)


def _moving(refund: Refund) -> dict[str, Any]:
    return {
        "status": refund.status.value,
        "gateway_id": refund.gateway_id,
        "look_at": refund.look_at,
        "looks": refund.looks,
    }


def to_row(refund: Refund) -> Values:
    return {
        "id": refund.id,
        "order_id": refund.order_id,
        "payment_id": refund.payment_id,
        "currency": refund.amount.currency.code,
        "amount": refund.amount.minor,
        "key": refund.key,
        "asked_by": refund.by,
        "reason": refund.reason,
        "created_at": refund.created_at,
        "version": refund.version,
        **_moving(refund),
    }


def to_change(before: Refund, after: Refund) -> Values:
    """What an UPDATE of this refund needs; it ends the lease of whoever was to look at it."""
    return {"b_id": before.id, "b_version": before.version, **_moving(after)}


def from_row(row: Row) -> Refund:
    (
        id, order_id, payment_id, code, amount, key, by, reason, created_at, status, gateway_id, look_at,
        looks,
        version,
    ) = row  # fmt: skip
    return Refund(
        id, order_id, payment_id, Money.of(amount, code), key, by, reason, created_at, RefundStatus(status),
        gateway_id, look_at, looks, version,
    )  # fmt: skip
