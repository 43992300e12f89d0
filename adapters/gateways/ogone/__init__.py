"""Ogone / Ingenico e-Commerce and its brands: a signed form, confirmed by signed feedback on the server."""

from __future__ import annotations

from adapters.gateways.ogone.gateway import build
from adapters.gateways.ogone.settings import Settings

__all__ = ["Settings", "build"]
