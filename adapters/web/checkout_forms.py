"""The forms of the checkout: who and where to, how delivered, how paid, and yes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, Form, RadioField, SelectField, StringField

from adapters.web.address_forms import PlaceForm, offer_countries, typed_fields
from adapters.web.addresses import LONGEST, tidy
from adapters.web.resources import web_settings
from domain.basket import Address, Basket, Buyer, Choices, DeliveryOption

LONGEST_EMAIL = 254


class PersonForm(FlaskForm):  # type: ignore[misc]
    """Who buys; ``same``: the bill goes where the goods go."""

    email = StringField(lazy_gettext("E-mail"))
    name = StringField(lazy_gettext("Full name"))
    country = SelectField(lazy_gettext("Country"), validate_choice=False)
    same = BooleanField(lazy_gettext("The billing address is the same"))


class BillToForm(Form):
    """Whom a separate bill is made out to."""

    name = StringField(lazy_gettext("Full name or company"))
    country = SelectField(lazy_gettext("Country"), validate_choice=False)


class DetailsForms:
    """The details step: a person, a delivery address, and a billing address when it is another one."""

    def __init__(self, basket: Basket, known: Choices, likely_country: str) -> None:
        where, bill = known.delivery_address or known.billing_address, known.billing_address
        other = bill if bill != where else None
        self.needs_address = basket.needs_delivery
        self.person = PersonForm(
            data={
                "email": known.buyer.email if known.buyer else "",
                "name": known.buyer.name if known.buyer else "",
                "country": where.country if where else "",
                "same": other is None,
            }
        )
        country = offer_countries(self.person.country, likely_country)
        names = {"name": other.name, "country": other.country} if other else {}
        self.bill_to = BillToForm(typed_fields(), prefix="billing-", data=names)
        bill_country = offer_countries(self.bill_to.country, country)
        self.place = PlaceForm("delivery-", country, where, autocomplete="shipping")
        self.bill_place = PlaceForm("billing-", bill_country, other, autocomplete="billing")

    @property
    def errors(self) -> list[tuple[str, str]]:
        """Every fault with the id of its field, in the order of the page."""
        found = _errors_of(self.person)
        if self.needs_address:
            found += self.place.errors
            if not self.person.same.data:
                found += _errors_of(self.bill_to) + self.bill_place.errors
        return found

    def check(self) -> Choices | None:
        """Who and where to; None after writing what is wrong beside the fields."""
        email, name = _email(self.person.email), _name(self.person.name)
        if not self.needs_address:
            bill = Address(name=name, street="", city="", country=self.person.country.data)
            return None if self.errors else Choices(Buyer(email, name), None, bill)
        where = self.place.check(name)
        bill_to = where
        if not self.person.same.data:
            bill_to = self.bill_place.check(_name(self.bill_to.name))
        if self.errors or where is None or bill_to is None:
            return None
        return Choices(Buyer(email, name), where, bill_to)


class DeliveryForm(FlaskForm):  # type: ignore[misc]
    """How the goods come."""

    delivery = RadioField(lazy_gettext("How do you want to get it?"), validate_choice=False)
    codes: frozenset[str] = frozenset()

    @classmethod
    def of(cls, options: Sequence[DeliveryOption], chosen: str) -> DeliveryForm:
        form = cls(data={"delivery": chosen})
        form.delivery.choices = {option.code: option.name for option in options}
        form.codes = frozenset(option.code for option in options)
        return form

    def check(self) -> str:
        """The chosen option's code; empty after saying that one must be chosen."""
        if self.delivery.data in self.codes:
            return str(self.delivery.data)
        self.delivery.data, self.delivery.errors = None, [_("Choose how you want to get it")]
        return ""


class ReviewForm(FlaskForm):  # type: ignore[misc]
    """Yes to what was shown."""

    terms = BooleanField(lazy_gettext("I accept the terms"))


def _email(field: Any) -> str:
    """The address as the mail system wants it; the typed text stays in the field."""
    typed = tidy(field.data or "")
    if not typed:
        field.errors = [_("Enter your e-mail address")]
        return ""
    try:
        found = validate_email(
            typed[: LONGEST_EMAIL + 1], check_deliverability=False, test_environment=web_settings().is_test
        )
    except EmailNotValidError:
        field.errors = [_("Enter an e-mail address like name@example.com")]
        return ""
    return str(found.normalized)


def _name(field: Any) -> str:
    typed = tidy(field.data or "")
    if not typed:
        field.errors = [_("Enter a name")]
    elif len(typed) > LONGEST:
        field.errors = [_("Use at most %(most)s characters", most=LONGEST)]
    return typed


def _errors_of(form: Any) -> list[tuple[str, str]]:
    return [(field.id, str(error)) for field in form for error in field.errors if field.id != "csrf_token"]
