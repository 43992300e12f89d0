"""PayPal: Orders v2 with webhooks, and the classic form with IPN for accounts that never left it."""

from __future__ import annotations

from typing import Any

from adapters.gateways.paypal.classic import ClassicGateway
from adapters.gateways.paypal.gateway import PaypalGateway
from adapters.gateways.paypal.settings import Settings
from application.ports.gateway import PaymentGateway

__all__ = ["Settings", "build"]


def build(settings: Settings, **place: Any) -> PaymentGateway:
    """The account these settings describe, by its ``api``."""
    return (ClassicGateway if settings.api == "classic" else PaypalGateway)(settings, **place)
