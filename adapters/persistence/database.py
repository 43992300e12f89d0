"""One database with everything that is kept in it."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy import Integer, Select, literal_column, select

from adapters.persistence import migrate
from adapters.persistence.channel import Link, Transaction
from adapters.persistence.engine import make_link
from adapters.persistence.reads import SqlReads
from adapters.persistence.shop import SqlCatalogue
from adapters.persistence.unit_of_work import SqlUnitOfWork
from adapters.persistence.users import SqlUsers
from adapters.persistence.work import SqlWork
from application.ports.ambient import Clock, Ids

if TYPE_CHECKING:
    from adapters.persistence.check import SqlChecks

PING: Select[tuple[int]] = select(literal_column("1", Integer))


class SqlUnits:
    """See ``application.ports.persistence.Units``."""

    def __init__(self, link: Link, clock: Clock, ids: Ids, busy_timeout: timedelta) -> None:
        self._link, self._clock, self._ids = link, clock, ids
        self._busy_timeout = busy_timeout

    def __call__(self, *, patience: timedelta | None = None) -> SqlUnitOfWork:
        """``patience`` bounds the wait for a row lock on PostgreSQL; else both wait the busy timeout."""
        waits = self._busy_timeout if patience is None else patience
        return SqlUnitOfWork(self._link, Transaction(self._link, waits), self._clock, self._ids)


class Database:
    """SQLite or PostgreSQL by the scheme of ``url``; safe to share between threads, not across a fork.

    Raises ValueError for an address nobody can use, StorageUnavailable for a database out of reach.
    """

    def __init__(
        self,
        url: str,
        *,
        clock: Clock,
        ids: Ids,
        busy_timeout: timedelta = timedelta(seconds=5),
        pool_size: int = 10,
        pool_timeout: float = 5,
    ) -> None:
        self._link = make_link(url, busy_timeout=busy_timeout, pool_size=pool_size, pool_timeout=pool_timeout)
        self.units = SqlUnits(self._link, clock, ids, busy_timeout)
        self.reads = SqlReads(self._link)
        self.work = SqlWork(self._link)
        self.catalogue = SqlCatalogue(self._link)
        self.users = SqlUsers(self._link)

    @cached_property
    def checks(self) -> SqlChecks:
        """The invariants; imported by who asks for them, not by every process."""
        from adapters.persistence.check import SqlChecks

        return SqlChecks(self._link)

    def ping(self) -> None:
        """Raises StorageUnavailable when the database does not answer."""
        self._link.rows(PING, {})

    def upgrade(self) -> None:
        """Bring the tables to what this program needs; safe to run by several processes at once."""
        migrate.upgrade(self._link)

    def current(self) -> str:
        """The revision of the tables; empty when there are none."""
        return migrate.current(self._link)

    def head(self) -> str:
        """The revision this program needs."""
        return migrate.head()

    def is_current(self) -> bool:
        return self.current() == self.head()

    def dispose(self) -> None:
        """Close every pooled connection; the next use opens new ones (call it after a fork)."""
        self._link.engine.dispose()
