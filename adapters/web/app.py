"""The Flask application over the use cases, on its own or inside another one."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Flask, request

from adapters.web import (
    accounts,
    admin,
    basket_pages,
    callbacks,
    checkout,
    errors,
    formats,
    health,
    host,
    i18n,
    orders,
    preferences,
    returns,
    security,
    shop,
)
from adapters.web.resources import templates
from adapters.web.settings import WebSettings
from adapters.web.shell import home, shell
from application.use_cases import UseCases

SHOP: tuple[Blueprint, ...] = (shop.bp, basket_pages.bp, checkout.bp)
"""The demo shop and its checkout: can be switched off."""
ALWAYS: tuple[Blueprint, ...] = (
    preferences.bp,
    health.bp,
    orders.bp,
    callbacks.bp,
    returns.bp,
    host.bp,
    accounts.bp,
    admin.bp,
)


def create_app(use_cases: UseCases, web_settings: WebSettings) -> Flask:
    """Build an application that serves nothing but Callbank."""
    app = Flask("adapters.web", static_folder=None, template_folder=str(templates()))
    security.configure(app, web_settings)
    _install(app, use_cases, web_settings, "", lambda: True)
    return app


def mount(
    app: Flask,
    use_cases: UseCases,
    web_settings: WebSettings,
    *,
    url_prefix: str = "",
    payables: Callable[[str], object] | None = None,
) -> None:
    """Put our pages into an application that has pages of its own.

    A template of the host with the name of one of ours is used instead of ours. Headers, form tokens and
    error pages are ours on our pages only; the host's sessions, extensions and handlers stay as they are.
    ``payables`` finds one of the host's own orders by its reference, for payment forms on the host's pages.
    Raises ValueError where a blueprint of the host already has the name of one of ours, and where
    ``base_url`` does not lead to the mounted pages.
    """
    if not web_settings.base_url.endswith(url_prefix.rstrip("/")):
        raise ValueError(f"base_url must end in the url_prefix {url_prefix!r}: links begin with it")
    app.extensions["payables"] = payables
    names = {blueprint.name for blueprint in _blueprints(web_settings)}
    _install(app, use_cases, web_settings, url_prefix, lambda: request.blueprint in names)


def _install(
    app: Flask, use_cases: UseCases, settings: WebSettings, url_prefix: str, is_ours: security.Claim
) -> None:
    app.extensions.update(use_cases=use_cases, web_settings=settings, callbank_home=home)
    i18n.init_app(app)
    formats.init_app(app)
    security.guard(app, is_ours)
    errors.init_app(app, is_ours)
    app.context_processor(lambda: {"shell": shell()} if is_ours() else {})
    for blueprint in _blueprints(settings):
        app.register_blueprint(blueprint, url_prefix=url_prefix + (blueprint.url_prefix or "") or None)


def _blueprints(settings: WebSettings) -> tuple[Blueprint, ...]:
    return (*SHOP, *ALWAYS) if settings.shop_enabled else ALWAYS
