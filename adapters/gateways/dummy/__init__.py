"""Our own test gateway: signed JSON both ways. Refuses live."""

from __future__ import annotations

from adapters.gateways.dummy.gateway import DummyGateway
from adapters.gateways.dummy.settings import Settings
from adapters.wire.hosted import Build

__all__ = ["Settings", "build"]
build: Build = DummyGateway
