"""Goods leave the shelf once and come back once, and nobody takes what is not there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from application.errors import OrderNotFound, OutOfStock
from domain.order import ClosedBy, Order, StockHold
from tests.adapters.persistence.contract.shop import Kept, pay, place
from tests.builders import NOW, a_product, an_order, an_order_line


def left(database: Kept, sku: str = "mug") -> int | None:
    product = database.catalogue.find(sku)
    assert product is not None
    return product.available


def hold(*lines: tuple[str, int]) -> Order:
    parts = [an_order_line(sku, quantity=quantity) for sku, quantity in lines]
    return an_order(*parts, stock=StockHold.HELD)


def close(database: Kept, order: Order) -> None:
    with database.units() as uow:
        locked, _ = uow.lock_order(order.id)
        uow.save_order(locked.close(ClosedBy.DEADLINE, "too late"))
        uow.commit()


def moved(database: Kept, order: Order) -> list[tuple[str, int]]:
    return [(move.sku, move.quantity) for move in database.reads.order_file(order.id).stock_moves]


def test_an_order_takes_its_goods_and_a_payment_keeps_them(database: Kept) -> None:
    database.catalogue.save_product(a_product())
    order, payment = place(database, hold(("mug", 3)))
    assert left(database) == 7
    pay(database, payment)
    assert left(database) == 7
    assert moved(database, order) == [("mug", -3)]


def test_a_closed_order_gives_its_goods_back_once(database: Kept) -> None:
    database.catalogue.save_product(a_product())
    order, _ = place(database, hold(("mug", 3)))
    close(database, order)
    assert left(database) == 10
    assert moved(database, order) == [("mug", -3), ("mug", 3)]


def test_late_money_takes_released_goods_again(database: Kept) -> None:
    database.catalogue.save_product(a_product())
    order, payment = place(database, hold(("mug", 3)))
    close(database, order)
    with database.units() as uow:
        attempt = uow.lock_payment(payment.id)
        assert uow.goods_free(attempt.order)
        uow.save_order(replace(attempt.order.validate(NOW), paid_by=payment.id))
        uow.commit()
    assert left(database) == 7
    assert moved(database, order) == [("mug", -3), ("mug", 3), ("mug", -3)]


def test_released_goods_that_others_took_are_not_free(database: Kept) -> None:
    database.catalogue.save_product(a_product(available=3))
    order, _ = place(database, hold(("mug", 3)))
    close(database, order)
    place(database, hold(("mug", 1)))
    with database.units() as uow:
        locked, _ = uow.lock_order(order.id)
        assert not uow.goods_free(locked)


def test_taking_more_than_there_is_names_the_product_and_writes_nothing(database: Kept) -> None:
    database.catalogue.save_product(a_product("mug"))
    database.catalogue.save_product(a_product("pen", available=2))
    order = hold(("mug", 1), ("pen", 3))
    with pytest.raises(OutOfStock) as caught:
        place(database, order)
    assert (caught.value.sku, caught.value.available) == ("pen", 2)
    assert (left(database, "mug"), left(database, "pen")) == (10, 2)
    with pytest.raises(OrderNotFound):
        database.reads.order_by_id(order.id)


def test_lines_of_one_product_are_taken_together(database: Kept) -> None:
    database.catalogue.save_product(a_product(available=4))
    with pytest.raises(OutOfStock):
        place(database, hold(("mug", 2), ("mug", 3)))
    place(database, hold(("mug", 2), ("mug", 2)))
    assert left(database) == 0


def test_goods_that_are_not_counted_never_run_out(database: Kept) -> None:
    database.catalogue.save_product(a_product("ebook", available=None))
    order, _ = place(database, hold(("ebook", 500)))
    assert left(database, "ebook") is None
    assert moved(database, order) == []


def test_an_order_that_tracks_no_stock_moves_none(database: Kept) -> None:
    database.catalogue.save_product(a_product())
    place(database, an_order(stock=StockHold.NONE))
    assert left(database) == 10
