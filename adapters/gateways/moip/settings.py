"""What a Moip account needs: its token and key, and the token of its webhook."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from adapters.wire.settings import GatewaySettings, Text, require_keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(GatewaySettings):
    """``webhook_token`` is what Moip answered when the webhook was registered; v1 has none.

    ``days_to_pay``: a boleto is paid days later. ``query_path`` is where v1 is asked what became of a token.
    """

    # The credentials of Moip's own documentation and clients.
    PUBLISHED: ClassVar[frozenset[str]] = frozenset(
        {"01" * 16, "AB" * 20, "5877e87109cc4ef6ae9b1a181cf8a276"}
    )

    api: Literal["v2", "v1"] = "v2"
    token: Text = field(repr=False)
    key: Text = field(repr=False)
    webhook_token: str = field(default="", repr=False)
    webhook_token_previous: str = field(default="", repr=False)
    days_to_pay: Annotated[int, Field(ge=1, le=30)] = 5
    query_path: str = "ws/alpha/ConsultarInstrucao"

    def require_sound(self, account: str, environment: str) -> None:
        if self.api == "v2":
            require_keys(self, account, "webhook_token")
