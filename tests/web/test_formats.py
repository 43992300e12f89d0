from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from babel import Locale

from adapters.web import formats, i18n
from domain.basket import Address
from domain.currencies import EXPONENTS
from domain.money import Money
from tests.web.styleguide import a_shell

NBSP = "\u00a0"
MOMENT = datetime(2026, 11, 22, 22, 59, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minor", "code", "locale", "wanted"),
    [
        (4990, "PLN", "pl_PL", "49,90_zł"),
        (123456789, "PLN", "en", "PLN_1,234,567.89"),
        (123456789, "CLP", "es_CL", "$123.456.789"),
        (123456789, "CLP", "es", "123.456.789_CLP"),
        (123450, "EUR", "es_CL", "EUR_1.234,50"),
        (123450, "RSD", "en", "RSD_1,234.50"),
        (1234567, "KWD", "en", "KWD_1,234.567"),
        (500, "JPY", "en", "¥500"),
        (123450, "BRL", "pt_BR", "R$_1.234,50"),
        (123450, "UAH", "uk", "1_234,50_₴"),
        (-4990, "PLN", "en", "-PLN_49.90"),
        (0, "EUR", "pl", "0,00_€"),
    ],
)
def test_an_amount_is_written_exactly_and_never_breaks(
    minor: int, code: str, locale: str, wanted: str
) -> None:
    shown = formats.money_text(Money.of(minor, code), Locale.parse(locale))
    assert shown == wanted.replace("_", NBSP)


@pytest.mark.parametrize("code", sorted(EXPONENTS))
@pytest.mark.parametrize("locale", ["en", "es_CL", "pl", "uk", "pt_BR"])
def test_every_currency_keeps_its_own_decimals_in_every_language(code: str, locale: str) -> None:
    shown = formats.money_text(Money.of(1234567, code), Locale.parse(locale))
    assert [letter for letter in shown if letter.isdigit()] == list("1234567")
    assert not any(letter.isspace() and letter != NBSP for letter in shown)


def test_a_sign_shared_by_currencies_gets_its_code_where_the_shop_takes_several() -> None:
    amount, chile = Money.of(5000, "CLP"), Locale.parse("es_CL")
    assert formats.money_text(amount, chile, with_code=True) == f"$5.000{NBSP}CLP"
    assert formats.money_text(Money.of(4990, "PLN"), Locale.parse("pl"), with_code=True) == f"49,90{NBSP}zł"
    with a_shell(currencies=("CLP", "USD"), region="CL").test_request_context(
        headers={"Accept-Language": "es"}
    ):
        assert formats.money(amount) == f"$5.000{NBSP}CLP"


def test_formats_follow_the_language_and_the_region_of_the_order() -> None:
    with a_shell().test_request_context():
        assert formats.money(Money.of(123450, "CLP")) == f"123.450{NBSP}CLP"
        i18n.speak("es", "cl")
        assert formats.money(Money.of(123450, "CLP")) == "$123.450"


@pytest.mark.parametrize(
    ("language", "country", "wanted"),
    [
        ("es", "CL", "es_CL"),
        ("en", "XQ", "en"),
        ("en", "", "en"),
        ("pt_BR", "PL", "pt_BR"),
        ("uk", "CL", "uk"),
    ],
)
def test_a_region_refines_a_language_only_where_the_pair_is_known(
    language: str, country: str, wanted: str
) -> None:
    assert str(i18n.regional(language, country)) == wanted


def test_a_deadline_names_its_zone_and_midnight_stays_on_its_day() -> None:
    with a_shell().test_request_context():
        assert formats.deadline(MOMENT) == "22 November 2026, 23:59, Poland Time"
        assert formats.day(date(2026, 11, 22)) == "22 November 2026"
        assert formats.clock(MOMENT) == "23:59:07"
        assert formats.exact(MOMENT) == "22 November 2026, 23:59:07 CET"
    with a_shell(region="").test_request_context():
        assert formats.deadline(MOMENT).endswith(f"10:59{NBSP}PM, UTC")
    with a_shell(region="US", timezone="America/Santiago").test_request_context():
        assert "7:59" in formats.deadline(MOMENT)


@pytest.mark.parametrize("language", ["en", "es", "pl", "uk", "pt_BR"])
def test_a_date_at_the_end_of_a_sentence_leaves_one_full_stop(language: str) -> None:
    with a_shell().test_request_context():
        i18n.speak(language)
        assert not formats.day(MOMENT).endswith(".")
        if language == "uk":
            assert formats.day(MOMENT).replace("\u202f", " ").replace(NBSP, " ") == "22 листопада 2026 року"


def test_the_machine_readable_time_is_utc() -> None:
    assert formats.utc(MOMENT) == "2026-11-22T22:59:07Z"
    assert formats.utc(date(2026, 11, 22)) == "2026-11-22"


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        (
            Address("Ada", "ul. Prosta 51", "Warszawa", "PL", "00-838"),
            "Ada|ul. Prosta 51|00-838 Warszawa|Poland",
        ),
        (
            Address("Ada", "Rua A 1", "São Paulo", "BR", "01310-100", "SP", district="Bela Vista"),
            "Ada|Rua A 1|Bela Vista|São Paulo-SP|01310-100|Brazil",
        ),
        (
            Address("Ada", "1 High St", "London", "GB", "SW1A 1AA"),
            "Ada|1 High St|London|SW1A 1AA|United Kingdom",
        ),
        (
            Address("Ada", "1 Main St", "Austin", "US", "78701", "TX", "Apt 2"),
            "Ada|1 Main St|Apt 2|Austin, TX 78701|United States",
        ),
        (
            Address("Ada", "Calle 1", "Viña del Mar", "CL", "2520000", "Valparaíso"),
            "Ada|Calle 1|2520000 Viña del Mar|Valparaíso|Chile",
        ),
        (Address("Ada", "Street 1", "Town", "XQ"), "Ada|Street 1|Town|XQ"),
        (Address("{city}", "{0}", "Town", "PL", "{x}"), "{city}|{0}|{x} Town|Poland"),
    ],
)
def test_an_address_is_printed_as_its_country_does(address: Address, wanted: str) -> None:
    with a_shell().test_request_context():
        assert "|".join(formats.address_lines(address)) == wanted


def test_attributes_are_escaped_and_empty_ones_left_out() -> None:
    made = formats.attributes({"class": "", "id": 'a"b', "value": "", "autofocus": "", "x": None})
    assert made == ' id="a&#34;b" value="" autofocus=""'


def test_a_product_without_a_drawing_gets_a_parcel() -> None:
    assert formats.picture_name("MUG-BLUE") == "mug"
    assert formats.picture_name("../../etc") == "parcel"
    assert formats.mark_name("payu") == "payu"
    assert formats.mark_name("../base") == "card"
