"""VAT inside prices, discounts over lines and units inside a line, each summing to the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from domain.errors import InvalidMoney
from domain.money import Money

_RATE_DECIMALS: Final = 6


class RateRow(NamedTuple):
    """What one VAT rate (in percent) contributes: the gross of its lines and the VAT inside it."""

    rate: Decimal
    gross: Money
    vat: Money


@dataclass(frozen=True, slots=True)
class TaxBreakdown:
    """The VAT of one order: `per_line` in line order, `per_rate` lowest rate first; both sum to `total`."""

    per_line: tuple[Money, ...]
    per_rate: tuple[RateRow, ...]
    total: Money


def vat_of(gross: Money, rate: Decimal) -> Money:
    """The VAT inside a gross amount: gross * r / (100 + r), halves away from zero.

    `rate` is a percentage from 0 to 100 with at most six decimals; raises InvalidMoney for another.
    """
    numerator, denominator = _ratio(rate)
    divisor = 100 * denominator + numerator
    vat = (2 * abs(gross.minor) * numerator + divisor) // (2 * divisor)
    return Money(-vat if gross.minor < 0 else vat, gross.currency)


def spread_tax(lines: Sequence[tuple[Money, Decimal]]) -> TaxBreakdown:
    """The VAT of lines given as (gross, rate), rounded once per rate and then spread to its lines.

    The spread is by largest remainder over the gross, equal remainders favouring the lower line. Raises
    InvalidMoney for no lines, a negative line, mixed currencies or an impossible rate.
    """
    if not lines:
        raise InvalidMoney("tax is computed over one or more lines")
    currency = lines[0][0].currency
    by_rate: dict[Decimal, list[int]] = {}
    for index, (_, rate) in enumerate(lines):
        _ratio(rate)
        by_rate.setdefault(rate, []).append(index)
    per_line = [Money.zero(currency)] * len(lines)
    per_rate: list[RateRow] = []
    for rate, indexes in sorted(by_rate.items()):
        members = [lines[index][0] for index in indexes]
        gross = Money.sum(members, currency)
        vat = vat_of(gross, rate)
        for index, share in zip(indexes, vat.split([member.minor for member in members]), strict=True):
            per_line[index] = share
        per_rate.append(RateRow(rate, gross, vat))
    total = Money.sum((row.vat for row in per_rate), currency)
    return TaxBreakdown(tuple(per_line), tuple(per_rate), total)


def spread_discount(discount: Money, goods: Sequence[Money]) -> tuple[Money, ...]:
    """What of a discount falls on each goods line, in proportion to its gross and never above it.

    Raises InvalidMoney for a negative discount, one above the goods, a negative line or mixed currencies.
    """
    total = Money.sum(goods, discount.currency)
    if discount.minor < 0 or discount > total:
        raise InvalidMoney("a discount lies between zero and the price of the goods")
    if not goods:
        return ()
    return discount.split([line.minor for line in goods])


def split_units(gross: Money, quantity: int) -> tuple[tuple[Money, int], ...]:
    """A line's gross as (unit price, count) pairs whose products sum to it, cheaper units first.

    3 for 10.00 is 2 x 3.33 and 1 x 3.34. The unit price is zero where there are fewer minor units than
    pieces. Raises InvalidMoney for a negative gross or a quantity that is no whole number above zero.
    """
    if type(quantity) is not int or quantity < 1:
        raise InvalidMoney("a quantity is a whole number above zero")
    if gross.minor < 0:
        raise InvalidMoney("a line with units has no negative price")
    unit, dearer = divmod(gross.minor, quantity)
    pairs = (unit, quantity - dearer), (unit + 1, dearer)
    return tuple((Money(minor, gross.currency), count) for minor, count in pairs if count)


def _ratio(rate: Decimal) -> tuple[int, int]:
    """The percentage as an exact fraction; raises InvalidMoney outside 0 to 100 or beyond six decimals."""
    if type(rate) is not Decimal or not rate.is_finite() or not 0 <= rate <= 100:
        raise InvalidMoney("a tax rate is a Decimal percentage from 0 to 100")
    exponent = rate.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -_RATE_DECIMALS:
        raise InvalidMoney(f"a tax rate has at most {_RATE_DECIMALS} decimals")
    return rate.as_integer_ratio()
