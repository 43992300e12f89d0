"""Append-only rows: exchanges with gateways, and the money facts they proved."""

from __future__ import annotations

from sqlalchemy import bindparam, insert, select

from adapters.persistence.compiled import Row, Values
from adapters.persistence.packing import pack_map, unpack_map
from adapters.persistence.tables import money_facts, transactions
from domain.money import Money
from domain.transaction import (
    FactKind,
    MoneyFact,
    Transaction,
    TransactionKind,
    TransactionState,
    TransactionStatus,
)

TRANSACTIONS_OF_ORDER = (
    select(*transactions.columns)
    .where(transactions.c.order_id == bindparam("b_order_id"))
    .order_by(transactions.c.at, transactions.c.id)
)
FACTS_OF_ORDER = (
    select(*money_facts.columns)
    .where(money_facts.c.order_id == bindparam("b_order_id"))
    .order_by(money_facts.c.at, money_facts.c.id)
)
INSERT_TRANSACTION = insert(transactions)
INSERT_FACT = insert(money_facts)


def transaction_to_row(transaction: Transaction) -> Values:
    return {
        "id": transaction.id,
        "order_id": transaction.order_id,
        "payment_id": transaction.payment_id,
        "kind": transaction.kind.value,
        "state": transaction.state.value,
        "status": int(transaction.status),
        "at": transaction.at,
        "message": transaction.message,
        "parameters": pack_map(transaction.parameters),
        "request": transaction.request,
        "answer": transaction.answer,
    }


def transaction_from_row(row: Row) -> Transaction:
    id, order_id, payment_id, kind, state, status, at, message, parameters, request, answer = row
    return Transaction(
        id, order_id, payment_id, TransactionKind(kind), TransactionState(state), TransactionStatus(status),
        at,
        message, unpack_map(parameters), request, answer,
    )  # fmt: skip


def fact_to_row(fact: MoneyFact) -> Values:
    return {
        "id": fact.id,
        "account": fact.account,
        "kind": fact.kind.value,
        "gateway_id": fact.gateway_id,
        "currency": fact.amount.currency.code,
        "amount": fact.amount.minor,
        "at": fact.at,
        "order_id": fact.order_id,
        "payment_id": fact.payment_id,
    }


def fact_from_row(row: Row) -> MoneyFact:
    id, account, kind, gateway_id, code, amount, at, order_id, payment_id = row
    return MoneyFact(
        id, account, FactKind(kind), gateway_id, Money.of(amount, code), at, order_id, payment_id
    )
