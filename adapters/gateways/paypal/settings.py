"""What a PayPal account needs: a REST app with its webhook, or the receiver of classic payments."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from adapters.wire.settings import GatewaySettings, require_keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(GatewaySettings):
    """``api`` ``orders`` needs the client and the webhook id, ``classic`` only ``business``.

    ``proof`` says how webhooks are checked: here, or by asking PayPal. ``certificates`` and ``roots`` are
    PEM: the signing certificates themselves, or where the chain of a fetched one must end. ``business`` is
    the address or the merchant id that classic payments go to.
    """

    # The literal that the webhook simulator signs with (sheet, section 7).
    PUBLISHED: ClassVar[frozenset[str]] = frozenset({"WEBHOOK_ID"})

    api: Literal["orders", "classic"] = "orders"
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    webhook_id: str = field(default="", repr=False)
    webhook_id_previous: str = field(default="", repr=False)
    proof: Literal["certificate", "api"] = "certificate"
    certificates: str = ""
    roots: str = ""
    business: str = ""
    brand: str = ""
    landing_page: Literal["NO_PREFERENCE", "LOGIN", "GUEST_CHECKOUT"] = "NO_PREFERENCE"
    lang: str = "en"

    def require_sound(self, account: str, environment: str) -> None:
        """Raise SettingsError for a key that its ``api`` needs."""
        needed = ("business",) if self.api == "classic" else ("client_id", "client_secret", "webhook_id")
        require_keys(self, account, *needed)
