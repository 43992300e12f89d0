"""Make the first tables

Follows nothing; 2026-11-20.
"""

# ruff: noqa: E501

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "baskets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("lines", sa.String(), nullable=False),
        sa.Column("choices", sa.String(), nullable=False),
        sa.Column("voucher", sa.String(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_baskets")),
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("lines", sa.String(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("buyer", sa.String(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("addresses", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("options", sa.String(), nullable=False),
        sa.Column("voucher", sa.String(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("source_reference", sa.String(), nullable=True),
        sa.Column("source_digest", sa.String(), nullable=False),
        sa.Column("return_url", sa.String(), nullable=False),
        sa.Column("basket_id", sa.Uuid(), nullable=True),
        sa.Column("basket_version", sa.BigInteger(), nullable=True),
        sa.Column("basket_restored", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("close_reason", sa.String(), nullable=False),
        sa.Column("fulfilment", sa.String(), nullable=False),
        sa.Column("stock", sa.String(), nullable=False),
        sa.Column("paid_by", sa.Uuid(), nullable=True),
        sa.Column("validated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("event_seq", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.CheckConstraint(
            "closed_by IN ('buyer', 'staff', 'deadline')", name=op.f("ck_orders_closed_by_known")
        ),
        sa.CheckConstraint(
            "fulfilment IN ('new', 'hold', 'processing', 'shipped', 'delivered', 'completed', 'failed')",
            name=op.f("ck_orders_fulfilment_known"),
        ),
        sa.CheckConstraint(
            "status IN ('open', 'pending', 'validated', 'cancelled', 'error', 'stopped')",
            name=op.f("ck_orders_status_known"),
        ),
        sa.CheckConstraint(
            "stock IN ('none', 'held', 'committed', 'released')", name=op.f("ck_orders_stock_known")
        ),
        sa.CheckConstraint("total >= 0 AND tax >= 0 AND event_seq >= 0", name=op.f("ck_orders_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("basket_id", "basket_version", name=op.f("uq_orders_basket_id_basket_version")),
        sa.UniqueConstraint("key", name=op.f("uq_orders_key")),
        sa.UniqueConstraint("reference", name=op.f("uq_orders_reference")),
        sa.UniqueConstraint("source_reference", "source", name=op.f("uq_orders_source_reference_source")),
    )
    op.create_index(
        "ix_orders_customer",
        "orders",
        ["customer_id"],
        unique=False,
        sqlite_where=sa.text("customer_id IS NOT NULL"),
        postgresql_where=sa.text("customer_id IS NOT NULL"),
    )
    op.create_index("ix_orders_email", "orders", ["email"], unique=False)
    op.create_index(
        "ix_orders_error",
        "orders",
        ["placed_at"],
        unique=False,
        sqlite_where=sa.text("status = 'error'"),
        postgresql_where=sa.text("status = 'error'"),
    )
    op.create_index("ix_orders_newest", "orders", ["placed_at", "id"], unique=False)
    op.create_index(
        "ix_orders_payable",
        "orders",
        ["deadline"],
        unique=False,
        sqlite_where=sa.text("status IN ('open', 'pending') AND paid_by IS NULL AND deadline IS NOT NULL"),
        postgresql_where=sa.text(
            "status IN ('open', 'pending') AND paid_by IS NULL AND deadline IS NOT NULL"
        ),
    )
    op.create_table(
        "products",
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("tax_rate", sa.String(), nullable=False),
        sa.Column("needs_delivery", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("prices", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("sku", name=op.f("pk_products")),
    )
    op.create_table(
        "stock",
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("available", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("available >= 0", name=op.f("ck_stock_not_negative")),
        sa.PrimaryKeyConstraint("sku", name=op.f("pk_stock")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "vouchers",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("percent", sa.String(), nullable=True),
        sa.Column("currency", sa.CHAR(length=3), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(amount IS NULL) = (currency IS NULL)", name=op.f("ck_vouchers_amount_has_currency")
        ),
        sa.CheckConstraint(
            "(percent IS NULL) <> (amount IS NULL)", name=op.f("ck_vouchers_percent_or_amount")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_vouchers")),
    )
    op.create_table(
        "worker_heartbeats",
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_worker_heartbeats")),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("payload", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dead_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(), nullable=False),
        sa.Column("leased_by", sa.String(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_events_not_negative")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_events_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("order_id", "seq", name=op.f("uq_events_order_id_seq")),
    )
    op.create_index(
        "ix_events_due",
        "events",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("delivered_at IS NULL AND dead_at IS NULL"),
        postgresql_where=sa.text("delivered_at IS NULL AND dead_at IS NULL"),
    )
    op.create_index(
        "ix_events_turn",
        "events",
        ["order_id", "seq"],
        unique=False,
        sqlite_where=sa.text("delivered_at IS NULL AND dead_at IS NULL"),
        postgresql_where=sa.text("delivered_at IS NULL AND dead_at IS NULL"),
    )
    op.create_table(
        "payments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("gateway", sa.String(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("captured", sa.BigInteger(), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("refunded_outside", sa.BigInteger(), nullable=False),
        sa.Column("charged_back", sa.BigInteger(), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.Column("idempotency_key", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("gateway_reference", sa.String(), nullable=True),
        sa.Column("capture_reference", sa.String(), nullable=True),
        sa.Column("next_step", sa.String(), nullable=True),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("receipt_failed", sa.Boolean(), nullable=False),
        sa.Column("failure", sa.String(), nullable=False),
        sa.Column("capture_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looks", sa.BigInteger(), nullable=False),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("intent", sa.String(), nullable=False),
        sa.Column("extra", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("leased_by", sa.String(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('new', 'in_progress', 'unknown', 'authorized', 'partially_paid', 'paid', 'failed', 'cancelled', 'expired')",
            name=op.f("ck_payments_status_known"),
        ),
        sa.CheckConstraint(
            "amount >= 0 AND captured >= 0 AND refunded >= 0 AND refunded_outside >= 0 AND charged_back >= 0 AND reserved >= 0 AND looks >= 0",
            name=op.f("ck_payments_not_negative"),
        ),
        sa.CheckConstraint("refunded + reserved <= captured", name=op.f("ck_payments_refunds_are_covered")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_payments_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint(
            "gateway_reference", "account", name=op.f("uq_payments_gateway_reference_account")
        ),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_payments_idempotency_key")),
        sa.UniqueConstraint("reference", name=op.f("uq_payments_reference")),
        sa.UniqueConstraint("token", name=op.f("uq_payments_token")),
    )
    op.create_index(
        "ix_payments_due",
        "payments",
        ["look_at"],
        unique=False,
        sqlite_where=sa.text("look_at IS NOT NULL"),
        postgresql_where=sa.text("look_at IS NOT NULL"),
    )
    op.create_index("ix_payments_newest", "payments", ["created_at", "id"], unique=False)
    op.create_index("ix_payments_order_id", "payments", ["order_id"], unique=False)
    op.create_index(
        "ix_payments_unknown",
        "payments",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("status = 'unknown'"),
        postgresql_where=sa.text("status = 'unknown'"),
    )
    op.create_table(
        "stock_moves",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity <> 0", name=op.f("ck_stock_moves_moves_something")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_stock_moves_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_moves")),
    )
    op.create_index("ix_stock_moves_order_id", "stock_moves", ["order_id"], unique=False)
    op.create_table(
        "callbacks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("headers", sa.String(), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("remote", sa.String(), nullable=False),
        sa.Column("payment_hint", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("code", sa.BigInteger(), nullable=True),
        sa.Column("event_key", sa.String(), nullable=True),
        sa.Column("duplicate_of", sa.Uuid(), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_by", sa.String(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'applied', 'duplicate', 'stale', 'ignored', 'review', 'refused', 'unreadable', 'orphan', 'poison')",
            name=op.f("ck_callbacks_state_known"),
        ),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_callbacks_not_negative")),
        sa.ForeignKeyConstraint(["duplicate_of"], ["callbacks.id"], name=op.f("fk_callbacks_duplicate_of")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_callbacks_order_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_callbacks_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callbacks")),
        sa.UniqueConstraint("account", "event_key", name=op.f("uq_callbacks_account_event_key")),
    )
    op.create_index(
        "ix_callbacks_account",
        "callbacks",
        ["account", "received_at"],
        unique=False,
        sqlite_where=sa.text("state <> ''"),
        postgresql_where=sa.text("state <> ''"),
    )
    op.create_index("ix_callbacks_newest", "callbacks", ["received_at", "id"], unique=False)
    op.create_index("ix_callbacks_order_id", "callbacks", ["order_id"], unique=False)
    op.create_index(
        "ix_callbacks_pending",
        "callbacks",
        [sa.literal_column("coalesce(due_at, received_at)")],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "money_facts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("gateway_id", sa.String(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("gateway_id <> ''", name=op.f("ck_money_facts_has_gateway_id")),
        sa.CheckConstraint(
            "kind IN ('captured', 'refunded', 'reversed', 'charged_back', 'dispute_won')",
            name=op.f("ck_money_facts_kind_known"),
        ),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_money_facts_not_negative")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_money_facts_order_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_money_facts_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_money_facts")),
        sa.UniqueConstraint(
            "account", "kind", "gateway_id", name=op.f("uq_money_facts_account_kind_gateway_id")
        ),
    )
    op.create_index("ix_money_facts_at", "money_facts", ["at"], unique=False)
    op.create_index("ix_money_facts_order_id", "money_facts", ["order_id"], unique=False)
    op.create_table(
        "refunds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("gateway_id", sa.String(), nullable=False),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looks", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("leased_by", sa.String(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('requested', 'sent', 'unknown', 'done', 'refused', 'failed_later')",
            name=op.f("ck_refunds_status_known"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_refunds_gives_something_back")),
        sa.CheckConstraint("looks >= 0", name=op.f("ck_refunds_not_negative")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_refunds_order_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_refunds_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
        sa.UniqueConstraint("key", name=op.f("uq_refunds_key")),
    )
    op.create_index(
        "ix_refunds_due",
        "refunds",
        ["look_at"],
        unique=False,
        sqlite_where=sa.text("look_at IS NOT NULL"),
        postgresql_where=sa.text("look_at IS NOT NULL"),
    )
    op.create_index(
        "ix_refunds_gateway_id",
        "refunds",
        ["gateway_id"],
        unique=False,
        sqlite_where=sa.text("gateway_id <> ''"),
        postgresql_where=sa.text("gateway_id <> ''"),
    )
    op.create_index("ix_refunds_order_id", "refunds", ["order_id"], unique=False)
    op.create_index("ix_refunds_payment_id", "refunds", ["payment_id"], unique=False)
    op.create_table(
        "review_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("gateway_id", sa.String(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_reason", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('amount_mismatch', 'currency_mismatch', 'account_mismatch', 'environment_mismatch', 'reference_mismatch', 'late', 'surplus', 'orphan', 'poison', 'reversed', 'chargeback', 'double_loss', 'refund_refused', 'refund_failed', 'receipt_failed', 'unknown_too_long')",
            name=op.f("ck_review_items_kind_known"),
        ),
        sa.CheckConstraint(
            "(amount IS NULL) = (currency IS NULL)", name=op.f("ck_review_items_amount_has_currency")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_review_items_order_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_review_items_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_items")),
    )
    op.create_index(
        "ix_review_items_open",
        "review_items",
        ["opened_at"],
        unique=False,
        sqlite_where=sa.text("decided_at IS NULL"),
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.create_index("ix_review_items_order_id", "review_items", ["order_id"], unique=False)
    op.create_table(
        "transactions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("parameters", sa.String(), nullable=False),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('start', 'callback', 'return', 'look', 'collect', 'capture', 'refund', 'void', 'confirm', 'close')",
            name=op.f("ck_transactions_kind_known"),
        ),
        sa.CheckConstraint("state IN ('ok', 'ko')", name=op.f("ck_transactions_state_known")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_transactions_order_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_transactions_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transactions")),
    )
    op.create_index("ix_transactions_order_id", "transactions", ["order_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_transactions_order_id", table_name="transactions")
    op.drop_table("transactions")
    op.drop_index("ix_review_items_order_id", table_name="review_items")
    op.drop_index(
        "ix_review_items_open",
        table_name="review_items",
        sqlite_where=sa.text("decided_at IS NULL"),
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.drop_table("review_items")
    op.drop_index("ix_refunds_payment_id", table_name="refunds")
    op.drop_index("ix_refunds_order_id", table_name="refunds")
    op.drop_index(
        "ix_refunds_gateway_id",
        table_name="refunds",
        sqlite_where=sa.text("gateway_id <> ''"),
        postgresql_where=sa.text("gateway_id <> ''"),
    )
    op.drop_index(
        "ix_refunds_due",
        table_name="refunds",
        sqlite_where=sa.text("look_at IS NOT NULL"),
        postgresql_where=sa.text("look_at IS NOT NULL"),
    )
    op.drop_table("refunds")
    op.drop_index("ix_money_facts_order_id", table_name="money_facts")
    op.drop_table("money_facts")
    op.drop_index(
        "ix_callbacks_pending",
        table_name="callbacks",
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.drop_index("ix_callbacks_order_id", table_name="callbacks")
    op.drop_index("ix_callbacks_newest", table_name="callbacks")
    op.drop_index("ix_callbacks_account", table_name="callbacks")
    op.drop_table("callbacks")
    op.drop_index("ix_stock_moves_order_id", table_name="stock_moves")
    op.drop_table("stock_moves")
    op.drop_index("ix_payments_order_id", table_name="payments")
    op.drop_index("ix_payments_newest", table_name="payments")
    op.drop_index(
        "ix_payments_due",
        table_name="payments",
        sqlite_where=sa.text("look_at IS NOT NULL"),
        postgresql_where=sa.text("look_at IS NOT NULL"),
    )
    op.drop_table("payments")
    op.drop_index(
        "ix_events_turn",
        table_name="events",
        sqlite_where=sa.text("delivered_at IS NULL AND dead_at IS NULL"),
        postgresql_where=sa.text("delivered_at IS NULL AND dead_at IS NULL"),
    )
    op.drop_index(
        "ix_events_due",
        table_name="events",
        sqlite_where=sa.text("delivered_at IS NULL AND dead_at IS NULL"),
        postgresql_where=sa.text("delivered_at IS NULL AND dead_at IS NULL"),
    )
    op.drop_table("events")
    op.drop_table("worker_heartbeats")
    op.drop_table("vouchers")
    op.drop_table("users")
    op.drop_table("stock")
    op.drop_table("products")
    op.drop_index(
        "ix_orders_payable",
        table_name="orders",
        sqlite_where=sa.text("status IN ('open', 'pending') AND paid_by IS NULL AND deadline IS NOT NULL"),
        postgresql_where=sa.text(
            "status IN ('open', 'pending') AND paid_by IS NULL AND deadline IS NOT NULL"
        ),
    )
    op.drop_index("ix_orders_newest", table_name="orders")
    op.drop_index("ix_orders_email", table_name="orders")
    op.drop_index(
        "ix_orders_customer",
        table_name="orders",
        sqlite_where=sa.text("customer_id IS NOT NULL"),
        postgresql_where=sa.text("customer_id IS NOT NULL"),
    )
    op.drop_table("orders")
    op.drop_table("baskets")
