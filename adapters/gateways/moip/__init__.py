"""Moip v2 (Wirecard Brasil): an order and its hosted checkout; v1 and its NASP notices for old accounts."""

from __future__ import annotations

from adapters.gateways.moip.gateway import Moip
from adapters.gateways.moip.settings import Settings
from adapters.gateways.moip.v1 import MoipV1
from application.ports.gateway import PaymentGateway

__all__ = ["Settings", "build"]


def build(settings: Settings, *, account: str, environment: str) -> PaymentGateway:
    """The account these settings describe."""
    kind = MoipV1 if settings.api == "v1" else Moip
    return kind(settings, account=account, environment=environment)
