"""Begin again with fresh reads when somebody else wrote first."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from application.errors import ConcurrentUpdate

Result = TypeVar("Result")

LONGEST = 4.0
"""Seconds after which nothing is begun again: waits for a busy order do not add up."""


def again(attempt: Callable[[], Result], *, tries: int = 5) -> Result:
    """Answer what ``attempt`` answers; ConcurrentUpdate is passed on after ``tries`` or some seconds."""
    until = time.monotonic() + LONGEST
    for _ in range(tries - 1):
        try:
            return attempt()
        except ConcurrentUpdate:
            if time.monotonic() > until:
                raise
    return attempt()
