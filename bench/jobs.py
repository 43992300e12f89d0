"""What is measured: each job takes prepared requests, drives them once a round, and keeps its samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bench.drive import drive
from bench.messages import Request
from bench.ratios import Sample
from bench.servers import Web

MOST_SECONDS = 6.0


class WrongAnswers(Exception):
    """Something else came back than what a right program answers; figures of that are worth nothing."""


class Job(Protocol):
    """Something measured once a round at each number of connections."""

    name: str
    counts: Mapping[int, int]

    def measure(self, connections: int, count: int) -> Sample: ...


@dataclass(slots=True)
class HttpJob:
    """``take`` hands out so many requests never sent before; ``sent`` is told how many of them went out."""

    name: str
    web: Web
    expected: int
    counts: Mapping[int, int]
    take: Callable[[int], Sequence[Request]]
    database_seconds: Callable[[], float]
    sent: Callable[[int], None] = field(default=lambda answered: None)

    def measure(self, connections: int, count: int) -> Sample:
        """Drive ``count`` of them. Raises WrongAnswers."""
        requests = self.take(count)
        web, database = self.web.cpu_seconds(), self.database_seconds()
        driven = drive(self.web.address, requests, connections, most_seconds=MOST_SECONDS)
        web, database = self.web.cpu_seconds() - web, self.database_seconds() - database
        self.sent(driven.answered)
        if set(driven.statuses) != {self.expected}:
            raise WrongAnswers(f"{self.name}: {dict(driven.statuses)}, expected only {self.expected}")
        return Sample(
            rate=driven.rate,
            p50=driven.percentile(0.5),
            p99=driven.percentile(0.99),
            web=web / driven.answered * 1e6,
            database=database / driven.answered * 1e6,
        )


@dataclass(slots=True)
class ReplayJob:
    """The bare driver; it has no requests, so no latencies either."""

    name: str
    counts: Mapping[int, int]
    replay: Callable[[int], tuple[float, float]]
    database_seconds: Callable[[], float]

    def measure(self, connections: int, count: int) -> Sample:
        """Replay so many transactions."""
        before = self.database_seconds()
        rate, own = self.replay(count)
        database = (self.database_seconds() - before) / count * 1e6
        return Sample(rate=rate, p50=0.0, p99=0.0, web=own, database=database)


def cycle(items: Sequence[Request]) -> Callable[[int], Sequence[Request]]:
    """The same requests again and again, for what changes nothing."""

    def take(count: int) -> Sequence[Request]:
        return [items[number % len(items)] for number in range(count)]

    return take


def once(items: list[Request]) -> Callable[[int], Sequence[Request]]:
    """Each request a single time. Raises LookupError when they run out."""

    def take(count: int) -> Sequence[Request]:
        if len(items) < count:
            raise LookupError("fewer requests were prepared than are to be sent")
        taken = items[:count]
        del items[:count]
        return taken

    return take
