"""Claims: what is due, to one worker at a time, and again when a lease ran out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from application.callbacks import CallbackState
from domain.payment import PaymentStatus
from tests.adapters.persistence.contract.shop import Kept, pay, place
from tests.builders import NOW, a_callback, a_refund, an_order
from tests.fakes import FrozenClock

LEASE = timedelta(seconds=60)
HOUR = timedelta(hours=1)


def test_due_callbacks_are_claimed_by_one_worker(database: Kept, clock: FrozenClock) -> None:
    now = clock.now()
    due = a_callback(received_at=now, due_at=now - LEASE)
    no_date = a_callback(received_at=now - HOUR)
    later = a_callback(received_at=now, due_at=now + HOUR)
    judged = a_callback(received_at=now, state=CallbackState.APPLIED)
    with database.units() as uow:
        for callback in (due, no_date, later, judged):
            uow.add_callback(callback)
        uow.commit()
    assert list(database.work.claim_callbacks("one", LEASE, 10)) == [no_date, due]
    assert list(database.work.claim_callbacks("two", LEASE, 10)) == []


def test_a_saved_callback_is_free_to_be_claimed_when_due_again(database: Kept, clock: FrozenClock) -> None:
    callback = a_callback(received_at=clock.now())
    with database.units() as uow:
        uow.add_callback(callback)
        uow.commit()
    (claimed,) = database.work.claim_callbacks("one", LEASE, 10)
    with database.units() as uow:
        uow.save_callback(replace(claimed, tries=1, due_at=clock.now()))
        uow.commit()
    (again,) = database.work.claim_callbacks("two", LEASE, 10)
    assert again.tries == 1


def test_payments_are_claimed_when_their_look_is_due(database: Kept, clock: FrozenClock) -> None:
    watched = []
    for wait in (-HOUR, HOUR, None):
        _, payment = place(database)
        with database.units() as uow:
            attempt = uow.lock_payment(payment.id)
            look_at = None if wait is None else clock.now() + wait
            uow.save_payment(replace(attempt.payment.move(PaymentStatus.UNKNOWN, NOW), look_at=look_at))
            uow.commit()
        watched.append(payment.id)
    assert [payment.id for payment in database.work.claim_payments("one", LEASE, 10)] == watched[:1]
    assert list(database.work.claim_payments("two", LEASE, 10)) == []


def test_a_limit_leaves_the_rest_to_others(database: Kept, clock: FrozenClock) -> None:
    with database.units() as uow:
        for _ in range(5):
            uow.add_callback(a_callback(received_at=clock.now()))
        uow.commit()
    first = database.work.claim_callbacks("one", LEASE, 3)
    second = database.work.claim_callbacks("two", LEASE, 3)
    assert (len(first), len(second)) == (3, 2)
    assert not {row.id for row in first} & {row.id for row in second}


def test_open_refunds_are_claimed_when_due(database: Kept, clock: FrozenClock) -> None:
    _, payment = place(database)
    pay(database, payment)
    due = a_refund(payment, look_at=clock.now() - HOUR)
    later = a_refund(payment, look_at=clock.now() + HOUR)
    with database.units() as uow:
        uow.add_refund(due)
        uow.add_refund(later)
        uow.commit()
    assert list(database.work.claim_refunds("one", LEASE, 10)) == [due]
    assert list(database.work.claim_refunds("two", LEASE, 10)) == []


def test_overdue_orders_are_payable_and_past_their_deadline(database: Kept, clock: FrozenClock) -> None:
    late = clock.now() - HOUR
    older, _ = place(database, an_order(deadline=late - HOUR))
    old, _ = place(database, an_order(deadline=late))
    place(database, an_order(deadline=clock.now() + HOUR))
    place(database, an_order(deadline=None))
    _, payment = place(database, an_order(deadline=late))
    pay(database, payment)
    assert list(database.work.overdue_orders(10)) == [older.id, old.id]
    assert list(database.work.overdue_orders(1)) == [older.id]
    assert list(database.work.overdue_orders(1, skip=1)) == [old.id]


def test_events_of_an_order_are_delivered_one_after_the_other(database: Kept) -> None:
    order, _ = place(database)
    other, _ = place(database)
    first = database.work.claim_events("one", LEASE, 10)
    assert {(event.order_id, event.seq) for event in first} == {(order.id, 1), (other.id, 1)}
    assert list(database.work.claim_events("two", LEASE, 10)) == []
    mine = next(event for event in first if event.order_id == order.id)
    database.work.event_delivered(mine.id, "one")
    (second,) = database.work.claim_events("two", LEASE, 10)
    assert (second.order_id, second.seq, second.name) == (order.id, 2, "PaymentStarted")


def test_a_postponed_event_holds_back_the_later_ones_of_its_order(database: Kept, clock: FrozenClock) -> None:
    place(database)
    (event,) = database.work.claim_events("one", LEASE, 10)
    database.work.event_failed(event.id, "one", "no route", clock.now() + HOUR)
    assert list(database.work.claim_events("one", LEASE, 10)) == []
    (kept, _) = sorted(database.reads.events(undelivered=True), key=lambda one: one.seq)
    assert (kept.attempts, kept.last_error) == (1, "no route")


def test_a_dead_letter_lets_the_later_ones_pass(database: Kept) -> None:
    place(database)
    (event,) = database.work.claim_events("one", LEASE, 10)
    database.work.event_failed(event.id, "one", "never", None)
    (following,) = database.work.claim_events("one", LEASE, 10)
    assert following.seq == 2
    dead = next(one for one in database.reads.events() if one.id == event.id)
    assert dead.dead_at is not None


def test_only_the_holder_of_a_lease_settles_an_event(database: Kept) -> None:
    place(database)
    (event,) = database.work.claim_events("one", LEASE, 10)
    database.work.event_delivered(event.id, "two")
    database.work.event_failed(event.id, "two", "mine!", None)
    kept = next(one for one in database.reads.events() if one.id == event.id)
    assert (kept.delivered_at, kept.dead_at, kept.attempts) == (None, None, 0)


def test_a_delivered_event_is_delivered_once(database: Kept) -> None:
    place(database)
    for seq in (1, 2):
        (event,) = database.work.claim_events("one", LEASE, 10)
        assert event.seq == seq
        database.work.event_delivered(event.id, "one")
    assert list(database.work.claim_events("one", LEASE, 10)) == []
    assert database.reads.events(undelivered=True) == ()


def test_a_heart_beats_as_often_as_it_likes(database: Kept) -> None:
    database.work.heartbeat("one", NOW)
    database.work.heartbeat("one", NOW + HOUR)
