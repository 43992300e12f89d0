"""What a callback costs on the wire of PostgreSQL, counted by libpq itself."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from adapters.persistence import Database
from domain.payment import Payment
from tests.adapters.persistence.conftest import Make
from tests.adapters.persistence.contract.shop import place
from tests.builders import NOW, a_callback, a_fact, a_transaction, an_order, an_order_line

pytestmark = pytest.mark.postgres

BUSY = timedelta(milliseconds=500)


@pytest.fixture
def database(postgres_url: str, make: Make) -> Database:
    """One connection, so that it is the one that is watched."""
    return make(postgres_url, pool_size=1)


@contextmanager
def watched(database: Database) -> Iterator[list[str]]:
    """Every message inside the block after which this side waits: libpq's own trace says so."""
    trips: list[str] = []
    pooled = database._link.connect()
    driver = pooled.driver_connection
    assert isinstance(driver, psycopg.Connection)
    pooled.close()
    with tempfile.TemporaryFile("w+") as trace:
        driver.pgconn.trace(trace.fileno())
        try:
            yield trips
        finally:
            driver.pgconn.untrace()
            trace.seek(0)
            trips += [line for line in trace if re.search(r"\tF\t\d+\t(Sync|Query)", line)]


def receive(database: Database, payment: Payment, key: str = "E-1") -> None:
    """What one paying callback does, as the use case does it."""
    with database.units(patience=BUSY) as uow:
        attempt = uow.lock_attempt(
            payment.reference, account=payment.account, event_key=key, fact=(payment.account, "captured", key)
        )
        assert attempt is not None
        paid = attempt.payment.capture(payment.amount, key, NOW)
        uow.save_payment(paid)
        uow.save_order(replace(attempt.order.validate(NOW), paid_by=paid.id))
        uow.add_fact(a_fact(paid, key))
        uow.add_transaction(a_transaction(paid))
        uow.add_callback(a_callback(event_key=key, order_id=attempt.order.id))
        uow.commit()


def test_a_paying_callback_is_four_round_trips(database: Database) -> None:
    first, second = (place(database)[1] for _ in range(2))
    receive(database, first, "E-1")
    with watched(database) as trips:
        receive(database, second, "E-2")
    assert len(trips) == 4


def test_amounts_of_any_size_share_their_prepared_statements(database: Database) -> None:
    for price in ("0.01 PLN", "327.68 PLN", "21474836.48 PLN", "49.90 PLN"):
        for deadline in (None, NOW):
            order = an_order(an_order_line(price=price), deadline=deadline)
            _, payment = place(database, order)
            receive(database, payment, f"E-{payment.id}")
    with database._link.engine.connect() as connection:
        listed = connection.exec_driver_sql("SELECT statement FROM pg_prepared_statements").scalars().all()
    assert len(listed) == len(set(listed))
    assert len([statement for statement in listed if "UPDATE payments" in statement]) == 1


def test_reading_an_order_is_one_round_trip(database: Database) -> None:
    order, _ = place(database)
    database.reads.order_by_key(order.key)
    with watched(database) as trips:
        database.reads.order_by_key(order.key)
    assert len(trips) == 1


def test_a_unit_that_only_read_keeps_its_prepared_statements(database: Database) -> None:
    for _ in range(2):
        with database.units() as uow:
            uow.order_of_source("host", "1")
    with watched(database) as trips, database.units() as uow:
        uow.order_of_source("host", "1")
    assert len(trips) == 3


def test_the_whole_file_of_an_order_is_two_round_trips(database: Database) -> None:
    order, _ = place(database)
    database.reads.order_file(order.id)
    with watched(database) as trips:
        file = database.reads.order_file(order.id)
    assert (len(trips), len(file.payments), bool(file.events)) == (2, 1, True)
