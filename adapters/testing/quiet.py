"""Holding the network still, and listening where nobody should call."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest.mock import patch


class NetworkUsed(AssertionError):
    """Something that had to be pure opened a connection."""


_still: ContextVar[bool] = ContextVar("still", default=False)


@contextmanager
def no_network() -> Iterator[None]:
    """Every attempt of the caller to connect or to resolve a name inside fails.

    So does one in a thread that works in the caller's context. Others, like a sandbox that still tells its
    news, are left alone.
    """

    def guarded(real: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any, **named: Any) -> Any:
            if _still.get():
                raise NetworkUsed("no connection may be opened here")
            return real(*given, **named)

        return run

    held = _still.set(True)
    try:
        with (
            patch.object(socket.socket, "connect", guarded(socket.socket.connect)),
            patch.object(socket, "getaddrinfo", guarded(socket.getaddrinfo)),
        ):
            yield
    finally:
        _still.reset(held)


@dataclass(frozen=True, slots=True)
class Heard:
    """One request as it came; header names are lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Listener:
    """Remembers every request it gets."""

    url: str
    heard: list[Heard] = field(default_factory=list)


@contextmanager
def listening() -> Iterator[Listener]:
    """A server on a free port of this machine that answers ``200 OK`` to everything."""

    class Handler(BaseHTTPRequestHandler):
        def _hear(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            listener.heard.append(Heard(self.command, self.path, headers, body))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"OK")

        do_GET = do_POST = do_PUT = do_DELETE = _hear

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: what was heard is remembered."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener = Listener(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
