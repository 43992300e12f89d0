"""PayPal: Orders v2 with webhooks, and the classic form with IPN for accounts that never left it."""

from __future__ import annotations

from adapters.gateways.paypal.gateway import build
from adapters.gateways.paypal.settings import Settings

__all__ = ["Settings", "build"]
