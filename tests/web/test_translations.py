"""Every sentence in every language, whole and up to date."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from flask_babel import gettext, ngettext

from adapters.web.i18n import speak
from adapters.web.resources import TRANSLATIONS
from adapters.web.settings import LANGUAGES
from tests.architecture.tree import ROOT
from tests.web.styleguide import a_shell

OTHERS = tuple(code for code in LANGUAGES if code != "en")
KEYWORDS = {**DEFAULT_KEYWORDS, "lazy_gettext": None, "Phrase": None}
PLACES = (
    ("adapters/web", [("**.py", "python")]),
    ("adapters/gateways", [("**.py", "python")]),
    ("templates", [("**.html", "jinja2")]),
)
HOLDER = re.compile(r"%\(\w+\)s|%%")
BANNED = {
    "en": ("please", "sorry", "unfortunately", "invalid", "transaction failed", "oops"),
    "es": ("por favor", "lo sentimos", "lamentablemente", "inválid"),
    "pl": ("proszę", "przepraszamy", "niestety", "nieprawidłow"),
    "uk": ("будь ласка", "вибачте", "на жаль", "недійсн"),
    "pt_BR": ("por favor", "desculpe", "infelizmente", "inválid"),
}


@cache
def used() -> frozenset[tuple[str, ...]]:
    """Every text that code and templates wrap for translation: one form, or singular and plural."""
    found: set[tuple[str, ...]] = set()
    for folder, method in PLACES:
        for _, _, text, _, _ in extract_from_dir(str(ROOT / folder), method, keywords=KEYWORDS):
            found.add((text,) if isinstance(text, str) else tuple(text[:2]))
    return frozenset(found)


@cache
def catalogue(code: str) -> Catalog:
    with (TRANSLATIONS / code / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=code)


def ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def texts(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def messages(code: str) -> Iterator[Message]:
    return (message for message in catalogue(code) if message.id)


@pytest.mark.parametrize("code", OTHERS)
def test_a_catalogue_holds_every_text_in_use_and_no_other(code: str) -> None:
    held = {ids(message) for message in messages(code)}
    assert sorted(used() - held) == [], "not translated"
    assert sorted(held - used()) == [], "not in use"


def test_the_template_of_catalogues_is_up_to_date() -> None:
    with (TRANSLATIONS / "messages.pot").open("rb") as file:
        assert {ids(message) for message in read_po(file) if message.id} == used()


@pytest.mark.parametrize("code", OTHERS)
def test_no_translation_is_empty_or_a_guess(code: str) -> None:
    assert [message.id for message in messages(code) if message.fuzzy or not all(texts(message))] == []
    assert not catalogue(code).obsolete


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_has_the_places_of_its_original(code: str) -> None:
    for message in messages(code):
        wanted = sorted(HOLDER.findall(ids(message)[-1]))
        for text in texts(message):
            assert sorted(HOLDER.findall(text)) == wanted, text
            assert text == text.strip()


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_text_begs_blames_or_shouts(code: str) -> None:
    every = (
        [part for parts in used() for part in parts]
        if code == "en"
        else [text for message in messages(code) for text in texts(message)]
    )
    for text in every:
        words = text.lower()
        assert not any(banned in words for banned in BANNED[code]), text
        assert "!" not in text
        assert "¡" not in text


@pytest.mark.parametrize("code", OTHERS)
def test_the_compiled_catalogue_is_the_written_one(code: str) -> None:
    with (TRANSLATIONS / code / "LC_MESSAGES" / "messages.mo").open("rb") as file:
        compiled = {ids(message): texts(message) for message in read_mo(file) if message.id}
    assert compiled == {ids(message): texts(message) for message in messages(code)}


@pytest.mark.parametrize(
    ("code", "counted"),
    [
        ("pl", ["1 produkt", "2 produkty", "5 produktów", "22 produkty", "112 produktów"]),
        ("uk", ["1 товар", "2 товари", "5 товарів", "22 товари", "112 товарів"]),
        ("es", ["1 producto", "2 productos", "5 productos", "22 productos", "112 productos"]),
    ],
)
def test_each_language_counts_in_its_own_way(code: str, counted: list[str]) -> None:
    with a_shell().test_request_context():
        speak(code)
        said = [ngettext("%(num)s item", "%(num)s items", number) for number in (1, 2, 5, 22, 112)]
    assert said == counted


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("es", "Pagado. Gracias por tu compra."),
        ("pl", "Opłacone. Dziękujemy."),
        ("uk", "Сплачено. Дякуємо."),
        ("pt_BR", "Pagamento recebido. Agradecemos a compra."),
    ],
)
def test_a_page_speaks_the_language_of_its_order(code: str, word: str) -> None:
    with a_shell().test_request_context():
        assert gettext("Paid. Thank you.") == "Paid. Thank you."
        speak(code)
        assert gettext("Paid. Thank you.") == word
