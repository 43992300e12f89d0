"""SHA-IN and SHA-OUT: names, values and a passphrase, hashed as UTF-8.

Source: Ogone e-Commerce, "SHA signature"; the list of Ingenico's PHP SDK.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from adapters.wire.payloads import form_fields
from adapters.wire.signing import REFUSED, digest, require_match, unreadable_is_refused
from application.errors import InvalidSignature
from application.ports.gateway import InboundMessage

_SIGNED: Final = """
    AAVADDRESS AAVCHECK AAVMAIL AAVNAME AAVPHONE AAVZIP ACCEPTANCE ALIAS AMOUNT BIC BIN BRAND CARDNO CCCTY
    CH_AUTHENTICATION_INFO CN COLLECTOR_BIC COLLECTOR_IBAN COMPLUS CREATION_STATUS CREDITDEBIT CURRENCY CVC
    CVCCHECK DCC_COMMPERCENTAGE DCC_CONVAMOUNT DCC_CONVCCY DCC_EXCHRATE DCC_EXCHRATESOURCE DCC_EXCHRATETS
    DCC_INDICATOR DCC_MARGINPERCENTAGE DCC_VALIDHOURS DEVICEID DIGESTCARDNO ECI ED EMAIL ENCCARDNO FXAMOUNT
    FXCURRENCY IP IPCTY MANDATEID MOBILEMODE NBREMAILUSAGE NBRIPUSAGE NBRIPUSAGE_ALLTX NBRUSAGE NCERROR
    ORDERID PAYID PAYIDSUB PAYMENT_REFERENCE PM SCO_CATEGORY SCORING SEQUENCETYPE SIGNDATE STATUS SUBBRAND
    SUBSCRIPTION_ID TICKET TRXDATE VC
"""
SIGNED: Final = frozenset(_SIGNED.split())
"""What feedback is signed over; anything else in it proves nothing and is not read."""


def shasign(fields: Mapping[str, str], passphrase: str, algorithm: str) -> str:
    """The upper-case digest over ``fields``, the empty ones left out; ``_`` comes before letters."""
    kept = {name.lower(): value for name, value in fields.items() if value}
    joined = "".join(f"{name.upper()}={kept[name]}{passphrase}" for name in sorted(kept))
    return digest(algorithm, joined.encode("utf-8", "surrogatepass")).upper()


def genuine(message: InboundMessage, passphrases: Sequence[str], algorithm: str) -> dict[str, str]:
    """What feedback proves, and its proof, by upper-case names. Raises InvalidSignature."""
    with unreadable_is_refused():
        pairs = message.query if message.method == "GET" else form_fields(message.body).items()
    told = {name.upper(): value for name, value in pairs}
    if len(told) != len(pairs):
        raise InvalidSignature(REFUSED)
    proven = {name: value for name, value in told.items() if name in SIGNED and value}
    require_match(told.get("SHASIGN"), [shasign(proven, one, algorithm) for one in passphrases])
    return proven | {"SHASIGN": told["SHASIGN"]}
