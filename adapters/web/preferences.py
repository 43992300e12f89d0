"""Language and colours, chosen by a press of a button; also the home of what every page shares."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from adapters.web.i18n import LANGUAGE_COOKIE, THEME_COOKIE, THEMES
from adapters.web.resources import STATIC, templates, web_settings
from adapters.web.security import safe_next

YEAR = 365 * 24 * 60 * 60

bp = Blueprint(
    "preferences",
    __name__,
    template_folder=str(templates()),
    static_folder=str(STATIC),
    static_url_path="/static/callbank",
)


@bp.post("/language")
def language() -> AnyResponse:
    """Remember the language for a year and go back to where the shopper was."""
    back = redirect(safe_next(request.form.get("next", "")), 303)
    chosen = request.form.get("language", "")
    if chosen in web_settings().languages:
        _remember(back, LANGUAGE_COOKIE, chosen)
    return back


@bp.post("/theme")
def theme() -> AnyResponse:
    """Remember light or dark for a year; anything else means what the device says."""
    back = redirect(safe_next(request.form.get("next", "")), 303)
    chosen = request.form.get("theme", "")
    if chosen in THEMES:
        _remember(back, THEME_COOKIE, chosen)
    else:
        back.delete_cookie(THEME_COOKIE, samesite="Lax")
    return back


@bp.get("/brand.css")
def brand() -> Response:
    """The merchant's accent as style sheet tokens; empty without one."""
    chosen = web_settings().brand
    answer = Response(chosen.stylesheet() if chosen else "", mimetype="text/css")
    answer.cache_control.public = True
    answer.cache_control.max_age = 300
    return answer


def _remember(answer: AnyResponse, name: str, value: str) -> None:
    answer.set_cookie(
        name, value, max_age=YEAR, secure=web_settings().is_secure, httponly=True, samesite="Lax"
    )
