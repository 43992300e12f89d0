"""The reason line: why an order is where it is, from facts alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from adapters.web.admin_menu import Account, account
from adapters.web.admin_money import unsettled
from adapters.web.formats import clock, exact, moment_text, money
from adapters.web.i18n import shop_zone
from adapters.web.words import status_word
from application.ports.persistence import OrderFile
from domain.money import Money
from domain.order import ClosedBy, Order, OrderStatus
from domain.payment import Payment, PaymentStatus
from domain.transaction import TransactionKind

_S = PaymentStatus


@dataclass(frozen=True, slots=True)
class Reason:
    """``kind`` is a tone of the style sheet; ``facts`` follow the verdict, each a clause of its own."""

    kind: str
    verdict: str
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What the clauses are made from."""

    file: OrderFile
    accounts: dict[str, Account]
    now: datetime

    @property
    def order(self) -> Order:
        return self.file.order

    def who(self, payment: Payment) -> str:
        return account(self.accounts, payment.account).label

    def when(self, moment: datetime) -> str:
        """The time alone when it is today, else with its date."""
        zone = shop_zone()
        same = moment.astimezone(zone).date() == self.now.astimezone(zone).date()
        return clock(moment) if same else moment_text(moment)

    def at(self, payment: Payment) -> str:
        """When money for ``payment`` was recorded, else when it last changed."""
        moments = [fact.at for fact in self.file.facts if fact.payment_id == payment.id]
        return self.when(min(moments, default=payment.updated_at))


def reason_of(file: OrderFile, accounts: dict[str, Account], now: datetime) -> Reason:
    """One verdict and the facts behind it; total over every state an order can be in."""
    known = Known(file, accounts, now)
    order = file.order
    if order.status is OrderStatus.ERROR:
        return _error(known)
    paying = next((payment for payment in file.payments if payment.id == order.paid_by), None)
    if paying is not None:
        return _paid(known, paying)
    if order.is_closed:
        return _closed(known)
    attempt = _speaking(file.payments)
    if order.status is OrderStatus.VALIDATED:
        return _accepted(known, attempt)
    if attempt is None:
        return Reason("idle", _("Not paid"), (_("nobody has started a payment yet"), *_deadline(known)))
    return _UNPAID[attempt.status](known, attempt)


def _speaking(payments: tuple[Payment, ...]) -> Payment | None:
    """The attempt whose money is nearest, else one that is out, else the newest one."""
    for status in (_S.PARTIALLY_PAID, _S.AUTHORIZED, _S.UNKNOWN, _S.IN_PROGRESS, _S.NEW):
        if held := [payment for payment in payments if payment.status is status]:
            return held[-1]
    return payments[-1] if payments else None


def _error(known: Known) -> Reason:
    asked = [item for item in known.file.reviews if item.is_open]
    facts = tuple(f"{status_word(item.kind)}: {item.detail}" for item in asked)
    return Reason("bad", _("In error, not payable until somebody decides"), facts or (_received(known),))


def _received(known: Known) -> str:
    captured = Money.sum((payment.captured for payment in known.file.payments), known.order.currency)
    return str(_("%(amount)s received so far", amount=money(captured)))


def _paid(known: Known, paying: Payment) -> Reason:
    who, amount = known.who(paying), money(paying.captured)
    if not paying.captured.is_positive:
        return Reason("ok", _("Nothing to pay"), (_("the total is zero"),))
    facts = [
        _("%(method)s confirmed %(amount)s at %(time)s", method=who, amount=amount, time=known.at(paying))
    ]
    facts += _back(paying)
    second = [item for item in known.file.payments if item.id != paying.id and item.captured.is_positive]
    facts += [
        _("%(method)s brought another %(amount)s", method=known.who(item), amount=money(item.captured))
        for item in second
    ]
    if paying.receipt_failed:
        failed = _("our receipt to %(method)s failed (ERROR_VALIDATION)", method=who)
        return Reason("warn", _("Paid, not shippable"), (*facts, failed))
    closed = [_closing(known)] if known.order.is_closed else []
    return Reason("warn" if second or paying.is_double_loss else "ok", _("Paid"), (*facts, *closed))


