"""How statements travel: a link to one database, and a transaction on one of its connections."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, PoolProxiedConnection, Select
from sqlalchemy.engine.interfaces import DBAPICursor

from adapters.persistence.compiled import Row, Statement, Values, compile_once
from application.errors import ConcurrentUpdate, StorageUnavailable

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Write:
    """A statement to be sent at commit; ``guarded``: it changes exactly one row, or somebody was first."""

    statement: Statement
    values: Values
    guarded: bool = False


class Shortage(Exception):
    """The database refused to take more goods than there are."""


class Link(ABC):
    """One database: its engine (in autocommit, transactions are begun by hand), its errors in our words."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @abstractmethod
    def begin(self, cursor: DBAPICursor, patience: timedelta | None) -> None:
        """Open a transaction that may write."""

    @abstractmethod
    def begin_migration(self, connection: Connection) -> None:
        """Open a transaction that only one migration at a time gets."""

    @abstractmethod
    def translated(self, error: Exception) -> Exception:
        """The same trouble as the ports name it; an error that nobody can help stays what it is."""

    @abstractmethod
    def is_dead(self, connection: PoolProxiedConnection) -> bool:
        """Whether the connection is lost for good."""

    def send(self, cursor: DBAPICursor, writes: Sequence[Write]) -> None:
        """Write everything, in order. Raises ConcurrentUpdate when a guarded write met no row."""
        for write in writes:
            prepared = compile_once(write.statement, self.engine.dialect, frozenset(write.values))
            cursor.execute(prepared.sql, prepared.arguments(write.values))
            if write.guarded and cursor.rowcount != 1:
                raise ConcurrentUpdate("the row changed since it was read")

    def connect(self) -> PoolProxiedConnection:
        """A connection of the pool. Raises StorageUnavailable."""
        try:
            return self.engine.raw_connection()
        except Exception as error:
            raise self._unreachable(error) from error

    def rows(self, statement: Statement, values: Values) -> list[Row]:
        """Run one statement on its own, committed at once; a stale connection is replaced once."""

        def ask(connection: PoolProxiedConnection) -> list[Row]:
            return self.run(connection.cursor(), statement, values)

        return self._answer(ask, repeatable=statement.is_select)

    def rows_of_each(self, questions: Sequence[Select[Any]], values: Values) -> list[list[Row]]:
        """What each question answers, asked over one connection with the same values for all."""
        return self._answer(lambda connection: self.run_each(connection, questions, values), repeatable=True)

    def run_each(
        self, connection: PoolProxiedConnection, questions: Sequence[Select[Any]], values: Values
    ) -> list[list[Row]]:
        """One question after the other."""
        cursor = connection.cursor()
        return [self.run(cursor, question, values) for question in questions]

    def _answer(self, ask: Callable[[PoolProxiedConnection], Answer], *, repeatable: bool) -> Answer:
        for attempt in (1, 2):
            connection = self.connect()
            try:
                return ask(connection)
            except Exception as error:
                lost = self.release(connection)
                if lost and attempt == 1 and repeatable:
                    continue
                raise self.translated(error) from error
            finally:
                self.release(connection)
        raise StorageUnavailable("the database does not answer")

    def run(self, cursor: DBAPICursor, statement: Statement, values: Values) -> list[Row]:
        """Run one statement and fetch what it answers."""
        prepared = compile_once(statement, self.engine.dialect, frozenset(values))
        cursor.execute(prepared.sql, prepared.arguments(values))
        return prepared.rows(cursor.fetchall()) if prepared.answers else []

    def release(self, connection: PoolProxiedConnection) -> bool:
        """Give the connection back; True when it was lost, and with it the others of the pool."""
        if not connection.is_valid:
            return False
        if self.is_dead(connection):
            connection.invalidate()
            self.engine.dispose()
            return True
        connection.close()
        return False

    def _unreachable(self, error: Exception) -> StorageUnavailable:
        url = self.engine.url
        place = f"{url.get_backend_name()}://{url.host or ''}/{url.database or ''}"
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        if url.password:
            reason = reason.replace(str(url.password), "***")
        return StorageUnavailable(f"the database at database.url ({place}) cannot be opened: {reason}")


class Transaction:
    """One transaction, opened by the first statement; without ``commit`` nothing stays."""

    def __init__(self, link: Link, patience: timedelta | None) -> None:
        self._link, self._patience = link, patience
        self._connection: PoolProxiedConnection | None = None
        self._cursor: DBAPICursor | None = None
        self._failed = False

    def read(self, statement: Statement, values: Values) -> list[Row]:
        """Rows as tuples. Raises StorageUnavailable, ConcurrentUpdate (a lock wait that was lost)."""
        cursor = self._opened()
        try:
            return self._link.run(cursor, statement, values)
        except Exception as error:
            self._failed = True
            self.close()
            raise self._link.translated(error) from error

    def commit(self, writes: Sequence[Write]) -> None:
        """Send the writes and make them last. Raises ConcurrentUpdate, StorageUnavailable, Shortage."""
        if not writes:
            return self._finish("COMMIT")
        cursor = self._opened()
        try:
            self._link.send(cursor, writes)
            cursor.execute("COMMIT")
        except Exception as error:
            self._failed = True
            self.close()
            raise self._link.translated(error) from error
        self._hand_back()

    def close(self) -> None:
        """Let go of locks and connection; never raises.

        Nothing is sent before ``commit``, so a transaction that only read ends with COMMIT: after a ROLLBACK
        psycopg forgets its prepared statements.
        """
        self._finish("ROLLBACK" if self._failed else "COMMIT")

    def _finish(self, word: str) -> None:
        self._failed = False
        if self._connection is None or self._cursor is None:
            return
        try:
            self._cursor.execute(word)
        except Exception:
            self._connection.invalidate()
        self._hand_back()

    def _hand_back(self) -> None:
        connection, self._connection, self._cursor = self._connection, None, None
        if connection is not None:
            self._link.release(connection)

    def _opened(self) -> DBAPICursor:
        """The cursor inside a transaction; a connection that went stale in the pool is replaced once."""
        if self._cursor is not None:
            return self._cursor
        for attempt in (1, 2):
            connection = self._link.connect()
            try:
                cursor: DBAPICursor = connection.cursor()
                self._link.begin(cursor, self._patience)
            except Exception as error:
                if self._link.release(connection) and attempt == 1:
                    continue
                raise self._link.translated(error) from error
            self._connection, self._cursor = connection, cursor
            return cursor
        raise StorageUnavailable("the database does not answer")
