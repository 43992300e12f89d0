"""Servers that misbehave below HTTP, one connection at a time."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Behaviour = Callable[[socket.socket], None]
TLS = Path(__file__).parent / "tls"


@contextmanager
def serving(behave: Behaviour, certificate: str = "") -> Iterator[tuple[str, list[bytes]]]:
    """A server that reads one request and behaves; answers its address and what was asked of it."""
    asked: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if certificate else None
    if context:
        context.load_cert_chain(TLS / f"{certificate}.pem")

    def one(raw: socket.socket) -> None:
        with contextlib.suppress(OSError), raw:
            line = context.wrap_socket(raw, server_side=True) if context else raw
            with line:
                asked.append(whole_request(line))
                behave(line)

    def run() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=one, args=(server.accept()[0],), daemon=True).start()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"{'https' if certificate else 'http'}://127.0.0.1:{server.getsockname()[1]}", asked
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


def whole_request(line: socket.socket) -> bytes:
    """The head and as much body as it announces: they may come in several pieces."""
    said = line.recv(65536)
    while b"\r\n\r\n" not in said:
        said += line.recv(65536)
    head, _, body = said.partition(b"\r\n\r\n")
    announced = re.search(rb"content-length: (\d+)", head.lower())
    while len(body) < (int(announced[1]) if announced else 0):
        body += line.recv(65536)
    return head + b"\r\n\r\n" + body


def answering(body: bytes, head: str = "200 OK", *more: str) -> Behaviour:
    """A complete answer, then the connection is closed."""
    lines = [f"HTTP/1.1 {head}", f"Content-Length: {len(body)}", "Connection: close", *more]
    return lambda line: line.sendall("\r\n".join([*lines, "", ""]).encode() + body)


def sending(raw: bytes) -> Behaviour:
    """Any bytes, then the connection is closed."""
    return lambda line: line.sendall(raw)
