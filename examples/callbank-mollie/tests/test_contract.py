"""Mollie against Callbank's contract suite."""

from __future__ import annotations

from adapters.testing.contract import GatewayContract
from adapters.testing.hints import HintContract
from adapters.testing.wires import WireContract


class TestMollie(GatewayContract, HintContract, WireContract):
    """Every gateway's promises; a webhook that only hints; calls that may fail."""
