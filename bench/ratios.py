"""What fast means here: each figure beside its limit of the same run, and whether the goal was reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

CALLBACK_PEERS = ("django-getpaid", "django-payments")


@dataclass(frozen=True, slots=True)
class Goal:
    """``over`` by ``under``; ``at_most``: less is better. Of several figures in ``under`` the best counts."""

    name: str
    over: str
    under: tuple[str, ...]
    goal: float
    must: float
    at_most: bool = False

    def value(self, figures: Mapping[str, float]) -> float | None:
        """The ratio; None where a figure was not measured."""
        known = [figures[name] for name in self.under if figures.get(name)]
        if self.over not in figures or (self.under and not known):
            return None
        if not self.under:
            return figures[self.over]
        return figures[self.over] / (min(known) if self.at_most else max(known))

    def verdict(self, value: float | None) -> str:
        if value is None:
            return "not measured"
        if value <= self.goal if self.at_most else value >= self.goal:
            return "goal"
        return "must" if (value <= self.must if self.at_most else value >= self.must) else "MISSED"


def _of_peers(job: str, figure: str) -> tuple[str, ...]:
    return tuple(f"{peer} {job}.{figure}" for peer in CALLBACK_PEERS)


GOALS: tuple[Goal, ...] = (
    Goal("callback rate / best peer", "callback.rate", _of_peers("callback", "rate"), 2.5, 1.4),
    Goal("callback rate / bare driver, same rows singly", "callback.rate", ("bare.rate",), 0.70, 0.40),
    Goal("callback CPU / best peer's", "callback.cpu", _of_peers("callback", "cpu"), 0.4, 0.7, at_most=True),
    Goal("round trips per callback", "callback.trips", (), 4, 7, at_most=True),
    Goal("checkout rate / best peer", "checkout.rate", _of_peers("checkout", "rate"), 2.0, 1.5),
    Goal("order status / no-op view", "status.rate", ("no-op view.rate",), 0.25, 0.17),
    Goal("return / order status", "return.rate", ("status.rate",), 0.9, 0.6),
    Goal(
        "callback on SQLite / best peer on SQLite",
        "callback on SQLite.rate",
        _of_peers("callback on SQLite", "rate"),
        2.5,
        1.5,
    ),
    Goal(
        "cold start / django-getpaid's",
        "cold start.cpu",
        ("django-getpaid cold start.cpu",),
        1.1,
        1.4,
        at_most=True,
    ),
    Goal("worker memory / yardstick's", "memory.kib", ("yardstick memory.kib",), 1.25, 1.6, at_most=True),
    Goal(
        "callback p50, a million orders / ten thousand",
        "callback in a million.p50",
        ("callback in ten thousand.p50",),
        1.05,
        1.15,
        at_most=True,
    ),
)
"""The yardstick is a bare callback of Flask and SQLAlchemy Core (``yardstick.py``)."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One drive: answers per second, milliseconds, and microseconds of processor time per request."""

    rate: float
    p50: float
    p99: float
    web: float
    database: float

    @property
    def cpu(self) -> float:
        """Web and database together."""
        return self.web + self.database


FIGURES = ("rate", "p50", "p99", "web", "database", "cpu")


def summary(samples: list[Sample], figure: str) -> tuple[float, float, float]:
    """Minimum, median and maximum of a figure over the rounds."""
    values = [getattr(sample, figure) for sample in samples]
    return min(values), median(values), max(values)


def figures_of(drives: Mapping[tuple[str, int], list[Sample]], connections: int) -> dict[str, float]:
    """The medians of every job at this number of connections, by ``job.figure``."""
    return {
        f"{job}.{figure}": summary(samples, figure)[1]
        for (job, lines), samples in drives.items()
        if lines == connections and samples
        for figure in FIGURES
    }
