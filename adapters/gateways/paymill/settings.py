"""What a PAYMILL account needs: its pair of keys, and what is paid with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from adapters.wire.settings import GatewaySettings, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(GatewaySettings):
    """The private key decides between test and live. ``bridge_url`` is the script that reads the card."""

    private_key: Text = field(repr=False)
    public_key: Text
    bridge_url: str = "https://bridge.paymill.com/"
    means: Literal["card", "paypal", "sofort"] = "card"
    capture: Literal["auto", "manual"] = "auto"
