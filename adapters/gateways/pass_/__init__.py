"""Settles at once and asks nobody: orders that cost nothing, and trying a shop out."""

from __future__ import annotations

from adapters.gateways.pass_.gateway import Settings, build

__all__ = ["Settings", "build"]
