"""Database round trips per request, counted where they happen: in libpq's own trace of the wire."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any

import psycopg
from flask import Flask
from sqlalchemy import event
from sqlalchemy.pool import Pool

from bench.messages import Request

_WAITS = re.compile(r"\tF\t\d+\t(Sync|Query)")
"""What this side sends last before it waits for an answer."""


class Counter:
    """Counts what every connection opened since it exists has waited for."""

    def __init__(self, trace: IO[str]) -> None:
        self._trace = trace

    def watch(self, connection: Any, _: object) -> None:
        if isinstance(connection, psycopg.Connection):
            connection.pgconn.trace(self._trace.fileno())

    def total(self) -> int:
        self._trace.seek(0)
        found = sum(1 for line in self._trace if _WAITS.search(line))
        self._trace.seek(0, 2)
        return found


@contextmanager
def counting() -> Iterator[Counter]:
    """Watch every connection that SQLAlchemy opens inside the block."""
    with tempfile.TemporaryFile("w+") as trace:
        counter = Counter(trace)
        event.listen(Pool, "connect", counter.watch)
        try:
            yield counter
        finally:
            event.remove(Pool, "connect", counter.watch)


def send(app: Flask, request: Request) -> int:
    """The status with which this process itself answers the request."""
    client = app.test_client(use_cookies=False)
    answer = client.open(
        request.path,
        method=request.method,
        headers=dict(request.headers),
        data=request.body,
        base_url=f"https://{request.host}",
    )
    return answer.status_code


def trips(app: Flask, counter: Counter, requests: Sequence[Request]) -> float:
    """Round trips of each request, averaged; the first two only prepare statements."""
    for request in requests[:2]:
        send(app, request)
    before = counter.total()
    for request in requests[2:]:
        send(app, request)
    return (counter.total() - before) / len(requests[2:])
