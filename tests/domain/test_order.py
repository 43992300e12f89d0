"""An order is what was agreed, frozen; and it finds its way back into a basket once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.basket import MAX_LINES, MAX_QUANTITY, BasketLine, Choices, DeliveryOption, Product
from domain.errors import InvalidOrder, InvalidTransition
from domain.money import Currency
from domain.order import ClosedBy, Fulfilment, Order, OrderStatus, StockHold
from domain.quote import LineKind, Voucher, quote
from tests.builders import ADDRESS, BUYER, NOW, a_basket, a_payment, a_product, an_order, an_order_line, money

MINUTE = timedelta(minutes=1)


def placed(basket: Any = None, voucher: Voucher | None = None, **changes: Any) -> Order:
    basket = basket or a_basket()
    delivery = DeliveryOption("courier", "Courier", money("14.99 PLN"), Decimal(23))
    usual: dict[str, Any] = {"reference": "261120000001", "key": "k", "now": NOW, "environment": "test"}
    priced = quote(basket.lines, basket.currency, delivery=delivery, voucher=voucher)
    return Order.from_basket(basket, priced, id=basket.id, **(usual | changes))


def sells(*products: Product) -> Callable[[str], Product | None]:
    return {product.sku: product for product in products}.get


# -- there


def test_a_basket_becomes_an_open_order_that_holds_its_goods() -> None:
    order = placed()
    assert (order.status, order.fulfilment, order.stock) == (
        OrderStatus.OPEN,
        Fulfilment.NEW,
        StockHold.HELD,
    )
    assert (order.source, order.source_reference, order.paid_by) == ("basket", None, None)


def test_an_order_freezes_what_the_basket_said() -> None:
    basket = a_basket(version=4, locale="pl", voucher="TEN", customer_id=a_payment().id)
    basket = replace(basket, choices=replace(basket.choices, options={"parts_count": "3"}))
    order = placed(basket, Voucher("TEN", percent=Decimal(10)))
    assert (order.basket_id, order.basket_version, order.customer_id) == (basket.id, 4, basket.customer_id)
    assert (order.locale, order.voucher, order.account) == ("pl", "TEN", "shop-payu")
    assert (order.buyer, order.delivery_address, order.billing_address) == (BUYER, ADDRESS, ADDRESS)
    assert order.options == {"parts_count": "3"}
    assert order.total == money("59.90 PLN")
    assert [line.kind for line in order.lines] == [LineKind.GOODS, LineKind.DELIVERY]


def test_the_basket_s_own_options_cannot_be_changed_through_the_order() -> None:
    basket = a_basket()
    order = placed(basket)
    assert order.options is not basket.choices.options


def test_an_own_address_for_the_bill_is_kept() -> None:
    bill = replace(ADDRESS, name="Ada Ltd")
    basket = a_basket()
    order = placed(replace(basket, choices=replace(basket.choices, billing_address=bill)))
    assert (order.delivery_address, order.billing_address) == (ADDRESS, bill)


def test_a_shop_that_counts_nothing_holds_nothing() -> None:
    assert placed(tracks_stock=False).stock is StockHold.NONE


@pytest.mark.parametrize(
    ("choices", "missing"), [(Choices(account="payu"), "buyer"), (Choices(buyer=BUYER), "account")]
)
def test_an_order_names_what_it_lacks(choices: Choices, missing: str) -> None:
    with pytest.raises(InvalidOrder) as refused:
        placed(a_basket(choices=choices))
    assert refused.value.field == missing


def test_an_order_over_nothing_needs_no_way_to_pay() -> None:
    basket = a_basket(choices=Choices(buyer=BUYER))
    priced = quote(basket.lines, basket.currency, voucher=Voucher("FREE", percent=Decimal(100)))
    order = Order.from_basket(
        basket, priced, id=basket.id, reference="r", key="k", now=NOW, environment="test"
    )
    assert not order.total.is_positive


@pytest.mark.parametrize("total", ["49.89 PLN", "49.91 PLN", "0.00 PLN"])
def test_an_order_whose_lines_do_not_add_up_cannot_exist(total: str) -> None:
    with pytest.raises(InvalidOrder) as refused:
        an_order(total=money(total))
    assert refused.value.field == "total"


def test_an_order_over_less_than_nothing_cannot_exist() -> None:
    with pytest.raises(InvalidOrder, match="negative"):
        an_order(an_order_line(price="-1.00 PLN"))


# -- time


def test_the_first_deadline_is_half_an_hour() -> None:
    assert placed().deadline == NOW + 30 * MINUTE


@pytest.mark.parametrize(
    ("time_to_pay", "after", "deadline"),
    [
        (30 * MINUTE, 10 * MINUTE, NOW + 40 * MINUTE),
        (5 * MINUTE, 10 * MINUTE, NOW + 30 * MINUTE),
        (timedelta(days=7), timedelta(), NOW + timedelta(days=7)),
        (timedelta(days=90), timedelta(days=1), NOW + timedelta(days=30)),
        (None, timedelta(), None),
    ],
)
def test_an_attempt_extends_the_deadline_by_its_method_s_time_up_to_a_cap(
    time_to_pay: timedelta | None, after: timedelta, deadline: object
) -> None:
    assert placed().extend(time_to_pay, NOW + after).deadline == deadline


def test_an_order_without_deadline_never_gets_one() -> None:
    assert placed().extend(None, NOW).extend(30 * MINUTE, NOW).deadline is None


# -- payable, promised, paid


@pytest.mark.parametrize("status", OrderStatus)
def test_open_and_pending_orders_are_payable_and_cancellable(status: OrderStatus) -> None:
    payable = status in (OrderStatus.OPEN, OrderStatus.PENDING)
    order = an_order(status=status)
    assert (order.is_payable, order.is_cancellable) == (payable, payable)
    assert not replace(order, paid_by=order.id).is_payable


def test_an_attempt_puts_the_order_on_hold_and_its_end_opens_it_again() -> None:
    waiting = placed().await_payment()
    assert (waiting.status, waiting.fulfilment) == (OrderStatus.PENDING, Fulfilment.HOLD)
    assert waiting.await_payment() == waiting
    again = waiting.reopen()
    assert (again.status, again.fulfilment, again.stock) == (
        OrderStatus.OPEN,
        Fulfilment.FAILED,
        StockHold.HELD,
    )
    assert again.await_payment().fulfilment is Fulfilment.HOLD


@pytest.mark.parametrize("stock", [StockHold.HELD, StockHold.RELEASED])
def test_an_accepted_order_owns_its_goods(stock: StockHold) -> None:
    order = an_order(stock=stock).validate(NOW)
    assert (order.status, order.fulfilment, order.stock) == (
        OrderStatus.VALIDATED,
        Fulfilment.PROCESSING,
        StockHold.COMMITTED,
    )
    assert order.validated_at == NOW


def test_a_promise_is_accepted_without_money() -> None:
    promised = an_order().validate(NOW)
    assert (promised.is_promised, promised.is_paid) == (True, False)
    assert not replace(promised, paid_by=promised.id).is_promised
    assert not an_order().is_promised


# -- and back


def test_a_stopped_order_s_goods_come_back_at_the_price_of_today() -> None:
    order = placed().close(ClosedBy.BUYER, "changed my mind")
    restored = order.to_basket(a_basket().emptied(), sells(a_product("mug", "59.00 PLN")))
    assert [(line.sku, line.quantity, line.unit_price) for line in restored.basket.lines] == [
        ("mug", 1, money("59.00 PLN"))
    ]
    assert restored.skipped == ()
    assert restored.order.basket_restored


def test_an_empty_basket_takes_currency_and_locale_of_the_order() -> None:
    live = replace(a_basket().emptied(), currency=Currency.of("EUR"), locale="en")
    order = placed(a_basket(locale="pl"))
    restored = order.to_basket(live, sells(a_product("mug")))
    assert (restored.basket.currency.code, restored.basket.locale) == ("PLN", "pl")
    assert restored.basket.id == live.id


def test_a_live_basket_keeps_its_own_goods_and_gets_the_others_added() -> None:
    live = a_basket(
        BasketLine("mug", "Mug", money("59.00 PLN"), 2), BasketLine("tea", "Tea", money("5.00 PLN"), 1)
    )
    restored = placed().to_basket(live, sells(a_product("mug", "59.00 PLN")))
    assert [(line.sku, line.quantity) for line in restored.basket.lines] == [("mug", 3), ("tea", 1)]
    assert restored.basket.version > live.version


def test_a_live_basket_of_another_currency_keeps_it() -> None:
    live = a_basket(BasketLine("tea", "Tea", money("5.00 EUR"), 1), currency=Currency.of("EUR"))
    mug = a_product(prices={"PLN": money("49.90 PLN"), "EUR": money("12.00 EUR")})
    restored = placed().to_basket(live, sells(mug))
    assert [str(line.unit_price) for line in restored.basket.lines] == ["5.00 EUR", "12.00 EUR"]


@pytest.mark.parametrize(
    "products",
    [(), (a_product("mug", enabled=False),), (a_product("mug", "12.00 EUR"),)],
    ids=["vanished", "switched off", "no price in this currency"],
)
def test_what_is_not_sold_any_more_is_skipped_by_name(products: tuple[Product, ...]) -> None:
    restored = placed().to_basket(a_basket().emptied(), sells(*products))
    assert restored.basket.is_empty
    assert restored.skipped == ("Mug",)


def test_delivery_does_not_come_back_as_goods() -> None:
    restored = placed().to_basket(a_basket().emptied(), sells(a_product("mug"), a_product("courier")))
    assert [line.sku for line in restored.basket.lines] == ["mug"]


def test_a_basket_without_room_skips_instead_of_failing() -> None:
    full = a_basket(
        *(BasketLine(f"sku-{number}", "Thing", money("1.00 PLN"), 1) for number in range(MAX_LINES))
    )
    restored = placed().to_basket(full, sells(a_product("mug")))
    assert restored.skipped == ("Mug",)
    assert len(restored.basket.lines) == MAX_LINES


def test_the_way_back_never_holds_more_than_a_line_can() -> None:
    live = a_basket(BasketLine("mug", "Mug", money("1.00 PLN"), MAX_QUANTITY))
    restored = placed().to_basket(live, sells(a_product("mug")))
    assert restored.basket.quantity_of("mug") == MAX_QUANTITY


def test_the_way_back_is_walked_once() -> None:
    restored = placed().to_basket(a_basket().emptied(), sells(a_product("mug")))
    with pytest.raises(InvalidTransition):
        restored.order.to_basket(restored.basket, sells(a_product("mug")))


def test_a_host_s_order_has_no_way_back() -> None:
    order = an_order(source="plain-data", source_reference="7")
    with pytest.raises(InvalidTransition):
        order.to_basket(a_basket(), sells(a_product("mug")))
