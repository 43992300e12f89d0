"""What a unit of work writes without being told: numbers of events, and the goods an order moves. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

from domain.events import Event
from domain.order import Order, StockHold


def numbers(events: Iterable[Event], last: dict[UUID, int]) -> list[tuple[int, Event]]:
    """Each event with its number within its order, counted on from ``last``."""
    numbered = []
    for event in events:
        last[event.order_id] += 1
        numbered.append((last[event.order_id], event))
    return numbered


_OWN = frozenset({StockHold.HELD, StockHold.COMMITTED})


def needs(order: Order) -> dict[str, int]:
    """How many of each product the order is about, sorted by sku."""
    counted: Counter[str] = Counter()
    for line in order.goods:
        counted[line.sku] += line.quantity
    return dict(sorted(counted.items()))


def stock_moves(before: Order | None, after: Order) -> dict[str, int]:
    """What changes on the shelf, sorted by sku: negative when goods are taken.

    Goods are an order's own while it holds or committed them, so each is taken once and given back once.
    """
    had = before is not None and before.stock in _OWN
    has = after.stock in _OWN
    if had == has:
        return {}
    sign = -1 if has else 1
    return {sku: sign * quantity for sku, quantity in needs(after).items()}


def all_stock_moves(changes: Iterable[tuple[Order | None, Order]]) -> Sequence[tuple[str, Order, int]]:
    """The moves of several orders, sorted by sku so that no two units wait for each other."""
    found = [
        (sku, after, quantity)
        for before, after in changes
        for sku, quantity in stock_moves(before, after).items()
    ]
    return sorted(found, key=lambda move: (move[0], move[1].id))
