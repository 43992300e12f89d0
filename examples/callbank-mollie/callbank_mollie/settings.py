"""What a Mollie account needs: one API key, which belongs to a website profile and to one environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from adapters.wire.settings import GatewaySettings
from pydantic import StringConstraints

Key = Annotated[str, StringConstraints(pattern=r"^(test|live)_[A-Za-z0-9]{30,}$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(GatewaySettings):
    """One account. ``lang``: the checkout's language where Mollie lacks the shopper's; empty: its choice."""

    api_key: Key = field(repr=False)
    lang: str = ""
