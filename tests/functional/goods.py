"""What the tests' shop sells, how it delivers, and which gateways it has."""

from __future__ import annotations

from decimal import Decimal

from adapters.sandbox import credentials
from domain.basket import Basket, DeliveryOption, Product
from domain.money import Money
from domain.quote import Voucher


class Couriers:
    """Two ways to bring goods, priced in the basket's currency."""

    def options(self, basket: Basket, country: str) -> tuple[DeliveryOption, ...]:
        return (
            DeliveryOption("courier", "Courier", Money.of(499, basket.currency.code), Decimal(23)),
            DeliveryOption("pickup", "Pickup", Money.of(0, basket.currency.code), needs_address=False),
        )


def _prices(minor: int, *codes: str) -> dict[str, Money]:
    return {code: Money.of(minor, code) for code in codes}


PRODUCTS = (
    Product("MUG-BLUE", "Blue mug", _prices(4990, "PLN", "EUR"), Decimal(23), available=50),
    Product("TEA-GREEN", "Green tea", _prices(1250, "PLN", "EUR", "UAH"), Decimal(8), available=50),
    Product("LAMP", "Desk lamp", _prices(19990, "PLN"), Decimal(23), available=1),
    Product("GIFT", "Gift card", _prices(10000, "PLN"), needs_delivery=False),
)
VOUCHERS = (Voucher("WELCOME10", percent=Decimal(10)), Voucher("FREE", percent=Decimal(100)))


def blocks(sandbox: str) -> dict[str, dict[str, object]]:
    """The merchant's gateways: two online ones in the sandbox, three offline ones."""
    known = credentials(sandbox)
    return {
        "payu": dict(known["payu"]) | {"timeout": 2},
        "dummy": dict(known["dummy"]) | {"timeout": 2},
        "bank_transfer": {
            "recipient": "Sklep Przykładowy",
            "account_number": "PL61109010140000071219812874",
            "bank": "Bank Przykładowy",
        },
        "cash_on_delivery": {},
        "pass": {"offer": False},
    }
