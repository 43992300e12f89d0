"""Which index answers, asked of a PostgreSQL that has analysed nothing and guesses worst."""

from __future__ import annotations

import psycopg
import pytest

from adapters.persistence import Database, callbacks, glance, lists, payments, reads, work
from adapters.persistence import tables as t
from adapters.persistence.compiled import Statement, compile_once
from tests.adapters.persistence.contract.shop import place

pytestmark = pytest.mark.postgres

_MESSAGE = {"b_key_account", "b_event_key", "b_fact_account", "b_fact_kind", "b_fact_id"}
QUESTIONS: dict[str, tuple[Statement, set[str], str]] = {
    "a message's attempt": (
        payments.LOCK_BY_REFERENCE,
        {"b_reference", *_MESSAGE},
        "uq_callbacks_account_event_key uq_money_facts_account_kind_gateway_id"
        " uq_payments_reference pk_orders",
    ),
    "an order's page": (reads._BY_KEY, {"b_key"}, "uq_orders_key ix_payments_order_id"),
    "a way back": (payments.BY_TOKEN, {"b_account", "b_token"}, "uq_payments_token pk_orders"),
    "whose session or capture it is": (
        payments.REFERENCE,
        {"b_account", "b_gateway_id"},
        "uq_payments_gateway_reference_account uq_money_facts_account_kind_gateway_id pk_payments",
    ),
    "events to deliver": (
        work.CLAIM_EVENTS,
        {"b_owner", "b_seconds", "b_limit"},
        "ix_events_due ix_events_turn pk_events",
    ),
    "callbacks to judge": (
        work.CLAIM_CALLBACKS,
        {"b_owner", "b_seconds", "b_limit"},
        "ix_callbacks_pending pk_callbacks",
    ),
    "when an account last called": (callbacks.LAST_AT, {"b_account"}, "ix_callbacks_account"),
    "when accounts last called": (glance.last_callbacks(1), {"b_account_0"}, "ix_callbacks_account"),
    "an account's callbacks": (
        lists.page_of_callbacks(False, True, False, False),
        {"b_limit", "b_account"},
        "ix_callbacks_account",
    ),
}


FORGET = (
    "VACUUM FULL",
    "DELETE FROM pg_statistic",
    "UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE relnamespace = 'public'::regnamespace",
)
"""Other tests left their pages behind, and the server may have analysed a table on its own."""


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_young_database_is_asked_by_index(postgres: Database, postgres_url: str, question: str) -> None:
    statement, names, wanted = QUESTIONS[question]
    for _ in range(3):
        place(postgres)
    prepared = compile_once(statement, postgres._link.engine.dialect, frozenset(names))
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        for forget in FORGET:
            connection.execute(forget)
        rows = connection.execute(f"EXPLAIN (GENERIC_PLAN, COSTS OFF) {prepared.sql}".encode())
        plan = "\n".join(row[0] for row in rows)
    assert "Seq Scan" not in plan, plan
    assert [index for index in wanted.split() if index not in plan] == [], plan
    unwanted = {str(index.name) for table in (t.callbacks, t.events) for index in table.indexes}
    assert [index for index in unwanted - set(wanted.split()) if index in plan] == [], plan
