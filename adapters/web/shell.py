"""What the frame of every page shows: the shop's name, its languages, and where its buttons lead."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, request, url_for

from adapters.web.i18n import OWN_NAMES, chosen_theme, language_tag, page_language
from adapters.web.resources import fingerprint, web_settings


@dataclass(frozen=True, slots=True)
class Shell:
    """Read by ``base.html`` as ``shell``; made anew for each page."""

    name: str
    logo: str
    contact: str
    is_test: bool
    is_demo: bool
    sends_mail: bool
    language: str
    theme: str
    home: str
    basket: str
    terms: str
    account: str
    language_url: str
    theme_url: str
    brand_stylesheet: str
    here: str
    offered: tuple[str, ...]

    @property
    def language_tag(self) -> str:
        return language_tag(self.language)

    @property
    def language_name(self) -> str:
        return OWN_NAMES[self.language]

    @property
    def languages(self) -> list[tuple[str, str, str]]:
        """Code, tag and own name of each language on offer."""
        return [(code, language_tag(code), OWN_NAMES[code]) for code in self.offered]

    def asset(self, name: str) -> str:
        """The address of a file of ours, which changes when the file does."""
        return url_for("preferences.static", filename=name, v=fingerprint(name))


def shell() -> Shell:
    settings = web_settings()
    return Shell(
        name=settings.brand_name,
        logo=settings.brand_logo,
        contact=settings.brand_contact,
        is_test=settings.is_test,
        is_demo=settings.demo,
        sends_mail=settings.sends_mail,
        language=page_language(),
        theme=chosen_theme(),
        home=home(),
        basket=_address("basket.show"),
        terms=_address("shop.terms"),
        account=_address("accounts.show"),
        language_url=url_for("preferences.language"),
        theme_url=url_for("preferences.theme"),
        brand_stylesheet=url_for("preferences.brand") if settings.brand else "",
        here=request.script_root + request.full_path.rstrip("?"),
        offered=settings.languages,
    )


def home() -> str:
    """The shop window, or the root of where we are mounted when the demo shop is switched off."""
    return _address("shop.index") or (url_for("preferences.language").removesuffix("language"))


def _address(endpoint: str) -> str:
    return url_for(endpoint) if endpoint in current_app.view_functions else ""
