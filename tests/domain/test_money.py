"""Money is exact: nothing rounds, overflows or mixes currencies unseen."""

from __future__ import annotations

import copy
import pickle
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.currencies import EXPONENTS
from domain.errors import InvalidMoney, UnknownCurrency
from domain.money import Currency, Money

PLN, JPY = Currency.of("PLN"), Currency.of("JPY")
MOST = 2**63 - 1

minors = st.integers(-MOST, MOST)
currencies = st.sampled_from(sorted(EXPONENTS)).map(Currency.of)
amounts = st.builds(Money, minors, currencies)
weights = st.lists(st.integers(0, 10**12), min_size=1, max_size=30)


def zl(text: str) -> Money:
    return Money.parse(text, PLN)


def test_a_currency_is_one_object_per_code() -> None:
    assert Currency.of("PLN") is Currency.of("PLN")
    assert str(PLN) == "PLN"
    assert Currency("PLN", 2) == PLN


def test_a_refused_code_is_named_but_not_at_length() -> None:
    with pytest.raises(UnknownCurrency, match="'ZZZ'"):
        Currency.of("ZZZ")
    with pytest.raises(UnknownCurrency, match=r"'Z{8}'$"):
        Currency.of("Z" * 5000)


@pytest.mark.parametrize("code", ["pln", "XXX", "XAU", "", "PLN ", "ZZZ", None, 985, ["PLN"]])
def test_an_unknown_code_is_no_currency(code: Any) -> None:
    with pytest.raises(UnknownCurrency):
        Currency.of(code)


@pytest.mark.parametrize(("code", "exponent"), [("PLN", 3), ("XXX", 2), ("JPY", False), (["PLN"], 2)])
def test_a_currency_cannot_claim_another_exponent(code: Any, exponent: Any) -> None:
    with pytest.raises(UnknownCurrency):
        Currency(code, exponent)


@pytest.mark.parametrize("minor", [1.0, 1.5, True, "1", Decimal(1), None, float("nan"), float("inf")])
def test_minor_units_are_whole_numbers(minor: Any) -> None:
    with pytest.raises(InvalidMoney):
        Money(minor, PLN)


@pytest.mark.parametrize("currency", ["PLN", None])
def test_money_without_a_currency_cannot_exist(currency: Any) -> None:
    with pytest.raises(InvalidMoney):
        Money(1, currency)


def test_amounts_end_where_a_signed_64_bit_column_ends() -> None:
    assert Money(MOST, PLN).minor == MOST
    assert Money(-MOST, PLN).minor == -MOST
    for minor in (MOST + 1, -MOST - 1):
        with pytest.raises(InvalidMoney, match="amount too large"):
            Money(minor, PLN)


@pytest.mark.parametrize(
    "overflow",
    [
        lambda: Money(MOST, PLN) + Money(1, PLN),
        lambda: Money(-MOST, PLN) - Money(1, PLN),
        lambda: Money(10**9 * 100, PLN) * 10**9,
        lambda: Money.parse("9" * 30, PLN),
        lambda: Money.from_decimal(Decimal("1E+999999"), PLN),
        lambda: Money.from_scaled(MOST, 0, PLN),
    ],
)
def test_no_arithmetic_leaves_the_range(overflow: Any) -> None:
    with pytest.raises(InvalidMoney, match="amount too large"):
        overflow()


def test_addition_subtraction_and_negation_are_exact() -> None:
    assert zl("0.10") + zl("0.20") == zl("0.30")
    assert zl("0.10") - zl("0.20") == zl("-0.10")
    assert -zl("0.10") == zl("-0.10")


def test_money_multiplies_by_whole_numbers_from_either_side() -> None:
    assert zl("3.33") * 3 == 3 * zl("3.33") == zl("9.99")


@pytest.mark.parametrize("factor", [1.0, True, Decimal(2), "2", None])
def test_money_multiplies_by_nothing_but_whole_numbers(factor: Any) -> None:
    with pytest.raises(TypeError):
        zl("1.00") * factor
    with pytest.raises(TypeError):
        factor * zl("1.00")


@pytest.mark.parametrize("other", [1, 1.0, "1.00", None, Decimal(1)])
def test_money_adds_to_and_compares_with_money_only(other: Any) -> None:
    money: Any = zl("1.00")
    for act in (
        lambda: money + other,
        lambda: other + money,
        lambda: money - other,
        lambda: money < other,
        lambda: money <= other,
        lambda: money > other,
        lambda: money >= other,
    ):
        with pytest.raises(TypeError):
            act()
    assert money != other


