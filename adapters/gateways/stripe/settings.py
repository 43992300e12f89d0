"""What a Stripe account needs: a secret key and the secret of its webhook endpoint."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import StringConstraints

from adapters.wire.settings import GatewaySettings, Text, require_own

Key = Annotated[str, StringConstraints(pattern=r"^[rs]k_(test|live)_[A-Za-z0-9_]+$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(GatewaySettings):
    """One account. ``webhook_secret_previous`` is believed, too, while the endpoint's secret is rolled.

    ``api_version`` is sent with every call. ``largest``: the largest amount in Stripe's own units.
    """

    secret_key: Key = field(repr=False)
    webhook_secret: Text = field(repr=False)
    webhook_secret_previous: str = field(default="", repr=False)
    capture: Literal["auto", "manual"] = "auto"
    lang: str = "auto"
    api_version: Text = "2026-10-28.endive"
    largest: int = 99_999_999

    def require_sound(self, account: str, environment: str) -> None:
        """Raise SettingsError for a key that moves the money of the other environment."""
        require_own(account, "secret_key", self.secret_key.split("_")[1], environment)
