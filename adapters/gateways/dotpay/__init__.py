"""Dotpay: hosted payments by a signed form, confirmed by a signed callback (URLC)."""

from __future__ import annotations

from adapters.gateways.dotpay.gateway import build
from adapters.gateways.dotpay.settings import Settings

__all__ = ["Settings", "build"]