def _back(payment: Payment) -> list[str]:
    sums = (
        (payment.refunded, _("%(amount)s refunded")),
        (payment.refunded_outside, _("%(amount)s refunded in the gateway's panel")),
        (payment.charged_back, _("%(amount)s charged back or reversed")),
        (payment.reserved, _("%(amount)s set aside for refunds that are not confirmed")),
    )
    return [sentence % {"amount": money(amount)} for amount, sentence in sums if amount.is_positive]


def _closed(known: Known) -> Reason:
    received = [payment for payment in known.file.payments if payment.captured.is_positive]
    unknown = [payment for payment in known.file.payments if payment.status is _S.UNKNOWN]
    money_said = [
        _("%(method)s brought %(amount)s", method=known.who(item), amount=money(item.captured))
        for item in received
    ]
    money_said += [
        _("%(method)s has not said what became of its payment", method=known.who(item)) for item in unknown
    ]
    money_said += [
        _("%(amount)s arrived, settled nothing and waits for a decision", amount=money(amount))
        for amount in unsettled(known.order, known.file.payments, known.file.facts)
    ]
    said = money_said or [_("no money was seen")]
    return Reason("warn" if money_said else "idle", _("Not paid, closed"), (_closing(known), *said))


def _closing(known: Known) -> str:
    order = known.order
    closers = {
        ClosedBy.BUYER: _("cancelled by the customer"),
        ClosedBy.STAFF: _("cancelled by staff"),
        ClosedBy.DEADLINE: _("the time to pay ran out"),
    }
    said = closers[order.closed_by] if order.closed_by else _("closed")
    moments = [event.at for event in known.file.events if event.name in _CLOSINGS]
    if moments:
        said = _("%(what)s at %(time)s", what=said, time=known.when(max(moments)))
    return f"{said}: {order.close_reason}" if order.close_reason else said


_CLOSINGS = frozenset({"OrderStopped", "OrderCancelled", "OrderExpired"})


def _accepted(known: Known, attempt: Payment | None) -> Reason:
    if attempt is None:
        return Reason("info", _("Accepted, not paid"), (_("no payment was started"),))
    promise = _(
        "%(method)s promised %(amount)s", method=known.who(attempt), amount=money(attempt.outstanding)
    )
    return Reason("info", _("Accepted on a promise, not paid"), (promise, _("no money was seen yet")))


def _waiting(known: Known, attempt: Payment) -> Reason:
    who, offline = known.who(attempt), account(known.accounts, attempt.account).is_offline
    if offline:
        since = _(
            "waiting for %(amount)s by %(method)s since %(time)s",
            amount=money(attempt.outstanding),
            method=who,
            time=known.when(attempt.created_at),
        )
        return Reason(
            "info", _("Not paid"), (since, _("staff confirms the money when it is seen"), *_deadline(known))
        )
    sent = _("sent to %(method)s at %(time)s", method=who, time=known.when(attempt.created_at))
    if attempt.next_step is None:
        sent = _(
            "a payment with %(method)s was begun at %(time)s and not answered",
            method=who,
            time=known.when(attempt.created_at),
        )
    return Reason("info", _("Not paid"), (sent, *_evidence(known, attempt), *_deadline(known)))


def _unknown(known: Known, attempt: Payment) -> Reason:
    silent = _(
        "%(method)s has not said since %(time)s",
        method=known.who(attempt),
        time=known.when(attempt.updated_at),
    )
    return Reason(
        "warn", _("Nobody knows whether it is paid"), (silent, *_evidence(known, attempt), *_deadline(known))
    )


