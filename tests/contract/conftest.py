"""One sandbox per module; every test starts without armed faults."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.sandbox import create_sandbox, serve_in_thread


@pytest.fixture(scope="module")
def sandbox_url() -> Iterator[str]:
    url, stop = serve_in_thread(create_sandbox(retry_delays=()))
    yield url
    stop()
