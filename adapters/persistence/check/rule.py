"""What a rule of ``callbank check`` is: an invariant, one SELECT of what breaks it, and a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, select, true
from sqlalchemy.sql.expression import FromClause

from adapters.persistence import tables as t

o, p, f, r = t.orders.c, t.payments.c, t.money_facts.c, t.refunds.c
q, c, e = t.review_items.c, t.callbacks.c, t.events.c


@dataclass(frozen=True, slots=True)
class Rule:
    """``broken`` finds only violations, in one statement (one snapshot); ``sentence`` names its columns."""

    invariant: str
    sentence: str
    broken: Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that does not hold for ``subject`` (a reference that people know it by)."""

    invariant: str
    subject: str
    text: str

    def __str__(self) -> str:
        return f"{self.invariant} {self.text}"


def there_is(table: FromClause, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a row of ``table`` meets every condition, beside the rows around it."""
    return exists(select(table).where(*conditions, true()).correlate_except(table))


def asked_about(*kinds: str) -> ColumnElement[bool]:
    """Whether a review item of one of these kinds asks about the payment at hand."""
    return there_is(t.review_items, q.payment_id == p.id, q.kind.in_(kinds))
