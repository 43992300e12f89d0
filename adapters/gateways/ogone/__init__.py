"""Ogone / Ingenico e-Commerce and its brands: a signed form, confirmed by signed feedback on the server."""

from __future__ import annotations

from adapters.gateways.ogone.gateway import OgoneAccount
from adapters.gateways.ogone.settings import Settings
from adapters.wire.hosted import Build

__all__ = ["Settings", "build"]
build: Build = OgoneAccount
