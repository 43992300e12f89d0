"""Amounts, dates, countries and addresses as people of the page's language and region write them."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from babel import Locale, dates, numbers
from flask import Flask
from flask_babel import gettext
from markupsafe import Markup

from adapters.web import words
from adapters.web.i18n import format_locale, shop_zone
from adapters.web.resources import web_settings
from application.phrases import Phrase
from domain.basket import Address
from domain.money import Money

NBSP = "\u00a0"
_LETTER_BY_DIGIT = re.compile(r"(?<=[^\W\d_])(?=[-\u2212]?\d)|(?<=\d)(?=[^\W\d_])")
_SPACES = re.compile(r"[ \u2009\u202f]")
_AMBIGUOUS_SIGNS = frozenset({"$", "¥", "£", "kr"})
_YEAR_ABBREVIATED, _YEAR = "\u0440.", "\u0440\u043e\u043a\u0443"
"""The word after the year in Ukrainian, as CLDR shortens it and in full."""
PICTURES = ("mug", "notebook", "lamp", "tea", "poster", "gift")
_CODE = re.compile(r"[a-z0-9_]{1,40}")


def money_text(amount: Money, locale: Locale, *, with_code: bool = False) -> str:
    """The exact amount, with as many decimals as ISO 4217 gives the currency, and no place to break a line.

    ``with_code`` adds the currency's code to a sign that several currencies share.
    """
    pattern = copy.copy(locale.currency_formats["standard"])
    pattern.frac_prec = (amount.currency.exponent, amount.currency.exponent)
    code = amount.currency.code
    text = pattern.apply(amount.decimal, locale, currency=code, currency_digits=False)
    if with_code and numbers.get_currency_symbol(code, locale) in _AMBIGUOUS_SIGNS:
        text += NBSP + code
    return _LETTER_BY_DIGIT.sub(NBSP, _SPACES.sub(NBSP, text))


def money(amount: Money) -> str:
    """The amount for the page that is being made."""
    return money_text(amount, format_locale(), with_code=len(web_settings().currencies) > 1)


def said(words: str) -> str:
    """A gateway's words, in the page's language where they are a phrase it can say."""
    if not isinstance(words, Phrase):
        return words
    values = {
        name: money(value) if isinstance(value, Money) else value for name, value in words.values.items()
    }
    return str(gettext(words.template, **values))


def day(moment: datetime | date) -> str:
    """A long date, in the shop's zone, without an abbreviation's full stop at its end."""
    text = dates.format_date(_local_day(moment), format="long", locale=format_locale())
    return text.removesuffix(_YEAR_ABBREVIATED) + _YEAR if text.endswith(_YEAR_ABBREVIATED) else text


def moment_text(moment: datetime) -> str:
    """A long date and a short time, in the shop's zone."""
    return f"{day(moment)}, {_hours(moment, 'short')}"


def exact(moment: datetime) -> str:
    """A date and a time to the second with the zone, for staff."""
    zone = dates.get_timezone_name(_aware(moment), width="short", locale=format_locale())
    return f"{day(moment)}, {_hours(moment, 'medium')} {zone}"


def clock(moment: datetime) -> str:
    """The time to the second, in the shop's zone."""
    return _hours(moment, "medium")


def deadline(moment: datetime) -> str:
    """A date and a time with the name of the zone they are meant in."""
    zone = shop_zone()
    name = (
        "UTC"
        if zone.key == "UTC"
        else dates.get_timezone_location(zone, locale=format_locale(), return_city=False)
    )
    return f"{moment_text(moment)}, {name}"


def utc(moment: datetime | date) -> str:
    """The moment for ``<time datetime>``, in UTC."""
    if not isinstance(moment, datetime):
        return moment.isoformat()
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def country(code: str) -> str:
    """The country's name in the page's language, or the code when it has none."""
    return str(format_locale().territories.get(code.upper(), code))


def address_lines(address: Address) -> list[str]:
    """The address as it is printed on a label in its country, the country last."""
    shapes: dict[str, tuple[str, ...]] = {
        "CL": ("{postcode} {city}", "{region}"),
        "UA": ("{city}", "{region}", "{postcode}"),
        "BR": ("{district}", "{city}-{region}", "{postcode}"),
        "GB": ("{city}", "{postcode}"),
        "US": ("{city}, {region} {postcode}",),
    }
    shape = ("{name}", "{street}", "{extra}", *shapes.get(address.country, ("{postcode} {city}", "{region}")))
    parts = {name: getattr(address, name) for name in Address.__dataclass_fields__}
    printed = (line.format(**parts).strip(" ,-") for line in shape)
    return [line for line in (*printed, country(address.country)) if line]


def attributes(pairs: Mapping[str, object]) -> Markup:
    """HTML attributes, the empty ones left out except where emptiness says something."""
    kept = ((name, value) for name, value in pairs.items() if value is not None)
    texts = [
        Markup(' {}="{}"').format(name, value)
        for name, value in kept
        if value != "" or name in ("value", "autofocus")
    ]
    return Markup("").join(texts)


def without_empty(pairs: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in pairs.items() if value not in (None, "")}


def error_list(form: Any) -> list[tuple[str, str]]:
    """Element id and sentence of every error of a WTForms form, in the order of its fields."""
    return [
        (_first_control(field), str(error))
        for field in form
        for error in _flat(field.errors)
        if field.type != "CSRFTokenField"
    ]


def picture_name(sku: str) -> str:
    """Which drawing shows a product: the first of ours that its sku names."""
    return next((name for name in PICTURES if name in sku.lower()), "parcel")


def mark_name(code: str) -> str:
    return code if _CODE.fullmatch(code) else "card"


def init_app(app: Flask) -> None:
    """Make the filters known to the templates of ``app``."""
    app.jinja_env.filters.update(
        money=money,
        date=day,
        datetime=moment_text,
        exact=exact,
        clock=clock,
        deadline=deadline,
        utc=utc,
        country=country,
        address_lines=address_lines,
        attributes=attributes,
        without_empty=without_empty,
        error_list=error_list,
        picture_name=picture_name,
        mark_name=mark_name,
        said=said,
        status_word=words.status_word,
        status_kind=words.status_kind,
    )


def _aware(moment: datetime) -> datetime:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(shop_zone())


def _local_day(moment: datetime | date) -> date:
    return _aware(moment).date() if isinstance(moment, datetime) else moment


def _hours(moment: datetime, width: str) -> str:
    text = dates.format_time(_aware(moment), format=width, tzinfo=shop_zone(), locale=format_locale())
    return _SPACES.sub(NBSP, str(text))


def _first_control(field: Any) -> str:
    """A list of radios has no control of its own id; its first one has the id with ``-0``."""
    return f"{field.id}-0" if field.type in ("RadioField", "FieldList") else str(field.id)


def _flat(errors: Any) -> Iterable[object]:
    """The sentences of a field, or of the fields inside it."""
    if isinstance(errors, Mapping):
        return [error for inner in errors.values() for error in _flat(inner)]
    return list(errors)
