"""The fields of an address as a form: those of its country, with what was typed kept whatever happens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from wtforms import Form, SelectField, StringField

from adapters.web import addresses
from adapters.web.addresses import FIELDS, Checked, Layout, Rule
from adapters.web.i18n import page_language
from domain.basket import Address

_SPOKEN = Markup('<span lang="{}">{}</span>')


def typed_fields() -> MultiDict[str, str] | None:
    """The submitted form; None when the page is only looked at."""
    return request.form if request.method == "POST" else None


class PlaceForm:
    """The address fields of one country under one prefix, filled from an address or from what was typed."""

    def __init__(self, prefix: str, country: str, known: Address | None, *, autocomplete: str) -> None:
        self.prefix, self.country, self.autocomplete = prefix, country, autocomplete
        self.plan = addresses.layout(country)
        self._doubted: list[str] = []
        data = {name: getattr(known, name) for name in FIELDS} if known else {}
        typed = typed_fields()
        region = data.get("region", "") if typed is None else typed.get(f"{prefix}region", "")
        self._form = _form_class(self.plan, region)(typed, prefix=prefix, data=data)

    @property
    def fields(self) -> list[tuple[Any, Rule, Any]]:
        """Each field with its rule and its hint."""
        return [(self._form[rule.name], rule, _hint(self.plan, rule)) for rule in self.plan.rules]

    @property
    def carried(self) -> list[tuple[str, str]]:
        """What this country has no field for, kept for a change of mind; and the doubtful values shown."""
        typed: Mapping[str, str] = typed_fields() or {}
        own = {rule.name for rule in self.plan.rules}
        names = [f"{self.prefix}{name}" for name in FIELDS if name not in own]
        spare = [(name, typed[name]) for name in names if typed.get(name)]
        return spare + [(f"{self.prefix}kept", mark) for mark in self._doubted]

    @property
    def errors(self) -> list[tuple[str, str]]:
        return [(field.id, str(error)) for field, _rule, _hint in self.fields for error in field.errors]

    def check(self, name: str) -> Address | None:
        """The address as it is stored; None after writing what is wrong beside the fields.

        A doubtful value passes when it is sent a second time unchanged.
        """
        typed = {rule.name: self._form[rule.name].data or "" for rule in self.plan.rules}
        checked = addresses.check(self.country, typed)
        wrong = {**self._new_doubts(checked), **checked.errors}
        for field, sentence in wrong.items():
            self._form[field].errors = [str(sentence)]
        return None if wrong else checked.address(name, self.country)

    def _new_doubts(self, checked: Checked) -> Mapping[str, Any]:
        marks = {name: f"{name}={checked.values[name]}" for name in checked.doubts}
        self._doubted = list(marks.values())
        kept = request.form.getlist(f"{self.prefix}kept")
        return {name: text for name, text in checked.doubts.items() if marks[name] not in kept}


def offer_countries(field: Any, likely: str) -> str:
    """Fill a select with all countries; answer the chosen one, or the likely one when it is none of them."""
    field.choices = dict(addresses.countries(page_language()))
    known = addresses.known_countries()
    chosen = field.data if field.data in known else likely
    field.data = chosen if chosen in known else "US"
    return str(field.data)


def _form_class(plan: Layout, region: str) -> type[Form]:
    return type("AddressForm", (Form,), {rule.name: _field(plan, rule, region) for rule in plan.rules})


def _field(plan: Layout, rule: Rule, region: str) -> Any:
    label = rule.local if rule.local and _is_local(plan) else rule.label
    choose = {"": _("Choose")}
    if rule.name == "region":
        known = dict(addresses.regions(plan.country, page_language()))
        if known:
            return SelectField(label, choices={**choose, **known}, validate_choice=False)
    groups = addresses.towns(plan.country, region) if rule.name == "city" else {}
    if groups:
        towns = {name: {town: town for town in members} for name, members in groups.items()}
        return SelectField(label, choices={**choose, **towns}, validate_choice=False)
    return StringField(label)


def _hint(plan: Layout, rule: Rule) -> Any:
    """The field's name in the country's own language when the page speaks another, and an example."""
    parts: list[Any] = []
    if rule.local and not _is_local(plan):
        parts.append(_SPOKEN.format(plan.language, rule.local))
    if rule.example:
        parts.append(_("for example %(example)s", example=rule.example))
    return Markup(", ").join(parts)


def _is_local(plan: Layout) -> bool:
    return plan.language == page_language().partition("_")[0]
