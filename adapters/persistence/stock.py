"""The shelf as rows: how many are left of each counted product, and every move of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from adapters.persistence.columns import Ident, Instant
from adapters.persistence.compiled import Row, Values
from adapters.persistence.shop_tables import stock, stock_moves
from application.ports.persistence import StockMove

AVAILABLE = select(stock.c.available).where(stock.c.sku == bindparam("b_sku"))
LOCK = AVAILABLE.with_for_update()
MOVE = (
    update(stock)
    .where(stock.c.sku == bindparam("b_sku"))
    .values(available=stock.c.available + bindparam("b_quantity", type_=stock.c.available.type))
)
RECORD = insert(stock_moves).from_select(
    ["id", "order_id", "sku", "quantity", "at"],
    select(
        bindparam("b_id", type_=Ident()),
        bindparam("b_order_id", type_=Ident()),
        stock.c.sku,
        bindparam("b_quantity", type_=stock_moves.c.quantity.type),
        bindparam("b_at", type_=Instant()),
    ).where(stock.c.sku == bindparam("b_sku")),
)
"""Only a counted product has a row to move, and so a move to record."""

MOVES_OF_ORDER = (
    select(stock_moves.c.order_id, stock_moves.c.sku, stock_moves.c.quantity, stock_moves.c.at)
    .where(stock_moves.c.order_id == bindparam("b_order_id"))
    .order_by(stock_moves.c.id)
)


def to_move(sku: str, quantity: int) -> Values:
    return {"b_sku": sku, "b_quantity": quantity}


def to_record(id: UUID, order_id: UUID, sku: str, quantity: int, at: datetime) -> dict[str, Any]:
    return {"b_id": id, "b_order_id": order_id, "b_sku": sku, "b_quantity": quantity, "b_at": at}


def from_row(row: Row) -> StockMove:
    order_id, sku, quantity, at = row
    return StockMove(order_id, sku, quantity, at)
