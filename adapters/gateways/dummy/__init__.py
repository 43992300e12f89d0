"""Our own test gateway: signed JSON both ways. Refuses live."""

from __future__ import annotations

from adapters.gateways.dummy.gateway import build
from adapters.gateways.dummy.settings import Settings

__all__ = ["Settings", "build"]
