"""Mollie's Payments API, version 2, for Callbank."""

from adapters.wire.hosted import Build

from callbank_mollie.gateway import Mollie
from callbank_mollie.settings import Settings

__all__ = ["Settings", "build"]
build: Build = Mollie
