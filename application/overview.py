"""What the back office sees at a glance: which orders, what needs a person, what came in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.money import Money

Mark = tuple[datetime, UUID]
"""The keyset of a list: moment and id of the last row seen."""


class OrderView(StrEnum):
    """The lists of orders: every order is in ALL and in exactly one of the others."""

    ALL = "all"
    WAITING = "waiting"
    """No money settled it yet, and it may still come: open, pending, or accepted on a promise."""
    PAID = "paid"
    ERROR = "error"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What a list of orders shows; ``before`` is the keyset (placed_at, id) of the last row seen.

    ``text``: our reference or key, a host's or gateway's id, an e-mail; or a part of the buyer's e-mail,
    name or phone. It has no wildcards.
    """

    status: str = ""
    text: str = ""
    limit: int = 50
    before: Mark | None = None
    view: OrderView = OrderView.ALL


@dataclass(frozen=True, slots=True)
class Attention:
    """How much waits for a person or a worker; ``failing_callbacks`` counts those of the period asked for."""

    open_reviews: int = 0
    unknown_payments: int = 0
    pending_callbacks: int = 0
    failing_callbacks: int = 0
    orders_in_error: int = 0


@dataclass(frozen=True, slots=True)
class Taking:
    """The money facts of a period in one currency; the sums are in it, ``count`` counts what came in.

    ``lost`` is what was reversed or charged back, less the disputes that were won.
    """

    received: Money
    refunded: Money
    lost: Money
    count: int
