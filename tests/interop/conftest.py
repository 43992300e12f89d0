"""Where the packages for Python 3.12 are; without them the tests that need them are left out by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.conftest import database_path, stocked_database
from tests.interop.programs import answers, free_port, running, wait_until

__all__ = ["database_path", "stocked_database"]

NEWER_PYTHON = Path(__file__).parents[2] / ".venv/interop/bin/python"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if NEWER_PYTHON.exists():
        return
    left_out = [item for item in items if item.get_closest_marker("getpaid")]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture(scope="session")
def newer_python() -> str:
    return str(NEWER_PYTHON)


@pytest.fixture(scope="module")
def simulator(newer_python: str) -> Iterator[str]:
    """The address of a running getpaid-simulator that plays PayU below `/payu`."""
    port = free_port()
    command = [newer_python, "-m", "getpaid_simulator", "--host", "127.0.0.1", "--port", str(port)]
    with running([*command, "--log-level", "ERROR", "--plugin-failure-mode", "strict"]):
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(f"{url}/sim/status"))
        yield url
