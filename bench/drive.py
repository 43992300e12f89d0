"""The load: distinct prepared requests over a few keep-alive connections, each timed to its last byte."""

from __future__ import annotations

import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bench.messages import Request

CHUNK = 65_536
PATIENCE = 30


@dataclass(slots=True)
class Driven:
    """What came of one drive: seconds from first to last byte, microseconds of each request, statuses."""

    seconds: float = 0.0
    microseconds: list[int] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def answered(self) -> int:
        return len(self.microseconds)

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.answered / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """Milliseconds within which this share of the requests was answered."""
        ordered = sorted(self.microseconds)
        if not ordered:
            return 0.0
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] / 1000


class Broken(Exception):
    """The server hung up, or answered what is no HTTP."""


class _Line:
    """One connection: sends a request, reads its answer whole, and takes the next."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = bytearray()
        self._wanted = 0
        self._sent_at = 0.0

    def send(self, raw: bytes) -> None:
        self._received.clear()
        self._wanted = 0
        self._sent_at = time.perf_counter()
        self.socket.sendall(raw)

    def read(self) -> tuple[int, int] | None:
        """(status, microseconds) once the answer is whole."""
        more = self.socket.recv(CHUNK)
        if not more:
            raise Broken("the server hung up in the middle of an answer")
        self._received += more
        if not self._wanted:
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return None
            self._wanted = end + 4 + _length(bytes(self._received[:end]))
        if len(self._received) < self._wanted:
            return None
        return int(self._received[9:12]), int((time.perf_counter() - self._sent_at) * 1_000_000)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    if head[9:12] in (b"204", b"304"):
        return 0
    raise Broken("an answer without a length")


def drive(
    address: tuple[str, int], requests: Sequence[Request], connections: int, *, most_seconds: float = 10.0
) -> Driven:
    """Send each request once; after ``most_seconds`` no further one is begun. Raises Broken."""
    driven = Driven()
    todo: Iterator[bytes] = iter([request.raw() for request in requests])
    lines = [_Line(address) for _ in range(connections)]
    selector = selectors.DefaultSelector()
    began = time.perf_counter()
    busy = 0
    try:
        for line in lines:
            selector.register(line.socket, selectors.EVENT_READ, line)
            if (raw := next(todo, None)) is not None:
                line.send(raw)
                busy += 1
        while busy:
            events = selector.select(timeout=PATIENCE)
            if not events:
                raise Broken(f"no answer within {PATIENCE} s")
            for key, _ in events:
                answer = key.data.read()
                if answer is None:
                    continue
                driven.statuses[answer[0]] += 1
                driven.microseconds.append(answer[1])
                late = time.perf_counter() - began > most_seconds
                following = None if late else next(todo, None)
                if following is None:
                    busy -= 1
                else:
                    key.data.send(following)
    finally:
        driven.seconds = time.perf_counter() - began
        selector.close()
        for line in lines:
            line.socket.close()
    return driven
