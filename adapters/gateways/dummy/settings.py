"""What an account at the test gateway needs: the address of a sandbox and a shared secret."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from adapters.wire.errors import SettingsError
from adapters.wire.settings import GatewaySettings, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(GatewaySettings):
    """``secret_previous`` is believed, too, while the secret is being changed."""

    base_url: Text
    secret: Text = field(repr=False)
    secret_previous: str = field(default="", repr=False)
    capture: Literal["auto", "manual"] = "auto"

    def require_sound(self, account: str, environment: str) -> None:
        """Raise SettingsError in live: this gateway moves no money."""
        if environment == "live":
            raise SettingsError(f"gateways.{account}.adapter", "is the test gateway, which refuses live")