def _authorized(known: Known, attempt: Payment) -> Reason:
    held = _("%(method)s holds %(amount)s", method=known.who(attempt), amount=money(attempt.amount))
    until = attempt.capture_before
    before = (_("it must be captured before %(time)s", time=exact(until)),) if until else ()
    return Reason("info", _("Authorised, not collected"), (held, *before, *_intent(attempt)))


def _partly(known: Known, attempt: Payment) -> Reason:
    received = _(
        "%(received)s of %(amount)s received by %(method)s",
        received=money(attempt.captured),
        amount=money(attempt.amount),
        method=known.who(attempt),
    )
    missing = _("%(amount)s is missing", amount=money(attempt.outstanding))
    return Reason("warn", _("Partly paid"), (received, missing, *_intent(attempt)))


def _over(known: Known, attempt: Payment) -> Reason:
    who, when = known.who(attempt), known.when(attempt.updated_at)
    sentences = {
        _S.FAILED: _("%(method)s declined at %(time)s", method=who, time=when),
        _S.CANCELLED: _("given up at %(method)s at %(time)s", method=who, time=when),
        _S.EXPIRED: _("the session at %(method)s ran out at %(time)s", method=who, time=when),
    }
    code = (_("reason: %(code)s", code=attempt.failure),) if attempt.failure else ()
    tries = len(known.file.payments)
    tried = (ngettext("%(num)s attempt so far", "%(num)s attempts so far", tries),) if tries > 1 else ()
    open_ = _("the customer can try again")
    return Reason(
        "bad" if attempt.status is _S.FAILED else "idle",
        _("Not paid"),
        (sentences[attempt.status], *code, *tried, open_, *_deadline(known)),
    )


def _evidence(known: Known, attempt: Payment) -> tuple[str, ...]:
    """What the gateway said by itself, what it answered when asked, when it is asked next."""
    heard = [item for item in known.file.callbacks if item.payment_id == attempt.id]
    looks = [
        item
        for item in known.file.transactions
        if item.payment_id == attempt.id and item.kind is TransactionKind.LOOK
    ]
    said = _("no callback")
    if heard:
        count = ngettext("%(num)s callback", "%(num)s callbacks", len(heard))
        said = _("%(count)s, last at %(time)s", count=count, time=known.when(heard[-1].received_at))
    return (
        said,
        *_asked(known, attempt, [(item.at, item.message) for item in looks]),
        *_next(known, attempt),
    )


def _asked(known: Known, attempt: Payment, looks: list[tuple[datetime, str]]) -> tuple[str, ...]:
    if not attempt.looks:
        return (_("not asked yet"),)
    asked = ngettext("asked %(num)s time", "asked %(num)s times", attempt.looks)
    if not looks:
        return (_("%(asked)s without an answer", asked=asked),)
    at, message = looks[-1]
    word = message.partition(":")[0]
    return (_("%(asked)s, last answer at %(time)s: %(word)s", asked=asked, time=known.when(at), word=word),)


def _next(known: Known, attempt: Payment) -> tuple[str, ...]:
    if attempt.look_at is None:
        return ()
    return (_("next check at %(time)s", time=known.when(attempt.look_at)),)


def _intent(attempt: Payment) -> tuple[str, ...]:
    return (_("a %(call)s is open and not answered", call=attempt.intent),) if attempt.intent else ()


def _deadline(known: Known) -> tuple[str, ...]:
    deadline = known.order.deadline
    if deadline is None:
        return (_("it does not expire"),)
    if deadline < known.now:
        return (_("the time to pay ended at %(time)s", time=known.when(deadline)),)
    return (_("expires at %(time)s", time=known.when(deadline)),)


_UNPAID: Mapping[PaymentStatus, Callable[[Known, Payment], Reason]] = {
    _S.NEW: _waiting,
    _S.IN_PROGRESS: _waiting,
    _S.UNKNOWN: _unknown,
    _S.AUTHORIZED: _authorized,
    _S.PARTIALLY_PAID: _partly,
    _S.PAID: _partly,
    _S.FAILED: _over,
    _S.CANCELLED: _over,
    _S.EXPIRED: _over,
}
