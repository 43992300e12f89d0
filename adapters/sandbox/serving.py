"""A real HTTP server on loopback for a sandbox (or any WSGI application): tests, demo and bench start it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing per request; the ledger has it all."""

    def connection_dropped(self, error: BaseException, environ: WSGIEnvironment | None = None) -> None:
        """Hang up: an answer that broke off leaves nothing on the line to wait for."""
        self.close_connection = True


def serve_in_thread(app: Flask, host: str = "127.0.0.1", port: int = 0) -> tuple[str, Callable[[], None]]:
    """Serve `app` from a daemon thread; answers its address (no slash at the end) and what stops it.

    Port 0 takes a free one. Stopping also ends the hanging answers and waiting callbacks of a sandbox.
    """
    server = make_server(host, port, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="sandbox-server", daemon=True)
    thread.start()

    def stop() -> None:
        closing = app.extensions.get("callbank_sandbox_closing")
        if isinstance(closing, threading.Event):
            closing.set()
        server.shutdown()
        server.server_close()
        thread.join()

    return f"http://{host}:{server.server_port}", stop
