"""The table of currencies is the ISO list, not somebody's display habits."""

from __future__ import annotations

import pytest
from iso4217 import Currency as Listed

from domain.currencies import EXPONENTS
from tools.generate_currencies import TARGET, render


def test_the_table_holds_every_iso_currency_that_has_an_exponent() -> None:
    assert dict(EXPONENTS) == {c.code: c.exponent for c in Listed if c.exponent is not None}


def test_the_table_is_what_its_generator_writes() -> None:
    assert TARGET.read_text(encoding="utf-8") == render()


@pytest.mark.parametrize(
    ("code", "exponent"),
    [("JPY", 0), ("CLP", 0), ("PLN", 2), ("HUF", 2), ("RSD", 2), ("KWD", 3), ("IQD", 3), ("CLF", 4)],
)
def test_exponents_follow_iso_and_not_display_digits(code: str, exponent: int) -> None:
    assert EXPONENTS[code] == exponent


@pytest.mark.parametrize("code", ["XXX", "XTS", "XAU", "XDR"])
def test_codes_without_minor_units_are_left_out(code: str) -> None:
    assert code not in EXPONENTS


def test_nobody_can_edit_the_table() -> None:
    with pytest.raises(TypeError):
        EXPONENTS["PLN"] = 3  # type: ignore[index]
