"""Begin again with fresh reads when somebody else wrote first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from application.errors import ConcurrentUpdate

Result = TypeVar("Result")


def again(attempt: Callable[[], Result], *, tries: int = 5) -> Result:
    """Answer what ``attempt`` answers; ConcurrentUpdate is passed on after ``tries`` in vain."""
    for _ in range(tries - 1):
        try:
            return attempt()
        except ConcurrentUpdate:
            continue
    return attempt()
