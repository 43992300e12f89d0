"""Stripe's objects as it shows them: sessions, intents, charges, refunds, disputes, and their ids."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any, Final

from adapters.sandbox.ledger import Refund, Session

REFUND_WORDS: Final[Mapping[str, str]] = {"pending": "pending", "done": "succeeded", "refused": "failed"}
INTENT_WORDS: Final[Mapping[str, str]] = {
    "pending": "processing",
    "authorized": "requires_capture",
    "paid": "succeeded",
    "declined": "requires_payment_method",
    "cancelled": "canceled",
    "expired": "canceled",
}
_MONEYLESS: Final = dict.fromkeys(
    ("open", "pending", "authorized", "declined", "cancelled", "expired"), "unpaid"
)
"""Words without money; "paid", and any word of a made-up claim, is told as it is."""


def session_json(session: Session, state: str, page: str, intent: object) -> dict[str, Any]:
    """A session in `state` (open, complete, expired); `intent` is an id, an object or None."""
    return {
        "id": session.id,
        "object": "checkout.session",
        "amount_subtotal": session.amount,
        "amount_total": session.amount,
        "cancel_url": session.extra["cancel_url"] or None,
        "client_reference_id": session.reference or None,
        "created": int(session.created_at),
        "currency": session.currency.lower(),
        "customer_details": {"email": session.extra["email"]} if session.extra["email"] else None,
        "customer_email": session.extra["email"],
        "expires_at": int(session.expires_at or 0),
        "livemode": False,
        "locale": session.extra["locale"],
        "metadata": session.extra["metadata"],
        "mode": "payment",
        "payment_intent": intent,
        "payment_method_types": ["card"],
        "payment_status": _MONEYLESS.get(session.status, session.status),
        "status": state,
        "success_url": session.return_url,
        "url": page if state == "open" else None,
    }


def intent_json(session: Session, received: int) -> dict[str, Any]:
    """The payment intent of a session, of which `received` is captured."""
    word = INTENT_WORDS.get(session.status, "requires_payment_method")
    declined = {"type": "card_error", "code": "card_declined", "decline_code": "generic_decline"}
    return {
        "id": intent_id(session),
        "object": "payment_intent",
        "amount": session.amount,
        "amount_capturable": session.amount if word == "requires_capture" else 0,
        "amount_received": received,
        "capture_method": "manual" if session.manual_capture else "automatic",
        "created": int(session.created_at),
        "currency": session.currency.lower(),
        "last_payment_error": declined if session.status == "declined" else None,
        "latest_charge": charge_id(session) if session.captures else None,
        "livemode": False,
        "metadata": session.extra["intent_metadata"],
        "status": word,
    }


def refund_json(session: Session, refund: Refund, beside: Mapping[str, Any]) -> dict[str, Any]:
    """A refund; `beside` is what its maker wrote: metadata and reason."""
    told = {
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount,
        "charge": charge_id(session),
        "created": int(refund.at),
        "currency": session.currency.lower(),
        "metadata": beside.get("metadata", {}),
        "payment_intent": intent_id(session),
        "reason": beside.get("reason"),
        "status": REFUND_WORDS[refund.status],
    }
    return {**told, "failure_reason": "declined"} if refund.status == "refused" else told


def charge_json(session: Session) -> dict[str, Any]:
    """The charge behind a paid session, as `charge.refunded` shows it."""
    return {
        "id": charge_id(session),
        "object": "charge",
        "amount": session.amount,
        "amount_refunded": session.refunded,
        "currency": session.currency.lower(),
        "livemode": False,
        "metadata": session.extra["intent_metadata"],
        "payment_intent": intent_id(session),
        "refunded": session.refunded == session.captured,
    }


def dispute_json(session: Session, amount: int, status: str, at: float) -> dict[str, Any]:
    """The dispute of a session's charge."""
    return {
        "id": f"du_{_twin(session)}",
        "object": "dispute",
        "amount": amount,
        "charge": charge_id(session),
        "created": int(at),
        "currency": session.currency.lower(),
        "livemode": False,
        "metadata": {},
        "payment_intent": intent_id(session),
        "reason": "fraudulent",
        "status": status,
    }


def intent_id(session: Session) -> str:
    """The id of the session's payment intent."""
    return f"pi_{_twin(session)}"


def charge_id(session: Session) -> str:
    """The id of the session's charge."""
    return f"ch_{_twin(session)}"


def _twin(session: Session) -> str:
    return hashlib.sha256(session.id.encode()).hexdigest()[:24]


def new_session_id() -> str:
    """A session id of Stripe's look."""
    return f"cs_test_a1{secrets.token_hex(28)}"


def event_kind(status: str, *, held: bool, slow: bool, ended: bool) -> str:
    """Which event tells of this status; empty: Stripe tells nobody. `ended`: expired after going back."""
    match status:
        case "authorized":
            return "payment_intent.amount_capturable_updated"
        case "paid" if held:
            return "payment_intent.succeeded"
        case "paid" if slow:
            return "checkout.session.async_payment_succeeded"
        case "declined":
            return "checkout.session.async_payment_failed"
        case "cancelled" | "expired" if held:
            return "payment_intent.canceled"
        case "open" | "cancelled" if not ended:
            return ""
        case "expired" | "cancelled":
            return "checkout.session.expired"
        case _:
            return "checkout.session.completed"
