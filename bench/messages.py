"""Requests as bytes: what gateways and browsers send, made without asking the product's own signing code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

HOST = "shop.example"
POS_ID = "145227"
SECOND_KEY = "bench-second-key-of-nobodys-shop"


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request of its own."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    host: str = HOST

    def raw(self) -> bytes:
        """The request as it stands on the wire of HTTP/1.1."""
        head = [f"{self.method} {self.path} HTTP/1.1", f"Host: {self.host}"]
        head += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.body or self.method == "POST":
            head.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*head, "", ""]).encode() + self.body


def get(path: str) -> Request:
    return Request("GET", path)


def form(path: str, fields: Mapping[str, str], host: str = HOST, **headers: str) -> Request:
    """What a browser posts."""
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return Request("POST", path, {**kind, **headers}, urlencode(fields).encode(), host)


def payu_callback(
    path: str, *, reference: str, order_id: str, minor: int, currency: str, second_key: str = SECOND_KEY
) -> Request:
    """PayU's notification of a completed order. Source: PayU REST API 2.1, notifications.

    ``minor`` counts hundredths. The signature is SHA-256 over the body and the second key.
    """
    told = {
        "order": {
            "orderId": order_id,
            "extOrderId": reference,
            "orderCreateDate": "2026-11-20T17:00:00.000+01:00",
            "notifyUrl": f"https://{HOST}{path}",
            "customerIp": "203.0.113.7",
            "merchantPosId": POS_ID,
            "description": "Order",
            "currencyCode": currency,
            "totalAmount": str(minor),
            "buyer": {"email": "ada@example.com", "language": "en"},
            "payMethod": {"type": "PBL"},
            "products": [{"name": "Blue mug", "unitPrice": str(minor), "quantity": "1"}],
            "status": "COMPLETED",
        },
        "localReceiptDateTime": "2026-11-20T17:01:00.000+01:00",
        "properties": [{"name": "PAYMENT_ID", "value": order_id}],
    }
    body = json.dumps(told, separators=(",", ":")).encode()
    digest = hashlib.sha256(body + second_key.encode()).hexdigest()
    headers = {
        "Content-Type": "application/json;charset=UTF-8",
        "User-Agent": "PayU",
        "OpenPayu-Signature": f"sender=checkout;signature={digest};algorithm=SHA-256;content=DOCUMENT",
    }
    return Request("POST", path, headers, body)
