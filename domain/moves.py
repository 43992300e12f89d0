"""How a status field may move: a table as data, and one question to ask it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from domain.errors import InvalidTransition

Status = TypeVar("Status", bound=StrEnum)
Moves = Mapping[Status, frozenset[Status]]


def require(field: str, table: Moves[Status], old: Status, new: Status) -> Status:
    """Answer ``new`` when the table lists the move, else raise InvalidTransition naming the field."""
    if new not in table[old]:
        raise InvalidTransition(field, old, new)
    return new
