"""What became of a callback, and the rule that says so."""

from __future__ import annotations

from flask_babel import gettext as _

from application.callbacks import CallbackState, RawCallback
from application.handle_callback import UNPROVEN_BYTES
from application.judgement import MAX_TRIES
from domain.transaction import TransactionStatus


def verdict_of(raw: RawCallback) -> str:
    """The number Sonata ecommerce gives the verdict, with its name; empty while there is none."""
    known = {status.value: status.name for status in TransactionStatus}
    return "" if raw.code is None else f"{raw.code} {known.get(raw.code, '')}".strip()


def rule_of(raw: RawCallback) -> str:
    """Why this state follows, and what can be done about it."""
    rules: dict[CallbackState, str] = {
        CallbackState.PENDING: _(
            "Stored and acknowledged. The worker judges it; after %(tries)s failed tries a person is asked.",
            tries=MAX_TRIES,
        ),
        CallbackState.APPLIED: _("Authentic and new. This row and what it changed were committed together."),
        CallbackState.DUPLICATE: _(
            "The same message was applied before. A repetition never moves money twice."
        ),
        CallbackState.STALE: _("Authentic, but newer evidence was here first. It is kept and moves nothing."),
        CallbackState.IGNORED: _("Authentic, but it says nothing that changes a payment."),
        CallbackState.REVIEW: _(
            "Authentic, but it does not fit the order. It settles nothing; a person is asked."
        ),
        CallbackState.REFUSED: _(
            "Its origin could not be proved, so nothing in it is believed; at most %(bytes)s bytes are kept. "
            "If it is from your gateway, compare the keys of this account with the gateway's panel.",
            bytes=UNPROVEN_BYTES,
        ),
        CallbackState.UNREADABLE: _("It is not written as this gateway writes. The gateway was told so."),
        CallbackState.ORPHAN: _("Authentic, but no order has this reference, however often we looked."),
        CallbackState.POISON: _(
            "Judging it failed %(tries)s times. A question was opened; the message is kept as it came.",
            tries=raw.tries,
        ),
    }
    return rules[raw.state]
