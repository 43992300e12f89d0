"""Fixtures of the tests that run commands and examples; imported by the conftest of each folder."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import structlog

from adapters.container import build
from adapters.sandbox import create_sandbox, serve_in_thread
from tests.adapters.cli.stand import Stand, a_stand, settings_content


@pytest.fixture(scope="session")
def sandbox_url() -> Iterator[str]:
    url, stop = serve_in_thread(create_sandbox(retry_delays=(0.05, 0.1)))
    yield url
    stop()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file at the newest migration, to be copied per test."""
    path = tmp_path_factory.mktemp("template") / "shop.db"
    with build(settings_content("http://127.0.0.1:8000", path, "http://127.0.0.1:9000")) as application:
        application.database.upgrade()
    return path


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No setting of the machine reaches a test, and no test's logging reaches the next one."""
    known = dict(os.environ)
    for name in known:
        if name.startswith("CALLBANK_") or name == "FLASK_DEBUG":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("adapters.container.configure_logs", lambda *_, **__: None)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()
    os.environ.pop("CALLBANK_CONFIG", None)


@pytest.fixture
def stand(tmp_path: Path, template: Path, sandbox_url: str) -> Iterator[Stand]:
    with a_stand(tmp_path, template, sandbox_url) as running:
        yield running
    for code in ("payu", "dummy"):
        requests.delete(f"{sandbox_url}/{code}/_faults", timeout=5)
