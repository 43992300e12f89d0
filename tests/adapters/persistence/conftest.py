"""The databases the persistence suites run against."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.persistence import Database
from tests.fakes import FrozenClock, MemoryDatabase, SequentialIds

Make = Callable[..., Database]


@pytest.fixture
def clock() -> FrozenClock:
    """Still, but right: leases run by the database's own clock."""
    return FrozenClock(datetime.now(UTC) - timedelta(seconds=5))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty file that each test copies."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    database = Database(f"sqlite:///{path}", clock=FrozenClock(), ids=SequentialIds())
    database.upgrade()
    database.dispose()
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    path = tmp_path / "shop.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def make(clock: FrozenClock) -> Iterator[Make]:
    """Opens databases that share ids and clock, and closes them after the test."""
    opened: list[Database] = []
    ids = SequentialIds()

    def open_one(url: str, **settings: Any) -> Database:
        database = Database(url, clock=clock, ids=ids, **settings)
        opened.append(database)
        return database

    yield open_one
    for database in opened:
        database.dispose()


SQL = [pytest.param("sqlite"), pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=SQL)
def url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database of each kind."""
    address: str = request.getfixturevalue(f"{request.param}_url")
    return address


@pytest.fixture
def sql(url: str, make: Make) -> Database:
    """A real database of each kind."""
    return make(url)


@pytest.fixture
def postgres(postgres_url: str, make: Make) -> Database:
    return make(postgres_url)


@pytest.fixture
def sqlite(sqlite_url: str, make: Make) -> Database:
    return make(sqlite_url)


@pytest.fixture(params=[pytest.param("memory"), *SQL])
def database(request: pytest.FixtureRequest, clock: FrozenClock, make: Make) -> Database | MemoryDatabase:
    """Whatever keeps orders: the dicts tests use, SQLite, PostgreSQL."""
    if request.param == "memory":
        return MemoryDatabase(clock=clock, ids=SequentialIds())
    return make(request.getfixturevalue(f"{request.param}_url"))
