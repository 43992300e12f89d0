"""What a Przelewy24 account needs: its numbers and the two keys of the panel."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Final

from pydantic import Field

from adapters.wire.settings import GatewaySettings, Text

BASES: Final = {"live": "https://secure.przelewy24.pl", "test": "https://sandbox.przelewy24.pl"}
Number = Annotated[int, Field(ge=0, lt=2**31)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(GatewaySettings):
    """One shop. ``crc`` signs, ``api_key`` opens the API; ``crc_previous`` is believed during a rotation.

    ``method`` fixes a payment method, ``channel`` is the sum of P24's channel bits; zero: not said.
    """

    # The keys of the worked examples and of the sandbox: the world knows them.
    PUBLISHED: ClassVar[frozenset[str]] = frozenset({"a1b2c3d4e5f60718", "apikey0"})

    merchant_id: Annotated[int, Field(gt=0, lt=2**31)]
    pos_id: Number = 0
    crc: Text = field(repr=False)
    crc_previous: str = field(default="", repr=False)
    api_key: Text = field(repr=False)
    lang: str = "pl"
    country: str = "PL"
    method: Number = 0
    channel: Number = 0

    @property
    def shop(self) -> dict[str, int]:
        """Who we are in every message; the point of sale is the merchant's own number unless said."""
        return {"merchantId": self.merchant_id, "posId": self.pos_id or self.merchant_id}
