"""The tables of orders and money, with every rule a database can hold as the last wall."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    LargeBinary,
    Table,
    UniqueConstraint,
    func,
    text,
)

from adapters.persistence.columns import (
    Instant,
    currency,
    ident,
    index_where,
    lease,
    link,
    metadata,
    moment,
    not_negative,
    one_of,
    whole,
    words,
)
from application.callbacks import CallbackState
from domain.order import ClosedBy, Fulfilment, OrderStatus, StockHold
from domain.payment import PaymentStatus
from domain.refund import RefundStatus
from domain.review import ReviewKind
from domain.transaction import FactKind, TransactionKind, TransactionState

baskets = Table(
    "baskets",
    metadata,
    ident(),
    currency(),
    whole("version"),
    words("locale"),
    words("lines"),
    words("choices"),
    words("voucher"),
    link("customer_id"),
)

orders = Table(
    "orders",
    metadata,
    ident(),
    words("reference"),
    words("key"),
    words("source"),
    currency(),
    words("lines"),
    whole("total"),
    whole("tax"),
    words("buyer"),
    moment("placed_at"),
    words("environment"),
    moment("deadline", nullable=True),
    words("addresses"),
    words("locale"),
    words("description"),
    words("account"),
    words("options"),
    words("voucher"),
    link("customer_id"),
    words("source_reference", nullable=True),
    words("source_digest"),
    words("return_url"),
    link("basket_id"),
    whole("basket_version", nullable=True),
    Column("basket_restored", Boolean(), nullable=False),
    words("status"),
    words("closed_by", nullable=True),
    words("close_reason"),
    words("fulfilment"),
    words("stock"),
    link("paid_by"),
    moment("validated_at", nullable=True),
    whole("event_seq"),
    whole("version"),
    words("email"),
    UniqueConstraint("reference"),
    UniqueConstraint("key"),
    UniqueConstraint("source_reference", "source"),
    UniqueConstraint("basket_id", "basket_version"),
    not_negative("total", "tax", "event_seq"),
    one_of("status", OrderStatus),
    one_of("closed_by", ClosedBy),
    one_of("fulfilment", Fulfilment),
    one_of("stock", StockHold),
)
PAYABLE = text("status IN ('open', 'pending') AND paid_by IS NULL AND deadline IS NOT NULL")
index_where("ix_orders_payable", PAYABLE, orders.c.deadline)
Index("ix_orders_newest", orders.c.placed_at, orders.c.id)
IN_ERROR = text("status = 'error'")
index_where("ix_orders_error", IN_ERROR, orders.c.placed_at)
Index("ix_orders_email", orders.c.email)
OWNED = text("customer_id IS NOT NULL")
index_where("ix_orders_customer", OWNED, orders.c.customer_id)

payments = Table(
    "payments",
    metadata,
    ident(),
    link("order_id", "orders", required=True),
    words("reference"),
    words("account"),
    words("gateway"),
    words("environment"),
    currency(),
    whole("amount"),
    whole("captured"),
    whole("refunded"),
    whole("refunded_outside"),
    whole("charged_back"),
    whole("reserved"),
    words("idempotency_key"),
    words("token"),
    moment("created_at"),
    moment("updated_at"),
    words("status"),
    words("gateway_reference", nullable=True),
    words("capture_reference", nullable=True),
    words("next_step", nullable=True),
    Column("verified", Boolean(), nullable=False),
    Column("receipt_failed", Boolean(), nullable=False),
    words("failure"),
    moment("capture_before", nullable=True),
    moment("look_at", nullable=True),
    whole("looks"),
    moment("returned_at", nullable=True),
    words("intent"),
    words("extra"),
    whole("version"),
    *lease(),
    UniqueConstraint("reference"),
    UniqueConstraint("idempotency_key"),
    UniqueConstraint("token"),
    UniqueConstraint("gateway_reference", "account"),
    not_negative("amount", "captured", "refunded", "refunded_outside", "charged_back", "reserved", "looks"),
    CheckConstraint("refunded + reserved <= captured", name="refunds_are_covered"),
    one_of("status", PaymentStatus),
)
Index("ix_payments_order_id", payments.c.order_id)
Index("ix_payments_newest", payments.c.created_at, payments.c.id)
UNKNOWN = text("status = 'unknown'")
index_where("ix_payments_unknown", UNKNOWN, payments.c.created_at)
DUE = text("look_at IS NOT NULL")
index_where("ix_payments_due", DUE, payments.c.look_at)

transactions = Table(
    "transactions",
    metadata,
    ident(),
    link("order_id", "orders", required=True),
    link("payment_id", "payments", required=True),
    words("kind"),
    words("state"),
    whole("status"),
    moment("at"),
    words("message"),
    words("parameters"),
    words("request"),
    words("answer"),
    one_of("kind", TransactionKind),
    one_of("state", TransactionState),
)
Index("ix_transactions_order_id", transactions.c.order_id)

money_facts = Table(
    "money_facts",
    metadata,
    ident(),
    words("account"),
    words("kind"),
    words("gateway_id"),
    currency(),
    whole("amount"),
    moment("at"),
    link("order_id", "orders"),
    link("payment_id", "payments"),
    UniqueConstraint("account", "kind", "gateway_id"),
    not_negative("amount"),
    CheckConstraint("gateway_id <> ''", name="has_gateway_id"),
    one_of("kind", FactKind),
)
Index("ix_money_facts_order_id", money_facts.c.order_id)
Index("ix_money_facts_at", money_facts.c.at)

refunds = Table(
    "refunds",
    metadata,
    ident(),
    link("order_id", "orders", required=True),
    link("payment_id", "payments", required=True),
    currency(),
    whole("amount"),
    words("key"),
    words("asked_by"),
    words("reason"),
    moment("created_at"),
    words("status"),
    words("gateway_id"),
    moment("look_at", nullable=True),
    whole("looks"),
    whole("version"),
    *lease(),
    UniqueConstraint("key"),
    not_negative("looks"),
    CheckConstraint("amount > 0", name="gives_something_back"),
    one_of("status", RefundStatus),
)
Index("ix_refunds_order_id", refunds.c.order_id)
Index("ix_refunds_payment_id", refunds.c.payment_id)
TOLD = text("gateway_id <> ''")
index_where("ix_refunds_gateway_id", TOLD, refunds.c.gateway_id)
index_where("ix_refunds_due", DUE, refunds.c.look_at)

review_items = Table(
    "review_items",
    metadata,
    ident(),
    words("kind"),
    words("account"),
    moment("opened_at"),
    words("detail"),
    link("order_id", "orders"),
    link("payment_id", "payments"),
    words("gateway_id"),
    currency(nullable=True),
    whole("amount", nullable=True),
    words("decision"),
    words("decided_by"),
    words("decided_reason"),
    moment("decided_at", nullable=True),
    whole("version"),
    CheckConstraint("(amount IS NULL) = (currency IS NULL)", name="amount_has_currency"),
    one_of("kind", ReviewKind),
)
Index("ix_review_items_order_id", review_items.c.order_id)
UNDECIDED = text("decided_at IS NULL")
index_where("ix_review_items_open", UNDECIDED, review_items.c.opened_at)

callbacks = Table(
    "callbacks",
    metadata,
    ident(),
    words("account"),
    moment("received_at"),
    words("method"),
    Column("body", LargeBinary(), nullable=False),
    words("digest"),
    words("headers"),
    words("query"),
    words("remote"),
    words("payment_hint"),
    words("state"),
    words("note"),
    whole("code", nullable=True),
    words("event_key", nullable=True),
    link("duplicate_of", "callbacks"),
    link("order_id", "orders"),
    link("payment_id", "payments"),
    whole("tries"),
    moment("due_at", nullable=True),
    moment("judged_at", nullable=True),
    *lease(),
    UniqueConstraint("account", "event_key"),
    not_negative("tries"),
    one_of("state", CallbackState),
)
Index("ix_callbacks_order_id", callbacks.c.order_id)
Index("ix_callbacks_newest", callbacks.c.received_at, callbacks.c.id)
ANY_STATE = text("state <> ''")
"""True of every row; only a question that says so may use the index of accounts. Before a young table is
analysed, PostgreSQL would take it to look up an event key, and read every callback of the account."""
index_where("ix_callbacks_account", ANY_STATE, callbacks.c.account, callbacks.c.received_at)
WAITING = text("state = 'pending'")
CALLBACK_DUE = func.coalesce(callbacks.c.due_at, callbacks.c.received_at, type_=Instant())
index_where("ix_callbacks_pending", WAITING, CALLBACK_DUE)

events = Table(
    "events",
    metadata,
    ident(),
    link("order_id", "orders", required=True),
    whole("seq"),
    words("name"),
    words("payload"),
    moment("at"),
    moment("due_at"),
    whole("attempts"),
    moment("delivered_at", nullable=True),
    moment("dead_at", nullable=True),
    words("last_error"),
    *lease(),
    UniqueConstraint("order_id", "seq"),
    not_negative("attempts"),
)
"""What happened, which never changes, and from ``due_at`` on how far its delivery got."""
OWED = text("delivered_at IS NULL AND dead_at IS NULL")
index_where("ix_events_due", OWED, events.c.due_at)
index_where("ix_events_turn", OWED, events.c.order_id, events.c.seq)
