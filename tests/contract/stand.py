"""The sandbox as the contract suite sees it: real HTTP on loopback, one per test module."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from adapters.gateways.registry import load
from adapters.testing.played import HttpSandbox
from application.ports.gateway import PaymentGateway

__all__ = ["SHOP", "HttpSandbox", "account", "wait_for"]

SHOP = "http://127.0.0.1:9"


def account(block: Mapping[str, object], environment: str = "test", name: str = "acc") -> PaymentGateway:
    """The gateway account that this block configures, through the registry as in production."""
    return load({name: block}, environment=environment, base_url="https://shop.example").get(name)


def wait_for(happened: Callable[[], bool], seconds: float = 3) -> None:
    """Wait until something in another thread has happened."""
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.01)
