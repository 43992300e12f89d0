"""Named points around every commit, gateway call and answer: a test may pause or crash there.

Inert unless ``arm`` was called, which live environments refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

_armed: Callable[[str], None] | None = None


def reach(name: str) -> None:
    """Tell the armed handler, if there is one, that ``name`` (``callback.before_commit``) was reached."""
    if _armed is not None:
        _armed(name)


@contextmanager
def arm(handler: Callable[[str], None], *, environment: str) -> Iterator[None]:
    """Call ``handler`` at every point inside the block. Raises RuntimeError outside of tests."""
    global _armed
    if environment != "test":
        raise RuntimeError("pause and crash points exist in the test environment only")
    _armed = handler
    try:
        yield
    finally:
        _armed = None
