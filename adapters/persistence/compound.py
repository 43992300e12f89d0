"""Many writes as one PostgreSQL statement: data-modifying CTEs, and a count of the rows each one met."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

from sqlalchemy import Dialect, Insert

from adapters.persistence.channel import Write
from adapters.persistence.compiled import Compiled, Statement, compile_once

_PLACE = re.compile(r"\$(\d+)")

Part = tuple[Statement, frozenset[str], int]
"""A statement, the names of its parameters, and how many rows an INSERT gets."""


@dataclass(frozen=True, slots=True)
class Compound:
    """``compiled`` are the parts, in order; the one row the SQL answers has a count for each."""

    sql: str
    compiled: tuple[Compiled, ...]


def parts_of(writes: Sequence[Write]) -> tuple[list[Part], list[list[Write]]]:
    """Neighbouring rows for one table become one INSERT; everything else is a part of its own."""
    parts: list[Part] = []
    members: list[list[Write]] = []
    for (statement, names), group in groupby(writes, key=_kind):
        rows = list(group)
        if isinstance(statement, Insert) and statement.select is None:
            parts.append((statement, names, len(rows)))
            members.append(rows)
        else:
            parts += [(statement, names, 1)] * len(rows)
            members += [[row] for row in rows]
    return parts, members


def _kind(write: Write) -> tuple[Statement, frozenset[str]]:
    return write.statement, frozenset(write.values)


@lru_cache(maxsize=256)
def compose(parts: tuple[Part, ...], dialect: Dialect) -> Compound:
    """The statement for writes of this shape.

    PostgreSQL runs parts that are counted in the order they are counted, so rows are locked in the order of
    ``parts``; the manual does not promise it, and a deadlock would be one more ConcurrentUpdate. Foreign keys
    are checked at the end of the whole. No two parts may change the same row.
    """
    compiled, queries, used = [], [], 0
    for statement, names, rows in parts:
        part = compile_once(statement, dialect, names)
        width = len(part.parameters)
        if rows == 1:
            queries.append(_shifted(part.sql, used))
        else:
            head, row = part.sql.split(" VALUES ")
            listed = (_shifted(row, used + number * width) for number in range(rows))
            queries.append(f"{head} VALUES {', '.join(listed)}")
        used += rows * width
        compiled.append(part)
    named = [f"w{number} AS ({query} RETURNING 1)" for number, query in enumerate(queries)]
    counts = [f"(SELECT count(*) FROM w{number})" for number in range(len(queries))]  # noqa: S608 - a number
    return Compound("WITH " + ",\n".join(named) + "\nSELECT " + ", ".join(counts), tuple(compiled))


def _shifted(sql: str, by: int) -> str:
    return _PLACE.sub(lambda place: f"${int(place[1]) + by}", sql)


def arguments(compound: Compound, members: Sequence[Sequence[Write]]) -> list[Any]:
    """The values of all writes, in the order of the compound's parameters."""
    return [
        value
        for part, rows in zip(compound.compiled, members, strict=True)
        for row in rows
        for value in part.arguments(row.values)
    ]
