"""What processes cost, by Linux's own books, and what machine this is."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass(frozen=True, slots=True)
class Machine:
    """Where figures were taken; ``load`` is the number of runnable processes, averaged over a minute."""

    cores: int
    python: str
    kernel: str
    load: float

    @classmethod
    def this(cls) -> Machine:
        return cls(
            len(os.sched_getaffinity(0)), platform.python_version(), platform.release(), os.getloadavg()[0]
        )


def family(root: int) -> set[int]:
    """A process and all its descendants that live now."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (cells := _stat(int(entry.name))):
            children.setdefault(int(cells[1]), []).append(int(entry.name))
    found: set[int] = set()
    todo = [root]
    while todo:
        pid = todo.pop()
        found.add(pid)
        todo += children.get(pid, [])
    return found


def cpu_seconds(root: int) -> float:
    """Processor time of a process and its descendants, those that ended and were waited for included."""
    ticks = 0
    for pid in family(root):
        cells = _stat(pid)
        if cells:
            ticks += sum(int(cell) for cell in cells[11:15])
    return ticks / TICKS_PER_SECOND


def memory(pids: Iterable[int]) -> list[int]:
    """The proportional set size of each process, in KiB; processes that are gone are left out."""
    found = []
    for pid in pids:
        try:
            text = (PROC / str(pid) / "smaps_rollup").read_text(encoding="ascii")
        except OSError:
            continue
        lines = (line.split() for line in text.splitlines())
        found += [int(cells[1]) for cells in lines if cells[0] == "Pss:"]
    return found


def _stat(pid: int) -> list[str]:
    """The fields after the name: state, parent, ...; nothing for a process that is gone."""
    try:
        text = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()
