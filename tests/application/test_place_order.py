"""A basket version becomes at most one order, at the total the shopper saw, with its goods held."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from application.errors import (
    BasketNotFound,
    ConcurrentUpdate,
    InvalidRequest,
    MethodNotOffered,
    OutOfStock,
    TotalChanged,
)
from application.refund_payment import RefundPaymentRequest
from domain.errors import InvalidMoney, InvalidOrder
from domain.money import Money
from domain.order import OrderStatus, StockHold
from tests.application.fake_gateway import signed, told
from tests.application.shop import TOTAL, Shop
from tests.builders import a_product, money


def test_a_basket_becomes_an_order_and_is_emptied_in_one_commit(shop: Shop) -> None:
    basket = shop.basket()
    placed = shop.place(basket)
    order, payments = shop.database.reads.order_by_id(placed.order.id)
    assert (placed.joined, str(order.total), payments) == (False, TOTAL, ())
    assert (order.status, order.stock, shop.left()) == (OrderStatus.OPEN, StockHold.HELD, 9)
    emptied = shop.database.reads.basket(basket.id)
    assert (emptied.is_empty, emptied.version) == (True, basket.version + 1)
    assert shop.events(order) == ["OrderPlaced"]


def test_ordering_the_same_version_again_answers_the_same_order(shop: Shop) -> None:
    basket = shop.basket()
    first, second = shop.place(basket), shop.place(basket)
    assert (first.joined, second.joined) == (False, True)
    assert first.order.id == second.order.id
    assert (len(shop.database.state.orders), shop.left()) == (1, 9)


def test_ten_clicks_at_once_make_one_order(shop: Shop) -> None:
    basket = shop.basket()
    with ThreadPoolExecutor(max_workers=10) as clicks:
        placed = list(clicks.map(lambda _: shop.place(basket), range(10)))
    assert len({one.order.id for one in placed}) == 1
    assert sum(not one.joined for one in placed) == 1
    assert shop.left() == 9


def test_a_line_put_in_later_stays_in_the_basket(shop: Shop) -> None:
    basket = shop.basket()
    shop.place(basket)
    shop.edit(basket, lambda live: live.put(a_product("gift", "25.00 PLN"), 1))
    assert shop.place(basket).joined
    assert [line.sku for line in shop.database.reads.basket(basket.id).lines] == ["gift"]


def unchanged(shop: Shop) -> bool:
    """No order, no stock taken, the basket as it was."""
    (basket,) = shop.database.state.baskets.values()
    return not shop.database.state.orders and shop.left() == 10 and not basket.is_empty


@pytest.mark.parametrize("seen", ["59.99 PLN", "60.00 EUR", "", "60"])
def test_no_order_is_made_at_a_total_the_shopper_did_not_see(shop: Shop, seen: str) -> None:
    with pytest.raises(TotalChanged) as refused:
        shop.place(shop.basket(), seen)
    assert (refused.value.seen, refused.value.current) == (seen, TOTAL)
    assert unchanged(shop)


def test_a_price_that_changed_meanwhile_is_shown_before_it_is_ordered(shop: Shop) -> None:
    basket = shop.basket()
    shop.database.catalogue.load_products([a_product("mug", "59.90 PLN")])
    with pytest.raises(TotalChanged) as refused:
        shop.place(basket)
    assert refused.value.current == "70.00 PLN"
    order = shop.place(basket, "70.00 PLN").order
    assert order.goods[0].unit_price == money("59.90 PLN")


def test_a_basket_that_changed_meanwhile_is_not_ordered_even_at_the_same_total(shop: Shop) -> None:
    basket = shop.basket()
    with pytest.raises(TotalChanged):
        shop.place(replace(basket, version=basket.version - 1))
    assert unchanged(shop)


def test_terms_must_be_accepted(shop: Shop) -> None:
    with pytest.raises(InvalidRequest) as refused:
        shop.place(shop.basket(), terms_accepted=False)
    assert list(refused.value.fields) == ["terms"]
    assert unchanged(shop)


def test_a_shop_without_guests_asks_to_sign_in() -> None:
    shop = Shop(guest_checkout=False)
    basket = shop.basket()
    with pytest.raises(InvalidRequest) as refused:
        shop.place(basket)
    assert list(refused.value.fields) == ["customer"]
    assert unchanged(shop)
    customer_id = shop.ids.new()
    placed = shop.place(basket, customer_id=customer_id)
    assert (placed.joined, placed.order.customer_id) == (False, customer_id)


def test_goods_that_need_it_are_not_ordered_without_delivery(shop: Shop) -> None:
    basket = shop.edit(shop.basket(), lambda basket: basket.choose(replace(basket.choices, delivery="broom")))
    with pytest.raises(InvalidRequest) as refused:
        shop.place(basket)
    assert list(refused.value.fields) == ["delivery"]


def test_a_courier_needs_to_know_where_to_go(shop: Shop) -> None:
    basket = shop.edit(
        shop.basket(), lambda basket: basket.choose(replace(basket.choices, delivery_address=None))
    )
    with pytest.raises(InvalidRequest) as refused:
        shop.place(basket)
    assert list(refused.value.fields) == ["delivery_address"]


def test_immaterial_goods_need_no_delivery(shop: Shop) -> None:
    order = shop.place(shop.basket("gift"), "25.00 PLN").order
    assert [line.sku for line in order.lines] == ["gift"]


def test_more_than_there_is_cannot_be_ordered(shop: Shop) -> None:
    shop.database.catalogue.save_product(a_product("mug", available=0))
    with pytest.raises(OutOfStock) as refused:
        shop.place(shop.basket())
    assert (refused.value.sku, refused.value.available) == ("mug", 0)
    assert not shop.database.state.orders


@pytest.mark.parametrize("gone", [a_product("mug", enabled=False), a_product("mug", "12.00 EUR")])
def test_what_is_not_sold_any_more_cannot_be_ordered(shop: Shop, gone: object) -> None:
    basket = shop.basket()
    shop.database.catalogue.load_products([gone])  # type: ignore[list-item]
    with pytest.raises(OutOfStock):
        shop.place(basket)
    assert unchanged(shop)


def test_an_empty_basket_is_no_order(shop: Shop) -> None:
    basket = shop.edit(shop.basket(), lambda basket: basket.without("mug"))
    with pytest.raises(InvalidOrder) as refused:
        shop.place(basket, "0.00 PLN")
    assert refused.value.field == "lines"


def test_an_unknown_basket_is_no_order(shop: Shop) -> None:
    with pytest.raises(BasketNotFound):
        shop.place(replace(shop.basket(), id=shop.ids.new()))


@pytest.mark.parametrize(
    "changes", [{"offer": False}, {"currencies": frozenset({"EUR"})}, {"refuses": "not below 100"}]
)
def test_a_method_that_does_not_take_the_order_is_refused_before_there_is_one(
    shop: Shop, changes: dict[str, object]
) -> None:
    basket = shop.basket()
    for name, value in changes.items():
        setattr(shop.gateway, name, value)
    with pytest.raises(MethodNotOffered):
        shop.place(basket)
    assert unchanged(shop)


def test_a_reference_that_is_taken_is_drawn_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = shop.order()
    drawn = iter([taken.reference, taken.reference, "261120999999"])
    monkeypatch.setattr(shop.ids, "order_reference", lambda now: next(drawn))
    assert shop.order().reference == "261120999999"


def test_somebody_who_is_always_first_is_not_waited_for_for_ever(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = shop.order()
    monkeypatch.setattr(shop.ids, "order_reference", lambda now: taken.reference)
    with pytest.raises(ConcurrentUpdate):
        shop.order()


def test_a_total_of_zero_is_paid_at_once_without_a_gateway(shop: Shop) -> None:
    placed = shop.place(shop.basket("gift", voucher="FREE"), "0.00 PLN")
    assert placed.order.status is OrderStatus.VALIDATED
    assert placed.order.is_paid
    assert shop.state(placed.order) == ("validated", "paid")
    assert shop.events(placed.order).count("OrderPaid") == 1
    assert shop.gateway.calls == []
    again = shop.place(shop.basket("gift", voucher="FREE"), "0.00 PLN")
    assert again.order.id != placed.order.id


@pytest.mark.parametrize("minor", [2**63 - 1, 2**62])
def test_more_than_any_amount_can_hold_is_refused_before_there_is_an_order(shop: Shop, minor: int) -> None:
    basket = shop.basket("mug", "mug")
    shop.database.catalogue.load_products([a_product(prices={"PLN": Money.of(minor, "PLN")})])
    with pytest.raises(InvalidMoney):
        shop.place(basket)
    assert unchanged(shop)


def test_an_order_outlives_its_products(shop: Shop) -> None:
    order, payment = shop.started()
    shop.database.catalogue._products.clear()
    shop.tell(signed(told(payment, "paid")))
    refund = shop.refund_payment.execute(RefundPaymentRequest(payment.id, "ada", "broken", "K"))
    assert (shop.state(order), refund.status.value) == (("validated", "paid"), "done")
    assert [line.name for line in shop.stored(order).goods] == ["Mug"]
