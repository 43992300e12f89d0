"""Things to test with, complete and dull; name what matters and leave the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from application.callbacks import RawCallback
from domain.basket import Address, Basket, BasketLine, Buyer, Choices, Product
from domain.money import Currency, Money
from domain.observation import Observation, Proof, Source
from domain.order import Order, StockHold
from domain.payment import Payment, PaymentStatus
from domain.quote import LineKind, OrderLine
from domain.refund import Refund
from domain.review import ReviewItem, ReviewKind
from domain.tax import vat_of
from domain.transaction import (
    FactKind,
    MoneyFact,
    Transaction,
    TransactionKind,
    TransactionState,
    TransactionStatus,
)

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
BUYER = Buyer("ada@example.com", "Ada Byron", "+48123456789")
_NUMBERS = count(1)
ADDRESS = Address("Ada Byron", "Prosta 1", "Warszawa", "PL", "00-001")


def money(text: str) -> Money:
    """``money("49.90 PLN")``."""
    amount, code = text.split()
    return Money.parse(amount, Currency.of(code))


def a_product(sku: str = "mug", price: str = "49.90 PLN", **changes: Any) -> Product:
    """Ten mugs at 23 % VAT."""
    amount = money(price)
    usual: dict[str, Any] = {
        "name": sku.title(),
        "prices": {amount.currency.code: amount},
        "tax_rate": Decimal(23),
        "available": 10,
    }
    return Product(sku=sku, **(usual | changes))


def a_basket(*lines: BasketLine, **changes: Any) -> Basket:
    """One mug, everything chosen that an order needs."""
    choices = Choices(buyer=BUYER, delivery_address=ADDRESS, account="shop-payu")
    usual: dict[str, Any] = {
        "id": uuid4(),
        "currency": Currency.of("PLN"),
        "lines": lines or (BasketLine("mug", "Mug", money("49.90 PLN"), 1, Decimal(23)),),
        "choices": choices,
    }
    return Basket(**(usual | changes))


def an_order_line(
    sku: str = "mug", price: str = "49.90 PLN", quantity: int = 1, kind: LineKind = LineKind.GOODS
) -> OrderLine:
    unit, rate = money(price), Decimal(23)
    nothing = Money.zero(unit.currency)
    return OrderLine(sku, sku.title(), unit, quantity, nothing, rate, vat_of(unit * quantity, rate), kind)


def an_order(*lines: OrderLine, now: datetime = NOW, **changes: Any) -> Order:
    """An OPEN order of one mug, 49.90 PLN, that tracks no stock unless told to."""
    lines = lines or (an_order_line(),)
    currency = lines[0].unit_price.currency
    id = changes.pop("id", None) or uuid4()
    usual: dict[str, Any] = {
        "reference": f"261120{next(_NUMBERS):06}",
        "key": f"key-{id.hex}",
        "source": "basket",
        "currency": currency,
        "lines": lines,
        "total": Money.sum((line.gross for line in lines), currency),
        "tax": Money.sum((line.tax for line in lines), currency),
        "buyer": BUYER,
        "placed_at": now,
        "environment": "sandbox",
        "deadline": now + timedelta(minutes=30),
        "delivery_address": ADDRESS,
        "billing_address": ADDRESS,
        "account": "shop-payu",
        "basket_id": uuid4(),
        "basket_version": 3,
        "stock": StockHold.NONE,
    }
    return Order(id=id, **(usual | changes))


def a_payment(order: Order | None = None, *, now: datetime = NOW, **changes: Any) -> Payment:
    """A NEW attempt to collect the whole order through the account ``shop-payu``."""
    order = order or an_order()
    id = changes.pop("id", None) or uuid4()
    begun = Payment.begin(
        id=id,
        order_id=changes.pop("order_id", order.id),
        reference=changes.pop("reference", f"{order.reference}-{id.hex[:6]}"),
        account=changes.pop("account", "shop-payu"),
        gateway=changes.pop("gateway", "payu"),
        environment=changes.pop("environment", order.environment),
        amount=changes.pop("amount", order.total),
        idempotency_key=changes.pop("idempotency_key", f"start-{id.hex}"),
        token=changes.pop("token", f"token-{id.hex}"),
        now=now,
        extra=changes.pop("extra", None),
    )
    return replace(begun, **changes)


def a_proof(amount: Money, gateway_id: str = "CAP-1", kind: FactKind = FactKind.CAPTURED) -> Proof:
    return Proof(kind, gateway_id, amount)


def an_observation(payment: Payment | None = None, **changes: Any) -> Observation:
    """The gateway's signed word that the payment is paid in full."""
    payment = payment or a_payment()
    usual: dict[str, Any] = {
        "account": payment.account,
        "reference": payment.reference,
        "environment": payment.environment,
        "source": Source.CALLBACK,
        "word": "COMPLETED",
        "status": PaymentStatus.PAID,
        "amount": payment.amount,
        "event_id": f"event-{uuid4().hex}",
        "proof": a_proof(payment.amount, f"CAP-{payment.id.hex[:8]}"),
    }
    return Observation(**(usual | changes))


def a_callback(body: bytes = b'{"paid": true}', **changes: Any) -> RawCallback:
    """A message that waits to be judged."""
    headers: Mapping[str, str] = {"content-type": "application/json"}
    usual: dict[str, Any] = {
        "id": uuid4(),
        "account": "shop-payu",
        "received_at": NOW,
        "method": "POST",
        "digest": "0" * 64,
        "headers": headers,
        "query": (("a", "1"), ("a", "2")),
        "remote": "192.0.2.7",
    }
    return RawCallback(body=body, **(usual | changes))


def a_transaction(payment: Payment, **changes: Any) -> Transaction:
    usual: dict[str, Any] = {
        "id": uuid4(),
        "order_id": payment.order_id,
        "payment_id": payment.id,
        "kind": TransactionKind.CALLBACK,
        "state": TransactionState.OK,
        "status": TransactionStatus.VALIDATED,
        "at": NOW,
    }
    return Transaction(**(usual | changes))


def a_fact(payment: Payment, gateway_id: str = "CAP-1", **changes: Any) -> MoneyFact:
    """The capture of the whole payment."""
    usual: dict[str, Any] = {
        "id": uuid4(),
        "account": payment.account,
        "kind": FactKind.CAPTURED,
        "gateway_id": gateway_id,
        "amount": payment.amount,
        "at": NOW,
        "order_id": payment.order_id,
        "payment_id": payment.id,
    }
    return MoneyFact(**(usual | changes))


def a_refund(payment: Payment, amount: str = "10.00 PLN", **changes: Any) -> Refund:
    id = changes.pop("id", None) or uuid4()
    usual: dict[str, Any] = {
        "order_id": payment.order_id,
        "payment_id": payment.id,
        "amount": money(amount),
        "key": f"refund-{id.hex}",
        "by": "staff@example.com",
        "reason": "broken",
        "created_at": NOW,
    }
    return Refund(id=id, **(usual | changes))


def a_review(order_id: UUID | None = None, **changes: Any) -> ReviewItem:
    usual: dict[str, Any] = {
        "id": uuid4(),
        "kind": ReviewKind.AMOUNT_MISMATCH,
        "account": "shop-payu",
        "opened_at": NOW,
        "detail": "10.00 PLN arrived for 49.90 PLN",
    }
    return ReviewItem(order_id=order_id, **(usual | changes))
