"""PayU (GPO Europe), REST API 2.1: hosted payment page and signed notifications."""

from __future__ import annotations

from adapters.gateways.payu.gateway import build
from adapters.gateways.payu.settings import Settings

__all__ = ["Settings", "build"]
