from __future__ import annotations

import pytest
from babel import Locale
from flask import Flask
from flask_babel import Babel

from adapters.web.addresses import (
    HOME_LAYOUTS,
    check,
    countries,
    known_countries,
    layout,
    normal_postcode,
    regions,
    tidy,
    towns,
)

GOOD = {"street": "Long street 1", "city": "Somewhere", "postcode": "10115"}


@pytest.mark.parametrize(
    ("country", "typed", "stored"),
    [
        ("CL", "834 0457", "8340457"),
        ("PL", "30001", "30-001"),
        ("PL", " 30 - 001 ", "30-001"),
        ("UA", "01 001", "01001"),
        ("BR", "01310100", "01310-100"),
        ("BR", "01310-100", "01310-100"),
        ("DE", "10 115", "10115"),
        ("GB", "sw1a1aa", "SW1A 1AA"),
        ("GB", "M2 5BQ", "M2 5BQ"),
        ("US", "95014", "95014"),
        ("US", "950141234", "95014-1234"),
        ("US", "95014 1234", "95014-1234"),
        ("NL", "1234ab", "1234AB"),
        ("FR", "75 001", "75 001"),
        ("PL", "3000", ""),
        ("PL", "30-0011", ""),
        ("PL", "\u0663\u0660\u0660\u0660\u0661", ""),
        ("GB", "SW1A 1AA JUNK", ""),
        ("GB", "", ""),
        ("US", "9501", ""),
        ("US", "95014-12", ""),
        ("BR", "0131010", ""),
        ("DE", "10115\n<b>", ""),
        ("CL", "123456", ""),
        ("UA", "O1001", ""),
    ],
)
def test_a_postcode_is_stored_one_way_and_never_with_anything_behind_it(
    country: str, typed: str, stored: str
) -> None:
    assert normal_postcode(layout(country), tidy(typed)) == stored


@pytest.mark.parametrize("country", HOME_LAYOUTS)
def test_a_wrong_postcode_is_an_error_in_the_home_markets(country: str) -> None:
    assert "postcode" in check(country, {**GOOD, "postcode": "!!"}).errors


def test_a_strange_postcode_elsewhere_is_a_doubt() -> None:
    found = check("FR", {**GOOD, "postcode": "ABC"})
    assert not found.errors
    assert list(found.doubts) == ["postcode"]


@pytest.mark.parametrize(
    ("country", "region", "postcode"), [("US", "NY", "95014"), ("BR", "RJ", "01310-100")]
)
def test_a_postcode_of_another_region_is_a_doubt(country: str, region: str, postcode: str) -> None:
    found = check(country, {**GOOD, "region": region, "postcode": postcode})
    assert not found.errors
    assert list(found.doubts) == ["postcode"]


@pytest.mark.parametrize(
    ("country", "region", "postcode"), [("US", "CA", "95014"), ("BR", "SP", "01310-100")]
)
def test_a_postcode_of_its_own_region_is_fine(country: str, region: str, postcode: str) -> None:
    found = check(country, {**GOOD, "region": region, "postcode": postcode})
    assert not found.errors
    assert not found.doubts


def test_chile_needs_a_region_and_a_commune_of_it_and_no_postcode() -> None:
    assert set(check("CL", {"street": "Calle 1"}).errors) == {"region", "city"}
    assert not check("CL", {"street": "Calle 1", "region": "Valparaíso", "city": "Cabildo"}).errors
    assert set(check("CL", {"street": "Calle 1", "region": "Valparaíso", "city": "Iquique"}).errors) == {
        "city"
    }
    assert set(check("CL", {"street": "Calle 1", "region": "Nowhere", "city": "Cabildo"}).errors) == {
        "region"
    }


def test_the_known_regions_and_communes_are_all_there() -> None:
    assert [len(regions(code, "en")) for code in ("CL", "BR", "US", "UA")] == [16, 27, 62, 27]
    assert len(towns("CL", "Valparaíso")["Valparaíso"]) == 38
    assert sum(len(names) for names in towns("CL", "").values()) == 354
    assert towns("PL", "") == {}


def test_regions_are_named_in_the_language_of_the_country_to_those_who_read_it() -> None:
    assert dict(regions("UA", "uk"))["Вінницька область"] == "Вінницька область"
    assert dict(regions("UA", "en"))["Вінницька область"] == "Vinnyts'ka oblast"


def test_what_is_typed_keeps_its_letters_and_loses_its_wrapping() -> None:
    assert tidy("  Krako\u0301w \n\t ul.  Długa\x00 ") == "Kraków ul. Długa"
    assert check("PL", {**GOOD, "postcode": "30001", "city": "Kraków"}).values["city"] == "Kraków"


@pytest.mark.parametrize("text", ["", "\x00", "\ud800", "a" * 100_000, "\u202e", "🙂" * 50, "' OR 1=1"])
def test_no_text_breaks_the_check(text: str) -> None:
    for country in (*HOME_LAYOUTS, "FR", "JP", "HK", "AQ"):
        check(country, dict.fromkeys(("street", "extra", "district", "city", "region", "postcode"), text))


def test_every_country_with_rules_has_a_form_with_a_street() -> None:
    for country in known_countries():
        names = [rule.name for rule in layout(country).rules]
        assert "street" in names
        assert len(names) == len(set(names))


def test_countries_are_listed_by_their_name_in_the_language_of_the_page() -> None:
    polish = dict(countries("pl"))
    assert polish["DE"] == Locale("pl").territories["DE"]
    names = [name for _code, name in countries("pl")]
    assert names.index("Austria") < names.index("Łotwa") < names.index("Zambia")


def test_labels_of_home_markets_are_in_the_words_of_the_country() -> None:
    app = Flask("labels")
    Babel(app)
    with app.test_request_context():
        assert [rule.local for rule in layout("BR").rules][:2] == ["CEP", "Rua e número"]
        assert [str(rule.label) for rule in layout("US").rules][-1] == "ZIP code"
