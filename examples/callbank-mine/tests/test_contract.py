"""My gateway against Callbank's contract suite."""

from __future__ import annotations

import pytest

from adapters.gateways.registry import load
from adapters.testing.contract import GatewayContract
from application.ports.gateway import PaymentGateway


class MineHarness:
    """What the contract suite wants to know."""

    def __init__(self) -> None:
        self.gateway: PaymentGateway = load(
            {"mine": {}}, environment="test", base_url="https://shop.example"
        ).get("mine")


@pytest.fixture
def harness() -> MineHarness:
    return MineHarness()


class TestMine(GatewayContract):
    """Every gateway's promises."""
