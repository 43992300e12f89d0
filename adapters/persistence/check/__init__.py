"""Every invariant that rows can show, asked of the whole database. Reads only, one statement per rule."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from adapters.persistence.channel import Link
from adapters.persistence.check import history, money, orders
from adapters.persistence.check.rule import Rule, Violation
from adapters.persistence.shop_tables import worker_heartbeats

RULES: Final[tuple[Rule, ...]] = (*orders.RULES, *money.RULES, *history.RULES)
SHOWN: Final = 100
"""How many violations of one rule are told; more of the same say nothing new."""

_LAST_BEAT: Final = select(func.max(worker_heartbeats.c.at))

__all__ = ["RULES", "SqlChecks", "Violation", "violations"]


class SqlChecks:
    """Questions about the state of the whole. Raises StorageUnavailable."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def violations(self) -> tuple[Violation, ...]:
        """What breaks an invariant, by invariant; empty when everything holds."""
        try:
            with self._link.engine.connect() as connection:
                return violations(connection)
        except SQLAlchemyError as error:
            cause = getattr(error, "orig", None) or error
            raise self._link.translated(cause) from error

    def last_heartbeat(self) -> datetime | None:
        """When a worker last said that it lives; None: none ever did."""
        rows = self._link.rows(_LAST_BEAT, {})
        last: datetime | None = rows[0][0]
        return last


def violations(connection: Connection) -> tuple[Violation, ...]:
    """What this connection sees broken, by invariant."""
    found = [violation for rule in RULES for violation in _broken(connection, rule)]
    return tuple(sorted(found, key=lambda one: (int(one.invariant[1:]), one.text)))


def _broken(connection: Connection, rule: Rule) -> list[Violation]:
    found = connection.execute(rule.broken.limit(SHOWN)).mappings()
    return [
        Violation(rule.invariant, str(cells["subject"]), rule.sentence.format(**cells)) for cells in found
    ]
