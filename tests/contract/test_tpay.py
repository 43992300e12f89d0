"""Tpay against the contract suite, by the OpenAPI and by the classic panel."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.sandbox import credentials
from adapters.testing.callbacks import SignedCallbackContract
from adapters.testing.contract import GatewayContract
from adapters.testing.tokens import TokenContract
from adapters.testing.wires import WireContract
from tests.contract.stand import HttpSandbox
from tests.contract.tpay_stand import CLASSIC, TpayHarness


@pytest.fixture
def harness(sandbox_url: str) -> Iterator[TpayHarness]:
    sandbox = HttpSandbox(sandbox_url, "tpay")
    yield TpayHarness(sandbox, dict(credentials(sandbox_url)["tpay"]))
    sandbox.clear()


class TestTpay(GatewayContract, SignedCallbackContract, WireContract, TokenContract):
    """The contract, by the OpenAPI."""


class TestTpayClassic(GatewayContract, SignedCallbackContract, WireContract):
    """The contract, by the form and the old API."""

    @pytest.fixture
    def harness(self, sandbox_url: str) -> Iterator[TpayHarness]:
        sandbox = HttpSandbox(sandbox_url, "tpay")
        yield TpayHarness(sandbox, {**credentials(sandbox_url)["tpay"], **CLASSIC}, tells_later=True)
        sandbox.clear()
