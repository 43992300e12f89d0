"""Payments, briefs and refunds that a gateway could be handed, fresh each time."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from application.ports.gateway import Brief, PaymentGateway, Started
from domain.basket import Address, Buyer
from domain.money import Money
from domain.payment import Payment
from domain.quote import LineKind, OrderLine
from domain.refund import Refund

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CALLBACK_URL = "http://127.0.0.1:9/callbacks"
RETURN_URL = "http://127.0.0.1:9/returns"


def a_payment(gateway: PaymentGateway, amount: Money | None = None) -> Payment:
    """An attempt of this account that was never used before; 49.90 in its first currency by default."""
    currency = "PLN" if "PLN" in gateway.currencies or not gateway.currencies else min(gateway.currencies)
    return Payment.begin(
        id=uuid.uuid4(),
        order_id=uuid.uuid4(),
        reference="".join(secrets.choice(_ALPHABET) for _ in range(26)),
        account=gateway.account,
        gateway=gateway.code,
        environment=gateway.environment,
        amount=Money.of(4990, currency) if amount is None else amount,
        idempotency_key=secrets.token_urlsafe(24),
        token=secrets.token_urlsafe(24),
        now=datetime.now(UTC),
    )


def a_line(
    gross: Money, *, quantity: int = 1, name: str = "Mug", kind: LineKind = LineKind.GOODS
) -> OrderLine:
    """A line over ``gross`` in all, whether or not it divides by ``quantity``."""
    unit = Money(-(-gross.minor // quantity), gross.currency)
    nothing = Money.zero(gross.currency)
    return OrderLine("MUG-1", name, unit, quantity, unit * quantity - gross, Decimal(0), nothing, kind)


def a_brief(
    gateway: PaymentGateway,
    amount: Money | None = None,
    *,
    payment: Payment | None = None,
    lines: Sequence[OrderLine] = (),
    callback_url: str = CALLBACK_URL,
) -> Brief:
    """Everything a gateway may want to know, for a shopper in Poland with half an hour to pay."""
    payment = payment or a_payment(gateway, amount)
    address = Address("Jan Kowalski", "Prosta 1", "Warszawa", "PL", "00-950")
    return Brief(
        payment=payment,
        order_reference="261120000042",
        description="Order 261120000042",
        lines=tuple(lines) or (a_line(payment.amount),),
        buyer=Buyer("jan@example.com", "Jan Kowalski", "+48123456789"),
        billing_address=address,
        delivery_address=address,
        locale="pl",
        deadline=datetime.now(UTC) + timedelta(minutes=30),
        callback_url=callback_url,
        return_url=RETURN_URL,
        customer_ip="203.0.113.7",
        user_agent="Mozilla/5.0",
    )


def told_the_reference(payment: Payment, reference: str | None) -> Payment:
    """The payment once the gateway's own reference is known."""
    return replace(payment, gateway_reference=reference)


def once_started(payment: Payment, begun: Started, told_later: str = "") -> Payment:
    """The payment as it is kept after its start; a message may tell the gateway's reference later."""
    known = begun.gateway_reference or told_later or None
    return replace(payment, gateway_reference=known, extra={**payment.extra, **begun.extra})


def a_refund(payment: Payment, minor: int | None = None) -> Refund:
    """An intent to give back ``minor`` units, or everything."""
    amount = payment.amount if minor is None else Money(minor, payment.amount.currency)
    return Refund(
        id=uuid.uuid4(),
        order_id=payment.order_id,
        payment_id=payment.id,
        amount=amount,
        key=secrets.token_hex(16),
        by="anna",
        reason="came back",
        created_at=datetime.now(UTC),
    )
