"""Our own programs as real processes, whose signals and last words a test may send and read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SLOWEST = 60.0


class Program:
    """A running ``callbank``; everything it says is kept."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._said: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._said.append(line)

    @property
    def said(self) -> str:
        return "".join(self._said)

    def wait_for(self, holds: Callable[[], object], what: str) -> None:
        until = time.monotonic() + SLOWEST
        while not holds():
            assert self.process.poll() is None, f"ended with {self.process.returncode}: {self.said}"
            assert time.monotonic() < until, f"{what} never came: {self.said}"
            time.sleep(0.05)

    def ends(self) -> int:
        code = self.process.wait(SLOWEST)
        self._reader.join(5)
        return code


@contextmanager
def running(*arguments: str, folder: Path, **more: str) -> Iterator[Program]:
    """``callbank`` with these arguments, standing in ``folder``; gone when the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "adapters.cli", *arguments],
        cwd=folder,
        env=environment(more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    program = Program(process)
    try:
        yield program
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(SLOWEST)
        assert process.stdout is not None
        program._reader.join(5)
        process.stdout.close()


def environment(more: Mapping[str, str]) -> dict[str, str]:
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("CALLBANK_", "FLASK_"))
    }
    return {**clean, "PYTHONUNBUFFERED": "1", **more}


def children_of(parent: int) -> list[int]:
    """The processes that ``parent`` started and that still run."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] != "Z":
            found.append(int(entry.name))
    return found


def is_alive(pid: int) -> bool:
    try:
        return "Z" not in (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
