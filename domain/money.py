"""Money is a whole number of minor units and a currency, so every sum is exact."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from domain.currencies import EXPONENTS
from domain.errors import InvalidMoney, UnknownCurrency

LARGEST_MINOR: Final = 2**63 - 1
_LONGEST_TEXT: Final = 40
_AMOUNT: Final = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?")


@dataclass(frozen=True, slots=True)
class Currency:
    """One ISO 4217 currency; `exponent` is the number of decimals of its minor unit."""

    code: str
    exponent: int

    def __post_init__(self) -> None:
        if type(self.code) is not str or type(self.exponent) is not int:
            raise UnknownCurrency("a currency is an ISO 4217 code and its exponent")
        if EXPONENTS.get(self.code) != self.exponent:
            raise UnknownCurrency(f"no ISO 4217 currency {self.code[:8]!r} with {self.exponent} decimals")

    @classmethod
    def of(cls, code: str) -> Currency:
        """The currency with this upper-case code, the same object every time; raises UnknownCurrency."""
        found = _CURRENCIES.get(code) if type(code) is str else None
        if found is None:
            shown = code[:8] if type(code) is str else type(code).__name__
            raise UnknownCurrency(f"no ISO 4217 currency {shown!r}")
        return found

    def __str__(self) -> str:
        return self.code


_CURRENCIES: Final = {code: Currency(code, exponent) for code, exponent in EXPONENTS.items()}


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An exact amount: `minor` counts the currency's minor units and fits a signed 64-bit column.

    Amounts of two currencies are unequal; adding or ordering them raises InvalidMoney.
    """

    minor: int
    currency: Currency

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise InvalidMoney(f"minor units are a whole number, not {type(self.minor).__name__}")
        if type(self.currency) is not Currency:
            raise InvalidMoney(f"money has a Currency, not {type(self.currency).__name__}")
        if abs(self.minor) > LARGEST_MINOR:
            raise InvalidMoney("amount too large")

    @classmethod
    def of(cls, minor: int, code: str) -> Money:
        """So many minor units of the currency with this code; raises InvalidMoney, UnknownCurrency."""
        return cls(minor, Currency.of(code))

    @classmethod
    def zero(cls, currency: Currency) -> Money:
        """Nothing, in this currency."""
        return cls(0, currency)

    @classmethod
    def sum(cls, amounts: Iterable[Money], currency: Currency) -> Money:
        """The total of the amounts, zero for none; raises InvalidMoney if one has another currency."""
        total = cls.zero(currency)
        for amount in amounts:
            total = total + amount
        return total

    @classmethod
    def parse(cls, text: str, currency: Currency) -> Money:
        """The amount that plain text such as "49.90" or "-3" states.

        Takes ASCII digits, one leading minus and one dot between digits. Everything else raises
        InvalidMoney: signs of plus, exponents, spaces, more decimals than the currency has.
        """
        found = _AMOUNT.fullmatch(text) if type(text) is str and len(text) <= _LONGEST_TEXT else None
        if found is None:
            raise InvalidMoney("not an amount: digits with an optional minus and decimal point expected")
        sign, whole, decimals = found[1], found[2], found[3] or ""
        if len(decimals) > currency.exponent:
            raise InvalidMoney(f"{currency} has {currency.exponent} decimals, not {len(decimals)}")
        return cls(int(sign + whole + decimals.ljust(currency.exponent, "0")), currency)

    @classmethod
    def from_decimal(cls, value: Decimal, currency: Currency) -> Money:
        """The amount equal to `value` in major units; raises InvalidMoney rather than round."""
        if type(value) is not Decimal or not value.is_finite():
            raise InvalidMoney("not a finite Decimal")
        if not value:
            return cls.zero(currency)
        if value.adjusted() > len(str(LARGEST_MINOR)):
            raise InvalidMoney("amount too large")
        sign, digits, _ = value.as_tuple()
        significant = "".join(map(str, digits)).rstrip("0")
        last_place = value.adjusted() + 1 - len(significant) + currency.exponent
        if last_place < 0:
            raise InvalidMoney(f"{currency} has {currency.exponent} decimals, not more")
        minor: int = int(significant) * 10**last_place
        return cls(-minor if sign else minor, currency)

    @classmethod
    def from_scaled(cls, value: int, places: int, currency: Currency) -> Money:
        """The amount that is `value` units of 10**-places; raises InvalidMoney if not exact.

        For gateways with one scale for all currencies: (150000, 2, HUF) is what they call 1500 HUF.
        """
        if type(value) is not int:
            raise InvalidMoney(f"a scaled amount is a whole number, not {type(value).__name__}")
        return cls(_rescaled(value, _places(places), currency.exponent), currency)

    def scaled(self, places: int) -> int:
        """This amount in units of 10**-places; raises InvalidMoney if that is no whole number."""
        return _rescaled(self.minor, self.currency.exponent, _places(places))

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, with as many decimals as the currency has, whatever the context."""
        digits = tuple(int(digit) for digit in str(abs(self.minor)))
        return Decimal((int(self.minor < 0), digits, -self.currency.exponent))

    @property
    def text(self) -> str:
        """The amount as `parse` reads it, for logs and wires: "49.90". Not for people."""
        sign = "-" if self.minor < 0 else ""
        digits = str(abs(self.minor)).rjust(self.currency.exponent + 1, "0")
        if not self.currency.exponent:
            return sign + digits
        return f"{sign}{digits[: -self.currency.exponent]}.{digits[-self.currency.exponent :]}"

    @property
    def is_positive(self) -> bool:
        """Whether the amount is above zero."""
        return self.minor > 0

    def split(self, weights: Sequence[int]) -> tuple[Money, ...]:
        """Shares in proportion to the weights that sum to this amount exactly, by largest remainder.

        Equal remainders favour the lower index. All-zero weights count as equal ones; otherwise a zero
        weight gets nothing. A negative amount splits as its positive twin does, negated. Raises
        InvalidMoney for no weights or a negative one, TypeError for one that is not an int.
        """
        if any(type(weight) is not int for weight in weights):
            raise TypeError("weights are whole numbers")
        if not weights or min(weights) < 0:
            raise InvalidMoney("money is split by one or more weights, none of them negative")
        shares = _largest_remainder(abs(self.minor), weights if any(weights) else [1] * len(weights))
        return tuple(Money(-share if self.minor < 0 else share, self.currency) for share in shares)

    def share(self, parts: int) -> tuple[Money, ...]:
        """So many nearly equal parts that sum to this amount; the first ones take the remainder."""
        if type(parts) is not int:
            raise TypeError("parts are a whole number")
        if parts < 1:
            raise InvalidMoney("money is shared in one or more parts")
        return self.split((1,) * parts)

    def __str__(self) -> str:
        return f"{self.text} {self.currency}"

    def __bool__(self) -> bool:
        return self.minor != 0

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __add__(self, other: Money) -> Money:
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.minor + self._same_currency(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.minor - self._same_currency(other).minor, self.currency)

    def __mul__(self, times: int) -> Money:
        if type(times) is not int:
            return NotImplemented
        return Money(self.minor * times, self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: Money) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self.minor < self._same_currency(other).minor

    def __le__(self, other: Money) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self.minor <= self._same_currency(other).minor

    def __gt__(self, other: Money) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self.minor > self._same_currency(other).minor

    def __ge__(self, other: Money) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self.minor >= self._same_currency(other).minor

    def _same_currency(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise InvalidMoney(f"{self.currency} and {other.currency} do not mix")
        return other


def _places(places: int) -> int:
    if type(places) is not int or not 0 <= places <= len(str(LARGEST_MINOR)):
        raise InvalidMoney("a scale is a small whole number of decimals")
    return places


def _rescaled(value: int, held: int, wanted: int) -> int:
    """`value` units of 10**-held counted in units of 10**-wanted; raises InvalidMoney if not whole."""
    if wanted >= held:
        return value * int(10 ** (wanted - held))
    quotient, rest = divmod(value, int(10 ** (held - wanted)))
    if rest:
        raise InvalidMoney(f"the amount has more than {wanted} decimals")
    return quotient


def _largest_remainder(whole: int, weights: Sequence[int]) -> list[int]:
    """Shares of a whole >= 0; the units that rounding down leaves go to the largest remainders."""
    total = sum(weights)
    shares = [whole * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda index: (-(whole * weights[index] % total), index))
    for index in by_remainder[: whole - sum(shares)]:
        shares[index] += 1
    return shares
