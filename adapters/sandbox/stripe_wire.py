"""Stripe's wire: form fields and what is wrong with them, amounts, idempotency keys, errors, signatures."""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Response, jsonify, request

from adapters.sandbox.amounts import is_web_address, whole
from adapters.sandbox.ledger import Session

_ZERO: Final = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
)
_THREE: Final = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))
_WHOLE_AS_HUNDREDTHS: Final = frozenset(("ISK", "UGX"))
LARGEST: Final = 99_999_999
MINUTE: Final = 60
_FIELDS: Final = """
    mode success_url cancel_url line_items client_reference_id metadata payment_intent_data customer_email
    expires_at locale submit_type payment_method_types expand
"""
_LOCALES: Final = """
    auto bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hr hu id it ja ko lt lv ms mt nb nl pl pt
    pt-BR ro ru sk sl sv th tr vi zh zh-HK zh-TW
"""


class BadField(Exception):
    """A request Stripe would refuse: the parameter at fault, and the code when there is one."""

    def __init__(self, param: str, words: str, code: str = "") -> None:
        super().__init__(words)
        self.param, self.code = param, code


def places_of(currency: str) -> int:
    """How many decimals Stripe's unit has; krona and shilling are whole, but travel as hundredths."""
    return 0 if currency in _ZERO else 3 if currency in _THREE else 2


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """`a[b][0]=v` as `{"a": {"b": {"0": "v"}}}`; lists keep their indexes as names. Raises: BadField."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        keys = re.findall(r"[^\[\]]+", name) or [name]
        at = found
        for key in keys[:-1]:
            at = at.setdefault(key, {})
            if not isinstance(at, dict):
                raise BadField(name, "both a value and an object")
        if keys[-1] in at and not name.endswith("[]"):
            raise BadField(name, "given twice")
        at[keys[-1]] = value
    return found


def read_session(wish: Mapping[str, Any], now: float) -> Session:
    """A checked session without an id. Source: sheet, Create. Raises: BadField."""
    unknown = sorted(set(wish) - set(_FIELDS.split()))
    if unknown:
        raise BadField(unknown[0], f"Received unknown parameter: {unknown[0]}", "parameter_unknown")
    for name, holds in _checks(wish, now).items():
        if not holds:
            raise BadField(name, f"Invalid {name}")
    lines = [_line(number, line) for number, line in _listed(wish, "line_items")]
    currencies = {line["currency"] for line in lines}
    if len(currencies) != 1:
        raise BadField("line_items", "All items must use one currency")
    currency = currencies.pop().upper()
    amount = sum(line["amount_total"] for line in lines)
    _require_payable(amount, currency)
    intent = wish.get("payment_intent_data", {})
    expires = whole(wish.get("expires_at"))
    return Session(
        id="",
        gateway="stripe",
        account="",
        reference=str(wish.get("client_reference_id", "")),
        amount=amount,
        currency=currency,
        places=places_of(currency),
        description=", ".join(line["description"] for line in lines),
        return_url=wish["success_url"],
        manual_capture=intent.get("capture_method") == "manual",
        expires_at=expires if expires is not None else int(now) + 24 * 60 * MINUTE,
        extra={
            "lines": lines,
            "cancel_url": wish.get("cancel_url", ""),
            "email": wish.get("customer_email"),
            "locale": wish.get("locale"),
            "metadata": wish.get("metadata", {}),
            "intent_metadata": intent.get("metadata", {}),
        },
    )


def _checks(wish: Mapping[str, Any], now: float) -> dict[str, bool]:
    intent = wish.get("payment_intent_data", {})
    expires = whole(wish.get("expires_at", str(int(now) + 60 * MINUTE)))
    return {
        "mode": wish.get("mode") == "payment",
        "success_url": is_web_address(wish.get("success_url")) and len(wish["success_url"]) <= 5000,
        "cancel_url": "cancel_url" not in wish or is_web_address(wish["cancel_url"]),
        "client_reference_id": 0 < len(str(wish.get("client_reference_id", "-"))) <= 200,
        "customer_email": "@" in wish.get("customer_email", "@"),
        "expires_at": expires is not None and now + 30 * MINUTE <= expires <= now + 24 * 60 * MINUTE,
        "locale": wish.get("locale", "auto") in _LOCALES.split(),
        "metadata": is_metadata(wish.get("metadata", {})),
        "payment_intent_data": isinstance(intent, dict)
        and set(intent) <= {"metadata", "capture_method"}
        and intent.get("capture_method", "automatic") in {"automatic", "automatic_async", "manual"}
        and is_metadata(intent.get("metadata", {})),
        "line_items": 0 < len(_listed(wish, "line_items")) <= 100,
    }


def is_metadata(given: object) -> bool:
    """At most 50 keys of 40 characters with values of 500."""
    return (
        isinstance(given, dict)
        and len(given) <= 50
        and all(
            len(key) <= 40 and isinstance(value, str) and len(value) <= 500 for key, value in given.items()
        )
    )


def _listed(wish: Mapping[str, Any], name: str) -> list[tuple[str, Any]]:
    found = wish.get(name)
    return list(found.items()) if isinstance(found, dict) else []


def _line(number: str, line: object) -> dict[str, Any]:
    at = f"line_items[{number}]"
    price = line.get("price_data") if isinstance(line, dict) else None
    if not isinstance(line, dict) or not isinstance(price, dict):
        raise BadField(at, "an item needs price_data")
    quantity, unit, currency = (
        whole(line.get("quantity")),
        whole(price.get("unit_amount")),
        price.get("currency"),
    )
    product = price.get("product_data")
    name = product.get("name") if isinstance(product, dict) else None
    if not quantity:
        raise BadField(f"{at}[quantity]", "at least 1")
    if unit is None:
        raise BadField(f"{at}[price_data][unit_amount]", "a whole number of the smallest unit")
    if not isinstance(currency, str) or not re.fullmatch(r"[a-z]{3}", currency):
        raise BadField(f"{at}[price_data][currency]", "three lower-case letters")
    if not isinstance(name, str) or not name:
        raise BadField(f"{at}[price_data][product_data][name]", "required")
    return {
        "object": "item",
        "amount_total": unit * quantity,
        "currency": currency,
        "description": name,
        "quantity": quantity,
    }


def _require_payable(amount: int, currency: str) -> None:
    if amount > LARGEST:
        raise BadField("line_items", "at most 99999999", "amount_too_large")
    step = 10 if currency in _THREE else 100 if currency in _WHOLE_AS_HUNDREDTHS else 1
    if amount < 1 or amount % step:
        raise BadField("line_items", f"not an amount in {currency}", "amount_too_small" if amount < 1 else "")


def error(http: int, kind: str, words: str, *, code: str = "", param: str = "") -> Response:
    """Stripe's error envelope."""
    told = {"type": kind, "code": code, "message": words, "param": param}
    answer = jsonify(error={name: value for name, value in told.items() if value})
    answer.status_code = http
    return answer


