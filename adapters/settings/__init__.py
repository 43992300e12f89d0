"""Configuration: one TOML file and the environment, checked before anything starts.

What is wrong is named by its key; its value is never told.
"""

from __future__ import annotations

from adapters.settings.load import checked, environment_of, load_settings, settings_of
from adapters.settings.model import (
    BrandSettings,
    DatabaseSettings,
    DeliverySettings,
    Settings,
    VoucherSettings,
)

__all__ = [
    "BrandSettings",
    "DatabaseSettings",
    "DeliverySettings",
    "Settings",
    "VoucherSettings",
    "checked",
    "environment_of",
    "load_settings",
    "settings_of",
]
