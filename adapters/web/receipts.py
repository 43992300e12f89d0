"""What a payment's own facts tell its shopper: how it was paid, in which parts, why it was refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString
from markupsafe import Markup

from adapters.web.formats import moment_text, money, said, utc
from adapters.web.resources import use_cases
from application.errors import UnknownAccount
from application.ports.gateway import MethodOption
from domain.errors import CheckoutError
from domain.money import Money
from domain.payment import Payment

PAYMENT_TYPES: Mapping[str, LazyString] = {
    "debit": lazy_gettext("Debit card"),
    "prepaid": lazy_gettext("Prepaid card"),
    "credit": lazy_gettext("Credit card, one payment"),
    "instalments": lazy_gettext("Credit card, instalments"),
    "interest_free": lazy_gettext("Credit card, instalments without interest"),
}
DECLINES: Mapping[str, LazyString] = {
    "funds": lazy_gettext("There is not enough money on the card or in the account."),
    "limit": lazy_gettext("The amount is above the limit of the card or account."),
    "expired": lazy_gettext("The card has expired."),
    "wrong_data": lazy_gettext("The card details do not match: check the number, the date and the code."),
    "not_online": lazy_gettext("The card is not meant for payments on the internet."),
}
"""The only reasons that are told; every other refusal, a stolen card say, reads as a plain one."""

Fact = tuple[str, str | Markup]


def chosen_words(options: Sequence[MethodOption], chosen: Mapping[str, str]) -> tuple[str, ...]:
    """What was chosen among ``options``; a choice that is not offered any more is named by its value."""
    return tuple(
        said(dict(option.choices).get(chosen[option.name], f"{said(option.label)}: {chosen[option.name]}"))
        for option in options
        if chosen.get(option.name)
    )


def plan_of(payment: Payment | None) -> tuple[str, ...]:
    """What this payment's shopper chose beside the method: the instalments, say."""
    if payment is None:
        return ()
    try:
        gateway = use_cases().gateways.get(payment.account)
    except UnknownAccount:
        return ()
    return chosen_words(gateway.options(payment.amount), payment.extra)


def decline_of(payment: Payment | None) -> str:
    """Why it was refused, in a sentence; empty when nobody knows, or it is not to be told."""
    reason = DECLINES.get(payment.extra.get("decline", "")) if payment else None
    return str(reason or "")


def receipt_of(payment: Payment | None) -> tuple[Fact, ...]:
    """What the gateway told of a payment that was made, each with its label, and nothing else it told."""
    if payment is None:
        return ()
    told = payment.extra
    card, kind = told.get("card", ""), PAYMENT_TYPES.get(told.get("payment_type", ""))
    facts: tuple[Fact, ...] = (
        (_("Card"), _("ending in %(digits)s", digits=card[-4:]) if card.isdecimal() else ""),
        (_("Kind of payment"), str(kind or "")),
        (_("Instalments"), _instalments(payment)),
        (_("Authorisation code"), told.get("authorization_code", "")[:40]),
        (_("Time of payment"), _moment(told.get("paid_at", ""))),
    )
    return tuple(fact for fact in facts if fact[1])


def _instalments(payment: Payment) -> str:
    """How many the bank divided it into, and how much each is, as far as that is known."""
    count = payment.extra.get("instalments", "")
    if not count.isdecimal() or int(count) < 2:
        return ""
    try:
        each = Money.parse(payment.extra.get("instalment_amount", ""), payment.amount.currency)
    except CheckoutError:
        return count
    return f"{count} × {money(each)}" if each else count


def _moment(text: str) -> str | Markup:
    """A gateway's own time of a payment; one without a zone is shown as that gateway's clock had it."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            return f"{moment:%Y-%m-%d %H:%M}"
        return Markup('<time datetime="{}">{}</time>').format(utc(moment), moment_text(moment))
    except (ValueError, OverflowError):
        return ""
