from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.stand import Stand, a_stand


@pytest.fixture
def stand() -> Iterator[Stand]:
    with a_stand() as running:
        yield running
