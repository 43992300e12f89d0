"""Which language a page speaks, which region's formats it uses, and which theme was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError, localedata
from babel.core import get_global
from flask import Flask, g, has_request_context, request
from flask_babel import Babel, get_babel, refresh

from adapters.web.resources import TRANSLATIONS, web_settings

OWN_NAMES: Mapping[str, str] = {
    "en": "English",
    "es": "Español",
    "pl": "Polski",
    "uk": "Українська",
    "pt_BR": "Português (Brasil)",
}
LANGUAGE_COOKIE, THEME_COOKIE = "language", "theme"
THEMES = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Voice:
    """How this request speaks when an order, and not the browser, decides it."""

    language: str
    country: str = ""


def init_app(app: Flask) -> None:
    """Let ``app`` speak our languages; a Flask-Babel that is there already learns our catalogue as well."""
    if "babel" not in app.extensions:
        app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TRANSLATIONS)
        Babel(app, locale_selector=page_language)
        return
    directories: list[str] = get_babel(app).translation_directories
    if str(TRANSLATIONS) not in directories:
        directories.append(str(TRANSLATIONS))


def page_language() -> str:
    """The shopper's own choice, else the order's language, else the browser's, else the shop's first."""
    offered = web_settings().languages
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in offered:
        return chosen
    voice = _voice()
    if voice is not None and voice.language in offered:
        return voice.language
    tags = {code.replace("_", "-"): code for code in offered}
    best = request.accept_languages.best_match(list(tags))
    return tags[best] if best else offered[0]


def speak(language: str, country: str = "") -> None:
    """Use an order's language and the formats of its country from here on in this request."""
    g.callbank_voice = Voice(language if language in web_settings().languages else "", country.upper())
    refresh()


def chosen_theme() -> str:
    """``light``, ``dark``, or empty for what the device says."""
    theme = request.cookies.get(THEME_COOKIE, "")
    return theme if theme in THEMES else ""


def format_locale() -> Locale:
    """The locale of amounts and dates: the page's language as the order's or the shop's country writes it."""
    if not has_request_context():
        return Locale.parse("en")
    voice = _voice()
    return regional(page_language(), voice.country if voice and voice.country else web_settings().region)


@lru_cache(maxsize=512)
def regional(language: str, country: str) -> Locale:
    """The language with this country's habits when CLDR knows the pair, else the plain language."""
    plain = Locale.parse(language)
    if not country or plain.territory:
        return plain
    try:
        pair = Locale(plain.language, territory=country)
    except (UnknownLocaleError, ValueError):
        return plain
    return pair if localedata.exists(str(pair)) else plain


def shop_zone() -> ZoneInfo:
    """The configured time zone, else the only zone of the shop's region, else UTC."""
    settings = web_settings()
    return ZoneInfo(settings.timezone or _only_zone(settings.region.upper()))


@cache
def _only_zone(territory: str) -> str:
    """The time zone of a country that has one; UTC for all others."""
    territories: Mapping[str, Any] = get_global("zone_territories")
    zones = [zone for zone, place in territories.items() if place == territory]
    return zones[0] if len(zones) == 1 else "UTC"


def language_tag(code: str) -> str:
    """``pt_BR`` as HTML and HTTP write it: ``pt-BR``."""
    return code.replace("_", "-")


def _voice() -> Voice | None:
    voice = g.get("callbank_voice")
    return voice if isinstance(voice, Voice) else None
