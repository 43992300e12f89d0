"""Many at once: threads on one database, each with its own connection."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.persistence import Database
from application.again import again
from application.errors import ConcurrentUpdate, OutOfStock, StorageUnavailable
from domain.order import StockHold
from domain.payment import PaymentStatus
from tests.adapters.persistence.conftest import Make
from tests.adapters.persistence.contract.shop import names, place
from tests.builders import NOW, a_callback, a_fact, a_product, a_transaction, an_order, an_order_line
from tests.fakes import FrozenClock


def together(jobs: int, job: Callable[[int], object]) -> list[object]:
    """Run the job so many times at the same moment; answers results and exceptions alike."""
    barrier = threading.Barrier(jobs)

    def run(number: int) -> object:
        barrier.wait()
        try:
            return job(number)
        except Exception as error:
            return error

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(run, range(jobs)))


@pytest.fixture
def busy(url: str, make: Make) -> Database:
    """A database that twenty threads may use at once."""
    return make(url, pool_size=25, busy_timeout=timedelta(seconds=30))


def test_fifty_buyers_of_one_unit_make_one_order(url: str, make: Make) -> None:
    database = make(url, pool_size=25, busy_timeout=timedelta(seconds=30))
    database.catalogue.save_product(a_product(available=1))
    seen: list[int | None] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            product = database.catalogue.find("mug")
            seen.append(product.available if product else None)
            time.sleep(0.002)

    watcher = threading.Thread(target=watch)
    watcher.start()
    results = together(50, lambda _: place(database, an_order(stock=StockHold.HELD)))
    stop.set()
    watcher.join()
    refusals = Counter(type(result) for result in results)
    assert refusals == {tuple: 1, OutOfStock: 49}
    assert {result.available for result in results if isinstance(result, OutOfStock)} == {0}
    assert set(seen) <= {0, 1}
    mug = database.catalogue.find("mug")
    assert mug is not None
    assert mug.available == 0


def test_twenty_copies_of_one_message_move_money_once(busy: Database) -> None:
    order, payment = place(busy)

    def receive(_: int) -> str:
        def once() -> str:
            with busy.units() as uow:
                attempt = uow.lock_attempt(
                    payment.reference,
                    account=payment.account,
                    event_key="E-1",
                    fact=(payment.account, "captured", "CAP-1"),
                )
                assert attempt is not None
                if attempt.seen_before:
                    assert attempt.fact_known
                    uow.add_callback(a_callback(duplicate_of=attempt.seen_before, order_id=order.id))
                    uow.commit()
                    return "duplicate"
                paid = attempt.payment.capture(payment.amount, "CAP-1", NOW)
                uow.save_payment(paid)
                uow.save_order(replace(attempt.order.validate(NOW), paid_by=paid.id))
                uow.add_fact(a_fact(paid, "CAP-1"))
                uow.add_transaction(a_transaction(paid))
                uow.add_callback(a_callback(event_key="E-1", order_id=order.id))
                uow.commit()
                return "applied"

        return again(once)

    assert Counter(together(20, receive)) == {"applied": 1, "duplicate": 19}
    file = busy.reads.order_file(order.id)
    assert (len(file.callbacks), len(file.facts), len(file.transactions)) == (20, 1, 1)
    assert names(busy, order).count("OrderPaid") == 1
    assert file.payments[0].captured == payment.amount


def test_what_a_waiting_lock_sees_is_what_the_other_committed(busy: Database) -> None:
    """The hints of ``lock_attempt`` are fresh although the statement began before the other's commit."""
    order, payment = place(busy)
    waiting = threading.Event()
    found: list[object] = []

    def wait_for_it() -> None:
        waiting.set()
        with busy.units() as uow:
            found.append(
                uow.lock_attempt(
                    payment.reference,
                    account=payment.account,
                    event_key="E-1",
                    fact=(payment.account, "captured", "CAP-1"),
                )
            )

    with busy.units() as uow:
        attempt = uow.lock_payment(payment.id)
        other = threading.Thread(target=wait_for_it)
        other.start()
        waiting.wait()
        time.sleep(0.3)
        uow.save_payment(attempt.payment.move(PaymentStatus.IN_PROGRESS, NOW))
        uow.add_callback(callback := a_callback(event_key="E-1", order_id=order.id))
        uow.add_fact(a_fact(payment, "CAP-1"))
        uow.commit()
    other.join()
    (seen,) = found
    assert seen is not None
    assert (seen.seen_before, seen.fact_known) == (callback.id, True)  # type: ignore[attr-defined]
    assert seen.payment.status is PaymentStatus.IN_PROGRESS  # type: ignore[attr-defined]


