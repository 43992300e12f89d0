"""Tpay (formerly Transferuj.pl): classic form or OpenAPI, notifications proved by md5 and JWS."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from adapters.gateways.tpay.classic import TpayClassic, TpayForm
from adapters.gateways.tpay.openapi import TpayOpenApi
from adapters.gateways.tpay.settings import Settings
from adapters.wire.account import utc_now
from adapters.wire.settings import require_keys
from application.ports.gateway import PaymentGateway

__all__ = ["Settings", "build"]


def build(
    settings: Settings, *, account: str, environment: str, now: Callable[[], datetime] = utc_now
) -> PaymentGateway:
    """The account these settings describe. Raises SettingsError for a key its API needs."""
    kind: type[TpayForm | TpayOpenApi] = TpayForm
    if settings.api == "openapi":
        kind = TpayOpenApi
        require_keys(settings, account, "client_id", "client_secret")
    elif settings.api_key or settings.api_password or not settings.require_jws:
        kind = TpayClassic
        require_keys(settings, account, "api_key", "api_password")
    return kind(settings, account=account, environment=environment, now=now)
