"""Put things into a basket, take them out, and settle who, where to and how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from application.again import again
from application.errors import OutOfStock
from application.ports.ambient import Ids
from application.ports.persistence import Units
from application.ports.shop import Catalogue
from domain.basket import Basket, Choices, Product
from domain.errors import InvalidBasket
from domain.money import Currency


class EditBasketUseCase:
    """One change of one basket under its lock; the basket is made on the first change."""

    def __init__(self, *, units: Units, catalogue: Catalogue, ids: Ids) -> None:
        self._units, self._catalogue, self._ids = units, catalogue, ids

    def put(self, basket_id: UUID | None, sku: str, quantity: int, *, currency: str, locale: str) -> Basket:
        """Hold exactly ``quantity`` of ``sku``; zero removes it. ``basket_id`` None makes a basket.

        Raises InvalidBasket (unknown product, not sold in the basket's currency), OutOfStock.
        """
        product = self._require(sku, quantity)
        return self._change(basket_id, currency, locale, lambda basket: basket.put(product, quantity))

    def add(self, basket_id: UUID | None, sku: str, quantity: int, *, currency: str, locale: str) -> Basket:
        """As ``put``, on top of what the basket holds of ``sku`` already."""
        product = self._require(sku, 0)

        def more(basket: Basket) -> Basket:
            wanted = basket.quantity_of(sku) + quantity
            self._check_stock(product, wanted)
            return basket.put(product, wanted)

        return self._change(basket_id, currency, locale, more)

    def remove(self, basket_id: UUID, sku: str) -> Basket:
        return self._change(basket_id, "", "", lambda basket: basket.without(sku))

    def choose(self, basket_id: UUID, choices: Choices) -> Basket:
        """Settle buyer, addresses, delivery and way to pay. Raises BasketNotFound."""
        return self._change(basket_id, "", "", lambda basket: basket.choose(choices))

    def use_voucher(self, basket_id: UUID, code: str) -> Basket:
        """Raises InvalidBasket naming ``voucher`` for a code nobody gave out; an empty code takes it away."""
        if code and self._catalogue.voucher(code) is None:
            raise InvalidBasket("there is no such voucher", field="voucher")
        return self._change(basket_id, "", "", lambda basket: basket.with_voucher(code))

    def switch_currency(self, basket_id: UUID, currency: str) -> tuple[Basket, tuple[str, ...]]:
        """The same goods at today's prices in another currency; answers the names that are not sold in it."""
        lost: list[str] = []

        def switched(basket: Basket) -> Basket:
            lost.clear()
            fresh = replace(basket.emptied(), currency=Currency.of(currency), voucher=basket.voucher)
            for line in basket.lines:
                product = self._catalogue.find(line.sku)
                if product is None or product.price_in(fresh.currency) is None:
                    lost.append(line.name)
                    continue
                fresh = fresh.put(product, line.quantity)
            return fresh

        return self._change(basket_id, currency, "", switched), tuple(lost)

    def hand_over(self, basket_id: UUID, customer_id: UUID) -> Basket:
        """A shopper signed in: the basket is theirs from now on."""
        return self._change(basket_id, "", "", lambda basket: replace(basket, customer_id=customer_id))

    def speak(self, basket_id: UUID, locale: str) -> Basket:
        """The shopper reads another language: what becomes of the basket will be written in it."""
        return self._change(basket_id, "", "", lambda basket: replace(basket, locale=locale))

    def _require(self, sku: str, quantity: int) -> Product:
        product = self._catalogue.find(sku)
        if product is None or not product.enabled:
            raise InvalidBasket("this product is not sold any more", field="sku")
        self._check_stock(product, quantity)
        return product

    @staticmethod
    def _check_stock(product: Product, quantity: int) -> None:
        if product.available is not None and quantity > product.available:
            raise OutOfStock(product.sku, product.name, product.available)

    def _change(
        self, basket_id: UUID | None, currency: str, locale: str, change: Callable[[Basket], Basket]
    ) -> Basket:
        def once() -> Basket:
            with self._units(patience=timedelta(seconds=5)) as uow:
                if basket_id is None:
                    fresh = Basket(self._ids.new(), Currency.of(currency), locale=locale or "en")
                    changed = change(fresh)
                    uow.add_basket(changed)
                else:
                    changed = change(uow.lock_basket(basket_id))
                    uow.save_basket(changed)
                uow.commit()
            return changed

        return again(once)