@pytest.mark.postgres
def test_a_held_order_costs_a_patient_caller_its_patience_and_no_more(postgres: Database) -> None:
    _, payment = place(postgres)
    with postgres.units() as holder:
        holder.lock_payment(payment.id)
        began = time.monotonic()
        impatient = postgres.units(patience=timedelta(milliseconds=200))
        with impatient as uow, pytest.raises(ConcurrentUpdate):
            uow.lock_attempt(payment.reference)
        assert 0.1 < time.monotonic() - began < 1
    with postgres.units(patience=timedelta(milliseconds=200)) as uow:
        assert uow.lock_attempt(payment.reference) is not None


@pytest.mark.postgres
def test_a_held_order_costs_nobody_more_than_the_busy_timeout(postgres_url: str, make: Make) -> None:
    database = make(postgres_url, busy_timeout=timedelta(milliseconds=200))
    _, payment = place(database)
    with database.units() as holder:
        holder.lock_payment(payment.id)
        began = time.monotonic()
        with database.units() as uow, pytest.raises(ConcurrentUpdate):
            uow.lock_attempt(payment.reference)
        assert 0.1 < time.monotonic() - began < 1


@pytest.mark.postgres
def test_the_patience_of_one_unit_is_not_that_of_the_next(postgres_url: str, make: Make) -> None:
    database = make(postgres_url, pool_size=1)
    _, payment = place(database)
    with database.units(patience=timedelta(milliseconds=50)) as uow:
        uow.lock_payment(payment.id)
        uow.commit()
    with database._link.engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW lock_timeout").scalar() == "0"


@pytest.mark.postgres
def test_a_callback_is_stored_while_its_order_is_held(postgres: Database) -> None:
    order, _ = place(postgres)
    with postgres.units() as holder:
        holder.lock_order(order.id)
        with postgres.units() as uow:
            uow.add_callback(a_callback())
            uow.commit()
    assert len(postgres.reads.callbacks()) == 1


def test_a_writer_waits_its_turn_on_sqlite(sqlite: Database) -> None:
    order, payment = place(sqlite)
    locked = threading.Event()

    def hold() -> None:
        with sqlite.units() as uow:
            uow.lock_order(order.id)
            locked.set()
            time.sleep(1)

    holder = threading.Thread(target=hold)
    holder.start()
    locked.wait()
    began = time.monotonic()
    with sqlite.units() as uow:
        assert uow.lock_attempt(payment.reference) is not None
        uow.commit()
    assert time.monotonic() - began > 0.5
    holder.join()


def test_a_writer_that_waits_too_long_on_sqlite_is_told_and_loses_nothing(
    sqlite_url: str, make: Make
) -> None:
    database = make(sqlite_url, busy_timeout=timedelta(milliseconds=200))
    order, _ = place(database)
    with database.units() as holder:
        holder.lock_order(order.id)
        with database.units() as uow:
            uow.add_callback(a_callback())
            with pytest.raises(StorageUnavailable):
                uow.commit()
        assert database.reads.order_by_id(order.id)[0].id == order.id
    with database.units() as uow:
        uow.add_callback(a_callback())
        uow.commit()
    assert len(database.reads.callbacks()) == 1


def test_two_workers_share_a_thousand_rows_without_overlap(busy: Database, clock: FrozenClock) -> None:
    with busy.units() as uow:
        for _ in range(1000):
            uow.add_callback(a_callback(received_at=clock.now()))
        uow.commit()

    def work(number: int) -> list[object]:
        taken: list[object] = []
        while rows := busy.work.claim_callbacks(f"worker-{number}", timedelta(minutes=5), 50):
            taken += [row.id for row in rows]
        return taken

    results = together(4, work)
    taken = [id for part in results if isinstance(part, list) for id in part]
    assert len(taken) == len(set(taken)) == 1000


def test_a_lease_that_ran_out_is_claimed_again(sql: Database, clock: FrozenClock) -> None:
    with sql.units() as uow:
        uow.add_callback(a_callback(received_at=clock.now()))
        uow.commit()
    assert len(sql.work.claim_callbacks("died", timedelta(seconds=1), 10)) == 1
    assert len(sql.work.claim_callbacks("other", timedelta(seconds=60), 10)) == 0
    time.sleep(1.2)
    assert len(sql.work.claim_callbacks("other", timedelta(seconds=60), 10)) == 1


def test_orders_of_crossing_goods_never_wait_for_each_other_in_a_circle(busy: Database) -> None:
    """Two orders take the same goods in opposite order; nobody retries, so a deadlock would be seen."""
    for sku in ("apple", "pear"):
        busy.catalogue.save_product(a_product(sku, available=1000))

    def buy(number: int) -> None:
        skus = ("apple", "pear") if number % 2 else ("pear", "apple")
        for _ in range(10):
            place(busy, an_order(*(an_order_line(sku) for sku in skus), stock=StockHold.HELD))

    assert together(8, buy) == [None] * 8
    assert [product.available for product in busy.catalogue.products()] == [1000 - 80, 1000 - 80]
