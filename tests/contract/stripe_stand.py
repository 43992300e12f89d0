"""Stripe as its tests see it: events signed by code of their own, and an account at the sandbox."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from pytest_httpserver import HTTPServer

from adapters.testing.builders import a_brief, a_payment, told_the_reference
from adapters.testing.harness import Claim
from application.ports.gateway import InboundMessage, PaymentGateway
from domain.money import Money
from domain.payment import Payment
from tests.contract.stand import HttpSandbox, account

SECRET = "whsec_demo_0123456789abcdef"
DEMO: dict[str, object] = {"adapter": "stripe", "secret_key": "sk_test_4242", "webhook_secret": SECRET}
INTENT = "pi_3demo"
REFUND: dict[str, object] = {"id": "re_1", "object": "refund", "amount": 100, "currency": "eur"}
SESSION = "/v1/checkout/sessions/cs_test_a1"
KINDS = {
    "paid": "checkout.session.completed",
    "authorized": "payment_intent.amount_capturable_updated",
    "declined": "checkout.session.async_payment_failed",
    "cancelled": "payment_intent.canceled",
    "expired": "checkout.session.expired",
}
_WORDS = {"authorized": "requires_capture", "cancelled": "canceled"}


def demo(environment: str = "test", **changes: object) -> PaymentGateway:
    """An account whose credentials are those of the sheet's examples."""
    return account({**DEMO, **changes}, environment)


def here(httpserver: HTTPServer) -> PaymentGateway:
    """The same account, at a server that answers what a test wants."""
    return demo(base_url=httpserver.url_for(""), timeout=1)


def mine(minor: int = 4990, code: str = "EUR") -> Payment:
    """An attempt whose session is `SESSION`."""
    return told_the_reference(a_payment(demo(), Money.of(minor, code)), "cs_test_a1")


def v1(stamp: int | str, body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()


def signed(body: bytes, header: str) -> InboundMessage:
    return InboundMessage("POST", body, {"stripe-signature": header})


def an_event(
    kind: str, about: Mapping[str, Any], *, secret: str = SECRET, number: str = "evt_1", **beside: object
) -> InboundMessage:
    """A fresh genuine event."""
    told = {"id": number, "object": "event", "livemode": False, "type": kind, "data": {"object": about}}
    body, stamp = json.dumps({**told, **beside}, indent=2).encode(), int(datetime.now(UTC).timestamp())
    return signed(body, f"t={stamp},v1={v1(stamp, body, secret)}")


def units(money: Money) -> int:
    """Stripe's units of an amount of the currencies these tests use."""
    return money.minor * 100 if money.currency.code in ("ISK", "UGX") else money.minor


def a_session(payment: Payment, money: Money | None = None, **changes: object) -> dict[str, object]:
    """A session as an event shows it, paid unless changed."""
    money = payment.amount if money is None else money
    return {
        "id": payment.gateway_reference or "cs_test_a1",
        "object": "checkout.session",
        "amount_total": units(money),
        "client_reference_id": payment.reference,
        "currency": money.currency.code.lower(),
        "livemode": False,
        "payment_intent": INTENT,
        "payment_status": "paid",
        "status": "complete",
        **changes,
    }


def an_intent(payment: Payment, status: str, **changes: object) -> dict[str, object]:
    """The payment intent of an attempt."""
    return {
        "id": INTENT,
        "object": "payment_intent",
        "amount": units(payment.amount),
        "amount_received": units(payment.amount) if status == "succeeded" else 0,
        "currency": payment.amount.currency.code.lower(),
        "metadata": {"payment_id": payment.reference},
        "status": status,
        **changes,
    }


@dataclass(slots=True)
class StripeHarness:
    """One account at the sandbox, with deadlines short enough to wait for."""

    sandbox: HttpSandbox
    block: dict[str, object]
    timeout: float = 0.8
    pays_as: str = "paid"
    secret_keys: tuple[str, ...] = ("webhook_secret",)
    published: Mapping[str, str] = field(default_factory=lambda: {"secret_key": "sk_test_4242"})
    statuses: frozenset[str] = frozenset(KINDS)
    gateway: PaymentGateway = field(init=False)

    def __post_init__(self) -> None:
        self.gateway = self.build()

    @property
    def secrets(self) -> tuple[str, ...]:
        return str(self.block["secret_key"]), str(self.block["webhook_secret"])

    def build(self, environment: str = "test", **changes: object) -> PaymentGateway:
        block = {**self.block, "timeout": self.timeout, **changes}
        return account({key: value for key, value in block.items() if value is not None}, environment)

    def started(self, gateway: PaymentGateway, **brief: Any) -> Payment:
        """A payment with an open session."""
        asked = a_brief(gateway, **brief)
        return told_the_reference(asked.payment, gateway.start(asked).gateway_reference)

    def callback(self, claim: Claim, *, secret: str | None = None) -> InboundMessage:
        known = "whsec_of_somebody_else" if claim.foreign else str(self.block["webhook_secret"])
        kind, about = KINDS[claim.status], a_session(claim.payment, claim.money)
        if kind.startswith("payment_intent"):
            about = an_intent(replace(claim.payment, amount=claim.money), _WORDS[claim.status])
        elif claim.status != "paid":
            state = "expired" if claim.status == "expired" else "complete"
            about |= {"status": state, "payment_status": "unpaid"}
        if claim.word:
            about["payment_status"] = claim.word
        number = f"evt_{claim.status}_{claim.payment.reference}"
        return an_event(kind, about, secret=known if secret is None else secret, number=number)

    def signed(self, body: bytes) -> InboundMessage:
        stamp = int(datetime.now(UTC).timestamp())
        return signed(body, f"t={stamp},v1={v1(stamp, body, str(self.block['webhook_secret']))}")

    def every_one_byte_change(self, genuine: InboundMessage) -> Iterator[InboundMessage]:
        for place, byte in enumerate(genuine.body):
            changed = bytes([byte ^ 1])
            yield replace(genuine, body=genuine.body[:place] + changed + genuine.body[place + 1 :])
        header = genuine.headers["stripe-signature"]
        for place, digit in enumerate(header):
            other = "0" if digit != "0" else "1"
            yield signed(genuine.body, header[:place] + other + header[place + 1 :])

    def forgeries(self, genuine: InboundMessage) -> Iterator[InboundMessage]:
        stamp, _, mac = genuine.headers["stripe-signature"].partition(",v1=")
        number = stamp.removeprefix("t=")
        for header in (
            "",
            "none",
            stamp,
            f"v1={mac}",
            f"{stamp},v1=",
            f"{stamp},v0={mac}",
            f"{stamp},v1={mac.upper()}",
            f"{stamp},v1={'é' * 64}",
            f"{stamp},v1=\ud800",
            f"t=,v1={mac}",
            f"t=now,v1={mac}",
            f"t=\ud800,v1={mac}",
            f"t=٣,v1={mac}",
            f"t={'9' * 30},v1={mac}",
            f"t=1,{stamp},v1={mac}",
            f"{stamp},v1={v1(number, genuine.body, '')}",
        ):
            yield signed(genuine.body, header)
        yield replace(genuine, headers={})
