"""A gateway that can do nothing yet."""

from __future__ import annotations

from datetime import timedelta

from adapters.wire.hosted import HostedAccount
from adapters.wire.settings import GatewaySettings as Settings
from application.ports.gateway import Capabilities, Temperament

__all__ = ["Settings", "build"]


class Mine(HostedAccount):
    """Declares no operation, so every one raises before anything is sent."""

    CODE, LABEL, CURRENCIES = "mine", "Mine", frozenset({"EUR"})
    BASES = dict.fromkeys(("live", "test"), "https://api.mine.example")
    CAPABILITIES = Capabilities(
        temperament=Temperament.GO_AND_LOOK, operations=frozenset(), time_to_pay=timedelta(hours=1)
    )


build = Mine
