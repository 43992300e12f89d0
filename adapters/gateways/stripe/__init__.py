"""Stripe Checkout Sessions: a hosted page, signed events, form-encoded calls with idempotency keys."""

from __future__ import annotations

from adapters.gateways.stripe.gateway import StripeGateway
from adapters.gateways.stripe.settings import Settings
from adapters.wire.hosted import Build

__all__ = ["Settings", "build"]
build: Build = StripeGateway
