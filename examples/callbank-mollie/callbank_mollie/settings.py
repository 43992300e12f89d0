"""What a Mollie account needs: one API key, which belongs to a website profile and to one environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from adapters.wire.settings import GatewaySettings, require_own
from pydantic import StringConstraints

Key = Annotated[str, StringConstraints(pattern=r"^(test|live)_[A-Za-z0-9]{30,}$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(GatewaySettings):
    """One account. ``lang``: the checkout's language where Mollie lacks the shopper's; empty: its choice."""

    api_key: Key = field(repr=False)
    lang: str = ""

    def require_sound(self, account: str, environment: str) -> None:
        """Raise SettingsError for a key that moves the money of the other environment."""
        require_own(account, "api_key", self.api_key[:4], environment)
