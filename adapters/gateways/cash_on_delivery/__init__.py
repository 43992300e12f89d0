"""The shopper pays when the goods arrive; a person confirms it."""

from __future__ import annotations

from adapters.gateways.cash_on_delivery.gateway import Settings, build

__all__ = ["Settings", "build"]
