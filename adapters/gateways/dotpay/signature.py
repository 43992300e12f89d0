"""How both sides prove themselves to Dotpay. Values are hashed exactly as posted or received, in UTF-8.

Source: Dotpay technical manual 1.7x (chk, URLC); dotpay/PHP-SDK 1.0.21; django-getpaid 1.7.6 (MD5).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

from adapters.wire.signing import REFUSED, digest, hmac_digest, require_match
from application.errors import GatewayProtocolError, InvalidSignature

_CHK: Final = """
    api_version lang id amount currency description control channel ch_lock url type urlc firstname lastname
    email p_info p_email
"""
CHK: Final = tuple(_CHK.split())
"""What a plain shop posts, in the order of the scheme ``dev``."""

_URLC: Final = """
    id operation_number operation_type operation_status operation_amount operation_currency
    operation_withdrawal_amount operation_commission_amount is_completed operation_original_amount
    operation_original_currency operation_datetime operation_related_number control description email p_info
    p_email credit_card_issuer_identification_number credit_card_masked_number credit_card_expiration_year
    credit_card_expiration_month credit_card_brand_codename credit_card_brand_code
    credit_card_unique_identifier credit_card_id channel channel_country geoip_country
    payer_bank_account_name payer_bank_account payer_transfer_title blik_voucher_pin blik_voucher_amount
    blik_voucher_amount_used channel_reference_id operation_seller_code
"""
URLC: Final = tuple(_URLC.split())
OLDEST: Final = ("id", "control", "t_id", "amount", "email", "service", "code", "username", "password")

_SUM: Final = r"-?[0-9]+(\.[0-9]{2})?"
_FEE: Final = r"(-?[0-9]+\.[0-9]{2})?"
SHAPES: Final[Mapping[str, str]] = {
    "operation_number": r"[A-Z0-9-]+",
    "operation_type": r"[A-Za-z_]+",
    "operation_status": r"[A-Za-z_]+",
    "operation_amount": _SUM,
    "operation_currency": r"[A-Z]{3}",
    "operation_withdrawal_amount": _FEE,
    "operation_commission_amount": _FEE,
    "is_completed": r"[a-z]*",
    "operation_original_amount": _SUM,
    "operation_original_currency": r"[A-Z]{3}",
    "operation_datetime": r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}",
    "operation_related_number": r"[A-Z0-9-]*",
}
"""Nothing stands between the hashed values: only their shapes keep a digit in the field it was sent in."""


def chk(fields: Mapping[str, str], pin: str) -> str:
    """What proves a form by the scheme it names: ``next`` covers every field, any other those of CHK."""
    if fields.get("api_version") == "next":
        listed = {**fields, "paramsList": ";".join(sorted(fields))}
        return hmac_digest("sha256", pin, json.dumps(listed, sort_keys=True, separators=(",", ":")).encode())
    return digest("sha256", (pin + "".join(fields.get(name, "") for name in CHK)).encode())


def require_genuine(told: Mapping[str, str], pins: Sequence[str]) -> None:
    """Raise InvalidSignature for a URLC that is not signed with one of ``pins``, and GatewayProtocolError
    for one whose values could have been cut apart differently."""
    joined = "".join(told.get(name, "") for name in URLC)
    require_match(told.get("signature"), [digest("sha256", f"{pin}{joined}".encode()) for pin in pins])
    for name, shape in SHAPES.items():
        if not re.fullmatch(shape, told.get(name, ""), re.ASCII):
            raise GatewayProtocolError(f"{name} is not written as Dotpay writes it")


def require_genuine_md5(told: Mapping[str, str], pins: Sequence[str]) -> None:
    """Raise InvalidSignature unless the oldest kind of message proves itself; no value may hold a colon."""
    values = [told.get(name, "") for name in (*OLDEST, "t_status")]
    if any(":" in value for value in values):
        raise InvalidSignature(REFUSED)
    require_match(told.get("md5"), [digest("md5", ":".join((pin, *values)).encode()) for pin in pins])
