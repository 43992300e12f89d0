"""A basket holds what can be sold, one currency at a time, and says by its version that it changed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.basket import MAX_LINES, MAX_QUANTITY, BasketLine, parse_quantity
from domain.errors import InvalidBasket
from domain.money import Currency
from tests.builders import a_basket, a_product, money


def a_line(**changes: Any) -> BasketLine:
    usual: dict[str, Any] = {"sku": "mug", "name": "Mug", "unit_price": money("1.00 PLN"), "quantity": 1}
    return BasketLine(**(usual | changes))


@pytest.mark.parametrize("quantity", [0, -1, 10**12, MAX_QUANTITY + 1, True, 1.5, Decimal(1), "1", None])
def test_a_line_refuses_what_is_no_count_of_goods(quantity: Any) -> None:
    with pytest.raises(InvalidBasket) as refused:
        a_line(quantity=quantity)
    assert refused.value.field == "quantity"


@pytest.mark.parametrize("quantity", [1, MAX_QUANTITY])
def test_a_line_takes_the_first_and_the_last_count(quantity: int) -> None:
    assert a_line(quantity=quantity).gross == money("1.00 PLN") * quantity


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"sku": ""}, "sku"), ({"name": ""}, "sku"), ({"unit_price": money("-0.01 PLN")}, "unit_price")],
)
def test_a_line_refuses_no_product_and_a_negative_price(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidBasket) as refused:
        a_line(**changes)
    assert refused.value.field == field


def test_a_free_product_may_be_sold() -> None:
    assert a_line(unit_price=money("0.00 PLN")).gross == money("0.00 PLN")


@pytest.mark.parametrize(
    ("typed", "quantity"), [("0", 0), ("1", 1), (" 12 ", 12), ("0007", 7), ("9999", MAX_QUANTITY)]
)
def test_a_typed_quantity_is_plain_digits(typed: str, quantity: int) -> None:
    assert parse_quantity(typed) == quantity


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "-1",
        "+1",
        "1.5",
        "1,5",
        "1e3",
        "0x1",
        "1_000",
        "10000",
        "1" * 5000,
        "١٢",
        "\N{FULLWIDTH DIGIT ONE}",
        "²",
        "1 2",
        "NaN",
    ],
)
def test_a_typed_quantity_is_nothing_else(typed: str) -> None:
    with pytest.raises(InvalidBasket) as refused:
        parse_quantity(typed)
    assert refused.value.field == "quantity"


def test_a_basket_holds_one_currency() -> None:
    with pytest.raises(InvalidBasket, match="one currency"):
        a_basket(a_line(unit_price=money("1.00 EUR")))


def test_a_basket_has_room_for_so_many_lines_and_not_for_one_more() -> None:
    lines = [a_line(sku=f"sku-{number}") for number in range(MAX_LINES)]
    assert len(a_basket(*lines).lines) == MAX_LINES
    with pytest.raises(InvalidBasket, match="lines"):
        a_basket(*lines, a_line(sku="one-more"))


def test_put_holds_exactly_so_many_at_the_price_of_today() -> None:
    basket = a_basket().put(a_product("mug", "55.00 PLN"), 3)
    (line,) = basket.lines
    assert (line.quantity, line.unit_price, line.tax_rate) == (3, money("55.00 PLN"), Decimal(23))


def test_put_keeps_the_order_of_the_lines_and_adds_at_the_end() -> None:
    basket = a_basket().put(a_product("tea", "9.00 PLN"), 1).put(a_product("mug"), 2)
    assert [(line.sku, line.quantity) for line in basket.lines] == [("mug", 2), ("tea", 1)]


def test_put_of_zero_takes_the_line_out() -> None:
    assert a_basket().put(a_product("mug"), 0).is_empty


@pytest.mark.parametrize(
    "product", [a_product("tea", "9.00 EUR"), a_product("tea", "9.00 PLN", enabled=False)]
)
def test_what_is_not_sold_in_this_currency_or_not_at_all_cannot_be_put_in(product: Any) -> None:
    with pytest.raises(InvalidBasket) as refused:
        a_basket().put(product, 1)
    assert refused.value.field == "currency"


def test_every_change_is_another_version() -> None:
    basket = a_basket(version=7)
    changed = [
        basket.put(a_product("tea"), 1),
        basket.without("mug"),
        basket.emptied(),
        basket.choose(basket.choices),
        basket.with_voucher("TEN"),
    ]
    assert [one.version for one in changed] == [8] * 5
    assert basket.version == 7


def test_other_goods_ask_again_for_delivery_and_payment_but_keep_the_buyer() -> None:
    basket = a_basket()
    assert basket.choices.account
    for changed in (basket.put(a_product("tea"), 1), basket.without("mug"), basket.emptied()):
        assert (changed.choices.delivery, changed.choices.account) == ("", "")
        assert changed.choices.buyer == basket.choices.buyer
        assert changed.choices.delivery_address == basket.choices.delivery_address


def test_an_emptied_basket_forgets_goods_and_voucher() -> None:
    emptied = a_basket(voucher="TEN").emptied()
    assert (emptied.is_empty, emptied.voucher) == (True, "")
    assert emptied.goods_total == money("0.00 PLN")


def test_the_total_is_the_sum_of_the_lines() -> None:
    basket = a_basket(a_line(quantity=3), a_line(sku="tea", unit_price=money("0.99 PLN"), quantity=2))
    assert basket.goods_total == money("4.98 PLN")
    assert basket.quantity_of("tea") == 2
    assert basket.quantity_of("lamp") == 0


def test_only_a_basket_of_immaterial_goods_needs_no_delivery() -> None:
    assert not a_basket(a_line(needs_delivery=False)).needs_delivery
    assert a_basket(a_line(needs_delivery=False), a_line(sku="tea")).needs_delivery
    assert not a_basket().emptied().needs_delivery


def test_a_product_has_a_price_per_currency() -> None:
    product = a_product(prices={"PLN": money("49.90 PLN"), "EUR": money("12.00 EUR")})
    assert product.price_in(Currency.of("EUR")) == money("12.00 EUR")
    assert product.price_in(Currency.of("JPY")) is None
