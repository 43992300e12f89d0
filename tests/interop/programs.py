"""Programs of third parties, started beside the tests and ended with them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import requests

SOON = 20.0


@contextmanager
def running(
    command: Sequence[str], *, pipes_in: bool = False, **environ: str
) -> Iterator[subprocess.Popen[str]]:
    """The program, until the block ends. Its standard output is a pipe; what it complains of goes to ours."""
    program = subprocess.Popen(
        list(command),
        stdin=subprocess.PIPE if pipes_in else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environ},
    )
    try:
        yield program
    finally:
        program.send_signal(signal.SIGTERM)
        try:
            program.wait(SOON)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()
        for pipe in (program.stdin, program.stdout):
            if pipe:
                pipe.close()


def first_line(program: subprocess.Popen[str]) -> str:
    """What the program says first; a program that ended says nothing."""
    assert program.stdout
    line = program.stdout.readline().strip()
    assert line, f"it ended with {program.wait(SOON)}"
    return line


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(holds: Callable[[], object]) -> None:
    """Wait for what another process brings about."""
    until = time.monotonic() + SOON
    while not holds():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.05)


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=SOON).ok
    except requests.ConnectionError:
        return False
