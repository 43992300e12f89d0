"""Review items as rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, insert, literal_column, select, update

from adapters.persistence.compiled import Row, Values
from adapters.persistence.tables import review_items
from domain.money import Money
from domain.review import ReviewItem, ReviewKind

COLUMNS = tuple(review_items.columns)
SELECT = select(*COLUMNS)
LOCK = SELECT.where(review_items.c.id == bindparam("b_id")).with_for_update()
OF_ORDER = SELECT.where(review_items.c.order_id == bindparam("b_order_id")).order_by(
    review_items.c.opened_at, review_items.c.id
)
ALL = SELECT.order_by(review_items.c.opened_at.desc(), review_items.c.id.desc()).limit(bindparam("b_limit"))
OPEN = ALL.where(review_items.c.decided_at.is_(None))
INSERT = insert(review_items)
UPDATE = (
    update(review_items)
    .where(review_items.c.id == bindparam("b_id"), review_items.c.version == bindparam("b_version"))
    .values(version=review_items.c.version + literal_column("1"))
)


def _content(item: ReviewItem) -> dict[str, Any]:
    return {
        "kind": item.kind.value,
        "account": item.account,
        "opened_at": item.opened_at,
        "detail": item.detail,
        "order_id": item.order_id,
        "payment_id": item.payment_id,
        "gateway_id": item.gateway_id,
        "currency": item.amount.currency.code if item.amount else None,
        "amount": item.amount.minor if item.amount else None,
        "decision": item.decision,
        "decided_by": item.decided_by,
        "decided_reason": item.decided_reason,
        "decided_at": item.decided_at,
    }


def to_row(item: ReviewItem) -> Values:
    return {"id": item.id, "version": item.version, **_content(item)}


def to_change(before: ReviewItem, after: ReviewItem) -> Values:
    return {"b_id": before.id, "b_version": before.version, **_content(after)}


def from_row(row: Row) -> ReviewItem:
    (
        id, kind, account, opened_at, detail, order_id, payment_id, gateway_id, code, amount, decision,
        decided_by, decided_reason, decided_at, version,
    ) = row  # fmt: skip
    return ReviewItem(
        id, ReviewKind(kind), account, opened_at, detail, order_id, payment_id, gateway_id,
        None if amount is None else Money.of(amount, code), decision, decided_by, decided_reason, decided_at,
        version,
    )  # fmt: skip
