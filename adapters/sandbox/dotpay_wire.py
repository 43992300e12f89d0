"""Dotpay's bytes: the proofs of forms and messages, its decimals, its two ways to describe an operation."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from time import gmtime, strftime
from typing import Any, Final

from adapters.sandbox.amounts import places_of, shown
from adapters.sandbox.ledger import Refund, Session

SHOP: Final = "123456"
PIN: Final = "AbCdEfGhIjKlMnOpQrStUvWxYz012345"
API_USER: Final = "shop@example.com"
API_PASSWORD: Final = "panel-password-known-to-everybody"  # noqa: S105 -- a published test secret
ACCOUNT_CURRENCY: Final = "PLN"
CURRENCIES: Final = frozenset(
    "EUR USD GBP JPY CZK SEK UAH RON PLN NOK BGN CHF HRK HUF RUB".split()  # noqa: SIM905
)
RATES: Final = {"EUR": Decimal("4.30"), "USD": Decimal("4.00"), "JPY": Decimal("0.027")}
WORDS: Final[Mapping[str, str]] = {
    "open": "new",
    "pending": "processing",
    "paid": "completed",
    "declined": "rejected",
    "cancelled": "rejected",
    "expired": "rejected",
}
REFUND_WORDS: Final[Mapping[str, str]] = {"pending": "processing", "done": "completed", "refused": "rejected"}
_NUMBER: Final = re.compile(r"M[0-9]{4,5}-[0-9]{4,5}")
_DECIMAL: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?")
_FEE: Final = Decimal("0.0185")
_CENT: Final = Decimal("0.01")

_CHK: Final = """
    api_version charset lang id pid amount currency description control channel credit_card_brand ch_lock
    channel_groups onlinetransfer url type buttontext urlc firstname lastname email street street_n1 street_n2
    state addr3 city postcode phone country code p_info p_email n_email expiration_date deladdr
    recipient_account_number recipient_company recipient_first_name recipient_last_name
    recipient_address_street recipient_address_building recipient_address_apartment
    recipient_address_postcode recipient_address_city application application_version warranty bylaw
    personal_data credit_card_number credit_card_expiration_date_year credit_card_expiration_date_month
    credit_card_security_code credit_card_store credit_card_store_security_code credit_card_customer_id
    credit_card_id blik_code credit_card_registration surcharge_amount surcharge ignore_last_payment_channel
    customer gp_token auto_reject_date ap_token
