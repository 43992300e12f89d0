"""PAYMILL API 2.1: cards by token, and its redirect payments."""

from __future__ import annotations

from adapters.gateways.paymill.gateway import Paymill
from adapters.gateways.paymill.settings import Settings
from adapters.wire.hosted import Build

__all__ = ["Settings", "build"]
build: Build = Paymill
