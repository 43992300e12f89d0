"""The account under test, and the sandbox that plays its gateway."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import pytest
from adapters.gateways.registry import load
from adapters.sandbox import create_sandbox, serve_in_thread
from adapters.testing.played import HttpSandbox
from application.ports.gateway import InboundMessage, PaymentGateway
from domain.payment import Payment
from player import MolliePlayer


@dataclass(slots=True)
class MollieHarness:
    """What the contract suite wants to know."""

    session: ClassVar[str] = "tr_5B8cwPMGnU6qLbRvo7qEZo"
    sandbox: HttpSandbox
    timeout: float = 0.8
    pays_as: str = "paid"
    gateway: PaymentGateway = field(init=False)

    def __post_init__(self) -> None:
        self.gateway = self.build()

    @property
    def block(self) -> dict[str, object]:
        return MolliePlayer.credentials(self.sandbox.url) | {"timeout": self.timeout}

    @property
    def secrets(self) -> tuple[str, ...]:
        return (str(self.block["api_key"]),)

    def build(self, environment: str = "test", **changes: object) -> PaymentGateway:
        blocks = {"mollie": self.block | changes}
        return load(blocks, environment=environment, base_url="https://shop.example").get("mollie")

    def hints(self, payment: Payment) -> Iterator[InboundMessage]:
        yield InboundMessage("POST", f"id={payment.gateway_reference}".encode())


@pytest.fixture(scope="module")
def sandbox_url() -> Iterator[str]:
    url, stop = serve_in_thread(create_sandbox(players=(MolliePlayer,), retry_delays=()))
    yield url
    stop()


@pytest.fixture
def harness(sandbox_url: str) -> Iterator[MollieHarness]:
    sandbox = HttpSandbox(sandbox_url, "mollie")
    sandbox.settings(cancelable=True, refund_seconds=0)
    yield MollieHarness(sandbox)
    sandbox.clear()
