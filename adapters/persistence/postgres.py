"""PostgreSQL through psycopg 3: server-side parameters, statements prepared at first use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast

import psycopg
from psycopg import errors
from sqlalchemy import URL, Connection, PoolProxiedConnection, Select, create_engine
from sqlalchemy.engine.interfaces import DBAPICursor

from adapters.persistence.channel import Link, Shortage, Write
from adapters.persistence.compiled import Row, Values, compile_once
from adapters.persistence.compound import arguments, compose, parts_of
from application.errors import ConcurrentUpdate, StorageUnavailable

_AGAIN = (
    errors.UniqueViolation,
    errors.ForeignKeyViolation,
    errors.DeadlockDetected,
    errors.SerializationFailure,
    errors.LockNotAvailable,
)

_MIGRATION_LOCK = 0x63616C6C  # any number, as long as nobody else on the server uses it


class PostgresLink(Link):
    """A PostgreSQL database; any number of processes share it."""

    def __init__(self, url: URL, *, pool_size: int, pool_timeout: float) -> None:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            isolation_level="AUTOCOMMIT",
            paramstyle="numeric_dollar",
            use_native_hstore=False,
            connect_args={
                "cursor_factory": psycopg.RawCursor,
                "prepare_threshold": 0,
                "connect_timeout": url.query.get("connect_timeout", 5),
            },
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=pool_timeout,
        )
        super().__init__(engine)

    def begin(self, cursor: DBAPICursor, patience: timedelta | None) -> None:
        if patience is None:
            cursor.execute("BEGIN")
            return
        milliseconds = max(1, round(patience.total_seconds() * 1000))
        driver = cast("psycopg.RawCursor[Any]", cursor)
        driver.execute(f"BEGIN; SET LOCAL lock_timeout = {milliseconds:d}", prepare=False)

    def begin_migration(self, connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK:d})")

    def send(self, cursor: DBAPICursor, writes: Sequence[Write]) -> None:
        """Everything in one statement: one round trip however much there is to write."""
        parts, members = parts_of(writes)
        compound = compose(tuple(parts), self.engine.dialect)
        cursor.execute(compound.sql, arguments(compound, members))
        counts = cursor.fetchall()[0]
        for rows, met in zip(members, counts, strict=True):
            if rows[0].guarded and met != len(rows):
                raise ConcurrentUpdate("the row changed since it was read")

    def run_each(
        self, connection: PoolProxiedConnection, questions: Sequence[Select[Any]], values: Values
    ) -> list[list[Row]]:
        """All questions at once: one round trip however many there are."""
        driver = cast("psycopg.Connection[Any]", connection.driver_connection)
        names = frozenset(values)
        prepared = [compile_once(question, self.engine.dialect, names) for question in questions]
        with driver.pipeline():
            cursors = [driver.cursor().execute(one.sql.encode(), one.arguments(values)) for one in prepared]
        return [one.rows(cursor.fetchall()) for one, cursor in zip(prepared, cursors, strict=True)]

    def is_dead(self, connection: PoolProxiedConnection) -> bool:
        driver = connection.driver_connection
        return isinstance(driver, psycopg.Connection) and driver.closed

    def translated(self, error: Exception) -> Exception:
        if not isinstance(error, psycopg.Error):
            return error
        if isinstance(error, errors.CheckViolation) and error.diag.constraint_name == "ck_stock_not_negative":
            return Shortage()
        if isinstance(error, _AGAIN):
            return ConcurrentUpdate(_first_line(error))
        if isinstance(error, errors.UndefinedTable | errors.UndefinedColumn):
            return StorageUnavailable(f"the database lacks our tables: {_first_line(error)}")
        if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError | psycopg.InternalError):
            return StorageUnavailable(f"the database cannot be used now: {_first_line(error)}")
        return error


def _first_line(error: psycopg.Error) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
