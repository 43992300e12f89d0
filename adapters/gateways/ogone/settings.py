"""What an Ogone account needs: its PSPID and both passphrases; an API user for questions and maintenance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from adapters.wire.settings import GatewaySettings, Text, require_keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(GatewaySettings):
    """One PSPID. ``sha`` is the hash set in the back office, for both directions.

    ``authorized_is_paid`` counts status 5 as money, where captures run by themselves. ``times_hundred``:
    amounts of currencies without decimals are multiplied, too. The last five go out as they stand.
    """

    # Of the platform's documentation, of the worked examples, and of the sandbox.
    PUBLISHED: ClassVar[frozenset[str]] = frozenset(
        {"Mysecretsig1875!?", "Winter-SHAIN-2Q!", "Winter-SHAOUT-9Z?", "api-password-known-to-everybody"}
    )

    pspid: Text
    sha_in: Text = field(repr=False)
    sha_out: Text = field(repr=False)
    sha_out_previous: str = field(default="", repr=False)
    sha: Literal["sha1", "sha256", "sha512"] = "sha256"
    api_user: str = ""
    api_password: str = field(default="", repr=False)
    capture: Literal["auto", "manual"] = "auto"
    authorized_is_paid: bool = False
    times_hundred: bool = True
    lang: str = "en_US"
    pm: str = ""
    brand: str = ""
    pmlist: str = ""
    pmlisttype: str = ""
    win3ds: str = ""

    def require_sound(self, account: str, environment: str) -> None:
        """Raise SettingsError for half an API user."""
        if self.api_user or self.api_password:
            require_keys(self, account, "api_user", "api_password")
