"""What the bare parts cost: a view that does nothing, and a callback of Flask and SQLAlchemy Core alone.

The callback verifies, locks, writes four rows and commits, in seven round trips. It keeps no history, asks no
rules, and is nobody's product: it is there to be measured beside ours.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from uuid import uuid4

from flask import Flask, Response, request
from sqlalchemy import (
    BigInteger,
    Column,
    Engine,
    MetaData,
    String,
    Table,
    bindparam,
    create_engine,
    insert,
    select,
    update,
)

from bench.messages import SECOND_KEY

metadata = MetaData()
orders = Table("orders", metadata, Column("id", String, primary_key=True), Column("status", String))
payments = Table(
    "payments",
    metadata,
    Column("reference", String, primary_key=True),
    Column("order_id", String, index=True),
    Column("amount", BigInteger),
    Column("captured", BigInteger),
    Column("status", String),
)
callbacks = Table(
    "callbacks",
    metadata,
    Column("id", String, primary_key=True),
    Column("event_key", String, unique=True),
    Column("body", String),
)
outbox = Table("outbox", metadata, Column("id", String, primary_key=True), Column("payload", String))

LOCKED = (
    select(orders.c.id, payments.c.amount, payments.c.status)
    .join_from(payments, orders, orders.c.id == payments.c.order_id)
    .where(payments.c.reference == bindparam("wanted"))
    .with_for_update()
)
PAY_ORDER = update(orders).where(orders.c.id == bindparam("wanted"))
PAY = update(payments).where(payments.c.reference == bindparam("wanted"))


def create_app() -> Flask:
    """The application; ``BENCH_DATABASE`` names its database."""
    app = Flask("yardstick", static_folder=None)
    engine = create_engine(os.environ["BENCH_DATABASE"].replace("postgresql:", "postgresql+psycopg:"))

    @app.get("/noop")
    def noop() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @app.post("/callbacks/<reference>")
    def callback(reference: str) -> Response:
        body = request.get_data()
        if not _is_genuine(body, request.headers.get("OpenPayu-Signature", "")):
            return Response("no\n", 403, mimetype="text/plain")
        told = json.loads(body)["order"]
        with engine.begin() as connection:
            found = connection.execute(LOCKED, {"wanted": reference}).first()
            if found is None or int(told["totalAmount"]) != found.amount:
                return Response("no\n", 400, mimetype="text/plain")
            key = f"{told['orderId']}:{told['status']}"
            raw = {"id": uuid4().hex, "event_key": key, "body": body.decode()}
            connection.execute(insert(callbacks), raw)
            connection.execute(PAY, {"wanted": reference, "captured": found.amount, "status": "paid"})
            connection.execute(PAY_ORDER, {"wanted": found.id, "status": "paid"})
            connection.execute(insert(outbox), {"id": uuid4().hex, "payload": json.dumps({"paid": found.id})})
        return Response("OK\n", mimetype="text/plain")

    return app


def _is_genuine(body: bytes, header: str) -> bool:
    parts = dict(part.partition("=")[::2] for part in header.split(";"))
    expected = hashlib.sha256(body + SECOND_KEY.encode()).hexdigest()
    return hmac.compare_digest(parts.get("signature", ""), expected)


def fill(engine: Engine, references: list[str], minor: int) -> None:
    """Tables, and an unpaid order for each reference."""
    metadata.create_all(engine)
    with engine.begin() as connection:
        rows = [{"id": f"order-{reference}", "status": "pending"} for reference in references]
        connection.execute(insert(orders), rows)
        unpaid = [
            {
                "reference": reference,
                "order_id": f"order-{reference}",
                "amount": minor,
                "captured": 0,
                "status": "new",
            }
            for reference in references
        ]
        connection.execute(insert(payments), unpaid)
