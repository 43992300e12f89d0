"""Filters and keysets in the address: what is asked for, and where the next page begins."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from flask import request, url_for

from application.overview import Mark

PAGE = 50
FILTERS = frozenset({"q", "view", "status", "state", "account", "order"})
"""The parameters that a link from one page to the next keeps."""
_MARK = re.compile(r"(\d{1,17})-([0-9a-f]{32})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Choice = TypeVar("Choice", bound=StrEnum)
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Tab:
    """A list that can be linked to."""

    label: str
    url: str
    is_here: bool


def written(mark: Mark) -> str:
    """A keyset as text: microseconds since 1970 and the id."""
    return f"{(mark[0] - _EPOCH) // _MICROSECOND}-{mark[1].hex}"


def asked_mark() -> Mark | None:
    """Where the page asked for begins; None for the first one and for anything unreadable."""
    found = _MARK.fullmatch(request.args.get("before", ""))
    return (_EPOCH + int(found[1]) * _MICROSECOND, UUID(found[2])) if found else None


def asked(kind: type[Choice], name: str) -> tuple[Choice | None, str]:
    """The filter ``name`` of the address, and what stands there instead if it is none of ours."""
    typed = request.args.get(name, "").strip()
    known = next((choice for choice in kind if choice.value == typed), None)
    return known, "" if known or not typed else typed[:60]


def here(**changes: object) -> str:
    """This page's address with some of its parameters changed; empty ones are left out."""
    kept = {name: value for name, value in request.args.items() if name in FILTERS}
    wanted = {name: value for name, value in {**kept, **changes}.items() if value not in (None, "")}
    return url_for(str(request.endpoint), **{**(request.view_args or {}), **wanted})


def split(rows: Sequence[Row]) -> tuple[Sequence[Row], bool]:
    """The rows of a page when one more was asked for, and whether there was one more."""
    return rows[:PAGE], len(rows) > PAGE


def older(mark: Mark | None) -> str:
    """The address of the next page, which begins after ``mark``."""
    return here(before=written(mark)) if mark else ""


def newest() -> str:
    """The address of the first page; empty on it."""
    return here() if request.args.get("before") else ""
