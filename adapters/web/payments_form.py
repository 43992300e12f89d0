"""The choice of a way to pay, for the order page, the checkout and a host's own page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import Field, RadioField, SelectField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from adapters.web.formats import said
from adapters.web.resources import use_cases
from application.offer_methods import Method
from application.ports.gateway import MethodOption
from domain.money import Money
from domain.order import Order
from domain.quote import OrderLine

MOST_RADIOS: Final = 6
"""More choices than these are a list that opens."""


class PaymentMethodForm(FlaskForm):  # type: ignore[misc]
    """Takes one of ``methods`` and the options it declares; nothing is chosen beforehand.

    ``methods`` are the ones that fit; a name that is not among them is refused like no choice at all.
    """

    account = RadioField(lazy_gettext("How do you want to pay?"), validate_choice=False)
    methods: tuple[Method, ...] = ()
    nested: Mapping[str, Mapping[str, str]] = {}

    def options_of(self, account: str) -> list[Field]:
        """The nested fields of one method."""
        return [self[field] for field in self.nested.get(account, {})]

    @property
    def options(self) -> dict[str, str]:
        """What was answered to the options of the chosen method."""
        chosen = self.nested.get(self.account.data or "", {})
        return {name: str(self[field].data or "") for field, name in chosen.items()}

    def choose(self, account: str, options: Mapping[str, str]) -> None:
        """Show what was answered before."""
        self.account.data = account
        for field, name in self.nested.get(account, {}).items():
            self[field].data = options.get(name) or self[field].data

    @property
    def label(self) -> str:
        """The name of the chosen method."""
        return next((method.label for method in self.methods if method.account == self.account.data), "")

    @property
    def answers(self) -> list[tuple[str, str]]:
        """The choice as hidden fields, to be sent again."""
        fields = self.nested.get(self.account.data or "", {})
        return [("account", self.account.data or ""), *((name, self[name].data or "") for name in fields)]

    def validate_account(self, field: Field) -> None:
        if field.data not in [method.account for method in self.methods]:
            raise ValidationError(lazy_gettext("Choose how you want to pay"))

    def validate(self, extra_validators: Any = None) -> bool:
        """Only the options of the chosen method count."""
        fine = bool(super().validate(extra_validators))
        if fine:
            return True
        mine = {"account", "csrf_token", *self.nested.get(self.account.data or "", {})}
        return not any(name in mine for name in self.errors)


def method_form(methods: Sequence[Method]) -> PaymentMethodForm:
    """The form over the methods that fit, filled from the request in hand when it is a POST."""
    fitting = tuple(method for method in methods if method.fits)
    fields: dict[str, Any] = {}
    nested: dict[str, dict[str, str]] = {}
    for method in fitting:
        for option in method.options:
            name = f"{method.account}-{option.name}"
            fields[name] = _field(option)
            nested.setdefault(method.account, {})[name] = option.name
    form: PaymentMethodForm = type("OfferedMethods", (PaymentMethodForm,), fields)()
    form.methods, form.nested = fitting, nested
    return form


def form_for_order(order: Order) -> PaymentMethodForm:
    """Every method that takes this order."""
    address = order.delivery_address or order.billing_address
    return form_for(order.total, address.country if address else "", order.lines)


def form_for(amount: Money, country: str, lines: Sequence[OrderLine]) -> PaymentMethodForm:
    """Every method that takes this amount, country and these lines."""
    return method_form(use_cases().offer_methods.execute(amount, country, lines))


def _field(option: MethodOption) -> Any:
    """An option as radios, or as a list when they are many; its first choice is the usual one."""
    choices = [SelectChoice(value, said(words)) for value, words in option.choices]
    kind = RadioField if len(choices) <= MOST_RADIOS else SelectField
    return kind(said(option.label), choices=choices, default=choices[0].value)
