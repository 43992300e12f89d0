from __future__ import annotations

import pytest
from flask import Flask, session

from adapters.web.session_cookie import SessionCookie


@pytest.fixture
def app() -> Flask:
    app = Flask("sessions")
    app.secret_key = "a secret of the tests, long enough"
    app.session_interface = SessionCookie()

    @app.get("/callbacks/<account>")
    @app.get("/page/<account>")
    def remember(account: str) -> str:
        before = session.get("account", "nobody")
        if account != "nowhere":
            session["account"] = account
        return before

    return app


def test_a_page_remembers_through_the_signed_cookie(app: Flask) -> None:
    browser = app.test_client()
    assert browser.get("/page/ada").text == "nobody"
    assert browser.get("/page/bob").text == "ada"


def test_a_cookie_signed_with_another_key_is_no_session(app: Flask) -> None:
    browser = app.test_client()
    browser.get("/page/ada")
    app.secret_key = "another secret of the tests, long too"
    app.session_interface = SessionCookie()
    assert browser.get("/page/bob").text == "nobody"


def test_a_gateway_s_message_reads_no_session_and_cannot_write_one(app: Flask) -> None:
    app.testing = True
    browser = app.test_client()
    browser.get("/page/ada")
    answer = browser.get("/callbacks/nowhere")
    assert (answer.text, "Set-Cookie" in answer.headers, "Vary" in answer.headers) == ("nobody", False, False)
    with pytest.raises(RuntimeError, match="session"):
        browser.get("/callbacks/ada")
