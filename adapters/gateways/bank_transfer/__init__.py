"""The shopper transfers the money later and quotes the order's number; a person confirms it."""

from __future__ import annotations

from adapters.gateways.bank_transfer.gateway import build
from adapters.gateways.bank_transfer.settings import Settings

__all__ = ["Settings", "build"]
