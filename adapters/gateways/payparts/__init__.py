"""PrivatBank PayParts ("Оплата частинами"), API v2: one purchase in 2 to 25 payments, in hryvnias."""

from __future__ import annotations

from adapters.gateways.payparts.gateway import PayPartsGateway
from adapters.gateways.payparts.settings import Settings
from adapters.wire.hosted import Build

__all__ = ["Settings", "build"]
build: Build = PayPartsGateway
