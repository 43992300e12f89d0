"""A statement compiled once and run by the driver: what SQLAlchemy does per execution is done per program."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import CompoundSelect, Delete, Dialect, Insert, Select, Update
from sqlalchemy.sql.compiler import SQLCompiler

Statement = Select[Any] | CompoundSelect[Any] | Insert | Update | Delete
Row = tuple[Any, ...]
Values = Mapping[str, object]
_Process = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Compiled:
    """The SQL of one statement, its parameters in the driver's order, and how values are converted.

    ``constants`` are converted already. ``answers``: rows come back, which the driver need not be asked.
    """

    sql: str
    parameters: tuple[tuple[str, _Process | None], ...]
    constants: Values
    results: tuple[tuple[int, _Process], ...]
    answers: bool

    def arguments(self, values: Values) -> list[Any]:
        """The values in the driver's order. Raises KeyError for a missing one."""
        known = {**self.constants, **values} if self.constants else values
        return [process(known[name]) if process else known[name] for name, process in self.parameters]

    def rows(self, fetched: Sequence[Row]) -> list[Row]:
        """The fetched rows with our types in them."""
        if not self.results:
            return list(fetched)
        converted = []
        for row in fetched:
            cells = list(row)
            for index, process in self.results:
                cells[index] = process(cells[index])
            converted.append(tuple(cells))
        return converted


@lru_cache(maxsize=512)
def compile_once(statement: Statement, dialect: Dialect, names: frozenset[str]) -> Compiled:
    """Compile for parameters of these names; an INSERT or UPDATE sets the columns among them."""
    keys = None
    if isinstance(statement, Insert | Update):
        keys = [column.key for column in statement.table.columns if column.key in names]
    compiled = statement.compile(dialect=dialect, column_keys=keys)
    if not isinstance(compiled, SQLCompiler):
        raise TypeError(f"{type(statement).__name__} cannot be run by the driver")
    constants = {
        name: _bound(compiled, dialect, name)
        for name, value in compiled.params.items()
        if name not in names and not compiled.binds[name].required
    }
    return Compiled(
        compiled.string,
        tuple(
            (name, None if name in constants else _binder(compiled, dialect, name))
            for name in compiled.positiontup or ()
        ),
        constants,
        tuple(_results(statement, dialect)),
        bool(statement.exported_columns),
    )


def _binder(compiled: SQLCompiler, dialect: Dialect, name: str) -> _Process | None:
    kind = compiled.binds[name].type
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _bound(compiled: SQLCompiler, dialect: Dialect, name: str) -> Any:
    process = _binder(compiled, dialect, name)
    value = compiled.binds[name].effective_value
    return process(value) if process else value


def _results(statement: Statement, dialect: Dialect) -> list[tuple[int, _Process]]:
    found: list[tuple[int, _Process]] = []
    for index, column in enumerate(statement.exported_columns):
        process = column.type.dialect_impl(dialect).result_processor(dialect, None)
        if process is not None:
            found.append((index, process))
    return found
