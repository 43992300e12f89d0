"""The pytest plugin through which third parties run the gateway contract suite."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

SUITE = ("contract", "callbacks", "collects", "hints", "played", "wires", "tokens")
pytest.register_assert_rewrite(*(f"adapters.testing.{name}" for name in SUITE))


@pytest.fixture
def elsewhere() -> Iterator[object]:
    """A host that no gateway call may reach: a ``Listener`` whose ``heard`` must stay empty."""
    from adapters.testing.quiet import listening

    with listening() as listener:
        yield listener