"""
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
_OLDEST: Final = "id control t_id amount email service code username password t_status"


def chk_of(fields: Mapping[str, str], pin: str) -> str:
    """The proof of a form: HMAC over sorted JSON for `next`, a hash over the joined values for all else."""
    posted = {name: value for name, value in fields.items() if name != "chk"}
    if posted.get("api_version") == "next":
        posted["paramsList"] = ";".join(sorted(posted))
        text = json.dumps(dict(sorted(posted.items())), separators=(",", ":"), ensure_ascii=True)
        return hmac.new(pin.encode(), text.encode(), hashlib.sha256).hexdigest()
    joined = pin + "".join(posted.get(name, "") for name in _CHK.split())
    return hashlib.sha256(joined.encode()).hexdigest()


def urlc_signature(told: Mapping[str, str], pin: str) -> str:
    """What signs a message: a hash over PIN and values in their fixed order."""
    joined = pin + "".join(told.get(name, "") for name in _URLC.split())
    return hashlib.sha256(joined.encode()).hexdigest()


def oldest_md5(told: Mapping[str, str], pin: str) -> str:
    """What signs a message of the oldest kind: MD5 over PIN and values with colons between them."""
    joined = ":".join([pin, *(told.get(name, "") for name in _OLDEST.split())])
    return hashlib.md5(joined.encode(), usedforsecurity=False).hexdigest()


def units(text: str, currency: str) -> int | None:
    """The smallest units in `98.53`; None for what is no decimal with up to two places of the currency."""
    if not _DECIMAL.fullmatch(text):
        return None
    scaled = Decimal(text).scaleb(places_of(currency))
    return int(scaled) if scaled == scaled.to_integral_value() else None


def decimal_text(amount: int, places: int) -> str:
    """An amount as messages write it: always two places, also yen."""
    return shown(amount, places) if places else f"{amount}.00"


def new_number() -> str:
    """The number of a new operation, like M12345-67890."""
    return f"M{secrets.randbelow(90_000) + 10_000}-{secrets.randbelow(90_000) + 10_000}"


def number_of(refund: Refund) -> str:
    """The operation number of a refund; one made in the panel gets one that stays the same."""
    if _NUMBER.fullmatch(refund.id):
        return refund.id
    drawn = int(hashlib.sha256(refund.id.encode()).hexdigest(), 16)
    return f"M{drawn % 90_000 + 10_000}-{drawn // 90_000 % 90_000 + 10_000}"


def operation(session: Session, refund: Refund | None = None) -> dict[str, Any]:
    """A payment or a refund of it, as the seller API describes it."""
    told = {
        "href": "",
        "number": session.id,
        "creation_datetime": moment(session.created_at),
        "type": "payment",
        "status": WORDS.get(session.status, session.status),
        "amount": account_amount(session, session.amount),
        "currency": ACCOUNT_CURRENCY,
        "original_amount": decimal_text(session.amount, session.places),
        "original_currency": session.currency,
        "account_id": int(session.account),
        "related_operation": None,
        "description": session.description,
        "control": session.reference,
        "payer": {"email": session.extra["email"], "first_name": "", "last_name": ""},
    }
    if refund is None:
        return told
    control, _, description = refund.note.rpartition("\n")
    return told | {
        "number": number_of(refund),
        "creation_datetime": moment(refund.at),
        "type": "refund",
        "status": REFUND_WORDS[refund.status],
        "amount": account_amount(session, refund.amount),
        "original_amount": decimal_text(refund.amount, session.places),
        "related_operation": session.id,
        "description": description,
        "control": control or session.reference,
    }


def urlc_fields(session: Session, refund: Refund | None, sign: str) -> dict[str, str]:
    """A message without its signature; `sign` stands before the amounts of a refund."""
    told = operation(session, refund)
    minus = sign if refund else ""
    fields = {
        "id": session.account,
        "operation_number": told["number"],
        "operation_type": told["type"],
        "operation_status": told["status"],
        "operation_amount": minus + told["amount"],
        "operation_currency": told["currency"],
        "operation_original_amount": minus + told["original_amount"],
        "operation_original_currency": told["original_currency"],
        "operation_datetime": told["creation_datetime"],
        "control": told["control"],
        "description": told["description"],
        "email": session.extra["email"],
        "p_info": "Shop",
        "p_email": "kasa@shop.example",
        "channel": "246",
        "channel_country": "PL",
        "geoip_country": "PL",
    }
    if refund:
        return {**fields, "operation_related_number": session.id}
    if told["status"] == "completed":
        fee = (Decimal(told["amount"]) * _FEE).quantize(_CENT, ROUND_HALF_UP)
        fields["operation_withdrawal_amount"] = f"{Decimal(told['amount']) - fee:f}"
        fields["operation_commission_amount"] = f"-{fee:f}"
        fields["credit_card_masked_number"] = "XXXX XXXX XXXX 1111"
    fields["is_completed"] = "true" if told["status"] == "completed" else "false"
    return fields


def oldest_fields(session: Session, refund: Refund | None) -> dict[str, str]:
    """A message of the oldest kind without its md5; `orginal_amount` is spelt so over there."""
    amount = refund.amount if refund else session.amount
    status = {"paid": "2", "open": "1", "pending": "1"}.get(session.status, "3")
    return {
        "id": session.account,
        "status": "FAIL" if status == "3" else "OK",
        "control": session.reference,
        "t_id": session.id,
        "amount": account_amount(session, amount),
        "orginal_amount": f"{decimal_text(amount, session.places)} {session.currency}",
        "email": session.extra["email"],
        "t_status": "4" if refund else status,
    }


def account_amount(session: Session, amount: int) -> str:
    """What an amount is in the account's currency, by a made-up rate."""
    asked = Decimal(decimal_text(amount, session.places))
    rate = RATES.get(session.currency, Decimal(1))
    return f"{(asked * rate).quantize(_CENT, ROUND_HALF_UP):f}"


def moment(seconds: float) -> str:
    """Seconds since the epoch as messages write them."""
    return strftime("%Y-%m-%d %H:%M:%S", gmtime(seconds))
