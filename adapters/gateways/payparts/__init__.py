"""PrivatBank PayParts ("Оплата частинами"), API v2: one purchase in 2 to 25 payments, in hryvnias."""

from __future__ import annotations

from adapters.gateways.payparts.gateway import build
from adapters.gateways.payparts.settings import Settings

__all__ = ["Settings", "build"]
