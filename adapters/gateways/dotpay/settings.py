"""What a Dotpay account needs: a shop number and its PIN; a panel user for questions and refunds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from adapters.wire.errors import SettingsError
from adapters.wire.settings import CurrencyCode, Digits, GatewaySettings, Text, require_keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(GatewaySettings):
    """One shop number. ``pin_previous`` is believed, too, while the PIN is being changed.

    An empty ``api_version`` is the oldest form, answered with MD5. ``account_currency`` is what the account
    is kept in. ``form_path`` and ``api_path`` hang below ``base_url``; empty: those of the environment.
    """

    # The PIN of the sandbox: Dotpay itself publishes none.
    PUBLISHED: ClassVar[frozenset[str]] = frozenset({"AbCdEfGhIjKlMnOpQrStUvWxYz012345"})

    shop_id: Digits
    pin: Text = field(repr=False)
    pin_previous: str = field(default="", repr=False)
    api_user: str = ""
    api_password: str = field(default="", repr=False)
    api_version: Literal["next", "dev", ""] = "next"
    accept_md5: bool = False
    account_currency: CurrencyCode = "PLN"
    yen_with_decimals: bool = False
    return_type: Literal["0", "4"] = "0"
    channel: str = ""
    lang: str = "pl"
    form_path: str = ""
    api_path: str = ""

    def require_sound(self, account: str, environment: str) -> None:
        """Raise SettingsError for a combination that could not work, or would mix test with live."""
        needed = {
            "base_url": environment == "live",
            "api_password": self.api_user,
            "api_user": self.api_password,
            "accept_md5": not self.api_version,
        }
        require_keys(self, account, *(name for name, is_needed in needed.items() if is_needed))
        for name in ("form_path", "api_path"):
            path = getattr(self, name)
            if path and ("test_" in path) != (environment == "test"):
                raise SettingsError(f"gateways.{account}.{name}", f"is a path that is not for {environment}")
