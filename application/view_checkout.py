"""Everything a checkout page shows of a basket, computed in one place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from application.offer_methods import Method, OfferMethodsUseCase
from application.ports.gateway import Gateways
from application.ports.persistence import Reads
from application.ports.shop import Catalogue, Deliveries
from domain.basket import Basket, DeliveryOption, Product
from domain.money import Money
from domain.quote import Quote, quote


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about a line that changed since it was put in: a price, or what is left."""

    sku: str
    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class CheckoutView:
    """``priced`` None: the basket is empty. ``delivery`` is the chosen option while it still exists."""

    basket: Basket
    priced: Quote | None
    deliveries: tuple[DeliveryOption, ...]
    delivery: DeliveryOption | None
    methods: tuple[Method, ...]
    notices: tuple[Notice, ...]

    @property
    def country(self) -> str:
        return country_of(self.basket)

    @property
    def total(self) -> Money:
        return self.priced.total if self.priced else Money.zero(self.basket.currency)

    @property
    def method(self) -> Method | None:
        chosen = self.basket.choices.account
        return next((method for method in self.methods if method.account == chosen and method.fits), None)


def country_of(basket: Basket) -> str:
    """Where the goods go, else where the bill goes; empty while nobody said."""
    choices = basket.choices
    address = choices.delivery_address or choices.billing_address
    return address.country if address else ""


class Pricing:
    """Prices a basket the one way that pages and orders share."""

    def __init__(self, *, catalogue: Catalogue, deliveries: Deliveries, gateways: Gateways) -> None:
        self._catalogue, self._deliveries, self._gateways = catalogue, deliveries, gateways

    def today(self, basket: Basket) -> tuple[Basket, tuple[Notice, ...]]:
        """The basket at today's prices and what changed; vanished products are noticed and left out."""
        lines, notices = [], []
        for line in basket.lines:
            product = self._catalogue.find(line.sku)
            price = product.price_in(basket.currency) if product and product.enabled else None
            if product is None or price is None:
                notices.append(Notice(line.sku, line.name, str(line.unit_price), ""))
                continue
            if price != line.unit_price:
                notices.append(Notice(line.sku, line.name, str(line.unit_price), str(price)))
            notices.extend(_shortage(product, line.quantity))
            lines.append(replace(line, unit_price=price, name=product.name, tax_rate=product.tax_rate))
        return replace(basket, lines=tuple(lines)), tuple(notices)

    def options(self, basket: Basket) -> tuple[DeliveryOption, ...]:
        if not basket.needs_delivery:
            return ()
        return tuple(self._deliveries.options(basket, country_of(basket)))

    def price(self, basket: Basket, delivery: DeliveryOption | None) -> Quote:
        """Lines, delivery, voucher, and what the chosen method adds of its own. Raises InvalidOrder."""
        voucher = self._catalogue.voucher(basket.voucher) if basket.voucher else None
        priced = quote(basket.lines, basket.currency, delivery=delivery, voucher=voucher)
        chosen = basket.choices.account
        known = {gateway.account: gateway for gateway in self._gateways.all()}
        transformer = known[chosen].transformer if chosen in known else None
        return transformer(basket, priced) if transformer else priced


def _shortage(product: Product, quantity: int) -> tuple[Notice, ...]:
    if product.available is None or product.available >= quantity:
        return ()
    return (Notice(product.sku, product.name, f"x {quantity}", f"x {product.available}"),)


class ViewCheckoutUseCase:
    """Answer a basket with its price, its deliveries and the ways to pay that fit. Changes nothing."""

    def __init__(self, *, reads: Reads, pricing: Pricing, offers: OfferMethodsUseCase) -> None:
        self._reads, self._pricing, self._offers = reads, pricing, offers

    def execute(self, basket_id: UUID) -> CheckoutView:
        """Raises BasketNotFound."""
        basket, notices = self._pricing.today(self._reads.basket(basket_id))
        options = self._pricing.options(basket)
        chosen = next((option for option in options if option.code == basket.choices.delivery), None)
        if basket.is_empty:
            return CheckoutView(basket, None, options, None, (), notices)
        priced = self._pricing.price(basket, chosen)
        methods = self._offers.execute(priced.total, country_of(basket), priced.lines)
        return CheckoutView(basket, priced, options, chosen, methods, notices)
