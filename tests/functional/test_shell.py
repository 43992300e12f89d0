"""What every route of the shop has in common, whoever wrote it."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

import pytest
import structlog
from flask import Flask, abort, g, render_template_string, request
from webtest import TestApp
from werkzeug.routing import Rule
from werkzeug.test import EnvironBuilder

from adapters.web import security
from adapters.web.app import create_app, mount
from application import errors as app_errors
from application.use_cases import UseCases
from domain import errors as rules
from domain.errors import CheckoutError
from tests.web.styleguide import Nothing, a_shell, settings

PAGE = '{% extends "base.html" %}{% block content %}<h1>Page</h1>{% endblock %}'
FILLED = {
    "key": "k" * 32,
    "account": "payu",
    "token": "t" * 32,
    "step": "details",
    "filename": "callbank.css",
}


@pytest.fixture
def app() -> Flask:
    return a_shell()


@pytest.fixture
def client(app: Flask) -> TestApp:
    return TestApp(app, extra_environ={"HTTP_HOST": "localhost"})


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Pages over nothing break by design; their tracebacks would only be noise."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def path_of(rule: Rule) -> str:
    """An address that the rule matches."""
    filled = dict(FILLED)
    for name, converter in rule._converters.items():
        kind = type(converter).__name__
        known = filled.get(name, "x" * 8)
        filled[name] = {"UUIDConverter": str(UUID(int=7)), "IntegerConverter": "7"}.get(kind, known)
    built = rule.build({name: filled[name] for name in rule.arguments})
    assert built is not None
    return built[1]


def routes(app: Flask, *methods: str) -> list[tuple[str, str, Rule]]:
    """Method, address and rule of every route that takes one of the methods."""
    return [
        (method, path_of(rule), rule)
        for rule in app.url_map.iter_rules()
        for method in methods
        if method in (rule.methods or ())
    ]


def test_every_answer_of_every_route_carries_the_headers(app: Flask, client: TestApp) -> None:
    for method, path, _ in routes(app, "GET", "POST"):
        answer = client.request(path, method=method, expect_errors=True)
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self'"), path
        assert "form-action 'self'" in policy, path
        assert "frame-ancestors 'none'" in policy, path
        assert "unsafe" not in policy, path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Permissions-Policy"].startswith("payment=(self)")
        assert answer.headers["Referrer-Policy"] in ("no-referrer", "strict-origin"), path
        assert answer.headers["X-Request-ID"]


def test_every_page_is_private_unless_it_is_listed_as_open(app: Flask, client: TestApp) -> None:
    for _, path, rule in routes(app, "GET"):
        answer = client.get(path, expect_errors=True)
        blueprint = rule.endpoint.rpartition(".")[0]
        is_open = rule.endpoint in security.OPEN_ENDPOINTS or blueprint in security.PLAIN_BLUEPRINTS
        assert (answer.headers["Cache-Control"] == "no-store") is not is_open, path
        assert (answer.headers["Referrer-Policy"] == "no-referrer") is not is_open, path
        assert (answer.headers.get("X-Robots-Tag") == "noindex") is not is_open, path


def test_no_open_page_belongs_to_an_order_a_basket_or_staff(app: Flask) -> None:
    private = ("/basket", "/checkout", "/orders", "/returns", "/admin", "/account", "/l/", "/callbacks")
    for rule in app.url_map.iter_rules():
        if rule.endpoint in security.OPEN_ENDPOINTS:
            assert not rule.rule.startswith(private), rule


def test_no_unsafe_route_answers_without_a_form_token(app: Flask, client: TestApp) -> None:
    seen = 0
    for method, path, rule in routes(app, *security.UNSAFE):
        if rule.endpoint.rpartition(".")[0] in security.CSRF_EXEMPT:
            continue
        for body in ({}, {"csrf_token": "forged"}):
            answer = client.request(path, method=method, POST=body, expect_errors=True)
            assert answer.status_int in (400, 403), f"{method} {path}"
            assert "open for too long" in answer.text, f"{method} {path}"
        seen += 1
    assert seen >= 2


def test_only_callbacks_and_returns_are_exempt_from_tokens(app: Flask) -> None:
    assert frozenset({"callbacks", "returns"}) == security.CSRF_EXEMPT
    for rule in app.url_map.iter_rules():
        if rule.endpoint.rpartition(".")[0] in security.CSRF_EXEMPT:
            assert rule.rule.startswith(("/callbacks/", "/returns/")), rule


def test_a_form_token_lets_the_same_session_pass_and_no_other(client: TestApp, app: Flask) -> None:
    form = client.get("/styleguide").forms[0]
    form.action = "/language"
    assert form.submit("language", index=1).status_int == HTTPStatus.SEE_OTHER
    stranger = TestApp(app, extra_environ={"HTTP_HOST": "localhost"})
    stolen = stranger.post("/language", {"csrf_token": form["csrf_token"].value}, expect_errors=True)
    assert stolen.status_int == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Origin": "http://localhost"}, 303),
        ({"Origin": "null"}, 303),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
        ({"Origin": "http://evil.example"}, 400),
        ({"Origin": "http://localhost.evil.example"}, 400),
        ({"Sec-Fetch-Site": "cross-site"}, 400),
        ({"Sec-Fetch-Site": "same-site"}, 400),
    ],
)
def test_a_browser_that_names_another_site_is_believed(
    client: TestApp, headers: dict[str, str], status: int
) -> None:
    token = client.get("/styleguide").forms[0]["csrf_token"].value
    answer = client.post("/theme", {"csrf_token": token, "theme": "dark"}, headers, expect_errors=True)
    assert answer.status_int == status
    if status == HTTPStatus.BAD_REQUEST:
        assert 'value="dark"' not in answer.text, "a stranger's fields are never offered again"


def test_a_form_that_is_too_old_keeps_what_was_typed_but_no_secret(client: TestApp) -> None:
    typed = {"note": "three <mugs>", "password": "hunter2", "csrf_token": "stale"}
    answer = client.post("/theme", typed, expect_errors=True)
    assert answer.status_int == HTTPStatus.BAD_REQUEST
    form = answer.forms[0]
    assert form["note"].value == "three <mugs>"
    assert "hunter2" not in answer.text
    assert form["csrf_token"].value != "stale"
    assert client.post("/theme", form.submit_fields()).status_int == HTTPStatus.SEE_OTHER


def test_forms_work_over_https_without_a_referrer() -> None:
    app = a_shell(base_url="https://shop.example")
    browser = TestApp(app, extra_environ={"HTTP_HOST": "shop.example", "wsgi.url_scheme": "https"})
    page = browser.get("/styleguide")
    cookie = page.headers["Set-Cookie"]
    assert "Secure" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert page.headers["Strict-Transport-Security"].startswith("max-age=")
    form = page.forms[0]
    assert form.submit("language", index=0).status_int == HTTPStatus.SEE_OTHER


@pytest.mark.parametrize(
    ("environment", "host", "status"),
    [
        ("live", "shop.example", 200),
        ("live", "shop.example:443", 200),
        ("live", "evil.example", 400),
        ("live", "shop.example.evil.example", 400),
        ("live", "localhost", 400),
        ("live", "127.0.0.1", 400),
        ("live", "shop.example@evil.example", 400),
        ("test", "localhost:5000", 200),
        ("test", "127.0.0.1:5000", 200),
        ("test", "evil.example", 400),
    ],
)
def test_an_unknown_host_is_refused(environment: str, host: str, status: int) -> None:
    app = a_shell(base_url="https://shop.example", environment=environment)
    answer = TestApp(app).get("/healthz", headers={"Host": host}, expect_errors=True)
    assert answer.status_int == status
    if status == HTTPStatus.BAD_REQUEST:
        assert "evil" not in answer.text


def test_forwarded_headers_are_believed_for_the_configured_hops_only() -> None:
    forged = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
    }
    for hops, wanted in ((0, "127.0.0.1 http"), (1, "203.0.113.9 https")):
        app = a_shell(trusted_proxies=hops)
        app.add_url_rule("/who", "who", lambda: f"{request.remote_addr} {request.scheme} {request.host}")
        said = TestApp(app, extra_environ={"HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1"})
        assert said.get("/who", headers=forged).text == f"{wanted} localhost"


class Tap(io.RawIOBase):
    """A body without end that counts what was drunk from it."""

    def __init__(self) -> None:
        self.drunk = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.drunk += len(buffer)
        buffer[:] = b"x" * len(buffer)
        return len(buffer)


@pytest.mark.parametrize("path", ["/language", "/read"])
def test_a_body_that_is_too_large_is_refused_without_reading_on(app: Flask, path: str) -> None:
    app.add_url_rule(
        "/read", "preferences.read", lambda: str(len(request.get_data())), methods=["GET", "POST"]
    )
    for declared in (True, False):
        tap = Tap()
        builder = EnvironBuilder(path=path, method="POST", headers={"Host": "localhost"})
        environ = builder.get_environ()
        environ.update(
            {"wsgi.input": io.BufferedReader(tap, 8192), "CONTENT_TYPE": "application/x-www-form-urlencoded"}
        )
        environ["wsgi.input_terminated"] = not declared
        environ.pop("CONTENT_LENGTH", None)
        if declared:
            environ["CONTENT_LENGTH"] = str(10_000_000)
        with app.request_context(environ):
            answer = app.full_dispatch_request()
        assert answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        assert tap.drunk <= (0 if declared else 65_536 + 16_384)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "basket",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:\\\\evil.example",
        "https://evil.example/styleguide",
        "http://localhost/styleguide",
        "https://localhost@evil.example/",
        "javascript:alert(1)",
        "/%2fevil.example",
        "/%2Fevil.example",
        "/%252fevil.example",
        "/%5cevil.example",
        "/%255cevil.example",
        "/styleguide\r\nSet-Cookie: a=b",
        "/styleguide%0d%0aSet-Cookie:a",
        "/\tstyleguide",
        "/ styleguide",
        " /styleguide",
        "/styleguide\x00",
        "/styleguide\x7f",
        "/nowhere",
        "/static/callbank/callbank.css",
        "/language",
    ],
)
def test_a_way_back_that_is_not_a_page_of_ours_leads_home(app: Flask, client: TestApp, url: str) -> None:
    with app.test_request_context(headers={"Host": "localhost"}):
        assert security.safe_next(url) == "/"
    token = client.get("/styleguide").forms[0]["csrf_token"].value
    answer = client.post("/theme", {"csrf_token": token, "theme": "dark", "next": url})
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize("url", ["/styleguide", "/styleguide?page=2", "/styleguide?q=%2F%2Fx#top"])
def test_a_way_back_to_a_page_of_ours_is_kept(app: Flask, url: str) -> None:
    with app.test_request_context(headers={"Host": "localhost"}):
        assert security.safe_next(url) == url


def test_only_a_page_that_asks_widens_form_action(app: Flask, client: TestApp) -> None:
    def leaving() -> str:
        g.form_action_origins = (
            "https://pay.example",
            "https:",
            "evil; script-src *",
            "'unsafe-inline'",
            "*",
        )
        return "leaving"

    app.add_url_rule("/leaving", "leaving", leaving)
    policy = client.get("/leaving").headers["Content-Security-Policy"]
    assert "form-action 'self' https://pay.example https:; base-uri" in policy
    assert "evil" not in policy
    assert "unsafe" not in policy
    assert "*" not in policy


def test_assets_may_be_kept_for_ever_and_change_their_address_with_their_content(client: TestApp) -> None:
    page = client.get("/styleguide")
    for link in (page.html.select_one("link[rel=stylesheet]")["href"], page.html.select_one("script")["src"]):
        answer = client.get(link)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "Set-Cookie" not in answer.headers
    assert (
        client.get("/static/callbank/callbank.css").headers["Cache-Control"]
        != answer.headers["Cache-Control"]
    )


@pytest.mark.parametrize(
    ("given", "kept"),
    [("abc-123.DEF_45", True), ("short", False), ("a" * 65, False), ("x\ny-evil-id", False)],
)
def test_a_request_id_is_echoed_only_when_it_is_a_plain_word(app: Flask, given: str, kept: bool) -> None:
    with app.test_client() as client:
        try:
            answer = client.get("/healthz", headers={"Host": "localhost", "X-Request-ID": given})
        except ValueError:
            return
    assert (answer.headers["X-Request-ID"] == given) is kept


def test_the_access_log_names_the_route_and_never_a_key_or_a_query(app: Flask, client: TestApp) -> None:
    app.add_url_rule("/orders-like/<key>", "orders_like", lambda key: "ok")
    with structlog.testing.capture_logs() as events:
        client.get("/orders-like/very-secret-key?token=very-secret-token")
        client.get("/nothing-here/very-secret-key", expect_errors=True)
    assert [event["route"] for event in events] == ["/orders-like/<key>", "-"]
    assert [event["status"] for event in events] == [200, 404]
    assert "very-secret" not in str(events)


def test_readiness_tells_which_check_fails(app: Flask, client: TestApp) -> None:
    assert client.get("/readyz").json == {"status": "ok", "checks": {"database": "ok"}}

    class Broken(Nothing):
        def health(self) -> dict[str, str]:
            return {"database": "ok", "worker": "last seen 10 minutes ago"}

    app.extensions["use_cases"] = Broken()
    answer = client.get("/readyz", expect_errors=True)
    assert answer.status_int == HTTPStatus.SERVICE_UNAVAILABLE
    assert answer.json["checks"]["worker"] == "last seen 10 minutes ago"
    assert client.get("/healthz").text == "ok\n"


def every_error() -> list[type[CheckoutError]]:
    """Each class of the tree, leaves and branches."""
    found, left = [], [CheckoutError]
    while left:
        kind = left.pop()
        found.append(kind)
        left += kind.__subclasses__()
    return [kind for kind in found if kind.__module__.startswith(("domain", "application"))]


def an_error(kind: type[CheckoutError]) -> CheckoutError:
    special: dict[type[CheckoutError], CheckoutError] = {
        app_errors.InvalidRequest: app_errors.InvalidRequest({"email": "enter an e-mail"}),
        app_errors.TotalChanged: app_errors.TotalChanged("49.90 PLN", "59.90 PLN"),
        app_errors.OutOfStock: app_errors.OutOfStock("MUG", "Blue mug", 2),
        rules.InvalidTransition: rules.InvalidTransition("status", "paid", "new"),
    }
    return special.get(kind) or kind("canary-detail")


STATUS = {
    "CheckoutError": 500,
    "DomainError": 500,
    "ApplicationError": 500,
    "InvalidMoney": 400,
    "UnknownCurrency": 400,
    "InvalidBasket": 400,
    "InvalidOrder": 400,
    "InvalidRequest": 400,
    "CallbackUnreadable": 400,
    "CallbackRefused": 403,
    "SignInRefused": 403,
    "NotFound": 404,
    "OrderNotFound": 404,
    "PaymentNotFound": 404,
    "BasketNotFound": 404,
    "CallbackNotFound": 404,
    "ReviewNotFound": 404,
    "UnknownAccount": 404,
    "MethodNotAllowed": 405,
    "AlreadyPaid": 409,
    "NotPayable": 409,
    "NotCancellable": 409,
    "TotalChanged": 409,
    "OutOfStock": 409,
    "MethodNotOffered": 409,
    "Vetoed": 409,
    "KeyReused": 409,
    "InvalidTransition": 409,
    "ConcurrentUpdate": 409,
    "UnsupportedOperation": 409,
    "StorageUnavailable": 503,
    "GatewayError": 503,
    "GatewayUnreachable": 503,
    "GatewayUnavailable": 503,
    "GatewayRejected": 503,
    "GatewayProtocolError": 503,
    "OutcomeUnknown": 503,
    "InvalidSignature": 503,
}
TELLS = {"InvalidBasket", "InvalidOrder", "Vetoed"}


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_every_error_has_its_status_and_a_public_sentence(app: Flask, kind: type[CheckoutError]) -> None:
    def fail() -> str:
        raise an_error(kind)

    app.add_url_rule("/fail", "fail", fail)
    page = TestApp(app, extra_environ={"HTTP_HOST": "localhost"}).get("/fail", expect_errors=True)
    assert page.status_int == STATUS[kind.__name__]
    assert len(page.html.select("h1")) == 1
    assert page.html.select_one("h1").text.strip()
    assert "Traceback" not in page.text
    assert ("canary-detail" in page.text) is (kind.__name__ in TELLS)
    assert ("Retry-After" in page.headers) is (page.status_int == HTTPStatus.SERVICE_UNAVAILABLE)


@pytest.mark.parametrize("code", [400, 401, 403, 404, 405, 409, 410, 413, 415, 429, 500, 502, 503])
def test_every_http_error_speaks_the_shops_language(app: Flask, code: int) -> None:
    app.add_url_rule("/fail", "fail", lambda: abort(code))
    client = TestApp(app, extra_environ={"HTTP_HOST": "localhost"})
    page = client.get("/fail", headers={"Accept-Language": "pl"}, expect_errors=True)
    wanted = {415: 400, 502: 500}.get(code, code)
    assert page.status_int == wanted
    assert page.html.html["lang"] == "pl"
    assert page.html.select_one("a.button")
    problem = client.get("/fail", headers={"Accept": "application/json"}, expect_errors=True)
    assert problem.content_type == "application/problem+json"
    assert problem.json["status"] == wanted


def test_an_unexpected_error_shows_a_code_to_quote_and_nothing_else(app: Flask, client: TestApp) -> None:
    def fail() -> str:
        raise RuntimeError("canary-secret")

    app.add_url_rule("/fail", "fail", fail)
    page = client.get("/fail", expect_errors=True)
    assert page.status_int == HTTPStatus.INTERNAL_SERVER_ERROR
    assert "canary" not in page.text
    assert page.headers["X-Request-ID"][:12] in page.text
    problem = client.get("/fail", headers={"Accept": "application/json"}, expect_errors=True)
    assert "canary" not in problem.text


def test_a_page_of_no_order_and_a_page_of_a_wrong_key_are_the_same_bytes(app: Flask) -> None:
    def fail(kind: str) -> str:
        raise {"order": app_errors.OrderNotFound, "account": app_errors.UnknownAccount}[kind]("a reason")

    app.add_url_rule("/fail/<kind>", "fail", fail)
    bodies = {
        TestApp(app, extra_environ={"HTTP_HOST": "localhost"}).get(path, expect_errors=True).body
        for path in ("/fail/order", "/fail/account", "/no/such/page", "/another?key=1")
    }
    assert len(bodies) == 1


def test_a_failed_gateway_offers_the_same_form_again(app: Flask) -> None:
    calls = []

    def pay() -> str:
        calls.append(request.form["account"])
        if len(calls) == 1:
            raise app_errors.GatewayUnreachable("connection refused by 10.0.0.7")
        return "sent"

    app.add_url_rule("/pay", "pay", pay, methods=["POST"])
    client = TestApp(app, extra_environ={"HTTP_HOST": "localhost"})
    token = client.get("/styleguide").forms[0]["csrf_token"].value
    page = client.post("/pay", {"csrf_token": token, "account": "payu"}, expect_errors=True)
    assert page.status_int == HTTPStatus.SERVICE_UNAVAILABLE
    assert page.headers["Retry-After"]
    assert "10.0.0.7" not in page.text
    form = page.forms[0]
    form.action = "/pay"
    assert form.submit().text == "sent"
    assert calls == ["payu", "payu"]


def test_an_error_page_that_cannot_be_drawn_does_not_hide_the_error(app: Flask) -> None:
    def broken() -> dict[str, object]:
        raise app_errors.StorageUnavailable

    app.context_processor(broken)
    page = TestApp(app, extra_environ={"HTTP_HOST": "localhost"}).get("/nowhere", expect_errors=True)
    assert page.status_int == HTTPStatus.NOT_FOUND
    assert "This page does not exist" in page.text


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
    client.post("/language", {"csrf_token": token, "language": "uk"})
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


def a_host(template_folder: str = "no such folder") -> Flask:
    """Somebody's own application, which knows nothing of form tokens."""
    host = Flask("tests.web.styleguide", template_folder=template_folder)
    host.secret_key = "the host's own"
    host.add_url_rule("/own", "own", lambda: "host page", methods=["GET", "POST"])
    host.add_url_rule("/own-error", "own_error", lambda: abort(418))
    mount(host, cast(UseCases, Nothing()), settings(), url_prefix="/pay")
    return host


def test_a_mounted_shop_leaves_the_hosts_pages_alone() -> None:
    client = TestApp(a_host())
    assert client.post("/own").text == "host page"
    assert "Content-Security-Policy" not in client.get("/own").headers
    teapot = client.get("/own-error", status=418)
    assert "base-uri" not in str(teapot.headers)
    assert "<h1>I&#39;m a teapot</h1>" in teapot.text


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
