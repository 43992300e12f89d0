"""One sentence in the past tense for every kind of event an order can have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from flask_babel import gettext as _

from adapters.web.admin_menu import Account, account
from adapters.web.formats import money
from adapters.web.words import status_kind, status_word
from application.ports.persistence import EventRecord, OrderFile
from application.staff_moves import receipt_of
from domain.money import Currency, Money
from domain.order import Fulfilment, OrderStatus
from domain.payment import PaymentStatus
from domain.refund import RefundStatus
from domain.review import ReviewKind
from domain.transaction import FactKind

Tag = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Told:
    """Who did it, what, with which status word, and in whose own words."""

    actor: str
    sentence: str
    tag: Tag | None = None
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Narrator:
    """Knows the names that events only have ids of."""

    file: OrderFile
    accounts: dict[str, Account]

    def tell(self, event: EventRecord) -> Told | None:
        """None for an event that another entry of the timeline tells better."""
        if event.name in _TOLD_ELSEWHERE:
            return None
        teller = _TELLERS.get(event.name)
        return teller(self, event) if teller else Told("Callbank", _("recorded %(name)s.", name=event.name))

    def method(self, payment_id: object) -> str:
        """The label of the account a payment goes through."""
        return self._account(payment_id).label

    def is_offline(self, payment_id: object) -> bool:
        return self._account(payment_id).is_offline

    def _account(self, payment_id: object) -> Account:
        for payment in self.file.payments:
            if str(payment.id) == str(payment_id):
                return account(self.accounts, payment.account)
        return Account(_("an unknown method"), is_known=False)

    def amount(self, event: EventRecord, name: str = "amount") -> str:
        return amount_text(event.payload.get(name))


def amount_text(stored: object) -> str:
    """``49.90 PLN`` of an event as people write it; what is no amount stays as it is."""
    text, _space, code = str(stored).partition(" ")
    try:
        return money(Money.parse(text, Currency.of(code)))
    except ValueError:
        return str(stored)


def tag_of(kind: type[Enum], value: object) -> Tag | None:
    """The word and tone of a stored status; None for one that is not known any more."""
    try:
        status = kind(value)
    except ValueError:
        return None
    return status_word(status), status_kind(status)


def _word(kind: type[Enum], value: object) -> str:
    tag = tag_of(kind, value)
    return tag[0] if tag else str(value)


def changes(events: Sequence[EventRecord]) -> Told:
    """The moves of statuses that one commit made, as old and new words; the first one gives the tag."""
    ordered = sorted(events, key=lambda event: list(CHANGES).index(event.name))
    clauses = [_change(event) for event in ordered]
    first = ordered[0]
    tag = tag_of(CHANGES[first.name], first.payload.get("new"))
    quote = next((reason for event in ordered if (reason := _text(event, "reason"))), "")
    return Told(_("Status"), _("changed: %(clauses)s.", clauses="; ".join(clauses)), tag, quote)


def _change(event: EventRecord) -> str:
    kind = CHANGES[event.name]
    old, new = (_word(kind, event.payload.get(name)) for name in ("old", "new"))
    clauses = {
        "PaymentStatusChanged": _("payment from %(old)s to %(new)s", old=old, new=new),
        "RefundStatusChanged": _("refund from %(old)s to %(new)s", old=old, new=new),
        "OrderStatusChanged": _("order from %(old)s to %(new)s", old=old, new=new),
        "FulfilmentChanged": _("fulfilment from %(old)s to %(new)s", old=old, new=new),
    }
    return str(clauses[event.name])


def _text(event: EventRecord, name: str) -> str:
    return str(event.payload.get(name) or "")


def _placed(narrator: Narrator, event: EventRecord) -> Told:
    total, source = narrator.amount(event, "total"), _text(event, "source")
    if source != "basket":
        return Told(source, _("handed the order over, %(total)s.", total=total))
    return Told(_("Shopper"), _("placed the order, %(total)s.", total=total))


def _paid(narrator: Narrator, event: EventRecord) -> Told:
    method = narrator.method(event.payload.get("payment_id"))
    sentence = _("was paid by %(method)s, %(amount)s.", method=method, amount=narrator.amount(event))
    return Told(_("Order"), sentence, tag_of(PaymentStatus, "paid"))


def _stopped(narrator: Narrator, event: EventRecord) -> Told:
    return Told(_("Shopper"), _("cancelled the order."), quote=_text(event, "reason"))


def _cancelled(narrator: Narrator, event: EventRecord) -> Told:
    return Told(_("Staff"), _("cancelled the order."), quote=_text(event, "reason"))


def _expired(narrator: Narrator, event: EventRecord) -> Told:
    return Told("Callbank", _("closed the order: the time to pay ran out."), quote=_text(event, "reason"))


def _started(narrator: Narrator, event: EventRecord) -> Told:
    method = account(narrator.accounts, _text(event, "account")).label
    return Told(
        _("Shopper"), _("chose %(method)s for %(amount)s.", method=method, amount=narrator.amount(event))
    )


def _sent(narrator: Narrator, event: EventRecord) -> Told:
    owner = event.payload.get("payment_id")
    method = narrator.method(owner)
    if narrator.is_offline(owner):
        return Told(_("Shopper"), _("was shown how to pay by %(method)s.", method=method))
    return Told(_("Shopper"), _("was sent on to %(method)s.", method=method))


def _moved(narrator: Narrator, event: EventRecord) -> Told:
    owner = event.payload.get("payment_id")
    actor = narrator.method(owner) if owner else _("Money without a payment")
    sentences = {
        FactKind.CAPTURED: _("confirmed %(amount)s received, %(id)s."),
        FactKind.REFUNDED: _("confirmed %(amount)s refunded, %(id)s."),
        FactKind.REVERSED: _("took %(amount)s back, %(id)s."),
        FactKind.CHARGED_BACK: _("charged %(amount)s back, %(id)s."),
        FactKind.DISPUTE_WON: _("gave back %(amount)s after a dispute, %(id)s."),
    }
    sentence = next((said for kind, said in sentences.items() if kind.value == event.payload.get("kind")), "")
    receipt = receipt_of(_text(event, "gateway_id"), owner)
    words = {"amount": narrator.amount(event), "id": receipt}
    return Told(actor, sentence % words if sentence else "", tag_of(FactKind, event.payload.get("kind")))


def _refund_asked(narrator: Narrator, event: EventRecord) -> Told:
    asked = _("asked to refund %(amount)s.", amount=narrator.amount(event))
    return Told(_text(event, "by"), asked, quote=_text(event, "reason"))


def _review(narrator: Narrator, event: EventRecord) -> Told:
    asks = _("asked for a decision: %(detail)s.", detail=_text(event, "detail").rstrip("."))
    return Told("Callbank", asks, tag_of(ReviewKind, event.payload.get("kind")))


def _staff(narrator: Narrator, event: EventRecord) -> Told:
    acts = {
        "confirm": _("confirmed the money by hand."),
        "cancel": _("cancelled the order."),
        "shipped": _("marked the order as shipped."),
        "delivered": _("marked the order as delivered."),
        "completed": _("marked the order as completed."),
        "capture": _("asked to capture the money."),
        "void": _("asked to release the money."),
        "collect": _("asked to collect the money."),
    }
    act = _text(event, "act")
    known = acts.get(act) or acts.get(act.partition(":")[0]) or _("did: %(act)s.", act=act)
    return Told(_text(event, "by"), known, quote=_text(event, "reason"))


CHANGES: Mapping[str, type[Enum]] = {
    "PaymentStatusChanged": PaymentStatus,
    "RefundStatusChanged": RefundStatus,
    "OrderStatusChanged": OrderStatus,
    "FulfilmentChanged": Fulfilment,
}
"""The moves of a status, in the order they are told."""

_TOLD_ELSEWHERE = frozenset({"CallbackAccepted", "ShopperReturned", "RefundDone"})
"""The callback itself, the return itself, the refund's status and the money fact say the same and more."""

_TELLERS: Mapping[str, Callable[[Narrator, EventRecord], Told]] = {
    "OrderPlaced": _placed,
    "OrderPaid": _paid,
    "OrderStopped": _stopped,
    "OrderCancelled": _cancelled,
    "OrderExpired": _expired,
    "PaymentStarted": _started,
    "ShopperSent": _sent,
    "MoneyMoved": _moved,
    "RefundRequested": _refund_asked,
    "ReviewOpened": _review,
    "StaffActed": _staff,
}


def tell_by(name: str) -> object:
    """What tells an event of this name; None for one that nobody here has heard of."""
    return _TELLERS.get(name) or CHANGES.get(name) or (name if name in _TOLD_ELSEWHERE else None)
