"""The shopper posts a cheque with the order's number on it; a person confirms it once it has cleared."""

from __future__ import annotations

from adapters.gateways.cheque.gateway import Settings, build

__all__ = ["Settings", "build"]
