"""Language, theme, brand, and life inside somebody else's application."""

from __future__ import annotations

from http import HTTPStatus
from typing import cast

import pytest
from flask import Flask, abort, render_template_string
from webtest import TestApp

from adapters.web.app import create_app, mount
from application.errors import OrderNotFound
from application.use_cases import UseCases
from tests.web.styleguide import Nothing, a_shell, settings

PAGE = '{% extends "base.html" %}{% block content %}<h1>Page</h1>{% endblock %}'


def test_language_and_theme_are_remembered_and_shown(client: TestApp) -> None:
    page = client.get("/styleguide", headers={"Accept-Language": "pt-BR,pt;q=0.9"})
    assert page.html.html["lang"] == "pt-BR"
    form = page.forms[0]
    chosen = form.submit("language", index=2)
    assert chosen.headers["Location"] == "/styleguide"
    page = chosen.follow(headers={"Accept-Language": "pt-BR"})
    assert page.html.html["lang"] == "pl"
    assert page.html.html.get("data-theme") is None
    dark = page.forms[1].submit("theme", index=2).follow()
    assert dark.html.html["data-theme"] == "dark"
    system = dark.forms[1].submit("theme", index=0).follow()
    assert system.html.html.get("data-theme") is None


def test_a_language_that_is_not_offered_is_ignored() -> None:
    client = TestApp(a_shell(languages=("en", "pl")), extra_environ={"HTTP_HOST": "localhost"})
    page = client.get("/styleguide", headers={"Accept-Language": "uk"})
    assert page.html.html["lang"] == "en"
    token = page.forms[0]["csrf_token"].value
    refused = client.post("/language", {"csrf_token": token, "language": "uk"})
    assert "language=" not in str(refused.headers.getall("Set-Cookie"))
    assert client.get("/styleguide").html.html["lang"] == "en"


def test_the_test_banner_stands_on_every_page_in_test_and_on_none_in_live() -> None:
    banner = "Test shop. No money is taken."
    test, live = a_shell(), a_shell(environment="live")
    for path in ("/styleguide", "/nowhere"):
        headers = {"Host": "localhost"}
        assert banner in TestApp(test).get(path, headers=headers, expect_errors=True).html.header.text
        assert banner not in TestApp(live).get(path, headers=headers, expect_errors=True).text


def test_a_brand_colour_comes_as_a_style_sheet_of_its_own() -> None:
    plain = TestApp(a_shell(), extra_environ={"HTTP_HOST": "localhost"})
    assert "brand.css" not in plain.get("/styleguide").text
    branded = TestApp(a_shell(brand_accent="#8a1538"), extra_environ={"HTTP_HOST": "localhost"})
    assert 'href="/brand.css"' in branded.get("/styleguide").text
    sheet = branded.get("/brand.css")
    assert "--accent:light-dark(#8a1538," in sheet.text
    assert sheet.content_type == "text/css"


def fails() -> str:
    """A page of the host that calls a use case and does not catch what it raises."""
    raise OrderNotFound


def a_host(template_folder: str = "no such folder") -> Flask:
    """Somebody's own application, which knows nothing of form tokens."""
    host = Flask("tests.web.styleguide", template_folder=template_folder)
    host.secret_key = "the host's own"
    host.add_url_rule("/own", "own", lambda: "host page", methods=["GET", "POST"])
    host.add_url_rule("/own-error", "own_error", lambda: abort(418))
    host.add_url_rule("/own-use", "own_use", fails)
    mount(host, cast(UseCases, Nothing()), settings(base_url="http://localhost/pay"), url_prefix="/pay")
    return host


@pytest.mark.parametrize("base_url", ["http://localhost", "http://localhost/shop", "http://localhost/pay/x"])
def test_a_base_url_that_leads_past_the_mounted_pages_is_refused(base_url: str) -> None:
    host = Flask("tests.web.styleguide")
    with pytest.raises(ValueError, match=r"^base_url must end in the url_prefix '/pay'"):
        mount(host, cast(UseCases, Nothing()), settings(base_url=base_url), url_prefix="/pay")


def test_a_host_may_itself_stand_below_a_path() -> None:
    for base_url in ("http://localhost/site/pay", "http://localhost/pay"):
        host = Flask("tests.web.styleguide")
        mount(host, cast(UseCases, Nothing()), settings(base_url=base_url), url_prefix="/pay")


def test_a_mounted_shop_leaves_the_hosts_pages_alone() -> None:
    client = TestApp(a_host())
    assert client.post("/own").text == "host page"
    assert "Content-Security-Policy" not in client.get("/own").headers
    teapot = client.get("/own-error", status=418)
    assert "base-uri" not in str(teapot.headers)
    assert "<h1>I&#39;m a teapot</h1>" in teapot.text
    broken = client.get("/own-use", status=500)
    assert "Callbank" not in broken.text


def test_a_mounted_shop_guards_its_own_pages_below_its_prefix() -> None:
    client = TestApp(a_host())
    assert client.get("/pay/healthz").headers["Content-Security-Policy"]
    refused = client.post("/pay/language", {"language": "pl"}, expect_errors=True)
    assert refused.status_int == HTTPStatus.BAD_REQUEST
    assert refused.html.select_one("link[rel=stylesheet]")["href"].startswith("/pay/static/callbank/")
    token = refused.forms[0]["csrf_token"].value
    moved = client.post("/pay/language", {"csrf_token": token, "language": "pl", "next": "/pay/healthz"})
    assert moved.headers["Location"] == "/pay/healthz"


def test_a_hosts_template_replaces_ours() -> None:
    host = a_host("templates/host")
    with host.test_request_context():
        assert render_template_string('{% include "errors/error.html" %}') == "the host's own error page"
    own = create_app(cast(UseCases, Nothing()), settings())
    with own.test_request_context(headers={"Host": "localhost"}):
        assert "host's own" not in render_template_string(PAGE)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"base_url": "shop.example"}, "base_url"),
        ({"base_url": "ftp://shop.example"}, "base_url"),
        ({"secret_key": ""}, "secret_key"),
        ({"trusted_proxies": -1}, "trusted_proxies"),
        ({"languages": ("en", "xx")}, "languages"),
        ({"languages": ()}, "languages"),
        ({"brand_accent": "#ffff00"}, "brand.accent"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(changes: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        settings(**changes)
