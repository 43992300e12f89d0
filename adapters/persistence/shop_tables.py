"""The tables of the shop around the checkout: goods, vouchers, people and workers."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Table, UniqueConstraint

from adapters.persistence.columns import (
    Words,
    currency,
    ident,
    link,
    metadata,
    moment,
    not_negative,
    whole,
    words,
)

products = Table(
    "products",
    metadata,
    Column("sku", Words(), primary_key=True),
    words("name"),
    words("description"),
    words("tax_rate"),
    Column("needs_delivery", Boolean(), nullable=False),
    Column("enabled", Boolean(), nullable=False),
    words("prices"),
)

stock = Table(
    "stock",
    metadata,
    Column("sku", Words(), primary_key=True),
    whole("available"),
    not_negative("available"),
)

stock_moves = Table(
    "stock_moves",
    metadata,
    ident(),
    link("order_id", "orders", required=True),
    words("sku"),
    whole("quantity"),
    moment("at"),
    CheckConstraint("quantity <> 0", name="moves_something"),
)
Index("ix_stock_moves_order_id", stock_moves.c.order_id)

vouchers = Table(
    "vouchers",
    metadata,
    Column("code", Words(), primary_key=True),
    words("percent", nullable=True),
    currency(nullable=True),
    whole("amount", nullable=True),
    CheckConstraint("(percent IS NULL) <> (amount IS NULL)", name="percent_or_amount"),
    CheckConstraint("(amount IS NULL) = (currency IS NULL)", name="amount_has_currency"),
)

users = Table(
    "users",
    metadata,
    ident(),
    words("email"),
    words("name"),
    words("role"),
    words("password_hash"),
    moment("created_at"),
    UniqueConstraint("email"),
)

worker_heartbeats = Table(
    "worker_heartbeats",
    metadata,
    Column("owner", Words(), primary_key=True),
    moment("at"),
)
