"""Przelewy24 REST API v1: a signed notification is a hint, and our verify collects the money."""

from __future__ import annotations

from adapters.gateways.przelewy24.gateway import Przelewy24
from adapters.gateways.przelewy24.settings import Settings
from adapters.wire.hosted import Build

__all__ = ["Settings", "build"]
build: Build = Przelewy24
