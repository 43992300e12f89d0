"""Facts are told at least once, in order per order; a failing subscriber undoes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from application.hooks import Fact
from application.relay_events import LEASE, MAX_TRIES
from domain.order import OrderStatus
from tests.application.fake_gateway import signed, told
from tests.application.shop import Shop


def drain(shop: Shop) -> None:
    while shop.relay.execute().delivered:
        pass


def heard_by(shop: Shop, *names: str) -> list[tuple[str, int]]:
    heard: list[tuple[str, int]] = []
    for name in names:
        shop.hooks.connect(name, lambda fact: heard.append((fact.name, fact.seq)))
    return heard


def test_every_fact_of_a_payment_is_told_once_and_in_order(shop: Shop) -> None:
    heard = heard_by(
        shop, "order_placed", "new_payment", "payment_status_changed", "order_paid", "post_sendbank"
    )
    shop.paid()
    drain(shop)
    assert [name for name, _ in heard] == [
        "order_placed",
        "new_payment",
        "post_sendbank",
        "payment_status_changed",
        "payment_status_changed",
        "order_paid",
    ]
    assert sorted(heard, key=lambda told: told[1]) == heard
    assert shop.relay.execute().delivered == 0


def test_a_fact_brings_the_aggregates_as_they_are_now(shop: Shop) -> None:
    facts: list[Fact] = []
    shop.hooks.connect("payment_status_changed", facts.append)
    order, payment = shop.paid()
    drain(shop)
    last = facts[-1]
    assert (last.order.status, last.instance) == (OrderStatus.VALIDATED, payment)
    assert (last.old_status, last.new_status) == ("in_progress", "paid")
    assert last.payload["order_id"] == str(order.id)
    assert len({fact.event_id for fact in facts}) == len(facts)


def test_an_accepted_callback_says_how_it_went(shop: Shop) -> None:
    facts: list[Fact] = []
    shop.hooks.connect("callback_accepted", facts.append)
    _, payment = shop.started()
    for word in ("failed", "paid"):
        shop.tell(signed(told(payment, word)))
    drain(shop)
    flags = [(f.payload["is_success"], f.payload["is_failed"], f.payload["is_cancelled"]) for f in facts]
    assert flags == [(False, True, False), (True, False, False)]


def test_the_steps_of_sonata_are_told_in_pairs(shop: Shop) -> None:
    steps = [
        f"{when}_{step}"
        for step in ("transform", "sendbank", "callback", "error")
        for when in ("pre", "post")
    ]
    heard = heard_by(shop, *steps)
    shop.paid()
    order = shop.order()
    shop.cancel_order.execute(order.id, by="staff", reason="no pair for this")
    drain(shop)
    names = [name for name, _ in heard]
    for step in ("transform", "sendbank", "callback"):
        assert names.index(f"pre_{step}") < names.index(f"post_{step}")
    assert "pre_error" not in names


def flaky(failures: int) -> Any:
    calls = {"left": failures, "made": 0}

    def handler(fact: Fact) -> None:
        calls["made"] += 1
        if calls["left"] > 0:
            calls["left"] -= 1
            raise ZeroDivisionError("down")

    handler.calls = calls  # type: ignore[attr-defined]
    return handler


def test_a_failing_subscriber_is_called_again_with_back_off_and_undoes_nothing(shop: Shop) -> None:
    handler = flaky(1)
    shop.hooks.connect("order_placed", handler)
    order = shop.order()
    done = shop.relay.execute()
    assert (done.delivered, done.failed, shop.state(order)) == (0, 1, ("open",))
    assert shop.relay.execute().failed == 0
    shop.pass_time(seconds=2)
    assert shop.relay.execute().delivered == 1
    assert handler.calls["made"] == 2
    (event,) = shop.file(order).events
    assert (event.delivered_at, event.attempts, event.last_error) == (
        shop.clock.now(),
        2,
        "ZeroDivisionError: down",
    )


def test_a_later_fact_of_the_order_waits_and_other_orders_go_on(shop: Shop) -> None:
    heard = heard_by(shop, "order_paid")
    sick: list[object] = []

    def refuses_one(fact: Fact) -> None:
        if fact.order.id == sick[0]:
            raise ZeroDivisionError

    shop.hooks.connect("order_placed", refuses_one)
    first, _ = shop.paid()
    sick.append(first.id)
    shop.paid()
    drain(shop)
    assert len(heard) == 1
    assert [event.name for event in shop.file(first).events if event.delivered_at] == []


def test_after_enough_tries_a_fact_is_a_dead_letter_and_the_next_goes_on(shop: Shop) -> None:
    handler = flaky(10**6)
    shop.hooks.connect("order_placed", handler)
    heard = heard_by(shop, "order_paid")
    order, _ = shop.paid()
    for _ in range(MAX_TRIES + 20):
        shop.relay.execute()
        shop.pass_time(hours=2)
    placed = shop.file(order).events[0]
    assert (handler.calls["made"], placed.dead_at is not None) == (MAX_TRIES, True)
    assert [name for name, _ in heard] == ["order_paid"]


def test_a_worker_that_died_after_telling_leaves_the_fact_to_be_told_again(shop: Shop) -> None:
    shop.order()
    claimed = shop.database.work.claim_events("dead", LEASE, 10)
    assert len(claimed) == 1
    assert shop.relay.execute(owner="alive").delivered == 0
    shop.clock.advance(LEASE + timedelta(seconds=1))
    assert shop.relay.execute(owner="alive").delivered == 1


def test_events_nobody_listens_to_are_done_without_reading_anything(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.paid()
    monkeypatch.delattr(type(shop.database.reads), "order_by_id")
    drain(shop)
    assert not shop.database.reads.events(undelivered=True)


@pytest.mark.parametrize("limit", [1, 3])
def test_no_more_is_claimed_than_was_asked_for(shop: Shop, limit: int) -> None:
    for _ in range(5):
        shop.order()
    assert shop.relay.execute(limit=limit).delivered == limit
