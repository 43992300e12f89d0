from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from webtest import TestApp

from adapters.container.ambient import RandomIds
from adapters.persistence import Database
from tests.functional.goods import PRODUCTS, VOUCHERS
from tests.functional.world import MovableClock, Shop, a_sandbox, a_shop


@pytest.fixture(scope="session")
def sandbox_url() -> Iterator[str]:
    with a_sandbox() as url:
        yield url


@pytest.fixture(scope="session")
def stocked_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file at the newest migration with goods on the shelf, to be copied per test."""
    path = tmp_path_factory.mktemp("template") / "shop.db"
    clock = MovableClock()
    database = Database(f"sqlite:///{path}", clock=clock, ids=RandomIds(clock))
    database.upgrade()
    database.catalogue.load_products(PRODUCTS, VOUCHERS)
    database.dispose()
    return path


@pytest.fixture
def database_path(stocked_database: Path, tmp_path: Path) -> Path:
    for file in stocked_database.parent.glob("shop.db*"):
        shutil.copy(file, tmp_path / file.name)
    return tmp_path / "shop.db"


@pytest.fixture
def sandbox(sandbox_url: str) -> Iterator[str]:
    """The sandbox without faults, before and after."""
    yield sandbox_url
    for code in ("payu", "dummy"):
        requests.delete(f"{sandbox_url}/{code}/_faults", timeout=5)


@pytest.fixture
def shop(database_path: Path, sandbox: str) -> Iterator[Shop]:
    """A shop with every gateway on offer; guests may buy."""
    with a_shop(f"sqlite:///{database_path}", sandbox) as running:
        yield running


@pytest.fixture
def browser(shop: Shop) -> TestApp:
    """A shopper's browser."""
    return shop.browser()
