"""The money box of an order: sums by payment, and what came in without settling any."""

from __future__ import annotations

from flask_babel import gettext as _

from domain.money import Money
from domain.order import Order
from domain.payment import Payment, PaymentStatus
from domain.transaction import FactKind, MoneyFact

_HELD = (PaymentStatus.AUTHORIZED, PaymentStatus.PARTIALLY_PAID)


def money_rows(
    order: Order, payments: tuple[Payment, ...], facts: tuple[MoneyFact, ...] = ()
) -> list[tuple[str, Money]]:
    """Asked, authorised, received, refunded, reserved, open: all in the order's currency.

    Money that came but settled no payment has a row of its own per currency, which may be another one.
    """

    def total(*amounts: Money) -> Money:
        return Money.sum(amounts, order.currency)

    held = total(*(payment.outstanding for payment in payments if payment.status in _HELD))
    received = total(*(payment.captured for payment in payments))
    lost = total(*(payment.charged_back for payment in payments))
    rows = [
        (_("Asked"), order.total),
        (_("Authorised, not collected"), held),
        (_("Received"), received),
        (_("Refunded"), total(*(payment.returned for payment in payments))),
        (_("Set aside for refunds"), total(*(payment.reserved for payment in payments))),
    ]
    if lost.is_positive:
        rows.append((_("Charged back"), lost))
    rows += [(_("Needs a decision"), amount) for amount in unsettled(order, payments, facts)]
    return [*rows, (_("Still open"), still_open(order, payments))]


def unsettled(order: Order, payments: tuple[Payment, ...], facts: tuple[MoneyFact, ...]) -> list[Money]:
    """What the ledger saw come in beyond what settles payments, by currency."""
    received = Money.sum((payment.captured for payment in payments), order.currency)
    seen = [fact.amount for fact in facts if fact.kind is FactKind.CAPTURED]
    currencies = {amount.currency.code: amount.currency for amount in seen}
    sums = [
        Money.sum((amount for amount in seen if amount.currency == currency), currency)
        for _code, currency in sorted(currencies.items())
    ]
    beyond = [one - received if one.currency == order.currency else one for one in sums]
    return [one for one in beyond if one.is_positive]


def still_open(order: Order, payments: tuple[Payment, ...]) -> Money:
    """What the buyer still has to pay: nothing once the order is paid or closed.

    Sums of different attempts are never added up, so the best attempt counts.
    """
    if order.is_paid or order.is_closed:
        return Money.zero(order.currency)
    best = max((payment.captured.minor for payment in payments), default=0)
    return Money(max(order.total.minor - best, 0), order.currency)
