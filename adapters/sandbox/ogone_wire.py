"""Ogone's bytes: both signatures, its decimals, its status numbers, feedback and the XML of DirectLink."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from time import gmtime, strftime
from typing import Final
from xml.sax.saxutils import quoteattr

from adapters.sandbox.amounts import shown
from adapters.sandbox.ledger import Refund, Session

PSPID: Final = "demoshop"
SHA_IN: Final = "Winter-SHAIN-2Q!"
SHA_OUT: Final = "Winter-SHAOUT-9Z?"
API_USER: Final = "api-demoshop"
API_PASSWORD: Final = "api-password-known-to-everybody"  # noqa: S105 -- a published test secret

_IN: Final = """
    PSPID ORDERID AMOUNT CURRENCY LANGUAGE CN EMAIL OWNERADDRESS OWNERZIP OWNERTOWN OWNERCTY OWNERTELNO COM
    ACCEPTURL DECLINEURL EXCEPTIONURL CANCELURL HOMEURL CATALOGURL BACKURL PARAMPLUS COMPLUS PARAMVAR
    OPERATION PM BRAND PMLIST PMLISTTYPE WIN3DS PAYID USERID PSWD TITLE
"""
LISTED_IN: Final = tuple(_IN.split())
_OUT: Final = """
    AAVADDRESS AAVCHECK AAVMAIL AAVNAME AAVPHONE AAVZIP ACCEPTANCE ALIAS AMOUNT BIC BIN BRAND CARDNO CCCTY
    CH_AUTHENTICATION_INFO CN COLLECTOR_BIC COLLECTOR_IBAN COMPLUS CREATION_STATUS CREDITDEBIT CURRENCY CVC
    CVCCHECK DCC_COMMPERCENTAGE DCC_CONVAMOUNT DCC_CONVCCY DCC_EXCHRATE DCC_EXCHRATESOURCE DCC_EXCHRATETS
    DCC_INDICATOR DCC_MARGINPERCENTAGE DCC_VALIDHOURS DEVICEID DIGESTCARDNO ECI ED EMAIL ENCCARDNO FXAMOUNT
    FXCURRENCY IP IPCTY MANDATEID MOBILEMODE NBREMAILUSAGE NBRIPUSAGE NBRIPUSAGE_ALLTX NBRUSAGE NCERROR
    ORDERID PAYID PAYIDSUB PAYMENT_REFERENCE PM SCO_CATEGORY SCORING SEQUENCETYPE SIGNDATE STATUS SUBBRAND
    SUBSCRIPTION_ID TICKET TRXDATE VC
"""
LISTED_OUT: Final = tuple(_OUT.split())
LIMITS: Final[Mapping[str, int]] = {
    **{"PSPID": 30, "ORDERID": 40, "CN": 35, "EMAIL": 50, "OWNERADDRESS": 35, "OWNERZIP": 10},
    **{"OWNERTOWN": 40, "OWNERCTY": 2, "OWNERTELNO": 30, "COM": 100, "AMOUNT": 15, "CURRENCY": 3},
    **dict.fromkeys(("ACCEPTURL", "DECLINEURL", "EXCEPTIONURL", "CANCELURL", "HOMEURL", "BACKURL"), 200),
}
WORDS: Final[Mapping[str, str]] = {
    "pending": "51",
    "authorized": "5",
    "paid": "9",
    "declined": "2",
    "cancelled": "1",
    "expired": "1",
}
REFUND_WORDS: Final[Mapping[str, str]] = {"pending": "81", "done": "8", "refused": "83"}
DELETED: Final = "6"
CAPTURING: Final = "91"
REFUSED_BY_BANK: Final = "30001001"
UNKNOWN_ORDER: Final = "50001130"
BAD_DATA: Final = "50001111"
NOT_POSSIBLE: Final = "50001126"


def sha_of(fields: Mapping[str, str], passphrase: str, algorithm: str, listed: Iterable[str]) -> str:
    """The digest over the listed fields that are not empty; an underscore comes before everything else."""
    known = {name.upper(): value for name, value in fields.items() if value != ""}
    names = sorted(known.keys() & set(listed), key=lambda name: name.replace("_", " "))
    text = "".join(f"{name}={known[name]}{passphrase}" for name in names)
    return hashlib.new(algorithm, text.encode()).hexdigest().upper()


def new_payid() -> str:
    """The number of a new payment."""
    return str(3_000_000_000 + secrets.randbelow(1_000_000_000))


def major(amount: int, places: int) -> str:
    """An amount in major units without needless zeros: 49.9, 15."""
    text = shown(amount, places)
    return text.rstrip("0").rstrip(".") if "." in text else text


def number_of(session: Session, refund: Refund) -> int:
    """The history number of a refund: a capture by itself comes before the refunds."""
    ids = [one.id for one in session.refunds]
    return ids.index(refund.id) + 1 + session.manual_capture


def facts(session: Session, word: str, refund: Refund | None = None, number: int = 0) -> dict[str, str]:
    """What feedback and answers both tell about a payment, or about an operation of this number on it."""
    amount = refund.amount if refund else session.amount
    error = {"2": REFUSED_BY_BANK}.get(word, "0")
    told = {
        "orderID": session.reference,
        "currency": session.currency,
        "amount": major(amount, session.places),
        "PM": "CreditCard",
        "ACCEPTANCE": "test123" if word in ("5", "9", CAPTURING) else "",
        "STATUS": word,
        "CARDNO": "XXXXXXXXXXXX1111",
        "PAYID": session.id,
        "NCERROR": error,
        "BRAND": "VISA",
        "IP": "192.0.2.7",
    }
    return told | ({"PAYIDSUB": str(number)} if number else {})


def feedback(session: Session, word: str, refund: Refund | None, number: int) -> dict[str, str]:
    """The parameters of a message without its proof."""
    own = {
        "ED": "0931",
        "CN": str(session.extra["cn"]),
        "TRXDATE": strftime("%m/%d/%y", gmtime(session.created_at)),
        "COMPLUS": str(session.extra["complus"]),
        "SCORING": "17",
        "SCO_CATEGORY": "G",
    }
    return facts(session, word, refund, number) | own


def answer_xml(attributes: Mapping[str, str]) -> str:
    """An answer of DirectLink; NCSTATUS is the first digit of NCERROR."""
    error = attributes.get("NCERROR", "")
    told = {"NCSTATUS": error[:1] or "0", "NCERRORPLUS": "!", **attributes}
    inner = " ".join(f"{name}={quoteattr(value)}" for name, value in told.items())
    return f'<?xml version="1.0"?>\n<ncresponse {inner}>\n</ncresponse>\n'
