from __future__ import annotations

from tests.adapters.cli.fixtures import _own_environment, sandbox_url, stand, template

__all__ = ["_own_environment", "sandbox_url", "stand", "template"]
