"""Tax, discounts and unit prices round once and sum to the whole."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidMoney
from domain.money import Currency, Money
from domain.tax import RateRow, split_units, spread_discount, spread_tax, vat_of

PLN, JPY = Currency.of("PLN"), Currency.of("JPY")
VAT = Decimal(23)

prices = st.integers(0, 10**12)
rates = st.one_of(
    st.sampled_from([Decimal(rate) for rate in ("0", "5", "5.5", "8", "19", "23", "23.00")]),
    st.decimals(0, 100, places=3),
)


def zl(text: str) -> Money:
    return Money.parse(text, PLN)


@pytest.mark.parametrize(
    ("gross", "rate", "vat"),
    [
        ("19.99", "23", "3.74"),
        ("1.15", "23", "0.22"),
        ("4.35", "23", "0.81"),
        ("25.49", "23", "4.77"),
        ("123.00", "23", "23.00"),
        ("10.00", "0", "0.00"),
        ("10.00", "100", "5.00"),
        ("0.01", "100", "0.01"),
        ("-0.01", "100", "-0.01"),
        ("0.03", "100", "0.02"),
        ("1.05", "5", "0.05"),
        ("21.10", "5.5", "1.10"),
    ],
)
def test_vat_is_the_part_inside_the_gross_rounded_half_up(gross: str, rate: str, vat: str) -> None:
    assert vat_of(zl(gross), Decimal(rate)) == zl(vat)


def test_a_rate_has_at_most_six_decimals() -> None:
    assert vat_of(zl("100.00"), Decimal("23.000001")) == zl("18.70")
    with pytest.raises(InvalidMoney, match="decimals"):
        vat_of(zl("100.00"), Decimal("23.0000001"))


def test_vat_rounds_to_the_minor_unit_of_the_currency() -> None:
    assert vat_of(Money(1000, JPY), Decimal(10)) == Money(91, JPY)


@given(prices, rates)
def test_vat_agrees_with_long_decimal_division(minor: int, rate: Decimal) -> None:
    with localcontext() as context:
        context.prec = 60
        expected = (Decimal(minor) * rate / (100 + rate)).quantize(Decimal(1), ROUND_HALF_UP)
    assert vat_of(Money(minor, PLN), rate).minor == int(expected)


@pytest.mark.parametrize(
    "rate",
    [*map(Decimal, ("-1", "100.01", "NaN", "sNaN", "Infinity", "1E-999999", "1E+99")), 23, 23.0, "23", None],
)
def test_an_impossible_rate_is_refused(rate: Any) -> None:
    with pytest.raises(InvalidMoney):
        vat_of(zl("1.00"), rate)
    with pytest.raises(InvalidMoney):
        spread_tax([(zl("1.00"), rate)])


def test_awkward_prices_are_taxed_once_per_rate_and_spread() -> None:
    tax = spread_tax([(zl("19.99"), VAT), (zl("1.15"), VAT), (zl("4.35"), VAT)])
    assert tax.total == zl("4.77")
    assert tax.per_line == (zl("3.74"), zl("0.22"), zl("0.81"))
    assert tax.per_rate == ((VAT, zl("25.49"), zl("4.77")),)


def test_rounding_each_line_would_not_have_summed() -> None:
    lines = [(zl("1.15"), VAT)] * 3
    assert Money.sum((vat_of(*line) for line in lines), PLN) == zl("0.66")
    tax = spread_tax(lines)
    assert tax.total == zl("0.65")
    assert tax.per_line == (zl("0.22"), zl("0.22"), zl("0.21"))


def test_rates_are_grouped_by_value_and_listed_lowest_first() -> None:
    tax = spread_tax([(zl("12.30"), Decimal(23)), (zl("10.80"), Decimal(8)), (zl("12.30"), Decimal("23.00"))])
    assert tax.per_rate == (
        RateRow(Decimal(8), zl("10.80"), zl("0.80")),
        RateRow(Decimal(23), zl("24.60"), zl("4.60")),
    )
    assert tax.per_line == (zl("2.30"), zl("0.80"), zl("2.30"))


def test_free_lines_carry_no_tax() -> None:
    assert spread_tax([(zl("0.00"), VAT), (zl("0.00"), VAT)]).per_line == (zl("0.00"), zl("0.00"))


@given(st.lists(st.tuples(prices.map(lambda minor: Money(minor, PLN)), rates), min_size=1, max_size=12))
def test_rate_rows_and_lines_sum_to_the_total(lines: list[tuple[Money, Decimal]]) -> None:
    tax = spread_tax(lines)
    assert Money.sum((row.vat for row in tax.per_rate), PLN) == tax.total
    assert Money.sum(tax.per_line, PLN) == tax.total
    assert Money.sum((row.gross for row in tax.per_rate), PLN) == Money.sum((line for line, _ in lines), PLN)
    for row in tax.per_rate:
        assert row.vat == vat_of(row.gross, row.rate)
        shares = [vat for vat, (_, rate) in zip(tax.per_line, lines, strict=True) if rate == row.rate]
        assert Money.sum(shares, PLN) == row.vat
    for vat, (gross, _) in zip(tax.per_line, lines, strict=True):
        assert Money.zero(PLN) <= vat <= gross


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [(Money(-1, PLN), VAT)],
        [(Money(2, PLN), VAT), (Money(-1, PLN), VAT)],
        [(Money(1, PLN), VAT), (Money(1, JPY), VAT)],
        [(Money(1, PLN), VAT), (Money(1, JPY), Decimal(8))],
    ],
)
def test_lines_that_cannot_be_taxed_together_are_refused(lines: list[tuple[Money, Decimal]]) -> None:
    with pytest.raises(InvalidMoney):
        spread_tax(lines)


def test_a_discount_spreads_by_gross() -> None:
    assert spread_discount(zl("10.00"), [zl("19.99"), zl("1.15"), zl("4.35")]) == (
        zl("7.84"),
        zl("0.45"),
        zl("1.71"),
    )
    assert spread_discount(zl("0.01"), [zl("1.00"), zl("1.00")]) == (zl("0.01"), zl("0.00"))


@given(st.data(), st.lists(prices, max_size=12))
def test_discount_shares_sum_and_never_exceed_their_line(data: st.DataObject, minors: list[int]) -> None:
    goods = [Money(minor, PLN) for minor in minors]
    discount = Money(data.draw(st.integers(0, sum(minors))), PLN)
    shares = spread_discount(discount, goods)
    assert len(shares) == len(goods)
    assert Money.sum(shares, PLN) == discount
    assert all(Money.zero(PLN) <= share <= line for share, line in zip(shares, goods, strict=True))


def test_a_full_discount_makes_every_line_free() -> None:
    goods = (zl("19.99"), zl("1.15"), zl("0.00"))
    assert spread_discount(zl("21.14"), goods) == goods


@pytest.mark.parametrize(
    ("discount", "goods"),
    [
        (Money(101, PLN), [Money(100, PLN)]),
        (Money(1, PLN), []),
        (Money(-1, PLN), [Money(100, PLN)]),
        (Money(1, JPY), [Money(100, PLN)]),
        (Money(1, PLN), [Money(100, PLN), Money(-50, PLN)]),
    ],
)
def test_a_discount_that_does_not_fit_the_goods_is_refused(discount: Money, goods: list[Money]) -> None:
    with pytest.raises(InvalidMoney):
        spread_discount(discount, goods)


@pytest.mark.parametrize(
    ("gross", "quantity", "units"),
    [
        ("10.00", 3, [("3.33", 2), ("3.34", 1)]),
        ("20.00", 3, [("6.66", 1), ("6.67", 2)]),
        ("9.99", 3, [("3.33", 3)]),
        ("19.99", 1, [("19.99", 1)]),
        ("0.02", 3, [("0.00", 1), ("0.01", 2)]),
        ("0.00", 2, [("0.00", 2)]),
    ],
)
def test_a_line_splits_into_units_that_multiply_back(
    gross: str, quantity: int, units: list[tuple[str, int]]
) -> None:
    assert split_units(zl(gross), quantity) == tuple((zl(unit), count) for unit, count in units)


@given(prices, st.integers(1, 10**12))
def test_unit_times_quantity_sums_to_the_line(minor: int, quantity: int) -> None:
    pairs = split_units(Money(minor, PLN), quantity)
    assert Money.sum((unit * count for unit, count in pairs), PLN) == Money(minor, PLN)
    assert sum(count for _, count in pairs) == quantity
    assert all(count > 0 for _, count in pairs)
    assert len(pairs) <= 2


@pytest.mark.parametrize(
    ("gross", "quantity"), [("1.00", 0), ("1.00", -1), ("1.00", 1.5), ("1.00", True), ("-1.00", 1)]
)
def test_a_line_without_whole_units_or_below_zero_is_refused(gross: str, quantity: Any) -> None:
    with pytest.raises(InvalidMoney):
        split_units(zl(gross), quantity)
