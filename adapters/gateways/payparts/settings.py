"""What a PayParts account needs: a store with its password, and what its shoppers may choose."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, ClassVar, Final, Literal

from pydantic import BeforeValidator, Field

from adapters.wire.settings import GatewaySettings, Text, listed

BASE: Final = "https://payparts2.privatbank.ua/ipp/v2"
"""For both environments: the store itself is a test store or a live one."""
MerchantType = Literal["II", "PP", "PB", "IA"]
PartsCount = Annotated[int, Field(ge=2, le=25)]
Hryvnias = Annotated[Decimal, Field(ge=0, decimal_places=2)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(GatewaySettings):
    """``parts`` and ``merchant_types`` are offered in this order, the first one is the default.

    ``minimum`` and ``maximum`` bound one payment; the bank's own bounds differ between its manuals.
    """

    # The store that the bank publishes for trying things out.
    PUBLISHED: ClassVar[frozenset[str]] = frozenset({"75bef16bfdce4d0e9c0ad5a19b9940df"})

    store_id: Annotated[str, Field(min_length=1, max_length=20)]
    password: Text = field(repr=False)
    password_previous: str = field(default="", repr=False)
    capture: Literal["auto", "manual"] = "auto"
    parts: Annotated[tuple[PartsCount, ...], BeforeValidator(listed), Field(min_length=1)] = (2,)
    merchant_types: Annotated[tuple[MerchantType, ...], BeforeValidator(listed), Field(min_length=1)] = (
        "II",
    )
    minimum: Hryvnias = Decimal(300)
    maximum: Hryvnias = Decimal(50_000)
    recipient_id: str = ""
    scheme: int | None = None
