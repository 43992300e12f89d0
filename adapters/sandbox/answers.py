"""Answers that go wrong on the wire: silence, resets, garbage and single bytes."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from typing import Any, Final

from flask import Response

_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)
GARBAGE_FORMS: Final = ("html", "truncated", "empty", "reset")


def silence(seconds: float, closing: threading.Event) -> Response:
    """Keep the line open without a byte for `seconds`, then drop it."""

    def body() -> Iterator[bytes]:
        closing.wait(seconds)
        yield from ()
        raise ConnectionAbortedError("the sandbox hangs up without an answer")

    return Response(body())


def dripping(response: Response, pause: float, closing: threading.Event) -> Response:
    """The same answer, one byte every `pause` seconds."""
    data = response.get_data()

    def body() -> Iterator[bytes]:
        for place in range(len(data)):
            if closing.wait(pause):
                return
            yield data[place : place + 1]

    slow = Response(body(), status=response.status_code, headers=response.headers)
    slow.content_length = len(data)
    return slow


def garbled(response: Response, form: str, environ: Mapping[str, Any]) -> Response:
    """A 200 that says nothing useful: `form` is html, truncated, empty or reset (half-way)."""
    data = response.get_data()
    half = data[: len(data) // 2]
    if form == "truncated":
        return Response(half, content_type=response.content_type)
    if form == "empty":
        return Response(b"", content_type=response.content_type)
    if form == "reset":
        broken = Response(_cut(half, environ), content_type=response.content_type)
        broken.content_length = len(data)
        return broken
    return Response("<!doctype html><title>Maintenance</title><h1>Back soon</h1>", content_type="text/html")


def _cut(start: bytes, environ: Mapping[str, Any]) -> Iterator[bytes]:
    yield start
    line = environ.get("werkzeug.socket")
    if isinstance(line, socket.socket):
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    raise ConnectionResetError("the sandbox resets the connection in the middle of an answer")
