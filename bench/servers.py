"""The servers under load, each a process tree of its own on a free port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import machine

ROOT = Path(__file__).resolve().parents[1]
WORKERS = 2
THREADS = 8
PATIENCE = 40


class NotStarted(Exception):
    """A server did not come up; the message has the end of its log."""


@dataclass(frozen=True, slots=True)
class Web:
    """A running web server."""

    name: str
    pid: int
    address: tuple[str, int]

    def cpu_seconds(self) -> float:
        return machine.cpu_seconds(self.pid)

    def worker_memory(self) -> int:
        """KiB (PSS) of the largest process: a worker that has served."""
        return max(machine.memory(machine.family(self.pid)), default=0)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def product(config: Path, port: int, threads: int = THREADS) -> list[str]:
    """The command of the product; the worker is left out, so that only requests are measured."""
    return [
        sys.executable, "-m", "adapters.cli", "--config", str(config), "serve", "--port", str(port),
        "--workers", str(WORKERS), "--threads", str(threads), "--no-worker",
    ]  # fmt: skip


def granian(python: str, app: str, port: int, threads: int = THREADS) -> list[str]:
    """The command for any WSGI application on the same server with the same workers."""
    return [
        python, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", str(WORKERS), "--blocking-threads", str(threads), "--no-ws",
        "--log-level", "error", app,
    ]  # fmt: skip


@contextmanager
def running(
    name: str, command: Sequence[str], port: int, log: Path, env: Mapping[str, str] | None = None
) -> Iterator[Web]:
    """Start it, wait until it answers, and end it by its process group afterwards. Raises NotStarted."""
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command line
            command,
            cwd=ROOT,
            env={**os.environ, **(env or {})},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        _wait(process, port, log, name)
        yield Web(name, process.pid, ("127.0.0.1", port))
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path, name: str) -> None:
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
                line.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                if line.recv(12).startswith(b"HTTP/1"):
                    return
        except OSError:
            time.sleep(0.1)
    said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    raise NotStarted(f"{name} did not start: {' / '.join(said[-3:])}")
