"""A payment nobody ever made: a question about it moves no money, and its answer tells who is asking."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import uuid4

from domain.money import Currency, Money
from domain.payment import Payment

_USUAL: Final = ("EUR", "PLN", "USD")


def nobodys_payment(
    *, account: str, code: str, environment: str, currencies: Collection[str], now: datetime
) -> Payment:
    """The smallest amount of a currency the account takes, under references that no gateway has."""
    made = uuid4()
    usual = next((name for name in _USUAL if name in currencies), "")
    currency = Currency.of(usual or min(currencies, default=_USUAL[0]))
    payment = Payment.begin(
        id=made,
        order_id=made,
        reference=f"0{made.hex[:25].upper()}",
        account=account,
        gateway=code,
        environment=environment,
        amount=Money(1, currency),
        idempotency_key=made.hex,
        token=made.hex,
        now=now,
    )
    return replace(payment, gateway_reference=payment.reference)
