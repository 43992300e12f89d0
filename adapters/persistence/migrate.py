"""Migrations through Alembic's API: no ini file, no working folder, the scripts lie beside this module.

Only ``upgrade`` imports Alembic. Every process asks whether the tables are current when it starts, and for
that a look at one row and at the names of the scripts is enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from adapters.persistence.channel import Link
from application.errors import StorageUnavailable

if TYPE_CHECKING:
    from alembic.config import Config

SCRIPTS = Path(__file__).with_name("migrations")
_VERSION = Table("alembic_version", MetaData(), Column("version_num", String))
"""Where Alembic keeps the one row that says how far it got."""


def upgrade(link: Link) -> None:
    """Run what is missing in one transaction; others who try at the same time wait, then find it done."""
    from alembic import command

    with _connected(link) as connection:
        link.begin_migration(connection)
        command.upgrade(_config(connection), "head")
        connection.exec_driver_sql("COMMIT")


def current(link: Link) -> str:
    """The revision found in the database; empty when there is none."""
    with _connected(link) as connection:
        if not inspect(connection).has_table(_VERSION.name):
            return ""
        return str(connection.execute(select(_VERSION.c.version_num)).scalar() or "")


def head() -> str:
    """The newest revision there is: scripts are named by their revision, and revisions are counted up."""
    return max(script.name.partition("_")[0] for script in SCRIPTS.glob("versions/[0-9]*_*.py"))


def _config(connection: Connection) -> Config:
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
