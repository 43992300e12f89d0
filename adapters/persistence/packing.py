"""Small values as JSON text: serialised by us, so that both databases hold the same bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

_encode: Final = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


def pack(value: object) -> str:
    return _encode(value)


def unpack(text: str) -> Any:
    return json.loads(text)


def pack_map(values: Mapping[str, Any]) -> str:
    return pack(dict(values)) if values else "{}"


def unpack_map(text: str) -> dict[str, str]:
    return {} if text == "{}" else dict(unpack(text))


def pack_pairs(pairs: Sequence[tuple[str, str]]) -> str:
    return pack(pairs) if pairs else "[]"


def unpack_pairs(text: str) -> tuple[tuple[str, str], ...]:
    return () if text == "[]" else tuple((name, value) for name, value in unpack(text))
