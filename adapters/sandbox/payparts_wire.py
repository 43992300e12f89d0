"""PayParts' words and shapes: stores, states, amounts, signatures, and what a request must look like."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from adapters.sandbox.amounts import is_web_address

STORE: Final = "4AAD1369CF734B64B70F"
PASSWORDS: Final[Mapping[str, str]] = {
    STORE: "75bef16bfdce4d0e9c0ad5a19b9940df",
    "DEMO0STORE0000000001": "pw-3f1c9a77d2",
}
"""The store that the bank publishes, and the one of the sheet's worked examples."""
WORDS: Final[Mapping[str, str]] = {
    "open": "CREATED",
    "pending": "CLIENT_WAIT",
    "authorized": "LOCKED",
    "paid": "SUCCESS",
    "declined": "FAIL",
    "cancelled": "CANCELED",
    "expired": "CANCELED",
}
_TYPES: Final = ("PP", "II", "PB", "IA")


class BadRequest(Exception):
    """What the bank refuses to do; `wish` is missing where it is not known whose it is."""

    def __init__(self, words: str, wish: Wish | None = None) -> None:
        super().__init__(words)
        self.wish = wish


@dataclass(slots=True)
class Wish:
    """A request of a store we know."""

    body: dict[str, Any]
    store: str
    order: str
    kopecks: int = 0

    @property
    def ours(self) -> dict[str, str]:
        """What every answer repeats."""
        return {"storeId": self.store, "orderId": self.order}

    def sign(self, *values: str) -> str:
        """The signature of these values with the store's password."""
        return sign(PASSWORDS[self.store], *values)

    def require_signature(self, *values: str) -> None:
        """Raises BadRequest unless these values were signed after the store and the order."""
        signed = self.sign(self.store, self.order, *values)
        if not hmac.compare_digest(signed.encode(), text(self.body.get("signature")).encode()):
            raise BadRequest("bad value: Wrong signature", self)

    def amount(self) -> str:
        """The amount as it is signed; `kopecks` holds it from now on. Raises BadRequest."""
        self.kopecks, digits = kopecks_of(self.body.get("amount"), self)
        return digits

    def payment(self) -> tuple[str, ...]:
        """The signed values of create and hold after the order id. Raises BadRequest naming a field."""
        body = self.body
        amount = self.amount()
        parts, kind = body.get("partsCount"), body.get("merchantType")
        if type(parts) is not int or not 2 <= parts <= 25:
            raise BadRequest("bad value: partsCount", self)
        if kind not in _TYPES:
            raise BadRequest("bad value: merchantType", self)
        urls = [text(body.get(name)) for name in ("responseUrl", "redirectUrl")]
        if any(url and not is_web_address(url) for url in urls):
            raise BadRequest("bad value: responseUrl or redirectUrl", self)
        return amount, str(parts), str(kind), *urls, self._products()

    def describe(self) -> str:
        """The products and the plan, for the hosted page."""
        names = ", ".join(f"{product['count']} x {product['name']}" for product in self.body["products"])
        return f"{names}; {self.body['partsCount']} payments, {self.body['merchantType']}"

    def _products(self) -> str:
        products, signed, total = self.body.get("products"), "", 0
        if not isinstance(products, list) or not products:
            raise BadRequest("bad value: products", self)
        for product in products:
            name = text(product.get("name")) if isinstance(product, dict) else ""
            count = product.get("count") if name else None
            if not 1 <= len(name) <= 128 or type(count) is not int or count < 1:
                raise BadRequest("bad value: products", self)
            price, digits = kopecks_of(product.get("price"), self)
            signed, total = f"{signed}{name}{count}{digits}", total + count * price
        if total != self.kopecks:
            raise BadRequest("bad value: the products do not add up to the amount", self)
        return signed


def read_wish(raw: bytes) -> Wish:
    """A request with the store and the order it is about. Raises: BadRequest."""
    try:
        body = json.loads(raw, parse_float=Decimal)
    except ValueError as problem:
        raise BadRequest("bad value: not JSON") from problem
    store = text(body.get("storeId")) if isinstance(body, dict) else ""
    if store not in PASSWORDS:
        raise BadRequest("bad value: Unknown identifier. Store not found.")
    wish = Wish(body, store, text(body.get("orderId")))
    if not 1 <= len(wish.order) <= 50:
        raise BadRequest("bad value: orderId", wish)
    return wish


def kopecks_of(value: object, wish: Wish) -> tuple[int, str]:
    """A JSON number above zero in kopecks, and as it is signed: 301 is 30100, 0.01 is 001."""
    if type(value) not in (int, Decimal):
        raise BadRequest("bad value: amount", wish)
    try:
        exact = Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    except ArithmeticError as problem:
        raise BadRequest("bad value: amount", wish) from problem
    if exact <= 0:
        raise BadRequest("bad value: amount", wish)
    digits = f"{exact:f}".replace(".", "")
    return int(digits), digits


def sign(password: str, *values: str) -> str:
    """Base64 of the SHA-1 over the values between two passwords."""
    signed = "".join((password, *values, password)).encode("utf-8", "surrogatepass")
    return base64.b64encode(hashlib.sha1(signed, usedforsecurity=False).digest()).decode()


def text(value: object) -> str:
    """A string, or nothing."""
    return value if isinstance(value, str) else ""


def as_json(told: Mapping[str, Any]) -> bytes:
    """JSON in UTF-8, Cyrillic as it is."""
    return json.dumps(told, ensure_ascii=False).encode()
