"""Stripe Checkout Sessions: a hosted page, signed events, form-encoded calls with idempotency keys."""

from __future__ import annotations

from adapters.gateways.stripe.gateway import build
from adapters.gateways.stripe.settings import Settings

__all__ = ["Settings", "build"]
