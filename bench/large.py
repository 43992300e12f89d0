"""Whether a callback costs the same among a million orders as among ten thousand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg
from psycopg import sql

from bench import stages
from bench.drive import drive
from bench.jobs import HttpJob
from bench.run import Run
from bench.stages import Shop, seconds_of

SMALL = 10_000
MODELS = 500
DRIVEN = 1_200
STEP = 100

_IDS = ("id", "order_id", "payment_id", "paid_by", "event_id")
_UNIQUE = {
    "orders": ("reference", "key"),
    "payments": ("reference", "idempotency_key", "token", "gateway_reference"),
    "callbacks": ("event_key",),
    "transactions": (),
    "money_facts": ("gateway_id",),
    "events": (),
}
"""The tables that a paid order has rows in, and what must stay unique in a copy beside the ids."""
_KEPT_EVENTS = 2
"""Of the eight events of an order: all of them would fill the disk and change no index that is read."""


def compare(run: Run, orders: int) -> None:
    """Two shops of different age on the same server, driven in turn."""
    database = seconds_of(run.server)
    count = DRIVEN * run.sizes.rounds + run.sizes.warm + MODELS
    with ExitStack() as stack:
        jobs = []
        for name, size in (("ten thousand", SMALL), ("a million", orders)):
            shop = stack.enter_context(_aged(run, name.replace(" ", "_"), size, count))
            take, sent = shop.take_callbacks, shop.callbacks_sent
            jobs.append(HttpJob(f"callback in {name}", shop.web, 200, {8: DRIVEN}, take, database, sent))
        for job in jobs:
            job.measure(8, run.sizes.warm)
        for number in range(run.sizes.rounds):
            for job in jobs:
                sample = job.measure(8, DRIVEN)
                run.drives.setdefault((job.name, 8), []).append(sample)
                run.say(f"round {number + 1}, {job.name}: p50 {sample.p50:.2f} ms, {sample.cpu:.0f} us CPU")


@contextmanager
def _aged(run: Run, name: str, size: int, attempts: int) -> Iterator[Shop]:
    """A shop with so many orders that were paid, and fresh ones to be paid."""
    run.say(f"filling a shop with {size} paid orders")
    url = run.server.create(name)
    with stages.shop(name, url, run.folder, attempts, run.threads) as shop:
        drive(shop.web.address, shop.take_callbacks(MODELS), 8, most_seconds=60)
        shop.callbacks_sent(MODELS)
        with psycopg.connect(run.server.conninfo(name), autocommit=True) as connection:
            _multiply(run, connection, size // MODELS - 1)
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")
        yield shop


def _multiply(run: Run, connection: psycopg.Connection[tuple[object, ...]], copies: int) -> None:
    """Copy the paid orders with all their rows so many times; foreign keys hold by construction."""
    connection.execute("SET session_replication_role = replica")
    connection.execute("SET synchronous_commit = off")
    connection.execute("CREATE TEMP TABLE model AS SELECT id FROM orders WHERE paid_by IS NOT NULL")
    for begin in range(0, copies, STEP):
        end = min(begin + STEP, copies)
        for table, unique in _UNIQUE.items():
            connection.execute(_copy(connection, table, unique), (begin, end))
        if end % (5 * STEP) == 0:
            run.say(f"{(end + 1) * MODELS} orders")


def _copy(
    connection: psycopg.Connection[tuple[object, ...]], table: str, unique: tuple[str, ...]
) -> sql.Composed:
    """Every row of the model orders again, for each number from the first parameter up to the second."""
    rows = connection.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_name = %s AND table_schema = 'public'",
        (table,),
    ).fetchall()
    columns = [str(name) for (name,) in rows]
    copied = [_copied(column, unique) for column in columns]
    owner = "id" if table == "orders" else "order_id"
    few = sql.SQL(" AND seq <= {}").format(_KEPT_EVENTS) if table.startswith("event") else sql.SQL("")
    return sql.SQL(
        "INSERT INTO {table} ({columns}) SELECT {copied} FROM {table}, generate_series(%s + 1, %s) AS n"
        " WHERE {owner} IN (SELECT id FROM model){few}"
    ).format(
        table=sql.Identifier(table),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        copied=sql.SQL(", ").join(copied),
        owner=sql.Identifier(owner),
        few=few,
    )


def _copied(column: str, unique: tuple[str, ...]) -> sql.Composable:
    """An id keeps its time and gets the number at its end; a unique word gets it in front."""
    name = sql.Identifier(column)
    if column in _IDS:
        return sql.SQL("(substr({0}::text, 1, 24) || lpad(to_hex(n), 12, '0'))::uuid").format(name)
    if column in unique:
        return sql.SQL("n || '-' || {0}").format(name)
    if column == "delivered_at":
        return sql.SQL("coalesce({0}, due_at)").format(name)
    return name