def signature_header(body: bytes, stamp: int, keys: Iterable[str]) -> str:
    """The value of Stripe-Signature: one `v1` for each live secret, and the `v0` that proves nothing."""
    signed = [f"v1={sign(body, str(stamp), key)}" for key in keys]
    return ",".join([f"t={stamp}", *signed, f"v0={'0' * 64}"])


def sign(body: bytes, stamp: str, key: str) -> str:
    """Lower-case hex HMAC-SHA256 over time, point and raw body; the secret is text, `whsec_` included."""
    return hmac.new(key.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was asked with a key, and the first answer; None while it is being made."""

    asked: str
    answer: bytes | None = None


class Replays:
    """The first success of each idempotency key, said again; a refused request is not kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], _Kept] = {}

    def once(self, account: str, act: Callable[[], Response]) -> Response:
        """The answer of `act`, or the one that this request's key got before."""
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            return act()
        slot, asked = (account, key), digest(request.path.encode() + b"?" + request.get_data())
        with self._lock:
            kept = self._kept.get(slot)
            self._kept.setdefault(slot, _Kept(asked))
        if kept is not None:
            return _again(kept, asked)
        made = None
        try:
            answer = act()
            made = answer.get_data() if answer.status_code < 400 else None
            return answer
        finally:
            with self._lock:
                if made is None:
                    del self._kept[slot]
                else:
                    self._kept[slot] = _Kept(asked, made)


def _again(kept: _Kept, asked: str) -> Response:
    if kept.asked != asked:
        return error(400, "idempotency_error", "this key was first used with other parameters")
    if kept.answer is None:
        words = "another request with this key is in progress"
        return error(409, "idempotency_error", words, code="idempotency_key_in_use")
    headers = {"Idempotent-Replayed": "true"}
    return Response(kept.answer, headers=headers, content_type="application/json")


def digest(data: bytes) -> str:
    """Lower-case hex of SHA-256."""
    return hashlib.sha256(data).hexdigest()
