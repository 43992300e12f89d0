"""Column types that mean the same on both databases, and the naming of constraints."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CHAR,
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    MetaData,
    String,
    TextClause,
    TypeDecorator,
    Uuid,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


# To PostgreSQL ids, numbers and moments travel as text of no type, which the casts in the SQL read: psycopg
# prepares a statement once more for each combination of types and NULLs it meets, and forgets old ones.


# The conversions are plain functions, chosen once per statement: a callback binds a hundred and fifty values.


class Instant(TypeDecorator[datetime]):
    """A moment, timezone-aware in and out, kept in UTC; a naive one is refused with ValueError."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        if dialect.name == "postgresql":
            return _moment_text
        stored = self.impl_instance.bind_processor(dialect)
        return (lambda value: stored(_in_utc(value))) if stored else _in_utc

    def result_processor(self, dialect: Dialect, coltype: Any) -> Callable[[Any], datetime | None]:
        loaded = self.impl_instance.result_processor(dialect, coltype)
        return (lambda value: _aware(loaded(value))) if loaded else _aware


def _in_utc(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("a moment needs a timezone")
    return value.astimezone(UTC)


def _moment_text(value: datetime | None) -> str | None:
    moment = _in_utc(value)
    return None if moment is None else moment.isoformat()


def _aware(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Ident(TypeDecorator[UUID]):
    """An id made by us (UUIDv7): native on PostgreSQL, 32 hexadecimal digits on SQLite."""

    impl = Uuid
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[UUID | None], Any] | None:
        return _ident_text if dialect.name == "postgresql" else self.impl_instance.bind_processor(dialect)


def _ident_text(value: UUID | None) -> str | None:
    return None if value is None else f"{value.int:032x}"


class Whole(TypeDecorator[int]):
    """A whole number of 64 bits; amounts count minor units."""

    impl = BigInteger
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[int | None], Any] | None:
        return _number_text if dialect.name == "postgresql" else None


def _number_text(value: int | None) -> str | None:
    return None if value is None else str(value)


class Words(TypeDecorator[str]):
    """Text of any length; what no database can hold (NUL, half of a surrogate pair) becomes U+FFFD."""

    impl = String
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None]:
        return _storable


def _storable(value: str | None) -> str | None:
    if value is None or (value.isascii() and "\0" not in value):
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")


class database_now(FunctionElement[datetime]):
    """The database's own clock, the one clock all processes share."""

    type = Instant()
    inherit_cache = True
    name = "database_now"


class database_later(FunctionElement[datetime]):
    """The database's own clock plus so many seconds."""

    type = Instant()
    inherit_cache = True
    name = "database_later"


@compiles(database_now)
def _now(element: database_now, compiler: SQLCompiler, **_: Any) -> str:
    return "statement_timestamp()"


@compiles(database_now, "sqlite")
def _now_sqlite(element: database_now, compiler: SQLCompiler, **_: Any) -> str:
    return "(strftime('%Y-%m-%d %H:%M:%f', 'now') || '000')"


@compiles(database_later)
def _later(element: database_later, compiler: SQLCompiler, **kw: Any) -> str:
    return f"statement_timestamp() + make_interval(secs => {compiler.process(element.clauses, **kw)})"


@compiles(database_later, "sqlite")
def _later_sqlite(element: database_later, compiler: SQLCompiler, **kw: Any) -> str:
    seconds = compiler.process(element.clauses, **kw)
    return f"(strftime('%Y-%m-%d %H:%M:%f', 'now', {seconds} || ' seconds') || '000')"


def ident(name: str = "id") -> Column[Any]:
    return Column(name, Ident(), primary_key=True)


def link(name: str, target: str = "", *, required: bool = False) -> Column[Any]:
    """The id of another row; ``target`` makes it a foreign key."""
    keys = [ForeignKey(f"{target}.id")] if target else []
    return Column(name, Ident(), *keys, nullable=not required)


def words(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Words(), nullable=nullable)


def whole(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Whole(), nullable=nullable)


def currency(*, nullable: bool = False) -> Column[Any]:
    return Column("currency", CHAR(3), nullable=nullable)


def moment(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Instant(), nullable=nullable)


def lease() -> tuple[Column[Any], Column[Any]]:
    """Who works on the row and until when, by the database's clock."""
    return words("leased_by", nullable=True), moment("leased_until", nullable=True)


def one_of(column: str, vocabulary: Iterable[StrEnum]) -> CheckConstraint:
    """The column holds a word of the vocabulary (or NULL where it may)."""
    listed = ", ".join(f"'{word.value}'" for word in vocabulary)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def not_negative(*names: str) -> CheckConstraint:
    return CheckConstraint(" AND ".join(f"{name} >= 0" for name in names), name="not_negative")


def index_where(name: str, condition: TextClause, *columns: ColumnElement[Any]) -> Index:
    """An index of the rows that meet the condition: small, and free for all others."""
    return Index(name, *columns, sqlite_where=condition, postgresql_where=condition)
