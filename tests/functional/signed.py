"""Messages of the test gateway, written and signed by hand from its protocol."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

from adapters.sandbox import credentials
from domain.payment import Payment

SECRET = str(credentials("http://127.0.0.1")["dummy"]["secret"])
OTHER_ACCOUNT_SECRET = "the secret of another account, 0002"


def genuine(payment: Payment, status: str, **changes: Any) -> bytes:
    """A ``session.updated`` about a payment."""
    told = {
        "event_id": f"evt_{payment.reference}_{status}",
        "type": "session.updated",
        "account": "dummy",
        "reference": payment.reference,
        "id": payment.gateway_reference,
        "status": status,
        "amount": str(payment.amount.minor),
        "currency": payment.amount.currency.code,
    }
    if status == "paid":
        told["capture_id"] = f"cap_{payment.reference}"
    return json.dumps({**told, **changes}).encode()


def signed(body: bytes, *, secret: str = SECRET, at: str = "") -> dict[str, str]:
    """The headers that prove ``body``."""
    stamp = at or str(int(time.time()))
    proof = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "X-Dummy-Timestamp": stamp,
        "X-Dummy-Signature": proof,
    }
