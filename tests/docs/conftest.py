from __future__ import annotations

from tests.adapters.cli.fixtures import _own_environment, sandbox_url, stand, template
from tests.browser.conftest import demo, open_page

__all__ = ["_own_environment", "demo", "open_page", "sandbox_url", "stand", "template"]
