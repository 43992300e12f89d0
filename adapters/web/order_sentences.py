"""The sentences of an order page, one state at a time; nothing about money that the ledger does not know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from flask_babel import gettext as _

from adapters.web.formats import clock, day, money
from adapters.web.formats import deadline as until
from adapters.web.order_state import State
from adapters.web.order_told import Told
from adapters.web.receipts import decline_of

ANSWER_WITHIN = timedelta(days=3)
"""How long staff may take for money that came late."""


def sentences(told: Told) -> list[str]:
    """What follows the heading, a sentence each; those about an e-mail only where there is one."""
    return [sentence for sentence in _SAYS[told.state](told) if sentence]


def _written(told: Told, sentence: str) -> str:
    """The sentence, where there is an e-mail address to write to."""
    return sentence if told.email else ""


def _quote_us(told: Told) -> str:
    return str(_("Your reference is %(ref)s.", ref=told.order.reference))


def _still_open(told: Told) -> str:
    if told.order.deadline is None:
        return str(_("Your order stays open: try again or choose another method."))
    return str(
        _(
            "Your order stays open until %(deadline)s: try again or choose another method.",
            deadline=until(told.order.deadline),
        )
    )


def _charged(told: Told) -> str:
    return str(_("Nothing was charged.")) if told.nothing_charged else ""


def _open(told: Told) -> list[str]:
    if told.order.deadline is None:
        return [_quote_us(told)]
    return [
        _("It is kept for you until %(deadline)s.", deadline=until(told.order.deadline)),
        _quote_us(told),
    ]


def _waiting(told: Told) -> list[str]:
    close = _("You can close this page; we will write to %(email)s.", email=told.email)
    return [
        _("We are waiting for the answer of %(method)s.", method=told.method),
        _("This usually takes less than a minute."),
        _("Do not pay again."),
        close if told.email else _("You can close this page."),
    ]


def _longer(told: Told) -> list[str]:
    first, usual, *rest = _waiting(told)
    return [first, usual, _("It is taking longer than usual."), *rest]


def _unknown(told: Told) -> list[str]:
    asking = _("We keep asking and will write to %(email)s.", email=told.email)
    return [
        _("%(method)s has not answered since %(time)s.", method=told.method, time=clock(told.since)),
        asking if told.email else _("We keep asking."),
        _("Do not pay again before then."),
        _(
            "If money has left your account, keep the bank's message and quote %(ref)s.",
            ref=told.order.reference,
        ),
    ]


def _approved(told: Told) -> list[str]:
    return [
        _("%(method)s holds %(amount)s for us.", method=told.method, amount=money(told.order.total)),
        _("Do not pay again."),
        _written(told, _("We will write to %(email)s when it is done.", email=told.email)),
        _quote_us(told),
    ]


def _cheque(told: Told) -> list[str]:
    due = money(told.payment.outstanding if told.payment else told.order.total)
    ask = _("Post a cheque for %(amount)s to the address below.", amount=due)
    if told.order.deadline:
        when = until(told.order.deadline)
        ask = _(
            "Post a cheque for %(amount)s to the address below; it has to be with us by %(deadline)s.",
            amount=due,
            deadline=when,
        )
    return [
        ask,
        _("Write the order number on its back: we recognise your cheque by it."),
        _written(told, _("We will write to %(email)s when the money arrives.", email=told.email)),
    ]


def _transfer(told: Told) -> list[str]:
    if told.by_post:
        return _cheque(told)
    due = money(told.payment.outstanding if told.payment else told.order.total)
    ask = _("Transfer %(amount)s to the account below.", amount=due)
    if told.order.deadline:
        when = until(told.order.deadline)
        ask = _("Transfer %(amount)s to the account below until %(deadline)s.", amount=due, deadline=when)
    return [
        ask,
        _("Quote the title exactly: we recognise your payment by it."),
        _written(told, _("We will write to %(email)s when the money arrives.", email=told.email)),
    ]


def _part_arrived(told: Told) -> list[str]:
    left = told.payment.outstanding if told.payment else told.order.total
    return [
        _(
            "We received %(received)s; %(missing)s is missing.",
            received=money(told.captured),
            missing=money(left),
        ),
        _("Post the rest to the same address with the same order number.")
        if told.by_post
        else _("Transfer the rest to the same account with the same title."),
    ]


def _promised(told: Told) -> list[str]:
    return [
        _("You pay %(amount)s by %(method)s.", amount=money(told.order.total), method=told.method),
        _quote_us(told),
    ]


def _paid(told: Told) -> list[str]:
    return [
        _(
            "We received %(amount)s by %(method)s on %(date)s.",
            amount=money(told.captured),
            method=told.method,
            date=day(told.received_at),
        ),
        _quote_us(told),
        _written(told, _("The receipt is on its way to %(email)s.", email=told.email)),
    ]


def _nothing_due(told: Told) -> list[str]:
    return [_("There was nothing to pay."), _quote_us(told)]


def _partly_refunded(told: Told) -> list[str]:
    return [
        _(
            "We returned %(refunded)s of %(amount)s on %(date)s by %(method)s.",
            refunded=money(told.returned),
            amount=money(told.captured),
            date=day(told.refunded_at),
            method=told.method,
        ),
        _("%(left)s stays paid.", left=money(told.captured - told.returned)),
        _("Banks usually show it after a few days."),
    ]


def _refunded(told: Told) -> list[str]:
    return [
        _(
            "We returned %(amount)s on %(date)s by %(method)s.",
            amount=money(told.returned),
            date=day(told.refunded_at),
            method=told.method,
        ),
        _("Banks usually show it after a few days."),
    ]


def _duplicate(told: Told) -> list[str]:
    confirmed = _(
        "We will return it by %(method)s and confirm to %(email)s.", method=told.method, email=told.email
    )
    return [
        _(
            "A second payment of %(amount)s arrived on %(date)s.",
            amount=money(told.captured),
            date=day(told.received_at),
        ),
        _("You owe nothing more."),
        confirmed if told.email else _("We will return it by %(method)s.", method=told.method),
    ]


def _declined(told: Told) -> list[str]:
    reason = decline_of(told.payment)
    return [
        _("%(method)s did not accept it.", method=told.method),
        reason,
        _charged(told),
        _still_open(told),
        "" if reason else _("Your bank can tell you the reason."),
    ]


def _not_started(told: Told) -> list[str]:
    if told.was_sent:
        return [_("%(method)s did not accept it.", method=told.method), _charged(told), _still_open(told)]
    return [
        _("Your order %(ref)s is saved.", ref=told.order.reference),
        _charged(told),
        _("Try again in a few minutes or pay another way."),
    ]


def _given_up(told: Told) -> list[str]:
    return [_("You came back from %(method)s without paying.", method=told.method), _still_open(told)]


def _session_over(told: Told) -> list[str]:
    return [_("%(method)s closed its page.", method=told.method), _still_open(told)]


def _stopped(told: Told) -> list[str]:
    if not told.order.basket_restored:
        return [_("The order is closed."), _quote_us(told)]
    return [
        _("Your items are back in the basket."),
        _("You can order again whenever you like; prices may change."),
    ]


def _expired(told: Told) -> list[str]:
    closed = told.order.deadline or told.order.placed_at
    return [
        _(
            "Order %(ref)s closed on %(deadline)s and the items were released.",
            ref=told.order.reference,
            deadline=until(closed),
        ),
        _("If you have already paid, do not pay again: we will recognise the payment."),
        _("Otherwise you can order again."),
    ]


def _cancelled(told: Told) -> list[str]:
    return [
        _charged(told) or _("If you have paid, we will return the money."),
        _quote_us(told),
    ]


def _late(told: Told) -> list[str]:
    answer_by = day(told.received_at + ANSWER_WITHIN)
    arrived = _(
        "%(amount)s reached us on %(date)s, after order %(ref)s had closed.",
        amount=money(told.captured),
        date=day(told.received_at),
        ref=told.order.reference,
    )
    if not told.email:
        return [
            arrived,
            _("We are checking whether the items are still available."),
            _("You will get the order or your money back by %(answer_by)s.", answer_by=answer_by),
        ]
    return [
        arrived,
        _(
            "We are checking whether the items are still available: you will get the order or your money "
            "back, and an e-mail by %(answer_by)s.",
            answer_by=answer_by,
        ),
    ]


def _review(told: Told) -> list[str]:
    return [
        _("What reached us does not fit the order, so a person looks at it."),
        _("Do not pay again."),
        _written(told, _("We will write to %(email)s.", email=told.email)),
        _quote_us(told),
    ]


_SAYS: Mapping[State, Callable[[Told], list[str]]] = {
    State.OPEN: _open,
    State.WAITING: _waiting,
    State.LONGER: _longer,
    State.UNKNOWN: _unknown,
    State.APPROVED: _approved,
    State.TRANSFER: _transfer,
    State.PART_ARRIVED: _part_arrived,
    State.PROMISED: _promised,
    State.PAID: _paid,
    State.NOTHING_DUE: _nothing_due,
    State.PARTLY_REFUNDED: _partly_refunded,
    State.REFUNDED: _refunded,
    State.DUPLICATE: _duplicate,
    State.DECLINED: _declined,
    State.NOT_STARTED: _not_started,
    State.GIVEN_UP: _given_up,
    State.SESSION_OVER: _session_over,
    State.STOPPED: _stopped,
    State.EXPIRED: _expired,
    State.CANCELLED: _cancelled,
    State.LATE: _late,
    State.REVIEW: _review,
}
