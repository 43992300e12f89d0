"""What an account at the test gateway needs: the address of a sandbox and a shared secret."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from adapters.wire.settings import GatewaySettings, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(GatewaySettings):
    """``secret_previous`` is believed, too, while the secret is being changed."""

    base_url: Text
    secret: Text = field(repr=False)
    secret_previous: str = field(default="", repr=False)
    capture: Literal["auto", "manual"] = "auto"
