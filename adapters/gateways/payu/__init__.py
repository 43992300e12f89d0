"""PayU (GPO Europe): hosted payment page and signed notifications; or the classic API of older shops."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from adapters.gateways.payu.classic import PayuClassic
from adapters.gateways.payu.gateway import PayuGateway
from adapters.gateways.payu.settings import ClassicSettings, Settings
from adapters.wire.account import utc_now
from application.ports.gateway import PaymentGateway

__all__ = ["Settings", "build"]


def build(
    settings: Settings | ClassicSettings,
    *,
    account: str,
    environment: str,
    now: Callable[[], datetime] = utc_now,
) -> PaymentGateway:
    """The account these settings describe."""
    if isinstance(settings, ClassicSettings):
        return PayuClassic(settings, account=account, environment=environment, now=now)
    return PayuGateway(settings, account=account, environment=environment, now=now)
