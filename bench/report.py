"""The figures on the terminal, and the same as JSON for whoever keeps them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.ratios import FIGURES, GOALS, Sample, summary

Drives = Mapping[tuple[str, int], list[Sample]]
_UNITS = {
    "rate": "per s",
    "p50": "p50 ms",
    "p99": "p99 ms",
    "web": "web us",
    "database": "db us",
    "cpu": "CPU us",
}


def show_drives(console: Console, drives: Drives, trips: Mapping[str, float]) -> None:
    """Minimum, median and maximum of the rounds, with 8 connections and with one."""
    for lines in sorted({lines for _, lines in drives}, reverse=True):
        table = Table(
            title=f"{lines} connection{'s' if lines > 1 else ''}: min/median/max", title_justify="left"
        )
        table.add_column("job")
        for figure in FIGURES:
            table.add_column(_UNITS[figure], justify="right")
        table.add_column("trips", justify="right")
        for (job, number), samples in drives.items():
            if number == lines and samples:
                cells = [_spread(summary(samples, figure)) for figure in FIGURES]
                counted = f"{trips[job]:.1f}" if job in trips else ""
                table.add_row(job, *cells, counted)
        console.print(table)


def _spread(values: tuple[float, float, float]) -> str:
    if not any(values):
        return "-"
    places = 1 if values[1] < 20 else 0
    return "/".join(f"{value:.{places}f}" for value in values)


def show_ratios(console: Console, figures: Mapping[str, float]) -> int:
    """Every goal beside what was measured; answers how many were missed."""
    table = Table(title="Ratios, 8 connections, medians", title_justify="left")
    for name in ("ratio", "goal", "must", "measured", ""):
        table.add_column(name, justify="left" if name in ("ratio", "") else "right")
    missed = 0
    for goal in GOALS:
        value = goal.value(figures)
        verdict = goal.verdict(value)
        missed += verdict == "MISSED"
        sign = "<=" if goal.at_most else ">="
        shown = "-" if value is None else f"{value:.2f}"
        table.add_row(goal.name, f"{sign} {goal.goal:g}", f"{sign} {goal.must:g}", shown, verdict)
    console.print(table)
    return missed


def show_more(console: Console, figures: Mapping[str, float]) -> None:
    """Single figures that have no rounds."""
    table = Table(title="Beside", title_justify="left")
    table.add_column("figure")
    table.add_column("", justify="right")
    for name, value in figures.items():
        table.add_row(name, f"{value:.1f}")
    console.print(table)


def write(place: Path, about: Mapping[str, object], drives: Drives, figures: Mapping[str, float]) -> None:
    """Everything as JSON; rates per second, times in milliseconds, processor time in microseconds."""
    rounds = [
        {"job": job, "connections": lines, **{figure: getattr(sample, figure) for figure in FIGURES}}
        for (job, lines), samples in drives.items()
        for sample in samples
    ]
    place.parent.mkdir(parents=True, exist_ok=True)
    content = {"about": about, "rounds": rounds, "figures": dict(figures)}
    place.write_text(json.dumps(content, indent=1), encoding="utf-8")
