"""Dotpay: hosted payments by a signed form, confirmed by a signed callback (URLC)."""

from __future__ import annotations

from adapters.gateways.dotpay.gateway import DotpayAccount
from adapters.gateways.dotpay.settings import Settings
from adapters.wire.hosted import Build

__all__ = ["Settings", "build"]
build: Build = DotpayAccount
