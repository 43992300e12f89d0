"""What drivers raise reaches callers as one of two words: somebody was first, or the database is away."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import text

from adapters.persistence import Database
from application.errors import ConcurrentUpdate, StorageUnavailable
from domain.order import ClosedBy, OrderStatus
from tests.adapters.persistence.conftest import Make
from tests.adapters.persistence.contract.shop import place
from tests.builders import a_callback

POSTGRES = [
    (errors.DeadlockDetected, ConcurrentUpdate),
    (errors.SerializationFailure, ConcurrentUpdate),
    (errors.LockNotAvailable, ConcurrentUpdate),
    (errors.DiskFull, StorageUnavailable),
    (errors.AdminShutdown, StorageUnavailable),
    (errors.ReadOnlySqlTransaction, StorageUnavailable),
    (errors.TooManyConnections, StorageUnavailable),
    (psycopg.OperationalError, StorageUnavailable),
]
SQLITE = [
    (sqlite3.OperationalError("database is locked"), StorageUnavailable),
    (sqlite3.OperationalError("database or disk is full"), StorageUnavailable),
    (sqlite3.OperationalError("disk I/O error"), StorageUnavailable),
    (sqlite3.DatabaseError("database disk image is malformed"), StorageUnavailable),
]


class Breaking:
    """A connection whose cursors raise at the first statement that contains a word."""

    def __init__(self, connection: Any, word: str, error: Exception) -> None:
        self._connection, self._word, self._error = connection, word, error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def cursor(self) -> Any:
        cursor = self._connection.cursor()
        word, error = self._word, self._error

        class Cursor:
            def execute(self, statement: str, *arguments: Any, **more: Any) -> Any:
                if word in statement:
                    raise error
                return cursor.execute(statement, *arguments, **more)

            def __getattr__(self, name: str) -> Any:
                return getattr(cursor, name)

        return Cursor()


def break_at(
    database: Database, monkeypatch: pytest.MonkeyPatch, word: str, error: Exception
) -> Callable[[], None]:
    """Make every connection fail at that word; answers what heals it."""
    connect = database._link.connect
    monkeypatch.setattr(database._link, "connect", lambda: Breaking(connect(), word, error))
    return lambda: monkeypatch.setattr(database._link, "connect", connect)


def close(database: Database, order_id: Any) -> None:
    with database.units() as uow:
        order, _ = uow.lock_order(order_id)
        uow.save_order(order.close(ClosedBy.BUYER, "changed my mind"))
        uow.add_callback(a_callback())
        uow.commit()


@pytest.mark.postgres
@pytest.mark.parametrize("word", ["FOR UPDATE", "UPDATE orders SET", "COMMIT"])
@pytest.mark.parametrize(("kind", "told"), POSTGRES)
def test_a_failing_statement_leaves_nothing_and_says_what_to_do_on_postgres(
    postgres: Database,
    monkeypatch: pytest.MonkeyPatch,
    word: str,
    kind: type[psycopg.Error],
    told: type[Exception],
) -> None:
    order, _ = place(postgres)
    heal = break_at(postgres, monkeypatch, word, kind("injected"))
    with pytest.raises(told):
        close(postgres, order.id)
    heal()
    assert postgres.reads.order_by_id(order.id)[0].status is OrderStatus.OPEN
    assert postgres.reads.callbacks() == ()
    close(postgres, order.id)
    assert postgres.reads.order_by_id(order.id)[0].status is OrderStatus.STOPPED


@pytest.mark.parametrize("word", ["BEGIN", "UPDATE orders SET", "COMMIT"])
@pytest.mark.parametrize(("error", "told"), SQLITE)
def test_a_failing_statement_leaves_nothing_and_says_what_to_do_on_sqlite(
    sqlite: Database,
    monkeypatch: pytest.MonkeyPatch,
    word: str,
    error: sqlite3.Error,
    told: type[Exception],
) -> None:
    order, _ = place(sqlite)
    heal = break_at(sqlite, monkeypatch, word, error)
    with pytest.raises(told):
        close(sqlite, order.id)
    heal()
    assert sqlite.reads.order_by_id(order.id)[0].status is OrderStatus.OPEN
    assert sqlite.reads.callbacks() == ()
    close(sqlite, order.id)
    assert sqlite.reads.order_by_id(order.id)[0].status is OrderStatus.STOPPED


def test_a_mistake_of_ours_is_not_dressed_as_bad_luck(sql: Database) -> None:
    order, payment = place(sql)
    with sql.units() as uow:
        attempt = uow.lock_payment(payment.id)
        object.__setattr__(attempt.payment, "reserved", attempt.payment.amount)
        uow._collected.payments.before[payment.id] = payment
        uow.save_payment(attempt.payment)
        with pytest.raises((sqlite3.IntegrityError, psycopg.errors.CheckViolation)):
            uow.commit()
    assert sql.reads.order_by_id(order.id)[1] == (payment,)


def end_sessions(server_url: str) -> None:
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.postgres
def test_a_connection_that_died_in_the_pool_is_replaced_unnoticed(
    postgres: Database, postgres_url: str
) -> None:
    order, _ = place(postgres)
    end_sessions(postgres_url)
    close(postgres, order.id)
    end_sessions(postgres_url)
    assert postgres.reads.order_by_id(order.id)[0].status is OrderStatus.STOPPED


@pytest.mark.postgres
def test_a_connection_lost_in_the_middle_writes_nothing_and_the_next_unit_works(
    postgres: Database, postgres_url: str
) -> None:
    order, _ = place(postgres)
    with postgres.units() as uow:
        locked, _ = uow.lock_order(order.id)
        uow.save_order(locked.close(ClosedBy.BUYER, "lost"))
        end_sessions(postgres_url)
        with pytest.raises(StorageUnavailable):
            uow.commit()
    assert postgres.reads.order_by_id(order.id)[0].status is OrderStatus.OPEN
    close(postgres, order.id)


def test_a_database_without_tables_is_unavailable_not_a_riddle(sql: Database) -> None:
    with sql._link.engine.connect() as connection:
        connection.execute(text("DROP TABLE events"))
    try:
        with pytest.raises(StorageUnavailable):
            sql.reads.events()
    finally:
        from adapters.persistence.tables import events

        events.create(sql._link.engine)


@pytest.mark.postgres
def test_an_exhausted_pool_says_so_soon(postgres_url: str, make: Make) -> None:
    database = make(postgres_url, pool_size=1, pool_timeout=0.2)
    order, _ = place(database)
    with database.units() as one, database.units() as two:
        one.lock_order(order.id)
        two.refunds_of(order.id)
        with pytest.raises(StorageUnavailable):
            database.reads.order_by_id(order.id)
