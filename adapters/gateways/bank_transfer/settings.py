"""Whose bank account the money goes to, and how long it may take."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import AfterValidator

from adapters.wire.offline import PromiseSettings
from adapters.wire.settings import Text

_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{8,30}")


def _account_number(text: str) -> str:
    """Without spaces; an IBAN (ISO 13616) must have the check digits it claims."""
    compact = re.sub(r"[\s-]", "", text).upper()
    if not compact.isascii() or not compact.isalnum():
        raise ValueError("an account number has letters and digits only")
    if _IBAN.fullmatch(compact):
        number = "".join(str(int(character, 36)) for character in compact[4:] + compact[:4])
        if int(number) % 97 != 1:
            raise ValueError("the check digits of this IBAN are wrong")
    return compact


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(PromiseSettings):
    """Whose account it is, and which."""

    recipient: Text
    account_number: Annotated[Text, AfterValidator(_account_number)]
    bank: str = ""
    bic: str = ""
