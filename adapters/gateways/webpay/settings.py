"""What a Webpay account needs: a commerce code with its key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Final, Literal

from pydantic import AfterValidator

from adapters.wire.settings import CurrencyCodes, Digits, GatewaySettings, Text

BASES: Final = {"live": "https://webpay3g.transbank.cl", "test": "https://webpay3gint.transbank.cl"}
CURRENCIES: Final = frozenset({"CLP", "USD"})


def _one(codes: tuple[str, ...]) -> tuple[str, ...]:
    if len(codes) != 1 or codes[0] not in CURRENCIES:
        raise ValueError("a commerce code has one currency, CLP or USD")
    return codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(GatewaySettings):
    """One commerce code; its currency and its way of capturing are part of it and not sent.

    ``capture`` is ``manual`` for a code of deferred capture.
    """

    # The key of every public commerce code of the integration environment (Transbank Developers).
    PUBLISHED: ClassVar[frozenset[str]] = frozenset(
        {"579B532A7440BB0C9079DED94D31EA1615BACEB56610332264630D42D0A36B1C"}
    )

    commerce_code: Digits
    api_key: Text = field(repr=False)
    capture: Literal["auto", "manual"] = "auto"
    currencies: Annotated[CurrencyCodes, AfterValidator(_one)] = ("CLP",)
