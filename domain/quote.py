"""What a basket costs: frozen lines, VAT and the total, computed one way for pages and orders alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from domain.basket import BasketLine, DeliveryOption
from domain.errors import InvalidOrder
from domain.money import Currency, Money
from domain.tax import TaxBreakdown, spread_discount, spread_tax


class LineKind(StrEnum):
    GOODS = "goods"
    DELIVERY = "delivery"


@dataclass(frozen=True, slots=True)
class Voucher:
    """A discount on goods: a percentage, or an amount of one currency."""

    code: str
    percent: Decimal | None = None
    amount: Money | None = None

    def discount_on(self, goods: Money) -> Money:
        """The discount, halves up, never more than the goods; nothing of a voucher of another currency."""
        if self.percent is not None:
            parts, of = self.percent.as_integer_ratio()
            share = (2 * goods.minor * parts + 100 * of) // (200 * of)
            return min(Money(share, goods.currency), goods)
        if self.amount is None or self.amount.currency != goods.currency:
            return Money.zero(goods.currency)
        return min(self.amount, goods)


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A frozen line. ``gross`` is what is paid: unit price x quantity less ``discount``, VAT inside."""

    sku: str
    name: str
    unit_price: Money
    quantity: int
    discount: Money
    tax_rate: Decimal
    tax: Money
    kind: LineKind = LineKind.GOODS

    @property
    def gross(self) -> Money:
        return self.unit_price * self.quantity - self.discount


@dataclass(frozen=True, slots=True)
class Quote:
    """Lines whose gross amounts add up to ``total`` exactly; all in one currency."""

    lines: tuple[OrderLine, ...]
    total: Money
    discount: Money
    taxes: TaxBreakdown

    @property
    def goods(self) -> tuple[OrderLine, ...]:
        return tuple(line for line in self.lines if line.kind is LineKind.GOODS)

    @property
    def delivery(self) -> OrderLine | None:
        return next((line for line in self.lines if line.kind is LineKind.DELIVERY), None)


def quote(
    lines: Sequence[BasketLine],
    currency: Currency,
    *,
    delivery: DeliveryOption | None = None,
    voucher: Voucher | None = None,
) -> Quote:
    """Price basket lines, a delivery and a voucher. Raises InvalidOrder when there is nothing to price."""
    if not lines:
        raise InvalidOrder("there is nothing to order", field="lines")
    goods = Money.sum((line.gross for line in lines), currency)
    discount = voucher.discount_on(goods) if voucher else Money.zero(currency)
    shares = spread_discount(discount, [line.gross for line in lines])
    drafts = [
        (line.sku, line.name, line.unit_price, line.quantity, share, line.tax_rate, LineKind.GOODS)
        for line, share in zip(lines, shares, strict=True)
    ]
    if delivery is not None:
        nothing = Money.zero(currency)
        drafts.append(
            (delivery.code, delivery.name, delivery.price, 1, nothing, delivery.tax_rate, LineKind.DELIVERY)
        )
    taxes = spread_tax([(price * count - less, rate) for _, _, price, count, less, rate, _ in drafts])
    frozen = tuple(
        OrderLine(sku, name, price, count, less, rate, tax, kind)
        for (sku, name, price, count, less, rate, kind), tax in zip(drafts, taxes.per_line, strict=True)
    )
    return Quote(frozen, Money.sum((line.gross for line in frozen), currency), discount, taxes)
