"""What the shop around the checkout provides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from domain.basket import Basket, DeliveryOption, Product
from domain.quote import Voucher


class Catalogue(Protocol):
    """What is on sale today."""

    def find(self, sku: str) -> Product | None:
        """The product with what is left of it; None when it vanished."""
        ...

    def products(self) -> Sequence[Product]: ...

    def voucher(self, code: str) -> Voucher | None: ...


class Deliveries(Protocol):
    """How goods can be brought."""

    def options(self, basket: Basket, country: str) -> Sequence[DeliveryOption]:
        """In the merchant's order; empty when nothing can be delivered there."""
        ...
