"""What gateway calls said, redacted by the wire itself, as the record of a transaction keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from application.settlement import NOTHING_SAID, Exchange


class Heard(Protocol):
    """One request and its answer, redacted; ``status`` None: no answer, then ``problem`` says why."""

    @property
    def method(self) -> str: ...

    @property
    def url(self) -> str: ...

    @property
    def request(self) -> str: ...

    @property
    def answer(self) -> str: ...

    @property
    def status(self) -> int | None: ...

    @property
    def problem(self) -> str: ...


Recorder = Callable[[], AbstractContextManager[Sequence[Heard]]]
"""Collects what this thread's gateway calls say inside its block."""


@contextmanager
def nobody_listens() -> Iterator[Sequence[Heard]]:
    yield ()


def said(heard: Sequence[Heard]) -> Exchange:
    """Everything that was heard, as one record: a line per request, a line per answer."""
    if not heard:
        return NOTHING_SAID
    return Exchange(
        request="\n".join(f"{one.method} {one.url} {one.request}".rstrip() for one in heard),
        answer="\n".join(f"{one.status or one.problem} {one.answer}".rstrip() for one in heard),
    )
