"""The sign of every message: SHA-384 over the exact JSON of some fields in a fixed order, ``crc`` last.

Compact, UTF-8, neither slashes nor Polish letters escaped. Source: P24 REST API v1, sign calculation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.wire.payloads import as_json
from adapters.wire.signing import digest, require_match, unreadable_is_refused

REGISTER: Final = "sessionId merchantId amount currency"
VERIFY: Final = "sessionId orderId amount currency"
NOTICE: Final = "merchantId posId sessionId amount originAmount currency orderId methodId statement"
REFUND: Final = "orderId sessionId refundsUuid merchantId amount currency status"


def sign(values: Mapping[str, object], names: str, crc: str) -> str:
    """The sign over the named values. Raises KeyError for a missing one, ValueError for half a letter."""
    signed = {name: values[name] for name in names.split()}
    return digest("sha384", as_json({**signed, "crc": crc}).data)


def require_genuine(
    told: Mapping[str, Any], names: str, shop: Mapping[str, int], crcs: Sequence[str]
) -> None:
    """Raise InvalidSignature unless the notification is signed, and for the very shop."""
    with unreadable_is_refused():
        if any(told[name] != shop[name] for name in shop.keys() & names.split()):
            raise ValueError("a message for another shop")
        require_match(str(told.get("sign") or ""), [sign(told, names, crc) for crc in crcs])
