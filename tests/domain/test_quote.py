"""One way to price: lines, discount, delivery and VAT sum to the total exactly."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.basket import BasketLine, DeliveryOption
from domain.errors import InvalidOrder
from domain.money import Currency, Money
from domain.quote import LineKind, Quote, Voucher, quote
from tests.builders import money

PLN = Currency.of("PLN")
MUG = BasketLine("mug", "Mug", money("49.90 PLN"), 2, Decimal(23))
TEA = BasketLine("tea", "Tea", money("12.50 PLN"), 1, Decimal(8))
COURIER = DeliveryOption("courier", "Courier", money("14.99 PLN"), Decimal(23))

lines = st.lists(
    st.builds(
        BasketLine,
        sku=st.uuids().map(str),
        name=st.just("Thing"),
        unit_price=st.integers(0, 10**7).map(lambda minor: Money(minor, PLN)),
        quantity=st.integers(1, 999),
        tax_rate=st.sampled_from([Decimal(0), Decimal(5), Decimal("5.5"), Decimal(8), Decimal(23)]),
    ),
    min_size=1,
    max_size=6,
)
vouchers = st.one_of(
    st.none(),
    st.decimals(0, 100, places=2).map(lambda percent: Voucher("P", percent=percent)),
    st.integers(0, 10**9).map(lambda minor: Voucher("A", amount=Money(minor, PLN))),
)
deliveries = st.one_of(
    st.none(),
    st.integers(0, 10**5).map(lambda minor: DeliveryOption("d", "D", Money(minor, PLN), Decimal(23))),
)


def test_a_quote_adds_goods_and_delivery() -> None:
    priced = quote([MUG, TEA], PLN, delivery=COURIER)
    assert priced.total == money("127.29 PLN")
    assert [line.sku for line in priced.goods] == ["mug", "tea"]
    assert priced.delivery is not None
    assert (priced.delivery.kind, priced.delivery.gross) == (LineKind.DELIVERY, money("14.99 PLN"))
    assert priced.discount == money("0.00 PLN")


def test_a_quote_without_delivery_has_none() -> None:
    assert quote([TEA], PLN).delivery is None


def test_nothing_cannot_be_priced() -> None:
    with pytest.raises(InvalidOrder) as refused:
        quote([], PLN, delivery=COURIER)
    assert refused.value.field == "lines"


def test_a_discount_falls_on_goods_and_not_on_delivery() -> None:
    priced = quote([MUG, TEA], PLN, delivery=COURIER, voucher=Voucher("TEN", percent=Decimal(10)))
    assert priced.discount == money("11.23 PLN")
    assert [line.discount for line in priced.lines] == [
        money("9.98 PLN"),
        money("1.25 PLN"),
        money("0.00 PLN"),
    ]
    assert priced.total == money("116.06 PLN")


def test_half_a_minor_unit_of_discount_is_rounded_up() -> None:
    line = BasketLine("a", "A", money("0.05 PLN"), 1)
    assert quote([line], PLN, voucher=Voucher("X", percent=Decimal(10))).discount == money("0.01 PLN")
    assert quote([line], PLN, voucher=Voucher("X", percent=Decimal("9.9"))).discount == money("0.00 PLN")


@pytest.mark.parametrize(
    ("voucher", "discount"),
    [
        (Voucher("FREE", percent=Decimal(100)), "12.50 PLN"),
        (Voucher("MORE", percent=Decimal(150)), "12.50 PLN"),
        (Voucher("FIVE", amount=money("5.00 PLN")), "5.00 PLN"),
        (Voucher("LOTS", amount=money("99.00 PLN")), "12.50 PLN"),
        (Voucher("EURO", amount=money("5.00 EUR")), "0.00 PLN"),
        (Voucher("IDLE"), "0.00 PLN"),
    ],
)
def test_a_voucher_never_takes_more_than_the_goods_cost(voucher: Voucher, discount: str) -> None:
    priced = quote([TEA], PLN, voucher=voucher)
    assert priced.discount == money(discount)
    assert priced.total == money("12.50 PLN") - money(discount)


def sums_up(priced: Quote) -> bool:
    gross = Money.sum((line.gross for line in priced.lines), PLN)
    tax = Money.sum((line.tax for line in priced.lines), PLN)
    less = Money.sum((line.discount for line in priced.lines), PLN)
    return (gross, tax, less) == (priced.total, priced.taxes.total, priced.discount)


@given(lines, deliveries, vouchers)
def test_lines_tax_and_discount_always_add_up(
    goods: list[BasketLine], delivery: DeliveryOption | None, voucher: Voucher | None
) -> None:
    priced = quote(goods, PLN, delivery=delivery, voucher=voucher)
    assert sums_up(priced)
    assert all(line.gross.minor >= 0 and 0 <= line.tax.minor <= line.gross.minor for line in priced.lines)
    assert priced.total.minor >= (delivery.price.minor if delivery else 0)


@given(lines, st.decimals(0, 100, places=2))
def test_the_decimal_context_of_the_caller_changes_no_price(
    goods: list[BasketLine], percent: Decimal
) -> None:
    usual = quote(goods, PLN, voucher=Voucher("P", percent=percent))
    with localcontext(prec=2):
        assert quote(goods, PLN, voucher=Voucher("P", percent=percent)) == usual
