"""What a Tpay account needs: the merchant's number and security code, and the keys of the API it uses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator

from adapters.wire.certificates import certificates_of
from adapters.wire.settings import Digits, GatewaySettings, Text


def _pem(text: str) -> str:
    try:
        return text if not text or certificates_of(text) else ""
    except ValueError:
        raise ValueError("no certificate in PEM") from None


Pem = Annotated[str, AfterValidator(_pem)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(GatewaySettings):
    """``panel_url`` is where forms go and certificates stand. ``root_certificate`` pins the root that signs
    them, ``certificate`` the one in use itself. ``require_jws`` false: what only md5 proves is asked about.
    ``joined_sum``: the form's sum without separators, for accounts of Transferuj.pl's days.
    """

    # The code of the old library's examples.
    PUBLISHED: ClassVar[frozenset[str]] = frozenset({"demo"})

    api: Literal["classic", "openapi"] = "classic"
    merchant_id: Digits
    security_code: Text = field(repr=False)
    security_code_previous: str = field(default="", repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    api_password: str = field(default="", repr=False)
    panel_url: str = ""
    root_certificate: Pem = ""
    certificate: Pem = ""
    require_jws: bool = True
    joined_sum: bool = False
    lang: str = "pl"
