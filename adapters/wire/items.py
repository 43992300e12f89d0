"""Order lines the way gateways list them: a unit price times a quantity that sum to the total exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.money import Money
from domain.quote import LineKind, OrderLine
from domain.tax import split_units


@dataclass(frozen=True, slots=True)
class Item:
    """``quantity`` pieces at ``unit`` each, VAT inside, discount already taken off."""

    name: str
    sku: str
    unit: Money
    quantity: int
    kind: LineKind


def items(lines: Sequence[OrderLine], *, longest_name: int = 255, with_free: bool = True) -> tuple[Item, ...]:
    """The lines as items: 3 for 10.00 is 2 x 3.33 and 1 x 3.34. ``with_free`` false drops zero prices."""
    return tuple(
        Item(line.name[:longest_name], line.sku, unit, count, line.kind)
        for line in lines
        for unit, count in split_units(line.gross, line.quantity)
        if with_free or unit.is_positive
    )