@pytest.mark.parametrize(
    "act",
    [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a < b,
        lambda a, b: a <= b,
        lambda a, b: a > b,
        lambda a, b: a >= b,
        lambda a, b: Money.sum([a, b], a.currency),
        lambda a, b: Money.sum([a], b.currency),
    ],
)
def test_two_currencies_never_mix(act: Any) -> None:
    with pytest.raises(InvalidMoney, match="do not mix"):
        act(Money(1, PLN), Money(1, JPY))


def test_amounts_of_two_currencies_are_unequal_not_an_error() -> None:
    assert Money(1, PLN) != Money(1, JPY)
    assert len({Money(1, PLN), Money(1, JPY), Money(1, PLN)}) == 2


def test_amounts_of_one_currency_are_ordered() -> None:
    low, high = Money(1, PLN), Money(2, PLN)
    assert (low < high, low <= high, low > high, low >= high) == (True, True, False, False)
    assert (high < low, high <= low, high > low, high >= low) == (False, False, True, True)
    assert (low < low, low <= low, low > low, low >= low) == (False, True, False, True)
    assert max(low, high) is high


def test_zero_is_false_and_only_more_than_zero_is_positive() -> None:
    assert [bool(Money(minor, PLN)) for minor in (-1, 0, 1)] == [True, False, True]
    assert [Money(minor, PLN).is_positive for minor in (-1, 0, 1)] == [False, False, True]


def test_a_sum_over_nothing_is_zero() -> None:
    assert Money.sum((), PLN) == Money.zero(PLN)
    assert Money.sum(iter([zl("1.00"), zl("2.50")]), PLN) == zl("3.50")


def test_money_cannot_be_changed_and_survives_copying() -> None:
    money: Any = zl("1.00")
    with pytest.raises(AttributeError):
        money.minor = 2
    assert copy.deepcopy(money) == pickle.loads(pickle.dumps(money)) == money  # noqa: S301


@given(amounts, weights)
def test_shares_sum_to_the_whole(money: Money, parts: list[int]) -> None:
    shares = money.split(parts)
    assert len(shares) == len(parts)
    assert sum(share.minor for share in shares) == money.minor
    assert {share.currency for share in shares} == {money.currency}


@given(amounts, weights.filter(any))
def test_a_share_is_within_one_minor_unit_of_its_proportion(money: Money, parts: list[int]) -> None:
    total = sum(parts)
    for share, weight in zip(money.split(parts), parts, strict=True):
        assert abs(share.minor * total - money.minor * weight) < total
        assert weight or not share


@given(amounts, weights)
def test_a_negative_amount_splits_as_its_positive_twin(money: Money, parts: list[int]) -> None:
    assert (-money).split(parts) == tuple(-share for share in money.split(parts))


@pytest.mark.parametrize(
    ("minor", "parts", "shares"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (101, [1, 1, 1], [34, 34, 33]),
        (-100, [1, 1, 1], [-34, -33, -33]),
        (100, [0, 0, 0], [34, 33, 33]),
        (100, [0, 1, 0], [0, 100, 0]),
        (10, [1, 2, 4], [1, 3, 6]),
        (1, [1, 3], [0, 1]),
        (1, [3, 3], [1, 0]),
        (0, [1, 2], [0, 0]),
    ],
)
def test_the_largest_remainder_wins_and_ties_go_to_the_lower_index(
    minor: int, parts: list[int], shares: list[int]
) -> None:
    assert [share.minor for share in Money(minor, PLN).split(parts)] == shares


@pytest.mark.parametrize("parts", [[], [1, -1], [-1]])
def test_money_is_not_split_by_no_or_negative_weights(parts: list[int]) -> None:
    with pytest.raises(InvalidMoney):
        zl("1.00").split(parts)


@pytest.mark.parametrize("parts", [[1.0], [True, 1], [Decimal(1)], ["1"]])
def test_weights_are_whole_numbers(parts: Any) -> None:
    with pytest.raises(TypeError):
        zl("1.00").split(parts)


@given(amounts, st.integers(1, 60))
def test_parts_sum_to_the_whole_and_the_first_ones_take_the_remainder(money: Money, parts: int) -> None:
    shares = [abs(share.minor) for share in money.share(parts)]
    assert sum(shares) == abs(money.minor)
    assert shares == sorted(shares, reverse=True)
    assert shares[0] - shares[-1] <= 1


def test_ten_zloty_in_three_parts() -> None:
    assert zl("10.00").share(3) == (zl("3.34"), zl("3.33"), zl("3.33"))


@pytest.mark.parametrize(("parts", "refusal"), [(0, InvalidMoney), (-1, InvalidMoney), (2.0, TypeError)])
def test_money_is_shared_in_one_or_more_parts(parts: Any, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        zl("1.00").share(parts)
