"""SQLite: the embedded default. One writer at a time, which waits its turn instead of failing."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, PoolProxiedConnection, create_engine, event

from adapters.persistence.channel import Driver, Link, Shortage
from application.errors import ConcurrentUpdate, StorageUnavailable


class SqliteLink(Link):
    """A SQLite file in WAL mode with foreign keys on and every commit synced."""

    def __init__(self, url: URL, *, busy_timeout: timedelta, pool_size: int, pool_timeout: float) -> None:
        if not url.database or url.database == ":memory:":
            raise ValueError("database.url needs a file: threads cannot share a database in memory")
        self._make_folder(Path(url.database))
        engine = create_engine(
            url,
            isolation_level="AUTOCOMMIT",
            connect_args={"timeout": busy_timeout.total_seconds()},
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=pool_timeout,
        )
        event.listen(engine, "connect", _prepare)
        super().__init__(engine)

    @staticmethod
    def _make_folder(path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageUnavailable(
                f"the folder of the key database.url cannot be made: {error.strerror}"
            ) from error

    def begin(self, connection: Driver, patience: timedelta | None) -> None:
        connection.cursor().execute("BEGIN IMMEDIATE")

    def begin_migration(self, connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def is_dead(self, connection: PoolProxiedConnection) -> bool:
        return False

    def translated(self, error: Exception) -> Exception:
        if not isinstance(error, sqlite3.Error):
            return error
        if isinstance(error, sqlite3.IntegrityError):
            if "ck_stock_not_negative" in str(error):
                return Shortage()
            if getattr(error, "sqlite_errorname", "") in _TAKEN:
                return ConcurrentUpdate(str(error))
            return error
        if isinstance(error, sqlite3.OperationalError | sqlite3.DatabaseError):
            return StorageUnavailable(f"the database cannot be used now: {error}")
        return error


_TAKEN = frozenset(
    {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_FOREIGNKEY"}
)


def _prepare(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "foreign_keys = ON", "synchronous = FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
