"""SQLite: the embedded default. One writer at a time, which waits its turn instead of failing."""

from __future__ import annotations

import sqlite3
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, PoolProxiedConnection, create_engine, event
from sqlalchemy.engine.interfaces import DBAPICursor

from adapters.persistence.channel import Link, Shortage
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
        super().__init__(engine)
        self._patience = busy_timeout.total_seconds()
        event.listen(engine, "connect", self._prepare)

    def _prepare(self, connection: Any, _: object) -> None:
        cursor = connection.cursor()
        self._use_wal(cursor)
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()

    def _use_wal(self, cursor: sqlite3.Cursor) -> None:
        """The switch to WAL, once in the life of a file, does not wait for others by itself."""
        give_up = time.monotonic() + self._patience
        while True:
            try:
                cursor.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.01)

    @staticmethod
    def _make_folder(path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageUnavailable(
                f"the folder of the key database.url cannot be made: {error.strerror}"
            ) from error

    def begin(self, cursor: DBAPICursor, patience: timedelta | None) -> None:
        cursor.execute("BEGIN IMMEDIATE")

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
