from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapters.web.resources import STATIC, templates

TEMPLATES = sorted(path for path in templates().rglob("*") if path.suffix in (".html", ".svg"))
JINJA = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)


def forbidden(source: str) -> list[str]:
    """What our Content-Security-Policy would stop, or what would ask a stranger for something."""
    markup = JINJA.sub("_", source)
    rules = (
        (r"<[^>]*\sstyle\s*=", "a style attribute"),
        (r"<style\b", "a style element"),
        (r"<[^>]*\son[a-z]+\s*=", "an event handler"),
        (r"<script\b(?![^>]*\ssrc=)", "an inline script"),
        (r"(?:src|href|action|srcset|data)\s*=\s*[\"']?(?:https?:)?//", "an address of somebody else"),
        (r"[\"']?data:", "a data address"),
        (r"\|\s*safe\b", "unescaped text"),
    )
    found = [name for pattern, name in rules if re.search(pattern, markup, re.IGNORECASE)]
    return found + (["unescaped text"] if re.search(r"\|\s*safe\b", source) else [])


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(templates()).as_posix())
def test_no_template_holds_what_the_policy_forbids(path: Path) -> None:
    assert forbidden(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "planted",
    [
        '<p style="color:red">',
        "<style>p{}</style>",
        '<button onclick="x()">',
        "<script>x()</script>",
        '<img src="//cdn.example/x.png">',
        '<a href="https://cdn.example">',
        '<img src="data:image/png;base64,x">',
        "{{ name|safe }}",
    ],
)
def test_a_planted_fault_is_seen(planted: str) -> None:
    assert forbidden(planted)


def test_the_style_sheet_stays_under_20_kilobytes_and_the_script_under_6() -> None:
    assert (STATIC / "callbank.css").stat().st_size < 20 * 1024
    assert (STATIC / "callbank.js").stat().st_size < 6 * 1024


def test_no_asset_asks_a_stranger_for_anything() -> None:
    for path in STATIC.iterdir():
        source = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|//[a-z]|@import|url\(", source.replace("// ", "")), path.name


def test_nothing_is_vendored() -> None:
    assert {path.name for path in STATIC.iterdir()} == {"callbank.css", "callbank.js", "card.js", "icon.svg"}


def test_motion_forced_colours_and_print_have_rules_of_their_own() -> None:
    sheet = (STATIC / "callbank.css").read_text(encoding="utf-8")
    for media in ("prefers-reduced-motion: reduce", "forced-colors: active", "@media print"):
        assert media in sheet
    assert ":focus-visible { outline:3px solid var(--focus); outline-offset:2px }" in sheet


def test_a_mark_looks_right_on_a_page_that_loads_no_style_sheet_of_ours() -> None:
    for path in (templates() / "marks").iterdir():
        drawing = path.read_text(encoding="utf-8")
        assert '<svg width="48" height="32"' in drawing, path.name
        for shape in re.findall(r"<(?:path|rect|circle)[^>]*>", drawing):
            assert re.search(r' (fill|stroke)="#\w{6}"', shape), f"{path.name}: {shape}"


def test_a_sign_has_a_size_of_its_own() -> None:
    sign = (templates() / "macros" / "layout.html").read_text(encoding="utf-8")
    assert '<svg class="sign" width="32" height="32"' in sign


def test_every_class_in_a_drawing_is_coloured_by_the_style_sheet() -> None:
    sheet = (STATIC / "callbank.css").read_text(encoding="utf-8")
    for path in (*(templates() / "pictures").iterdir(), *(templates() / "marks").iterdir()):
        for classes in re.findall(r'class="([^"]+)"', path.read_text(encoding="utf-8")):
            for name in classes.split():
                assert re.search(rf"\.{name}[ ,]", sheet), f"{path.name}: {name}"
