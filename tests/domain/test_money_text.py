"""Money reads and writes text, decimals and gateways' scales without rounding."""

from __future__ import annotations

import decimal
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.currencies import EXPONENTS
from domain.errors import InvalidMoney
from domain.money import Currency, Money

PLN, JPY = Currency.of("PLN"), Currency.of("JPY")
MOST = 2**63 - 1

minors = st.integers(-MOST, MOST)
currencies = st.sampled_from(sorted(EXPONENTS)).map(Currency.of)
amounts = st.builds(Money, minors, currencies)


def zl(text: str) -> Money:
    return Money.parse(text, PLN)


@pytest.mark.parametrize(
    ("text", "code", "minor"),
    [
        ("49.90", "PLN", 4990),
        ("49.9", "PLN", 4990),
        ("49", "PLN", 4900),
        ("0" * 37 + ".05", "PLN", 5),
        ("0049.90", "PLN", 4990),
        ("-0.05", "PLN", -5),
        ("-0", "PLN", 0),
        ("1500", "JPY", 1500),
        ("1.234", "KWD", 1234),
        ("0.0001", "CLF", 1),
        ("92233720368547758.07", "PLN", MOST),
    ],
)
def test_plain_text_is_read_exactly(text: str, code: str, minor: int) -> None:
    assert Money.parse(text, Currency.of(code)) == Money.of(minor, code)


@pytest.mark.parametrize(
    "text",
    [
        *("", "-", ".", "-.5", ".5", "5.", "1.2.3", "--5", "+5", "5-", "1,50", "1 000", "1_000"),
        *(" 5", "5 ", "5\n", "\n5", "5\u00a0", "1e3", "1E3", "0x10", "NaN", "nan", "sNaN", "Infinity"),
        *("-Infinity", "inf", "\u0665", "\uff15", "5.\u0660", "\u00b2", "\u22125", "5\x00", "1.234", "1.230"),
        *("0" * 41, "9" * 5000),
    ],
)
def test_anything_else_is_no_amount(text: str) -> None:
    with pytest.raises(InvalidMoney):
        Money.parse(text, PLN)


@pytest.mark.parametrize("value", [None, 5, 5.0, b"5", Decimal(5)])
def test_only_text_is_parsed(value: Any) -> None:
    with pytest.raises(InvalidMoney):
        Money.parse(value, PLN)


@given(st.text(max_size=12), currencies)
def test_whatever_parses_says_the_same_as_its_decimal(text: str, currency: Currency) -> None:
    try:
        parsed = Money.parse(text, currency)
    except InvalidMoney:
        return
    assert set(text) <= set("-.0123456789")
    assert parsed.decimal == Decimal(text)


@pytest.mark.parametrize("code", sorted(EXPONENTS))
@given(minor=minors)
def test_text_and_decimal_round_trip_in_every_currency(code: str, minor: int) -> None:
    money = Money.of(minor, code)
    assert Money.parse(money.text, money.currency) == money
    assert Money.from_decimal(money.decimal, money.currency) == money
    assert str(money.decimal) == money.text


@pytest.mark.parametrize(
    ("minor", "code", "text"),
    [
        (4990, "PLN", "49.90"),
        (5, "PLN", "0.05"),
        (-5, "PLN", "-0.05"),
        (0, "PLN", "0.00"),
        (0, "JPY", "0"),
        (-1500, "JPY", "-1500"),
        (1, "KWD", "0.001"),
        (-12345, "CLF", "-1.2345"),
    ],
)
def test_text_has_the_decimals_of_the_currency(minor: int, code: str, text: str) -> None:
    money = Money.of(minor, code)
    assert money.text == text
    assert str(money) == f"{text} {code}"


def test_decimal_is_exact_under_a_coarse_context() -> None:
    with decimal.localcontext(decimal.Context(prec=2)):
        assert str(zl("1234567.89").decimal) == "1234567.89"
        assert Money.from_decimal(Decimal("1234567.89"), PLN) == zl("1234567.89")


@pytest.mark.parametrize(
    ("value", "minor"), [("49.90", 4990), ("49.9000", 4990), ("1E+2", 10000), ("-0.05", -5), ("0E+99999", 0)]
)
def test_a_decimal_is_taken_by_value(value: str, minor: int) -> None:
    assert Money.from_decimal(Decimal(value), PLN) == Money(minor, PLN)


@pytest.mark.parametrize("value", ["0.001", "NaN", "sNaN", "Infinity", "-Infinity", "1E-999999", "1E+20"])
def test_a_decimal_that_is_no_exact_amount_is_refused(value: str) -> None:
    with pytest.raises(InvalidMoney):
        Money.from_decimal(Decimal(value), PLN)


@pytest.mark.parametrize("value", [1, 1.5, "1.5", True, None])
def test_only_a_decimal_is_taken_as_decimal(value: Any) -> None:
    with pytest.raises(InvalidMoney):
        Money.from_decimal(value, PLN)


@pytest.mark.parametrize(
    ("minor", "code", "places", "scaled"),
    [
        (4990, "PLN", 2, 4990),
        (150000, "HUF", 2, 150000),
        (1500, "JPY", 2, 150000),
        (1500, "CLP", 0, 1500),
        (1230, "KWD", 2, 123),
        (-1230, "KWD", 2, -123),
        (4900, "PLN", 0, 49),
        (1, "PLN", 4, 100),
    ],
)
def test_an_amount_moves_to_a_gateways_scale_and_back(
    minor: int, code: str, places: int, scaled: int
) -> None:
    money = Money.of(minor, code)
    assert money.scaled(places) == scaled
    assert Money.from_scaled(scaled, places, money.currency) == money


@pytest.mark.parametrize(("minor", "code", "places"), [(1234, "KWD", 2), (-1, "KWD", 2), (4990, "PLN", 0)])
def test_an_amount_finer_than_the_scale_is_refused_not_rounded(minor: int, code: str, places: int) -> None:
    with pytest.raises(InvalidMoney):
        Money.of(minor, code).scaled(places)


@pytest.mark.parametrize("value", [150050, -1, 1])
def test_a_scaled_value_finer_than_the_currency_is_refused_not_rounded(value: int) -> None:
    with pytest.raises(InvalidMoney):
        Money.from_scaled(value, 2, JPY)


@pytest.mark.parametrize(("value", "places"), [(1.0, 2), (True, 2), ("1", 2), (1, -1), (1, 2.0), (1, 10**9)])
def test_a_scale_and_its_value_are_whole_numbers(value: Any, places: Any) -> None:
    with pytest.raises(InvalidMoney):
        Money.from_scaled(value, places, PLN)


@given(amounts, st.integers(0, 8))
def test_every_scale_gives_the_amount_back_or_refuses(money: Money, places: int) -> None:
    try:
        scaled = money.scaled(places)
    except InvalidMoney:
        assert money.minor % 10 ** (money.currency.exponent - places)
        return
    assert Decimal(scaled) * Decimal(10) ** -places == money.decimal
    assert Money.from_scaled(scaled, places, money.currency) == money
