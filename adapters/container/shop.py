"""The shop as the configuration describes it: ways to deliver, and vouchers beside those of the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.settings import DeliverySettings, VoucherSettings
from application.ports.shop import Catalogue
from domain.basket import Basket, DeliveryOption, Product
from domain.quote import Voucher


class ConfiguredDeliveries:
    """Ways to bring goods from ``[delivery.*]``, in the order they are written."""

    def __init__(self, ways: Mapping[str, DeliverySettings]) -> None:
        self._ways = dict(ways)

    def options(self, basket: Basket, country: str) -> Sequence[DeliveryOption]:
        """Those priced in the basket's currency that serve ``country`` (empty: not known yet, all do)."""
        found = []
        for code, way in self._ways.items():
            price = way.price_in(basket.currency)
            if price is None or (country and way.countries and country not in way.countries):
                continue
            found.append(DeliveryOption(code, way.name, price, way.tax_rate, way.needs_address, way.days))
        return found


class CatalogueWithVouchers:
    """The goods of the database, and the vouchers of ``[vouchers.*]`` before those of the database."""

    def __init__(self, goods: Catalogue, vouchers: Mapping[str, VoucherSettings]) -> None:
        self._goods = goods
        self._vouchers = {
            code.upper(): Voucher(code.upper(), block.percent, block.money)
            for code, block in vouchers.items()
        }

    def find(self, sku: str) -> Product | None:
        return self._goods.find(sku)

    def products(self) -> Sequence[Product]:
        return self._goods.products()

    def voucher(self, code: str) -> Voucher | None:
        return self._vouchers.get(code.strip().upper()) or self._goods.voucher(code)
