"""What the demo shop sells and how it brings it: six products, eight currencies, two vouchers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from domain.basket import Basket, DeliveryOption, Product
from domain.money import Currency, Money
from domain.quote import Voucher

CURRENCIES = ("PLN", "EUR", "USD", "GBP", "CLP", "JPY", "UAH", "BRL")
STANDARD, REDUCED, NONE = Decimal(23), Decimal(8), Decimal(0)


def _prices(**amounts: str) -> dict[str, Money]:
    return {code: Money.parse(amount, Currency.of(code)) for code, amount in amounts.items()}


PRODUCTS: tuple[Product, ...] = (
    Product(
        "mug-blue",
        "Blue mug",
        _prices(
            PLN="49.90", EUR="11.50", USD="12.90", GBP="9.90", CLP="11990", JPY="1980", UAH="519", BRL="69.90"
        ),
        STANDARD,
        available=40,
        description="Stoneware, 300 ml, with a glaze like the sea on a calm day.",
    ),
    Product(
        "notebook-dotted",
        "Dotted notebook",
        _prices(
            PLN="39.00", EUR="8.90", USD="9.90", GBP="7.90", CLP="8990", JPY="1480", UAH="399", BRL="54.90"
        ),
        STANDARD,
        available=120,
        description="Sewn binding, 160 pages, lies flat on any desk.",
    ),
    Product(
        "lamp-brass",
        "Brass desk lamp",
        _prices(PLN="349.00", EUR="79.00", USD="89.00", GBP="69.00", CLP="84990", UAH="3590", BRL="479.00"),
        STANDARD,
        available=3,
        description="A warm light that can be dimmed and turned wherever you read.",
    ),
    Product(
        "tea-green",
        "Green tea",
        _prices(PLN="24.50", EUR="5.60", USD="6.50", GBP="4.90", CLP="5990", JPY="980", UAH="255"),
        REDUCED,
        available=80,
        description="First flush, loose leaves, 100 g in a tin you will keep.",
    ),
    Product(
        "poster-hills",
        "Hills poster",
        _prices(PLN="79.00", EUR="18.00", USD="19.90", GBP="15.90", JPY="2980", BRL="109.00"),
        STANDARD,
        available=25,
        description="Screen print, 50 x 70 cm, numbered by hand.",
    ),
    Product(
        "gift-card",
        "Gift card",
        _prices(
            PLN="100.00",
            EUR="25.00",
            USD="25.00",
            GBP="20.00",
            CLP="20000",
            JPY="3000",
            UAH="1000",
            BRL="150.00",
        ),
        NONE,
        description="A code to give away; it never runs out.",
        needs_delivery=False,
    ),
)

VOUCHERS: tuple[Voucher, ...] = (
    Voucher("WELCOME10", percent=Decimal(10)),
    Voucher("FREE", percent=Decimal(100)),
)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to bring goods. ``countries`` empty: everywhere we deliver."""

    code: str
    name: str
    prices: Mapping[str, Money]
    days: tuple[int, int]
    countries: frozenset[str] = frozenset()
    needs_address: bool = True

    def option(self, currency: Currency) -> DeliveryOption:
        price = self.prices[currency.code]
        return DeliveryOption(self.code, self.name, price, STANDARD, self.needs_address, self.days)


EUROPE = frozenset(
    "AT BE BG CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IT LT LU LV MT NL NO PL PT RO SE SI SK UA".split()  # noqa: SIM905
)
OVERSEAS = frozenset({"AR", "AU", "BR", "CA", "CL", "JP", "MX", "NZ", "US"})
WAYS: tuple[Way, ...] = (
    Way(
        "courier",
        "Courier to your door",
        _prices(
            PLN="14.99", EUR="3.90", USD="4.50", GBP="3.50", CLP="3990", JPY="600", UAH="150", BRL="19.90"
        ),
        (1, 2),
        frozenset({"PL", "DE", "CZ", "SK", "UA"}),
    ),
    Way(
        "locker",
        "Parcel locker",
        _prices(PLN="9.99", EUR="2.50", USD="2.90", GBP="2.20", CLP="2490", JPY="400", UAH="90", BRL="12.90"),
        (2, 3),
        frozenset({"PL"}),
    ),
    Way(
        "post",
        "Post, tracked",
        _prices(
            PLN="29.90", EUR="6.90", USD="7.50", GBP="5.90", CLP="6990", JPY="1100", UAH="290", BRL="39.90"
        ),
        (3, 6),
        EUROPE - {"PL"},
    ),
    Way(
        "airmail",
        "Airmail, tracked",
        _prices(
            PLN="59.00",
            EUR="13.90",
            USD="14.90",
            GBP="11.90",
            CLP="13990",
            JPY="2200",
            UAH="600",
            BRL="79.90",
        ),
        (7, 14),
        OVERSEAS,
    ),
    Way(
        "pickup",
        "Pick up in our workshop, Warsaw",
        _prices(PLN="0", EUR="0", USD="0", GBP="0", CLP="0", JPY="0", UAH="0", BRL="0"),
        (1, 1),
        frozenset({"PL"}),
        needs_address=False,
    ),
)


METHODS: Mapping[str, Mapping[str, object]] = {
    "dotpay": {"currencies": ["PLN"]},
    "ogone": {"currencies": ["EUR", "GBP"]},
    "paymill": {"currencies": ["EUR", "USD"]},
    "payparts": {"parts": [2, 3, 4, 6], "merchant_types": ["PP"]},
    "paypal": {"currencies": ["EUR", "USD", "GBP", "BRL"]},
    "payu": {"currencies": ["PLN", "UAH"]},
    "przelewy24": {"currencies": ["PLN"]},
    "stripe": {"currencies": ["USD", "GBP", "JPY"]},
}
"""How the demo sets up an account: each where it is at home, so that no shopper meets them all at once."""


class DemoDeliveries:
    """Implements ``application.ports.shop.Deliveries``: what reaches a country, in the basket's currency."""

    def __init__(self, ways: tuple[Way, ...] = WAYS) -> None:
        self._ways = ways

    def options(self, basket: Basket, country: str) -> tuple[DeliveryOption, ...]:
        fitting = (way for way in self._ways if not way.countries or country in way.countries)
        return tuple(way.option(basket.currency) for way in fitting if basket.currency.code in way.prices)
