"""Blinker signals for Flask hosts, bridged from the hooks of the application.

Names and arguments are those that django-getpaid and Sonata ecommerce gave their listeners. Queries and
vetoes run before money is asked for: a listener refuses by raising ``application.errors.Vetoed``. Facts come
at least once from the outbox, in the worker: a listener must bear to be told again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from blinker import NamedSignal, Namespace

from application.hooks import NAMES, QUERIES, Fact, Hooks, PaymentQuery, UserData
from domain.money import Currency, Money
from domain.order import Order
from domain.payment import Payment

namespace = Namespace()

new_payment_query = namespace.signal("new_payment_query")
user_data_query = namespace.signal("user_data_query")
order_additional_validation = namespace.signal("order_additional_validation")
redirecting_to_payment_gateway = namespace.signal("redirecting_to_payment_gateway")
new_payment = namespace.signal("new_payment")
payment_status_changed = namespace.signal("payment_status_changed")
callback_accepted = namespace.signal("callback_accepted")
callback_refused = namespace.signal("callback_refused")
pre_transform = namespace.signal("pre_transform")
post_transform = namespace.signal("post_transform")
pre_sendbank = namespace.signal("pre_sendbank")
post_sendbank = namespace.signal("post_sendbank")
pre_callback = namespace.signal("pre_callback")
post_callback = namespace.signal("post_callback")
pre_confirmation = namespace.signal("pre_confirmation")
post_confirmation = namespace.signal("post_confirmation")
pre_error = namespace.signal("pre_error")
post_error = namespace.signal("post_error")
order_placed = namespace.signal("order_placed")
order_paid = namespace.signal("order_paid")
order_stopped = namespace.signal("order_stopped")
order_cancelled = namespace.signal("order_cancelled")
order_expired = namespace.signal("order_expired")
refund_done = namespace.signal("refund_done")
review_opened = namespace.signal("review_opened")
fulfilment_changed = namespace.signal("fulfilment_changed")

FindOrder = Callable[[str], object]
"""Finds a host's own order by its reference; None when it is gone."""


@dataclass(frozen=True, slots=True)
class Instance:
    """A payment as listeners know it: its own fields, and ``order``: the host's own order, or ours."""

    payment: Payment
    order: object

    def __getattr__(self, name: str) -> Any:
        return getattr(self.payment, name)


@dataclass(slots=True)
class AskedPayment:
    """What listeners of ``new_payment_query`` fill in: an amount of money, or a number and a currency."""

    amount: Money | Decimal | int | str | None
    currency: str = ""
    description: str = ""

    def exact(self) -> Money | None:
        """Raises InvalidMoney for a float or a text that is no amount, UnknownCurrency."""
        if self.amount is None or isinstance(self.amount, Money):
            return self.amount
        return Money.parse(str(self.amount), Currency.of(self.currency))


def connect(hooks: Hooks, *, find_order: FindOrder | None = None) -> None:
    """Send every hook on as the signal of the same name; call it once, when the application is built.

    ``find_order`` lets ``instance.order`` be the host's own order.
    """
    for name in sorted(NAMES - set(QUERIES) - {"callback_refused"}):
        hooks.connect(name, _fact_sender(namespace.signal(name), find_order))
    hooks.connect("callback_refused", lambda account: callback_refused.send(None, account=account))
    hooks.connect("new_payment_query", _ask_for_payment)
    hooks.connect("user_data_query", _ask_for_user)
    hooks.connect("order_additional_validation", _validate)
    hooks.connect("redirecting_to_payment_gateway", _redirecting)


def _fact_sender(signal: NamedSignal, find_order: FindOrder | None) -> Callable[[Fact], None]:
    def send(fact: Fact) -> None:
        order = _owner(fact.order, find_order)
        instance = Instance(fact.instance, order) if fact.instance is not None else None
        told: dict[str, Any] = {"instance": instance, "order": order, "fact": fact}
        if signal is payment_status_changed:
            told |= {"old_status": fact.old_status, "new_status": fact.new_status}
        if signal is callback_accepted:
            told |= {name: fact.payload.get(name) for name in ("is_success", "is_failed", "is_cancelled")}
        signal.send(Payment, **told)

    return send


def _owner(order: Order, find_order: FindOrder | None) -> object:
    """The host's own order where there is one, else ours."""
    own = find_order(order.source_reference) if find_order and order.source_reference else None
    return order if own is None else own


def _ask_for_payment(query: PaymentQuery) -> None:
    asked = AskedPayment(query.amount, query.amount.currency.code if query.amount else "", query.description)
    new_payment_query.send(Payment, order=query.source, payment=asked)
    query.amount, query.description = asked.exact(), asked.description


def _ask_for_user(user: UserData) -> None:
    told = {"email": user.email, "name": user.name, "phone": user.phone, "lang": user.lang}
    user_data_query.send(None, order=user.source, user_data=told)
    user.email, user.name = told["email"] or "", told["name"] or ""
    user.phone, user.lang = told["phone"] or "", told["lang"] or user.lang


def _validate(order: Order, account: str) -> None:
    order_additional_validation.send(None, order=order, backend=account)


def _redirecting(order: Order, payment: Payment) -> None:
    redirecting_to_payment_gateway.send(
        None, order=order, payment=Instance(payment, order), backend=payment.account
    )
