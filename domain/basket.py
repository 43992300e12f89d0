"""What may be bought: products, basket lines and the choices made on the way to an order."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from uuid import UUID

from domain.errors import InvalidBasket
from domain.money import Currency, Money

MAX_QUANTITY = 9_999
MAX_LINES = 200


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address as it is printed on a label; ``country`` is ISO 3166-1 alpha-2."""

    name: str
    street: str
    city: str
    country: str
    postcode: str = ""
    region: str = ""
    extra: str = ""
    district: str = ""


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys: the e-mail gets the receipt, the rest is optional."""

    email: str
    name: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Product:
    """Something on sale, with a price per currency it is sold in. ``available`` None: not counted."""

    sku: str
    name: str
    prices: Mapping[str, Money]
    tax_rate: Decimal = Decimal(0)
    available: int | None = None
    description: str = ""
    needs_delivery: bool = True
    enabled: bool = True

    def price_in(self, currency: Currency) -> Money | None:
        return self.prices.get(currency.code)


@dataclass(frozen=True, slots=True)
class BasketLine:
    """A product at today's price, ``quantity`` times. Prices include VAT; ``tax_rate`` is in percent."""

    sku: str
    name: str
    unit_price: Money
    quantity: int
    tax_rate: Decimal = Decimal(0)
    needs_delivery: bool = True

    def __post_init__(self) -> None:
        if not self.sku or not self.name:
            raise InvalidBasket("a line needs a product", field="sku")
        if isinstance(self.quantity, bool) or not isinstance(self.quantity, int):
            raise InvalidBasket("the quantity is a whole number", field="quantity")
        if not 1 <= self.quantity <= MAX_QUANTITY:
            raise InvalidBasket(f"the quantity is a whole number from 1 to {MAX_QUANTITY}", field="quantity")
        if self.unit_price.minor < 0:
            raise InvalidBasket("a price is not negative", field="unit_price")

    @property
    def gross(self) -> Money:
        return self.unit_price * self.quantity


@dataclass(frozen=True, slots=True)
class DeliveryOption:
    """One way to bring the goods: its price includes VAT, its days count from the day of the order."""

    code: str
    name: str
    price: Money
    tax_rate: Decimal = Decimal(0)
    needs_address: bool = True
    days: tuple[int, int] = (1, 3)


@dataclass(frozen=True, slots=True)
class Choices:
    """What the shopper settled on the way: who, where to, how delivered, how paid."""

    buyer: Buyer | None = None
    delivery_address: Address | None = None
    billing_address: Address | None = None
    delivery: str = ""
    account: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Basket:
    """Lines of one currency, edited in place by version; a version becomes at most one order."""

    id: UUID
    currency: Currency
    version: int = 1
    locale: str = "en"
    lines: tuple[BasketLine, ...] = ()
    choices: Choices = field(default_factory=Choices)
    voucher: str = ""
    customer_id: UUID | None = None

    def __post_init__(self) -> None:
        if any(line.unit_price.currency != self.currency for line in self.lines):
            raise InvalidBasket("a basket holds one currency", field="currency")
        if len(self.lines) > MAX_LINES:
            raise InvalidBasket(f"a basket holds at most {MAX_LINES} lines", field="lines")

    @property
    def is_empty(self) -> bool:
        return not self.lines

    @property
    def goods_total(self) -> Money:
        return Money.sum((line.gross for line in self.lines), self.currency)

    @property
    def needs_delivery(self) -> bool:
        return any(line.needs_delivery for line in self.lines)

    def quantity_of(self, sku: str) -> int:
        return next((line.quantity for line in self.lines if line.sku == sku), 0)

    def put(self, product: Product, quantity: int) -> Basket:
        """Hold exactly ``quantity`` of the product at today's price; zero removes it.

        Raises InvalidBasket naming ``quantity`` or ``currency``.
        """
        if quantity == 0:
            return self.without(product.sku)
        price = product.price_in(self.currency)
        if price is None or not product.enabled:
            raise InvalidBasket(f"{product.name} is not sold in {self.currency.code}", field="currency")
        line = BasketLine(
            product.sku, product.name, price, quantity, product.tax_rate, product.needs_delivery
        )
        kept = {held.sku: held for held in self.lines} | {line.sku: line}
        return self._changed(tuple(kept.values()))

    def without(self, sku: str) -> Basket:
        return self._changed(tuple(line for line in self.lines if line.sku != sku))

    def emptied(self) -> Basket:
        return replace(self, lines=(), voucher="", choices=self._partly_reset(), version=self.version + 1)

    def choose(self, choices: Choices) -> Basket:
        return replace(self, choices=choices, version=self.version + 1)

    def with_voucher(self, code: str) -> Basket:
        return replace(self, voucher=code, version=self.version + 1)

    def _changed(self, lines: tuple[BasketLine, ...]) -> Basket:
        """Another content clears how it is delivered and paid: both may not fit any more."""
        return replace(self, lines=lines, choices=self._partly_reset(), version=self.version + 1)

    def _partly_reset(self) -> Choices:
        return replace(self.choices, delivery="", account="", options={})


def parse_quantity(text: str) -> int:
    """Read a quantity typed by a person: ASCII digits only, 0 to MAX_QUANTITY.

    Raises InvalidBasket naming ``quantity``: no sign, no exponent, no decimals, no other script's digits.
    """
    typed = unicodedata.normalize("NFC", text).strip()
    if not (typed.isascii() and typed.isdigit()) or len(typed) > len(str(MAX_QUANTITY)):
        raise InvalidBasket(f"the quantity is a whole number from 0 to {MAX_QUANTITY}", field="quantity")
    return int(typed)
