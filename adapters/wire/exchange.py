"""What was said on the wire, kept for the record: redacted, and handed to whoever is listening."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from urllib.parse import urlsplit

log = logging.getLogger("callbank.wire")
_listener: ContextVar[list[Exchange] | None] = ContextVar("exchanges", default=None)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, redacted. ``status`` None: no answer; then ``problem`` says why."""

    account: str
    method: str
    url: str
    request: str
    answer: str
    status: int | None
    milliseconds: int
    problem: str = ""


@contextmanager
def recording() -> Iterator[list[Exchange]]:
    """Collect what this thread's gateway calls say inside the block, whether they succeed or raise."""
    heard: list[Exchange] = []
    token = _listener.set(heard)
    try:
        yield heard
    finally:
        _listener.reset(token)


def tell(exchange: Exchange) -> None:
    """Log an exchange without its bodies and its query, and give it to the listener."""
    log.log(
        logging.WARNING if exchange.problem else logging.INFO,
        "gateway exchange",
        extra={
            "account": exchange.account,
            "method": exchange.method,
            "path": urlsplit(exchange.url).path,
            "status": exchange.status,
            "ms": exchange.milliseconds,
            "problem": exchange.problem,
        },
    )
    heard = _listener.get()
    if heard is not None:
        heard.append(exchange)
