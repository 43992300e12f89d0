"""From the text of ``database.url`` to a link with the right database."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from adapters.persistence.channel import Link


def make_link(url: str, *, busy_timeout: timedelta, pool_size: int, pool_timeout: float) -> Link:
    """A link to SQLite or PostgreSQL, by the scheme of ``url``. Raises ValueError, StorageUnavailable."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ValueError("database.url is not an address of a database") from None
    match parsed.get_backend_name():
        case "sqlite":
            from adapters.persistence.sqlite import SqliteLink

            return SqliteLink(
                parsed, busy_timeout=busy_timeout, pool_size=pool_size, pool_timeout=pool_timeout
            )
        case "postgresql" | "postgres":
            from adapters.persistence.postgres import PostgresLink

            return PostgresLink(parsed, pool_size=pool_size, pool_timeout=pool_timeout)
        case other:
            raise ValueError(f"database.url: sqlite and postgresql are supported, not {other}")
