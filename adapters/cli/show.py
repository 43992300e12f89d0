"""Tables for people and JSON for machines. What came from outside is made harmless for a terminal first."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from uuid import UUID

import click

from adapters.wire.scrub import HIDDEN, Scrubber
from domain.money import Currency, Money

UNSHOWN: Final = frozenset({"key", "token", "idempotency_key", "source_digest", "password_hash"})
"""Fields that open or prove something: nobody needs to read them, so no output has them."""
_WIDE: Final = 200
_SCRUBBER: Final = Scrubber()


def plain(value: Any) -> Any:
    """A value as JSON knows it: money with its exact text, times in ISO 8601, bytes as scrubbed text."""
    match value:
        case None | bool() | int() | str() if not isinstance(value, Enum):
            return value
        case Enum():
            return value.value
        case Money():
            return {"amount": value.text, "minor": value.minor, "currency": value.currency.code}
        case Currency() | UUID() | Decimal():
            return str(value)
        case datetime():
            return value.isoformat()
        case bytes():
            return _SCRUBBER.body(value)
        case Mapping():
            return {str(name): plain(held) for name, held in value.items()}
        case _ if is_dataclass(value) and not isinstance(value, type):
            return record(value)
        case _:
            return [plain(item) for item in value]


def record(value: Any, **more: Any) -> dict[str, Any]:
    """The fields of a dataclass, less the unshown ones, and whatever is known beside them."""
    names = (item.name for item in fields(value) if item.name not in UNSHOWN)
    return {name: plain(getattr(value, name)) for name in names} | {
        name: plain(v) for name, v in more.items()
    }


def print_json(value: Any) -> None:
    click.echo(json.dumps(plain(value), ensure_ascii=False, indent=2))


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table, or one line saying that there is nothing; columns named in capitals stand to the right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    cells = [[text(cell) for cell in row] for row in rows]
    if not cells:
        click.echo(f"{title}: none")
        return
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        table.add_column(name.lower(), justify="right" if name.isupper() else "left", overflow="fold")
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    console = Console(file=sys.stdout, highlight=False)
    if not console.is_terminal:
        console = Console(file=sys.stdout, highlight=False, width=_WIDE)
    console.print(table)


def print_facts(title: str, facts: Mapping[str, object]) -> None:
    """Names and values, one line each; what is empty is left out."""
    click.echo(title)
    shown = {name: text(value) for name, value in facts.items() if text(value)}
    width = max(map(len, shown), default=0)
    for name, value in shown.items():
        click.echo(f"  {name.ljust(width)}  {value}")


def text(value: object) -> str:
    """One cell: times to the second in UTC, nothing for nothing, no control characters."""
    match value:
        case None | False:
            return ""
        case True:
            return "yes"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}Z"
        case Enum():
            return str(value.value)
        case Mapping():
            said = " ".join(f"{name}={text(held)}" for name, held in value.items())
        case bytes():
            said = _SCRUBBER.body(value)
        case frozenset() | set():
            said = ", ".join(sorted(text(item) for item in value))
        case list() | tuple():
            said = ", ".join(text(item) for item in value)
        case _:
            said = str(value)
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in said)


def hidden(value: Any, secrets: Sequence[str]) -> Any:
    """A plain value with these secrets hidden wherever they stand: what we sent to a gateway has some."""
    match value:
        case str():
            for secret in secrets:
                value = value.replace(secret, HIDDEN)
            return value
        case dict():
            return {name: hidden(held, secrets) for name, held in value.items()}
        case list():
            return [hidden(item, secrets) for item in value]
        case _:
            return value


def headers_shown(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers as they may be read: what proves or authorises is hidden."""
    proving = ("signature", "authorization", "token", "secret")
    return {
        name: HIDDEN if any(word in name.lower() for word in proving) else value
        for name, value in headers.items()
    }
