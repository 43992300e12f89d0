"""PAYMILL API 2.1: cards by token, and its redirect payments."""

from __future__ import annotations

from adapters.gateways.paymill.gateway import build
from adapters.gateways.paymill.settings import Settings

__all__ = ["Settings", "build"]
