"""What every unit of work keeps, whatever it is kept in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from application.callbacks import CallbackState
from application.errors import (
    BasketNotFound,
    ConcurrentUpdate,
    OrderNotFound,
    PaymentNotFound,
    ReviewNotFound,
)
from domain.basket import Basket
from domain.events import StaffActed
from domain.money import Currency
from domain.order import ClosedBy, OrderStatus
from domain.payment import NextStep, NextStepKind, PaymentStatus
from domain.refund import RefundStatus
from domain.transaction import FactKind
from tests.adapters.persistence.contract.shop import Kept, move_payment, names, pay, place
from tests.builders import (
    ADDRESS,
    NOW,
    a_basket,
    a_callback,
    a_fact,
    a_payment,
    a_refund,
    a_review,
    a_transaction,
    an_order,
    an_order_line,
    money,
)


def test_an_order_comes_back_as_it_was_placed(database: Kept) -> None:
    order = an_order(
        an_order_line("mug", quantity=3),
        an_order_line("pen", "0.50 PLN"),
        options={"blik": "123"},
        voucher="SUMMER",
        customer_id=uuid4(),
        source="host",
        source_reference="1001/ä",
        source_digest="abc",
        return_url="https://shop.example/back",
        description="Zażółć gęślą jaźń 🍯",
        billing_address=replace(ADDRESS, region="mazowieckie"),
        deadline=None,
        basket_id=None,
        basket_version=None,
    )
    placed, payment = place(database, order)
    assert database.reads.order_by_id(order.id) == (replace(placed, event_seq=2), (payment,))


def test_a_payment_comes_back_with_all_its_fields(database: Kept) -> None:
    order = an_order()
    payment = a_payment(
        order,
        status=PaymentStatus.IN_PROGRESS,
        gateway_reference="SESSION-1",
        capture_reference="CAP-1",
        next_step=NextStep(NextStepKind.FORM, "https://gateway.example/pay", (("a", "1"), ("a", "2"))),
        verified=True,
        receipt_failed=True,
        failure="declined",
        capture_before=NOW + timedelta(days=7),
        look_at=NOW + timedelta(microseconds=1),
        looks=3,
        returned_at=NOW,
        intent="capture",
        extra={"method": "card"},
        captured=order.total,
        refunded=money("1.00 PLN"),
        refunded_outside=money("2.00 PLN"),
        charged_back=money("3.00 PLN"),
        reserved=money("4.00 PLN"),
    )
    with database.units() as uow:
        uow.add_order(order)
        uow.add_payment(payment)
        uow.commit()
    assert database.reads.payment(payment.id)[1] == payment


def test_nothing_is_kept_without_commit(database: Kept) -> None:
    order = an_order()
    with database.units() as uow:
        uow.add_order(order)
    with pytest.raises(OrderNotFound):
        database.reads.order_by_id(order.id)


def test_nothing_is_kept_when_the_block_raises(database: Kept) -> None:
    order, _ = place(database)

    def close_and_fail() -> None:
        with database.units() as uow:
            locked, _ = uow.lock_order(order.id)
            uow.save_order(locked.close(ClosedBy.BUYER, "changed my mind"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        close_and_fail()
    assert database.reads.order_by_id(order.id)[0].status is OrderStatus.OPEN


def test_the_second_writer_of_the_same_version_is_refused(database: Kept) -> None:
    order, payment = place(database)
    stale, _ = database.reads.order_by_id(order.id)
    pay(database, payment)
    with database.units() as uow:
        current, _ = uow.lock_order(order.id)
        assert current.version == stale.version + 1
        uow._collected.orders.found(stale)
        uow.save_order(stale.close(ClosedBy.BUYER, "too late"))
        with pytest.raises(ConcurrentUpdate):
            uow.commit()
    assert database.reads.order_by_id(order.id)[0].status is OrderStatus.VALIDATED


def test_the_second_writer_is_refused_even_when_nothing_is_told_about_it(database: Kept) -> None:
    """No event and no unique key is in the way here: the version alone decides."""
    _, payment = place(database)
    for refused in (False, True):
        with database.units() as uow:
            uow.lock_payment(payment.id)
            uow._collected.payments.found(payment)
            uow.save_payment(replace(payment, looks=payment.looks + 1))
            if refused:
                with pytest.raises(ConcurrentUpdate):
                    uow.commit()
            else:
                uow.commit()
    assert database.reads.payment(payment.id)[1].looks == 1


def test_a_basket_edited_twice_at_once_keeps_the_first_edit(database: Kept) -> None:
    basket = a_basket()
    with database.units() as uow:
        uow.add_basket(basket)
        uow.commit()
    for voucher, refused in (("FIRST", False), ("SECOND", True)):
        with database.units() as uow:
            uow._collected.baskets.found(basket)
            uow.save_basket(basket.with_voucher(voucher))
            if refused:
                with pytest.raises(ConcurrentUpdate):
                    uow.commit()
            else:
                uow.commit()
    assert database.reads.basket(basket.id).voucher == "FIRST"


def test_an_unchanged_aggregate_is_not_written(database: Kept) -> None:
    order, payment = place(database)
    with database.units() as uow:
        attempt = uow.lock_payment(payment.id)
        uow.save_order(attempt.order)
        uow.save_payment(attempt.payment)
        uow.commit()
    kept, payments = database.reads.order_by_id(order.id)
    assert (kept.version, payments[0].version) == (1, 1)


def test_a_moved_payment_bumps_the_version_of_its_order(database: Kept) -> None:
    order, payment = place(database)
    move_payment(database, payment, PaymentStatus.IN_PROGRESS)
    kept, payments = database.reads.order_by_id(order.id)
    assert (kept.version, payments[0].version) == (2, 2)


def test_saving_what_was_never_loaded_is_a_mistake(database: Kept) -> None:
    order, _ = place(database)
    with database.units() as uow, pytest.raises(LookupError):
        uow.save_order(order)


def test_an_aggregate_added_and_saved_in_one_unit_is_kept_as_last_seen(database: Kept) -> None:
    order = an_order()
    with database.units() as uow:
        uow.add_order(order)
        uow.save_order(order.await_payment())
        uow.commit()
    assert database.reads.order_by_id(order.id)[0].status is OrderStatus.PENDING


def test_events_tell_every_change_in_order_and_are_numbered_without_gaps(database: Kept) -> None:
    order, payment = place(database)
    pay(database, payment)
    events = database.reads.order_file(order.id).events
    assert [event.seq for event in events] == [1, 2, 3, 4, 5, 6]
    assert [event.name for event in events] == [
        "OrderPlaced",
        "PaymentStarted",
        "PaymentStatusChanged",
        "OrderStatusChanged",
        "FulfilmentChanged",
        "OrderPaid",
    ]
    assert events[-1].payload["amount"] == "49.90 PLN"
    assert database.reads.order_by_id(order.id)[0].event_seq == 6


def test_an_event_of_an_order_nobody_touched_bumps_it(database: Kept) -> None:
    order, _ = place(database)
    with database.units() as uow:
        uow.add_event(StaffActed(order.id, "note", "eve@example.com", "called the buyer"))
        uow.commit()
    kept, _ = database.reads.order_by_id(order.id)
    assert (kept.version, kept.event_seq) == (2, 3)
    assert names(database, order)[-1] == "StaffActed"


def test_an_event_of_an_unknown_order_is_refused(database: Kept) -> None:
    with database.units() as uow:
        uow.add_event(StaffActed(uuid4(), "note", "eve@example.com", "nobody"))
        with pytest.raises(OrderNotFound):
            uow.commit()


def test_an_attempt_is_locked_with_order_others_and_what_is_known(database: Kept) -> None:
    order, payment = place(database)
    other = a_payment(order, now=NOW + timedelta(minutes=1))
    callback = a_callback(event_key="E-1", order_id=order.id)
    with database.units() as uow:
        uow.lock_order(order.id)
        uow.add_payment(other)
        uow.add_callback(callback)
        uow.add_fact(a_fact(payment, "CAP-1"))
        uow.commit()
    with database.units() as uow:
        attempt = uow.lock_attempt(
            payment.reference,
            account="shop-payu",
            event_key="E-1",
            fact=("shop-payu", "captured", "CAP-1"),
        )
        assert attempt is not None
        assert attempt.payment == payment
        assert attempt.others == (other,)
        assert attempt.order.id == order.id
        assert attempt.seen_before == callback.id
        assert attempt.fact_known


@pytest.mark.parametrize(
    ("account", "event_key", "fact"),
    [
        ("another", "E-1", ("another", "captured", "CAP-1")),
        ("shop-payu", "E-2", ("shop-payu", "captured", "CAP-2")),
        ("shop-payu", None, ("shop-payu", "refunded", "CAP-1")),
        ("shop-payu", None, None),
    ],
)
def test_what_another_message_said_is_not_known_of_this_one(
    database: Kept, account: str, event_key: str | None, fact: tuple[str, str, str] | None
) -> None:
    order, payment = place(database)
    with database.units() as uow:
        uow.lock_order(order.id)
        uow.add_callback(a_callback(event_key="E-1"))
        uow.add_callback(a_callback(event_key=None))
        uow.add_fact(a_fact(payment, "CAP-1"))
        uow.commit()
    with database.units() as uow:
        attempt = uow.lock_attempt(payment.reference, account=account, event_key=event_key, fact=fact)
        assert attempt is not None
        assert (attempt.seen_before, attempt.fact_known) == (None, False)


def test_what_is_unknown_is_not_found(database: Kept) -> None:
    with database.units() as uow:
        assert uow.lock_attempt("nobody") is None
        assert uow.lock_refund(key="nobody") is None
        assert uow.lock_refund(account="shop-payu", gateway_id="") is None
        assert uow.order_of_basket(uuid4(), 1) is None
        assert uow.order_of_source("host", "1") is None
        for missing, ask in (
            (OrderNotFound, uow.lock_order),
            (PaymentNotFound, uow.lock_payment),
            (BasketNotFound, uow.lock_basket),
            (ReviewNotFound, uow.lock_review),
        ):
            with pytest.raises(missing):
                ask(uuid4())


@pytest.mark.parametrize("reference", ["a\0b", "\ud800", "' OR 1=1 --", "x" * 10_000])
def test_a_strangers_words_never_upset_the_database(database: Kept, reference: str) -> None:
    with database.units() as uow:
        assert uow.lock_attempt(reference, account=reference, event_key=reference) is None
        uow.add_callback(a_callback(b"\0\xff", event_key=reference, note=reference, payment_hint=reference))
        uow.commit()
    with pytest.raises(OrderNotFound):
        database.reads.order_by_key(reference)


def test_a_taken_event_key_is_refused_and_leaves_nothing(database: Kept) -> None:
    order, payment = place(database)
    for _ in range(2):
        unit = database.units()
        with unit as uow:
            attempt = uow.lock_payment(payment.id)
            uow.add_callback(a_callback(event_key="E-1"))
            uow.add_transaction(a_transaction(payment))
            uow.add_event(StaffActed(order.id, "look", "eve", str(attempt.order.version)))
            if attempt.order.version == 1:
                uow.commit()
            else:
                with pytest.raises(ConcurrentUpdate):
                    uow.commit()
    assert len(database.reads.callbacks()) == 1
    assert len(database.reads.order_file(order.id).transactions) == 1
    assert names(database, order).count("StaffActed") == 1


def test_the_same_event_key_of_another_account_is_another_message(database: Kept) -> None:
    with database.units() as uow:
        uow.add_callback(a_callback(event_key="E-1"))
        uow.add_callback(a_callback(event_key="E-1", account="shop-other"))
        uow.commit()
    assert len(database.reads.callbacks()) == 2


def test_money_is_recorded_once_per_account_kind_and_gateway_id(database: Kept) -> None:
    _, payment = place(database)
    with database.units() as uow:
        uow.add_fact(a_fact(payment, "CAP-1"))
        uow.add_fact(a_fact(payment, "CAP-1", kind=FactKind.REFUNDED))
        uow.commit()
    with database.units() as uow:
        uow.add_fact(a_fact(payment, "CAP-1", order_id=None, payment_id=None))
        with pytest.raises(ConcurrentUpdate):
            uow.commit()


def test_a_basket_version_becomes_one_order(database: Kept) -> None:
    order, _ = place(database, source="basket")
    twin = an_order(basket_id=order.basket_id, basket_version=order.basket_version)
    with database.units() as uow:
        uow.add_order(twin)
        with pytest.raises(ConcurrentUpdate):
            uow.commit()
    with database.units() as uow:
        assert order.basket_id is not None
        found = uow.order_of_basket(order.basket_id, 3)
        assert found is not None
        assert found.id == order.id
        assert uow.order_of_basket(order.basket_id, 4) is None


def test_a_hosts_number_means_one_order_per_host(database: Kept) -> None:
    order, _ = place(database, source="host", source_reference="1001", basket_id=None, basket_version=None)
    place(database, source="other", source_reference="1001", basket_id=None, basket_version=None)
    with database.units() as uow:
        found = uow.order_of_source("host", "1001")
        assert found is not None
        assert found.id == order.id


def test_a_basket_counts_its_own_versions(database: Kept) -> None:
    basket = a_basket(customer_id=uuid4(), voucher="TEN")
    with database.units() as uow:
        uow.add_basket(basket)
        uow.commit()
    assert database.reads.basket(basket.id) == basket
    with database.units() as uow:
        changed = uow.lock_basket(basket.id).with_voucher("").without("mug")
        uow.save_basket(changed)
        uow.commit()
    assert database.reads.basket(basket.id) == changed
    assert changed.version == 3
    with database.units() as uow:
        uow.save_basket(replace(uow.lock_basket(basket.id), locale="pl"))
        uow.commit()
    assert database.reads.basket(basket.id).version == 4


def test_a_dropped_basket_is_gone(database: Kept) -> None:
    basket = Basket(uuid4(), Currency.of("PLN"))
    with database.units() as uow:
        uow.add_basket(basket)
        uow.commit()
    with database.units() as uow:
        uow.lock_basket(basket.id)
        uow.drop_basket(basket.id)
        uow.commit()
    with pytest.raises(BasketNotFound):
        database.reads.basket(basket.id)


def test_a_refund_is_found_by_key_by_id_and_by_the_gateways_id(database: Kept) -> None:
    order, payment = place(database)
    pay(database, payment)
    refund = a_refund(payment, gateway_id="R-1", look_at=NOW)
    with database.units() as uow:
        attempt = uow.lock_payment(payment.id)
        uow.save_payment(attempt.payment.reserve(refund.amount, NOW))
        uow.add_refund(refund)
        uow.commit()
    with database.units() as uow:
        assert uow.lock_refund(key=refund.key) == refund
        assert uow.lock_refund(refund_id=refund.id) == refund
        assert uow.lock_refund(account="shop-payu", gateway_id="R-1") == refund
        assert uow.lock_refund(key="unknown", account="shop-payu", gateway_id="R-1") == refund
        assert uow.lock_refund(account="another", gateway_id="R-1") is None
        assert uow.refunds_of(payment.id) == (refund,)
        uow.save_refund(refund.move(RefundStatus.SENT))
        uow.commit()
    assert names(database, order)[-2:] == ["RefundRequested", "RefundStatusChanged"]
    assert database.reads.order_file(order.id).refunds[0].version == 2


def test_a_review_is_asked_once_and_decided_once(database: Kept) -> None:
    order, payment = place(database)
    item = a_review(order.id, payment_id=payment.id, amount=money("10.00 PLN"), gateway_id="CAP-1")
    orphan = a_review(opened_at=NOW + timedelta(hours=1))
    with database.units() as uow:
        uow.add_review(item)
        uow.add_review(orphan)
        uow.commit()
    assert database.reads.reviews() == (orphan, item)
    with database.units() as uow:
        decided = replace(uow.lock_review(item.id), decision="refund", decided_by="eve", decided_at=NOW)
        uow.save_review(decided)
        uow.commit()
    assert database.reads.reviews() == (orphan,)
    assert set(database.reads.reviews(open_only=False)) == {orphan, replace(decided, version=2)}
    assert names(database, order).count("ReviewOpened") == 1


def test_a_callback_keeps_its_bytes_whatever_is_judged(database: Kept) -> None:
    order, payment = place(database)
    raw = a_callback(b'\x00\xff{"a":1}\r\n', query=(("b", "2"), ("a", "1"), ("a", "1")))
    with database.units() as uow:
        uow.add_callback(raw)
        uow.commit()
    assert database.reads.callback(raw.id) == raw
    judged = replace(
        raw,
        state=CallbackState.APPLIED,
        note="paid",
        code=2,
        event_key="E-1",
        order_id=order.id,
        payment_id=payment.id,
        tries=2,
        judged_at=NOW,
    )
    with database.units() as uow:
        uow.save_callback(judged)
        uow.commit()
    assert database.reads.callback(raw.id) == judged


def test_a_verdict_on_a_callback_that_was_never_stored_is_refused(database: Kept) -> None:
    with database.units() as uow:
        uow.save_callback(a_callback())
        with pytest.raises(ConcurrentUpdate):
            uow.commit()


def test_a_file_holds_everything_of_its_order_and_nothing_of_another(database: Kept) -> None:
    order, payment = place(database)
    other, other_payment = place(database)
    mine = (a_transaction(payment, parameters={"a": "1"}, request="asked", answer="said"), a_fact(payment))
    with database.units() as uow:
        for theirs, transaction, fact in (
            (order, *mine),
            (other, a_transaction(other_payment), a_fact(other_payment, "CAP-2")),
        ):
            uow.add_transaction(transaction)
            uow.add_fact(fact)
            uow.add_callback(a_callback(order_id=theirs.id))
            uow.add_review(a_review(theirs.id))
        uow.commit()
    file = database.reads.order_file(order.id)
    assert (file.transactions, file.facts) == ((mine[0],), (mine[1],))
    assert len(file.callbacks) == len(file.reviews) == 1
    assert file.payments == (payment,)
    assert all(event.order_id == order.id for event in file.events)
