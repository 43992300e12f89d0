from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from webtest import TestApp
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.web.styleguide import a_shell, add_moving_parts


class Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Requests of a browser test are nobody's news."""


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where the style guide is served."""
    server = make_server("127.0.0.1", 0, add_moving_parts(a_shell()), threaded=True, request_handler=Silent)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def app() -> Flask:
    return a_shell()


@pytest.fixture
def client(app: Flask) -> TestApp:
    return TestApp(app, extra_environ={"HTTP_HOST": "localhost"})


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Pages over nothing break by design; their tracebacks would only be noise."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
