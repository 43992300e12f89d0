"""Addresses, first contact, and tables that follow the program."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from adapters.persistence import Database
from adapters.persistence.columns import metadata
from adapters.persistence.migrate import SCRIPTS
from application.errors import StorageUnavailable
from tests.adapters.persistence.conftest import Make
from tests.adapters.persistence.contract.shop import place
from tests.adapters.persistence.test_races import together
from tests.postgres import PostgresServer


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables; for SQLite not even the folder is there."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/not/yet/shop.db"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.empty_database()
    yield url
    server.drop(url)


def test_a_bare_database_is_brought_up_to_date_once(bare_url: str, make: Make) -> None:
    database = make(bare_url)
    assert (database.current(), database.is_current()) == ("", False)
    database.upgrade()
    assert database.current() == database.head() != ""
    database.upgrade()
    assert database.is_current()
    place(database)


def test_several_processes_may_upgrade_at_once(bare_url: str, make: Make) -> None:
    databases = [make(bare_url) for _ in range(4)]
    assert together(4, lambda number: databases[number].upgrade()) == [None] * 4
    assert databases[0].is_current()


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection", "ignore:.*expression-based index")
def test_the_migrations_make_the_tables_the_program_knows(bare_url: str, make: Make) -> None:
    database = make(bare_url)
    database.upgrade()
    with database._link.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_migrations_make_the_checks_the_program_knows(bare_url: str, make: Make) -> None:
    """Alembic does not compare CHECK constraints: their names are compared here."""
    database = make(bare_url)
    database.upgrade()
    with database._link.engine.connect() as connection:
        on_sqlite = connection.dialect.name == "sqlite"
        listing = "SELECT sql FROM sqlite_master" if on_sqlite else "SELECT conname FROM pg_constraint"
        made = " ".join(filter(None, connection.execute(text(listing)).scalars()))
    names = [
        str(constraint.name)
        for table in metadata.tables.values()
        for constraint in table.constraints
        if constraint.name and str(constraint.name).startswith(("ck_", "fk_", "uq_"))
    ]
    assert len(names) > 30
    assert [name for name in names if name not in made] == []


def test_every_column_that_is_searched_for_has_an_index(sql: Database) -> None:
    """Foreign keys that are asked by order, and what workers ask again and again."""
    led = {
        (table.name, column.name)
        for table in metadata.tables.values()
        for index in table.indexes
        for column in list(index.columns)[:1]
    }
    for table in ("payments", "transactions", "money_facts", "refunds", "review_items", "callbacks"):
        assert (table, "order_id") in led
    assert {
        ("payments", "look_at"),
        ("refunds", "look_at"),
        ("callbacks", "due_at"),
        ("events", "due_at"),
        ("orders", "deadline"),
    } <= led


@pytest.mark.parametrize(
    "url", ["", "nonsense", "mysql://localhost/shop", "sqlite://", "sqlite:///:memory:", "oracle://x"]
)
def test_an_address_nobody_can_use_names_its_key(url: str, make: Make) -> None:
    with pytest.raises(ValueError, match=r"database\.url"):
        make(url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://shop:s3cr3t@127.0.0.1:9/shop?connect_timeout=1",
        "postgres://shop:s3cr3t@127.0.0.1:9/shop",
        "postgresql+psycopg://shop:s3cr3t@nowhere.invalid/shop",
    ],
)
def test_a_database_out_of_reach_names_the_key_and_never_the_password(url: str, make: Make) -> None:
    database = make(url)
    with pytest.raises(StorageUnavailable, match=r"database\.url") as caught:
        database.ping()
    assert "s3cr3t" not in str(caught.value)
    with pytest.raises(StorageUnavailable, match=r"database\.url") as caught:
        database.upgrade()
    assert "s3cr3t" not in str(caught.value)


def test_a_folder_that_cannot_be_made_names_the_key(tmp_path: Path, make: Make) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageUnavailable, match=r"database\.url"):
        make(f"sqlite:///{tmp_path}/file/shop.db")


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path, make: Make) -> None:
    (tmp_path / "shop.db").write_text("not a database at all" * 100)
    with pytest.raises(StorageUnavailable):
        make(f"sqlite:///{tmp_path}/shop.db").ping()


def test_sqlite_is_durable_strict_and_shared(sqlite: Database) -> None:
    with sqlite._link.engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "busy_timeout": 5000}


def test_a_disposed_database_opens_again(sql: Database) -> None:
    sql.ping()
    sql.dispose()
    sql.ping()


def test_the_newest_revision_is_the_one_alembic_would_name(sqlite: Database) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    assert sqlite.head() == ScriptDirectory.from_config(config).get_current_head()
    with sqlite._link.engine.connect() as connection:
        assert sqlite.current() == MigrationContext.configure(connection).get_current_revision()
