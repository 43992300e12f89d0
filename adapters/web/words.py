"""The word and the tone of every status; the tones are classes of the style sheet."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from flask_babel import lazy_gettext as _

from application.callbacks import CallbackState
from domain.order import ClosedBy, Fulfilment, OrderStatus
from domain.payment import PaymentStatus
from domain.refund import RefundStatus
from domain.review import ReviewKind
from domain.transaction import FactKind, TransactionKind, TransactionState

# Statuses of two kinds compare equal when their texts do, so each kind has a table of its own.
WORDS: Mapping[type[Enum], Mapping[Enum, tuple[object, str]]] = {
    OrderStatus: {
        OrderStatus.OPEN: (_("Open"), "idle"),
        OrderStatus.PENDING: (_("Waiting for payment"), "info"),
        OrderStatus.VALIDATED: (_("Confirmed"), "ok"),
        OrderStatus.CANCELLED: (_("Cancelled"), "idle"),
        OrderStatus.ERROR: (_("Needs a decision"), "warn"),
        OrderStatus.STOPPED: (_("Stopped by the customer"), "idle"),
    },
    Fulfilment: {
        Fulfilment.NEW: (_("Not started"), "idle"),
        Fulfilment.HOLD: (_("On hold"), "info"),
        Fulfilment.PROCESSING: (_("Being prepared"), "info"),
        Fulfilment.SHIPPED: (_("Shipped"), "ok"),
        Fulfilment.DELIVERED: (_("Delivered"), "ok"),
        Fulfilment.COMPLETED: (_("Completed"), "ok"),
        Fulfilment.FAILED: (_("Not fulfilled"), "bad"),
    },
    PaymentStatus: {
        PaymentStatus.NEW: (_("Not started"), "idle"),
        PaymentStatus.IN_PROGRESS: (_("In progress"), "info"),
        PaymentStatus.UNKNOWN: (_("Outcome unknown"), "warn"),
        PaymentStatus.AUTHORIZED: (_("Authorised"), "info"),
        PaymentStatus.PARTIALLY_PAID: (_("Partly paid"), "warn"),
        PaymentStatus.PAID: (_("Paid"), "ok"),
        PaymentStatus.FAILED: (_("Declined"), "bad"),
        PaymentStatus.CANCELLED: (_("Cancelled"), "idle"),
        PaymentStatus.EXPIRED: (_("Expired"), "idle"),
    },
    RefundStatus: {
        RefundStatus.REQUESTED: (_("Requested"), "info"),
        RefundStatus.SENT: (_("Sent, waiting for the answer"), "info"),
        RefundStatus.UNKNOWN: (_("Outcome unknown"), "warn"),
        RefundStatus.DONE: (_("Refunded"), "ok"),
        RefundStatus.REFUSED: (_("Refused"), "bad"),
        RefundStatus.FAILED_LATER: (_("Failed afterwards"), "bad"),
    },
    FactKind: {
        FactKind.CAPTURED: (_("Received"), "ok"),
        FactKind.REFUNDED: (_("Refunded"), "info"),
        FactKind.REVERSED: (_("Taken back"), "bad"),
        FactKind.CHARGED_BACK: (_("Charged back"), "bad"),
        FactKind.DISPUTE_WON: (_("Dispute won"), "ok"),
    },
    TransactionState: {
        TransactionState.OK: (_("OK"), "ok"),
        TransactionState.KO: (_("Failed"), "bad"),
    },
    ReviewKind: {
        ReviewKind.AMOUNT_MISMATCH: (_("Another amount than asked"), "warn"),
        ReviewKind.CURRENCY_MISMATCH: (_("Another currency than asked"), "warn"),
        ReviewKind.ACCOUNT_MISMATCH: (_("Another account than asked"), "warn"),
        ReviewKind.ENVIRONMENT_MISMATCH: (_("Test and live were mixed"), "bad"),
        ReviewKind.REFERENCE_MISMATCH: (_("Another reference than ours"), "warn"),
        ReviewKind.LATE: (_("Money after the order closed"), "warn"),
        ReviewKind.SURPLUS: (_("Paid twice"), "warn"),
        ReviewKind.ORPHAN: (_("Money without an order"), "warn"),
        ReviewKind.POISON: (_("A message nobody can read"), "bad"),
        ReviewKind.REVERSED: (_("Money taken back"), "bad"),
        ReviewKind.CHARGEBACK: (_("Chargeback"), "bad"),
        ReviewKind.DOUBLE_LOSS: (_("Refunded and charged back"), "bad"),
        ReviewKind.REFUND_REFUSED: (_("Refund refused"), "bad"),
        ReviewKind.REFUND_FAILED: (_("Refund failed afterwards"), "bad"),
        ReviewKind.RECEIPT_FAILED: (_("Paid, our receipt failed"), "warn"),
        ReviewKind.UNKNOWN_TOO_LONG: (_("No answer for too long"), "warn"),
    },
    CallbackState: {
        CallbackState.PENDING: (_("Waiting to be judged"), "info"),
        CallbackState.APPLIED: (_("Applied"), "ok"),
        CallbackState.DUPLICATE: (_("Seen before"), "idle"),
        CallbackState.STALE: (_("Overtaken"), "idle"),
        CallbackState.IGNORED: (_("Nothing to do"), "idle"),
        CallbackState.REVIEW: (_("Needs a decision"), "warn"),
        CallbackState.REFUSED: (_("Not authenticated"), "bad"),
        CallbackState.UNREADABLE: (_("Unreadable"), "bad"),
        CallbackState.ORPHAN: (_("Unknown order"), "bad"),
        CallbackState.POISON: (_("Given up"), "bad"),
    },
    ClosedBy: {
        ClosedBy.BUYER: (_("By the customer"), "idle"),
        ClosedBy.STAFF: (_("By staff"), "idle"),
        ClosedBy.DEADLINE: (_("Time ran out"), "idle"),
    },
    TransactionKind: {
        TransactionKind.START: (_("Start"), "idle"),
        TransactionKind.CALLBACK: (_("Callback"), "idle"),
        TransactionKind.RETURN: (_("Return"), "idle"),
        TransactionKind.LOOK: (_("Question to the gateway"), "idle"),
        TransactionKind.COLLECT: (_("Collecting"), "idle"),
        TransactionKind.CAPTURE: (_("Capture"), "idle"),
        TransactionKind.REFUND: (_("Refund"), "idle"),
        TransactionKind.VOID: (_("Release"), "idle"),
        TransactionKind.CONFIRM: (_("Confirmation by staff"), "idle"),
        TransactionKind.CLOSE: (_("Closed with its order"), "idle"),
    },
}


def status_word(status: Enum) -> str:
    """What people call this status, in the language of the page. Raises KeyError for one without a word."""
    return str(WORDS[type(status)][status][0])


def status_kind(status: Enum) -> str:
    return WORDS[type(status)][status][1]
