from __future__ import annotations

import pytest

from tests.adapters.cli.fixtures import _own_environment, sandbox_url, stand, template
from tests.browser.conftest import demo, open_page
from tests.docs.pages import ROOT

__all__ = ["_own_environment", "demo", "open_page", "sandbox_url", "stand", "template"]


@pytest.fixture(autouse=True)
def _example_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader of the guide on gateways has the package that it walks through."""
    monkeypatch.syspath_prepend(str(ROOT / "examples" / "callbank-mollie"))
