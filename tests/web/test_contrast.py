from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from adapters.web.contrast import (
    CONTROL,
    DARK_GROUNDS,
    LIGHT_GROUNDS,
    TEXT,
    Brand,
    ink_on,
    passes,
    ratio,
)
from adapters.web.resources import STATIC

SHEET = (STATIC / "callbank.css").read_text(encoding="utf-8")
TOKENS = {
    name: (light, dark)
    for name, light, dark in re.findall(r"--([a-z0-9-]+):light-dark\((#\w{6}),(#\w{6})\)", SHEET)
}
TONES = ("ok", "warn", "bad", "info", "idle", "test")
TINTS = tuple(f"{tone}-bg" for tone in TONES)
GROUNDS = ("bg", "surface", "raised")


def pairs() -> Iterator[tuple[str, str, float]]:
    """Every token that is drawn on another one, and what WCAG asks of the two."""
    for ground in (*GROUNDS, *TINTS):
        yield "text", ground, TEXT
        yield "muted", ground, TEXT
        yield "link", ground, TEXT
        yield "focus", ground, CONTROL
        yield "field", ground, CONTROL
    for tone in TONES:
        yield tone, f"{tone}-bg", TEXT
        yield tone, "bg", TEXT
    for ground in ("accent", "accent-hover", "bad"):
        yield "on-accent", ground, TEXT
    for series in ("accent", "c1", "c2", "c3", "c4"):
        for ground in GROUNDS:
            yield series, ground, CONTROL


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "wanted"), list(pairs()))
def test_every_pair_of_tokens_can_be_told_apart(ink: str, ground: str, wanted: float, theme: int) -> None:
    assert ratio(TOKENS[ink][theme], TOKENS[ground][theme]) >= wanted


def test_the_formula_agrees_with_published_ratios() -> None:
    assert ratio("#000000", "#ffffff") == pytest.approx(21)
    assert ratio("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert ratio("#17202a", "#ffffff") == pytest.approx(16.5, abs=0.05)
    assert ratio("#1f5fbf", "#ffffff") == ratio("#ffffff", "#1f5fbf")


def test_the_grounds_of_a_brand_colour_are_those_of_the_style_sheet() -> None:
    light, dark = zip(*(TOKENS[name] for name in (*GROUNDS, *TINTS)), strict=True)
    for ground in light:
        assert ratio("#17202a", ground) >= min(ratio("#17202a", known) for known in LIGHT_GROUNDS)
    for ground in dark:
        assert ratio("#ffffff", ground) >= min(ratio("#ffffff", known) for known in DARK_GROUNDS)


def test_a_brand_colour_that_cannot_be_read_is_refused_with_the_nearest_that_can() -> None:
    with pytest.raises(ValueError, match=r"brand\.accent: #ffcc00 .* nearest: (#[0-9a-f]{6})") as refused:
        Brand.of("#ffcc00")
    nearest = str(refused.value)[-7:]
    assert passes(nearest, LIGHT_GROUNDS)
    assert Brand.of(nearest).light == nearest


@pytest.mark.parametrize("junk", ["", "blue", "#12", "#12345g", "#1f5fbf;}", "1f5fbf"])
def test_a_brand_colour_is_six_hexadecimal_digits(junk: str) -> None:
    with pytest.raises(ValueError, match=r"brand\.accent: a colour like"):
        Brand.of(junk)


@pytest.mark.parametrize("accent", ["#8a1538", "#0b6b3a", "#3b2fae", "#000000", "#6b4a00"])
def test_a_brand_is_readable_in_both_themes_and_on_its_buttons(accent: str) -> None:
    brand = Brand.of(accent)
    assert passes(brand.light, LIGHT_GROUNDS)
    assert passes(brand.dark, DARK_GROUNDS)
    sheet = dict(re.findall(r"--([a-z-]+):light-dark\((#\w{6},#\w{6})\)", brand.stylesheet()))
    assert set(sheet) == {"accent", "accent-hover", "on-accent", "link"}
    for theme in (0, 1):
        ink = sheet["on-accent"].split(",")[theme]
        assert ratio(ink, sheet["accent"].split(",")[theme]) >= TEXT
        assert ratio(ink, sheet["accent-hover"].split(",")[theme]) >= TEXT


def test_ink_is_white_on_dark_and_black_on_light() -> None:
    assert ink_on("#17202a") == "#ffffff"
    assert ink_on("#ffd88a") == "#000000"
