"""The order inspector: everything known about one order, as JSON and as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.cli.show import headers_shown, hidden, plain, print_facts, print_table, record
from application.callbacks import RawCallback
from application.ports.persistence import OrderFile
from application.staff_moves import receipt_of
from domain.payment import Payment, order_payment_status


def order_as_json(file: OrderFile) -> dict[str, Any]:
    """Status, history, money facts, stock moves, events and review items; keys and tokens left out."""
    status = order_payment_status(file.payments)
    known: dict[str, Any] = {
        "order": record(
            file.order,
            payment_status=status.word,
            codes={"order": file.order.status.code, "payment": int(status.code)},
        ),
        "payments": [payment_as_json(payment) for payment in file.payments],
        "history": plain(file.transactions),
        "money_facts": plain(file.facts),
        "refunds": plain(file.refunds),
        "stock_moves": plain(file.stock_moves),
        "events": plain(file.events),
        "review_items": plain(file.reviews),
        "callbacks": [callback_as_json(callback) for callback in file.callbacks],
    }
    opening = [secret for payment in file.payments for secret in (payment.token, payment.idempotency_key)]
    return {name: hidden(value, [file.order.key, *opening]) for name, value in known.items()}


def payment_as_json(payment: Payment, **more: object) -> dict[str, Any]:
    """A payment with what is derived from its sums."""
    return record(payment, outstanding=payment.outstanding, refundable=payment.refundable, **more)


def callback_as_json(callback: RawCallback) -> dict[str, Any]:
    """A stored message; its body scrubbed, its proving headers hidden."""
    return record(callback) | {"headers": headers_shown(callback.headers), "query": dict(callback.query)}


def print_order(file: OrderFile) -> None:
    """The same for people: the facts, then one table per kind of record, oldest first."""
    order, status = file.order, order_payment_status(file.payments)
    print_facts(
        f"Order {order.reference}",
        {
            "id": order.id,
            "status": f"{order.status.value} ({order.status.code})",
            "payment status": f"{status.word.value} ({int(status.code)})",
            "fulfilment": order.fulfilment,
            "stock": order.stock,
            "total": f"{order.total} (VAT {order.tax})",
            "buyer": f"{order.buyer.name} <{order.buyer.email}>".strip(),
            "source": f"{order.source} {order.source_reference or ''}".strip(),
            "environment": order.environment,
            "placed": order.placed_at,
            "deadline": order.deadline,
            "closed by": f"{order.closed_by.value}: {order.close_reason}" if order.closed_by else "",
        },
    )
    _lines(file)
    _payments(file.payments)
    _records(file)
    _events(file)


def _lines(file: OrderFile) -> None:
    rows = [(line.sku, line.name, line.quantity, line.unit_price, line.gross) for line in file.order.lines]
    print_table("Lines", ["sku", "name", "QUANTITY", "UNIT PRICE", "GROSS"], rows)
    print_table(
        "Stock moves",
        ["at", "sku", "QUANTITY"],
        [(move.at, move.sku, move.quantity) for move in file.stock_moves],
    )


def _payments(payments: Sequence[Payment]) -> None:
    print_table(
        "Payments",
        ["reference", "account", "status", "AMOUNT", "CAPTURED", "REFUNDED", "RESERVED", "gateway reference"],
        [
            (
                payment.reference,
                payment.account,
                payment.status,
                payment.amount,
                payment.captured,
                payment.returned,
                payment.reserved,
                payment.gateway_reference,
            )
            for payment in payments
        ],
    )


def _records(file: OrderFile) -> None:
    print_table(
        "History",
        ["at", "kind", "state", "STATUS", "message"],
        [(item.at, item.kind, item.state, int(item.status), item.message) for item in file.transactions],
    )
    print_table(
        "Money facts",
        ["at", "account", "kind", "gateway id or receipt", "AMOUNT"],
        [
            (fact.at, fact.account, fact.kind, receipt_of(fact.gateway_id, fact.payment_id), fact.amount)
            for fact in file.facts
        ],
    )
    print_table(
        "Refunds",
        ["created at", "status", "AMOUNT", "by", "reason", "gateway id"],
        [
            (item.created_at, item.status, item.amount, item.by, item.reason, item.gateway_id)
            for item in file.refunds
        ],
    )
    print_table(
        "Callbacks",
        ["received at", "account", "state", "note", "id"],
        [(item.received_at, item.account, item.state, item.note, item.id) for item in file.callbacks],
    )


def _events(file: OrderFile) -> None:
    print_table(
        "Events",
        ["NO", "at", "event", "what", "delivered at"],
        [
            (item.seq, item.at, item.name, _told(item.payload), item.delivered_at or item.last_error)
            for item in file.events
        ],
    )
    print_table(
        "Review items",
        ["opened at", "kind", "detail", "AMOUNT", "decision"],
        [(item.opened_at, item.kind, item.detail, item.amount, item.decision) for item in file.reviews],
    )


def _told(payload: Mapping[str, object]) -> dict[str, object]:
    """What an event says beyond its order."""
    told = {name: value for name, value in payload.items() if name != "order_id" and value is not None}
    if "gateway_id" in told:
        told["gateway_id"] = receipt_of(str(told["gateway_id"]), told.get("payment_id"))
    return told
