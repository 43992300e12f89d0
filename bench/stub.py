"""The test gateway's other side: answers at once and remembers nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any
from uuid import uuid4


def app(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    """Every POST opens a session whose page is here."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    environ["wsgi.input"].read(length)
    session = uuid4().hex
    told = {"id": session, "url": f"http://{environ['HTTP_HOST']}/dummy/pay/{session}"}
    body = json.dumps(told).encode()
    start_response("201 Created", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
