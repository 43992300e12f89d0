"""The way from a basket to an order: which steps it has, which are done, and what was answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from babel import dates
from flask import url_for
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from adapters.web.formats import address_lines, money
from adapters.web.i18n import format_locale, shop_zone
from adapters.web.receipts import chosen_words
from adapters.web.resources import use_cases
from application.view_checkout import CheckoutView
from domain.basket import Address, DeliveryOption

LABELS: Mapping[str, Any] = {
    "details": _("Details"),
    "delivery": _("Delivery"),
    "payment": _("Payment"),
    "review": _("Review"),
}


@dataclass(frozen=True, slots=True)
class Item:
    """A step as ``layout.steps`` shows it."""

    code: str
    label: Any
    url: str
    state: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer as ``layout.answers`` shows it."""

    label: Any
    value: Any
    url: str
    change: Any


@dataclass(frozen=True, slots=True)
class Journey:
    """A checkout seen from one of its steps."""

    view: CheckoutView
    current: str

    @property
    def codes(self) -> tuple[str, ...]:
        return steps_of(self.view)

    @property
    def number(self) -> int:
        return self.codes.index(self.current) + 1

    @property
    def label(self) -> Any:
        return LABELS[self.current]

    @property
    def items(self) -> list[Item]:
        return [Item(code, LABELS[code], step_url(code), self._state(code)) for code in self.codes]

    @property
    def answers(self) -> list[Answer]:
        """What the steps before this one settled."""
        before = self.codes[: self.number - 1]
        return [answer for code in before for answer in _ANSWERS[code](self.view)]

    @property
    def figures(self) -> list[tuple[Any, Any]]:
        return figures(self.view)

    @property
    def total_label(self) -> Any:
        return _("Total") if _delivery_known(self.view) else _("Total so far")

    @property
    def changes(self) -> Any:
        """What will still change the total, and when; empty when nothing will."""
        return "" if _delivery_known(self.view) else _("Delivery is added when you choose it.")

    def _state(self, code: str) -> str:
        if code == self.current:
            return "current"
        return "done" if code != "review" and is_done(self.view, code) else "todo"


def step_url(code: str) -> str:
    return url_for("checkout.step", code=code)


def steps_of(view: CheckoutView) -> tuple[str, ...]:
    """The steps with something to choose, in order."""
    delivery = ("delivery",) if view.basket.needs_delivery else ()
    payment = ("payment",) if _may_cost(view) else ()
    return ("details", *delivery, *payment, "review")


def is_done(view: CheckoutView, code: str) -> bool:
    choices = view.basket.choices
    if code == "details":
        where = choices.delivery_address if view.basket.needs_delivery else choices.billing_address
        return choices.buyer is not None and where is not None
    if code == "delivery":
        return view.delivery is not None
    return code == "payment" and view.method is not None


def first_open(view: CheckoutView) -> str:
    """The first step that lacks an answer; ``review`` when none does."""
    return next((code for code in steps_of(view) if not is_done(view, code)), "review")


def may_enter(view: CheckoutView, code: str) -> bool:
    """True when every step before this one is done."""
    codes = steps_of(view)
    return code in codes and codes.index(code) <= codes.index(first_open(view))


def figures(view: CheckoutView) -> list[tuple[Any, Any]]:
    """What stands between the goods and the total."""
    priced = view.priced
    if priced is None:
        return []
    rows: list[tuple[Any, Any]] = [(_("Items"), view.basket.goods_total)]
    if priced.discount:
        rows.append((_("Voucher %(code)s", code=view.basket.voucher), -priced.discount))
    if priced.delivery is not None:
        rows.append((_("Delivery"), price_words(priced.delivery.gross)))
    return rows


def price_words(price: Any) -> str:
    return money(price) if price else str(_("Free"))


def arrival(option: DeliveryOption) -> str:
    """The days on which it arrives, as dates."""
    today = use_cases().clock.now().astimezone(shop_zone()).date()
    first, last = (today + timedelta(days=days) for days in option.days)
    return str(dates.format_interval(first, last, "MMMMd", locale=format_locale()))


def _delivery_known(view: CheckoutView) -> bool:
    return view.delivery is not None or not view.basket.needs_delivery


def _may_cost(view: CheckoutView) -> bool:
    """True unless the total is zero and no delivery that is still to be chosen can change that."""
    if view.total.is_positive:
        return True
    return not _delivery_known(view) and any(option.price.is_positive for option in view.deliveries)


def _lines(address: Address) -> Markup:
    return Markup("<br>").join(address_lines(address))


def _details(view: CheckoutView) -> list[Answer]:
    choices, url = view.basket.choices, step_url("details")
    rows = []
    if choices.buyer is not None:
        rows.append(Answer(_("E-mail"), choices.buyer.email, url, _("e-mail")))
    where, bill = choices.delivery_address, choices.billing_address
    if where is not None:
        rows.append(Answer(_("Deliver to"), _lines(where), url, _("delivery address")))
    if bill is not None and bill != where:
        rows.append(Answer(_("Bill to"), _lines(bill), url, _("billing address")))
    return rows


def _delivery(view: CheckoutView) -> list[Answer]:
    if view.delivery is None:
        return []
    option = view.delivery
    value = f"{option.name}, {arrival(option)}, {price_words(option.price)}"
    return [Answer(_("Delivery"), value, step_url("delivery"), _("delivery"))]


def _payment(view: CheckoutView) -> list[Answer]:
    if view.method is None:
        return []
    plan = chosen_words(view.method.options, view.basket.choices.options)
    words = Markup("<br>").join([view.method.label, *plan])
    return [Answer(_("Payment"), words, step_url("payment"), _("payment method"))]


_ANSWERS = {"details": _details, "delivery": _delivery, "payment": _payment}
