"""The first sentence of an order page: its heading and the title of its tab."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

from adapters.web.order_state import State
from adapters.web.order_told import Told

WORDS: Mapping[State, LazyString] = {
    State.OPEN: _("This order is not paid yet."),
    State.WAITING: _("We are confirming your payment."),
    State.LONGER: _("We are confirming your payment."),
    State.UNKNOWN: _("We do not know yet whether the payment went through."),
    State.APPROVED: _("Your payment is approved."),
    State.TRANSFER: _("Waiting for your transfer."),
    State.PART_ARRIVED: _("A part of your transfer arrived."),
    State.PROMISED: _("Your order is confirmed."),
    State.PAID: _("Paid. Thank you."),
    State.NOTHING_DUE: _("Your order is confirmed. Thank you."),
    State.PARTLY_REFUNDED: _("Partly refunded."),
    State.REFUNDED: _("Refunded."),
    State.DUPLICATE: _("This order was paid twice."),
    State.DECLINED: _("The payment was declined."),
    State.NOT_STARTED: _("The payment was declined."),
    State.GIVEN_UP: _("The payment was not completed."),
    State.SESSION_OVER: _("The payment page was open for too long."),
    State.STOPPED: _("You cancelled the order."),
    State.EXPIRED: _("The time to pay has run out."),
    State.CANCELLED: _("The shop cancelled this order."),
    State.LATE: _("Your payment arrived late."),
    State.REVIEW: _("We are checking your payment."),
}
_BY_POST: Mapping[State, LazyString] = {
    State.TRANSFER: _("Waiting for your cheque."),
    State.PART_ARRIVED: _("A part of the money arrived."),
}


def heading(told: Told) -> str:
    """The first sentence: it is the page's h1 and the title of its tab."""
    if told.state is State.NOT_STARTED and not told.was_sent:
        return str(_("%(method)s is not answering.", method=told.method))
    return str((_BY_POST if told.by_post else WORDS).get(told.state, WORDS[told.state]))
