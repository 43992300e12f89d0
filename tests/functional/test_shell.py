"""What every route of the shop has in common, whoever wrote it."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from uuid import UUID

import pytest
import structlog
from flask import Flask, g, request
from webtest import TestApp
from werkzeug.routing import Rule
from werkzeug.test import EnvironBuilder

from adapters.web import security
from tests.web.styleguide import Nothing, a_shell

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
    token = page.forms[0]["csrf_token"].value
    sent = browser.post("/language", {"csrf_token": token, "language": "pl"})
    assert "Referer" not in sent.request.headers
    assert sent.status_int == HTTPStatus.SEE_OTHER


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


@pytest.mark.parametrize(("method", "path"), [("POST", "/language"), ("POST", "/read"), ("GET", "/healthz")])
def test_a_body_that_is_too_large_is_refused_without_reading_on(app: Flask, method: str, path: str) -> None:
    app.add_url_rule(
        "/read", "preferences.read", lambda: str(len(request.get_data())), methods=["GET", "POST"]
    )
    for declared in (True, False):
        tap = Tap()
        builder = EnvironBuilder(path=path, method=method, headers={"Host": "localhost"})
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
