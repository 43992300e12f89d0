"""Looking into JSON text, said the way each database understands it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, ColumnElement, String, Uuid
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

# Where a line keeps what is needed here; see `adapters.persistence.orders`.
_GROSS_SQLITE = """(
    SELECT coalesce(
        sum(json_extract(value, '$[2]') * json_extract(value, '$[3]') - json_extract(value, '$[4]')), 0
    ) FROM json_each(:lines)
)"""
_GROSS_POSTGRES = """(
    SELECT coalesce(
        sum(cast(value ->> 2 AS bigint) * cast(value ->> 3 AS bigint) - cast(value ->> 4 AS bigint)), 0
    ) FROM json_array_elements(cast(:lines AS json))
)"""
_QUANTITY_SQLITE = """(
    SELECT coalesce(sum(json_extract(value, '$[3]')), 0) FROM json_each(:lines)
    WHERE json_extract(value, '$[0]') = :sku AND json_extract(value, '$[7]') = 'goods'
)"""
_QUANTITY_POSTGRES = """(
    SELECT coalesce(sum(cast(value ->> 3 AS bigint)), 0) FROM json_array_elements(cast(:lines AS json))
    WHERE value ->> 0 = :sku AND value ->> 7 = 'goods'
)"""


class told(FunctionElement[str]):
    """A field of an event's payload: ``told(events.c.payload, "old")``."""

    type = String()
    inherit_cache = True
    name = "told"


class told_id(FunctionElement[Any]):
    """A field of an event's payload that is an id of ours."""

    type = Uuid()
    inherit_cache = True
    name = "told_id"


class lines_gross(FunctionElement[int]):
    """What the lines of an order add up to, in minor units."""

    type = BigInteger()
    inherit_cache = True
    name = "lines_gross"


class line_quantity(FunctionElement[int]):
    """How many of a product the goods of an order are: ``line_quantity(orders.c.lines, sku)``."""

    type = BigInteger()
    inherit_cache = True
    name = "line_quantity"


class is_whole(FunctionElement[bool]):
    """Whether a number is stored as a whole one: SQLite would take any other."""

    type = Boolean()
    inherit_cache = True
    name = "is_whole"


def _arguments(element: FunctionElement[Any], compiler: SQLCompiler, **kw: Any) -> list[str]:
    parts: list[ColumnElement[Any]] = list(element.clauses)
    return [compiler.process(part, **kw) for part in parts]


@compiles(told, "sqlite")
def _told_sqlite(element: told, compiler: SQLCompiler, **kw: Any) -> str:
    column, field = _arguments(element, compiler, **kw)
    return f"json_extract({column}, '$.' || {field})"


@compiles(told, "postgresql")
def _told_postgres(element: told, compiler: SQLCompiler, **kw: Any) -> str:
    column, field = _arguments(element, compiler, **kw)
    return f"(({column})::json ->> {field})"


@compiles(told_id, "sqlite")
def _told_id_sqlite(element: told_id, compiler: SQLCompiler, **kw: Any) -> str:
    column, field = _arguments(element, compiler, **kw)
    return f"replace(json_extract({column}, '$.' || {field}), '-', '')"


@compiles(told_id, "postgresql")
def _told_id_postgres(element: told_id, compiler: SQLCompiler, **kw: Any) -> str:
    column, field = _arguments(element, compiler, **kw)
    return f"(({column})::json ->> {field})::uuid"


@compiles(lines_gross, "sqlite")
def _lines_sqlite(element: lines_gross, compiler: SQLCompiler, **kw: Any) -> str:
    return _placed(_GROSS_SQLITE, _arguments(element, compiler, **kw))


@compiles(lines_gross, "postgresql")
def _lines_postgres(element: lines_gross, compiler: SQLCompiler, **kw: Any) -> str:
    return _placed(_GROSS_POSTGRES, _arguments(element, compiler, **kw))


@compiles(line_quantity, "sqlite")
def _quantity_sqlite(element: line_quantity, compiler: SQLCompiler, **kw: Any) -> str:
    return _placed(_QUANTITY_SQLITE, _arguments(element, compiler, **kw))


@compiles(line_quantity, "postgresql")
def _quantity_postgres(element: line_quantity, compiler: SQLCompiler, **kw: Any) -> str:
    return _placed(_QUANTITY_POSTGRES, _arguments(element, compiler, **kw))


def _placed(pattern: str, arguments: list[str]) -> str:
    return pattern.replace(":lines", arguments[0]).replace(":sku", arguments[-1])


@compiles(is_whole, "sqlite")
def _whole_sqlite(element: is_whole, compiler: SQLCompiler, **kw: Any) -> str:
    (column,) = _arguments(element, compiler, **kw)
    return f"(typeof({column}) = 'integer')"


@compiles(is_whole, "postgresql")
def _whole_postgres(element: is_whole, compiler: SQLCompiler, **kw: Any) -> str:
    (column,) = _arguments(element, compiler, **kw)
    return f"({column} = trunc({column}))"
