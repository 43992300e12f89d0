"""Settings written down as TOML: what the demo keeps and the sandbox prints."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def to_toml(content: Mapping[str, object]) -> str:
    """The settings as a TOML document: plain keys first, then a section per table."""
    return "\n".join(_section(content, ())).strip() + "\n"


def _section(table: Mapping[str, object], path: tuple[str, ...]) -> Iterator[str]:
    plain = {key: value for key, value in table.items() if not _is_section(value)}
    if path and plain:
        yield f"\n[{'.'.join(map(_key, path))}]"
    for key, value in plain.items():
        yield f"{_key(key)} = {_value(value)}"
    for key, value in table.items():
        if isinstance(value, Mapping) and _is_section(value):
            yield from _section(value, (*path, key))


def _is_section(value: object) -> bool:
    """Small tables of plain values below a section stay in their line."""
    return isinstance(value, Mapping) and not _is_inline(value)


def _is_inline(table: Mapping[str, object]) -> bool:
    """Prices by currency: every key a currency code. An empty table, too."""
    return all(len(key) == 3 and key.isupper() for key in table)


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else json.dumps(key, ensure_ascii=False)


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case Mapping():
            return "{ " + ", ".join(f"{_key(key)} = {_value(held)}" for key, held in value.items()) + " }"
        case list() | tuple():
            return "[" + ", ".join(map(_value, value)) + "]"
        case _:
            raise TypeError(f"{type(value).__name__} is not written to TOML")
