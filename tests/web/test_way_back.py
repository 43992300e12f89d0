"""Where a form may lead back to."""

from __future__ import annotations

import pytest
from flask import Flask
from webtest import TestApp

from adapters.web import security


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


@pytest.mark.parametrize(
    "url",
    [
        "page",
        "//page",
        "/%2fpage",
        "/%252fpage",
        "/%25252fpage",
        "/\\page",
        "/%5cpage",
        "/%255cpage",
        "/\tpage",
        "/page\n",
        "/%09/page",
        "/page%0d",
        "/page\x7f",
        "https://page",
        "https:\\\\page",
        "",
    ],
)
def test_a_path_is_plain_before_any_route_is_asked(url: str) -> None:
    assert not security.is_plain_path(url)
    assert security.is_plain_path("/page?next=//page&q=%5c")
