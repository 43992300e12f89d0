"""Steps the contract tests share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from adapters.persistence import Database
from domain.order import Order
from domain.payment import Payment, PaymentStatus
from tests.builders import NOW, a_payment, an_order
from tests.fakes import MemoryDatabase

Kept = Database | MemoryDatabase


def place(database: Kept, order: Order | None = None, **changes: Any) -> tuple[Order, Payment]:
    """Store an order with a first attempt; answers both as they were given."""
    order = order or an_order(**changes)
    payment = a_payment(order)
    with database.units() as uow:
        uow.add_order(order)
        uow.add_payment(payment)
        uow.commit()
    return order, payment


def pay(database: Kept, payment: Payment) -> None:
    """Capture the whole attempt and settle its order."""
    with database.units() as uow:
        attempt = uow.lock_payment(payment.id)
        paid = attempt.payment.capture(attempt.payment.amount, f"CAP-{payment.id.hex}", NOW)
        uow.save_payment(paid)
        uow.save_order(replace(attempt.order.validate(NOW), paid_by=paid.id))
        uow.commit()


def move_payment(database: Kept, payment: Payment, status: PaymentStatus) -> None:
    with database.units() as uow:
        attempt = uow.lock_payment(payment.id)
        uow.save_payment(attempt.payment.move(status, NOW))
        uow.commit()


def names(database: Kept, order: Order) -> list[str]:
    """The events of an order, in order."""
    return [event.name for event in database.reads.order_file(order.id).events]
