"""Mollie's Payments API, version 2, for Callbank."""

from callbank_mollie.gateway import Mollie as build
from callbank_mollie.settings import Settings

__all__ = ["Settings", "build"]
