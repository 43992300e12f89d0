"""The last wall: whatever a mistake of ours writes, the database itself refuses nonsense (raw SQL)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from adapters.persistence import Database
from domain.order import Order
from domain.payment import Payment
from tests.adapters.persistence.contract.shop import place
from tests.builders import a_basket, a_callback, a_fact, a_product, a_refund, a_review, a_transaction

Refused = Callable[[str], str]


@pytest.fixture
def shop(sql: Database) -> tuple[Order, Payment]:
    """Two orders of which the second copies the first as far as it may; one row of everything else."""
    order, payment = place(sql, source="host", source_reference="1001")
    place(sql)
    sql.catalogue.save_product(a_product())
    with sql.units() as uow:
        uow.lock_order(order.id)
        uow.add_basket(a_basket())
        uow.add_fact(a_fact(payment, "CAP-1"))
        uow.add_fact(a_fact(payment, "CAP-2"))
        uow.add_refund(a_refund(payment, key="R-1"))
        uow.add_refund(a_refund(payment, key="R-2"))
        uow.add_transaction(a_transaction(payment))
        uow.add_review(a_review(order.id))
        uow.add_callback(a_callback(event_key="E-1", order_id=order.id))
        uow.add_callback(a_callback(event_key="E-2"))
        uow.commit()
    return order, payment


@pytest.fixture
def refused(sql: Database, shop: tuple[Order, Payment]) -> Refused:
    """Runs a statement that must fail; answers what the database said."""
    order, payment = shop

    def run(statement: str) -> str:
        values: dict[str, Any] = {"order": order.id, "payment": payment.id, "nobody": uuid4()}
        if sql._link.engine.dialect.name == "sqlite":
            values = {name: value.hex for name, value in values.items()}
        used = {name: value for name, value in values.items() if f":{name}" in statement}
        with sql._link.engine.connect() as connection, pytest.raises(IntegrityError) as caught:
            connection.execute(text(statement), used)
        return str(caught.value.orig)

    return run


UNIQUE = {
    "order reference": "UPDATE orders SET reference = 'same'",
    "order key": "UPDATE orders SET key = 'same'",
    "a host's order": "UPDATE orders SET source = 'host', source_reference = '1001'",
    "a basket's order": "UPDATE orders SET basket_id = :nobody, basket_version = 1",
    "payment reference": "UPDATE payments SET reference = 'same'",
    "payment token": "UPDATE payments SET token = 'same'",
    "idempotency key": "UPDATE payments SET idempotency_key = 'same'",
    "gateway session": "UPDATE payments SET gateway_reference = 'same'",
    "money fact": "UPDATE money_facts SET gateway_id = 'same'",
    "refund key": "UPDATE refunds SET key = 'same'",
    "event key": "UPDATE callbacks SET event_key = 'same'",
    "event number": "UPDATE events SET seq = 1",
}


@pytest.mark.parametrize("statement", UNIQUE.values(), ids=UNIQUE.keys())
def test_what_identifies_is_unique(refused: Refused, statement: str) -> None:
    assert "unique" in refused(statement).lower()


NONSENSE = {
    "ck_stock_not_negative": "UPDATE stock SET available = -1",
    "ck_payments_refunds_are_covered": "UPDATE payments SET captured = 99, refunded = 60, reserved = 40",
    "ck_payments_status_known": "UPDATE payments SET status = 'refunded'",
    "ck_orders_status_known": "UPDATE orders SET status = 'paid'",
    "ck_orders_closed_by_known": "UPDATE orders SET closed_by = 'nobody'",
    "ck_orders_fulfilment_known": "UPDATE orders SET fulfilment = 'lost'",
    "ck_orders_stock_known": "UPDATE orders SET stock = 'stolen'",
    "ck_orders_not_negative": "UPDATE orders SET total = -1",
    "ck_money_facts_has_gateway_id": "UPDATE money_facts SET gateway_id = ''",
    "ck_money_facts_kind_known": "UPDATE money_facts SET kind = 'gift'",
    "ck_money_facts_not_negative": "UPDATE money_facts SET amount = -1",
    "ck_refunds_gives_something_back": "UPDATE refunds SET amount = 0",
    "ck_refunds_status_known": "UPDATE refunds SET status = 'maybe'",
    "ck_transactions_kind_known": "UPDATE transactions SET kind = 'chat'",
    "ck_transactions_state_known": "UPDATE transactions SET state = 'so-so'",
    "ck_callbacks_state_known": "UPDATE callbacks SET state = 'lost'",
    "ck_review_items_kind_known": "UPDATE review_items SET kind = 'odd'",
    "ck_review_items_amount_has_currency": "UPDATE review_items SET amount = 1, currency = NULL",
}


@pytest.mark.parametrize(("wall", "statement"), NONSENSE.items(), ids=NONSENSE.keys())
def test_nonsense_is_refused_by_name(refused: Refused, wall: str, statement: str) -> None:
    assert wall in refused(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payments SET amount = -1",
        "UPDATE payments SET captured = -1",
        "UPDATE payments SET refunded = -1",
        "UPDATE payments SET refunded_outside = -1",
        "UPDATE payments SET charged_back = -1",
        "UPDATE payments SET reserved = -1",
    ],
)
def test_no_amount_of_a_payment_is_negative(refused: Refused, statement: str) -> None:
    assert "ck_payments" in refused(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payments SET order_id = :nobody",
        "UPDATE transactions SET payment_id = :nobody",
        "UPDATE money_facts SET payment_id = :nobody",
        "UPDATE refunds SET payment_id = :nobody",
        "UPDATE callbacks SET duplicate_of = :nobody",
        "UPDATE events SET order_id = :nobody WHERE seq = 1 AND order_id = :order",
        "DELETE FROM orders WHERE id = :order",
        "DELETE FROM payments WHERE id = :payment",
    ],
)
def test_foreign_keys_are_on(refused: Refused, statement: str) -> None:
    assert "foreign key" in refused(statement).lower()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payments SET amount = NULL",
        "UPDATE orders SET currency = NULL",
        "UPDATE callbacks SET body = NULL",
    ],
)
def test_what_must_be_known_is_not_null(refused: Refused, statement: str) -> None:
    assert "null" in refused(statement).lower()


def test_sessions_are_unique_per_account_and_may_be_missing(
    sql: Database, shop: tuple[Order, Payment]
) -> None:
    _, payment = shop
    with sql._link.engine.connect() as connection:
        connection.execute(text("UPDATE payments SET gateway_reference = NULL"))
        reference = {"reference": payment.reference}
        connection.execute(
            text("UPDATE payments SET account = 'another' WHERE reference = :reference"), reference
        )
        connection.execute(text("UPDATE payments SET gateway_reference = 'same'"))
