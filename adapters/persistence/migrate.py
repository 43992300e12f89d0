"""Migrations through Alembic's API: no ini file, no working folder, the scripts lie beside this module."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from adapters.persistence.channel import Link
from application.errors import StorageUnavailable

if TYPE_CHECKING:
    from alembic.config import Config

SCRIPTS = Path(__file__).with_name("migrations")


def upgrade(link: Link) -> None:
    """Run what is missing in one transaction; others who try at the same time wait, then find it done."""
    from alembic import command

    with _connected(link) as connection:
        link.begin_migration(connection)
        command.upgrade(_config(connection), "head")
        connection.exec_driver_sql("COMMIT")


def current(link: Link) -> str:
    """The revision found in the database; empty when there is none."""
    from alembic.runtime.migration import MigrationContext

    with _connected(link) as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def head() -> str:
    """The newest revision there is."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_config(None)).get_current_head() or ""


def _config(connection: Connection | None) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _connected(link: Link) -> Iterator[Connection]:
    link.release(link.connect())
    try:
        with link.engine.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise StorageUnavailable(f"the tables cannot be read or changed: {error}") from error
