"""What the back office counts, sums and pages through: the same on every database."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from application.callbacks import FAILING, CallbackState
from application.overview import Attention, OrderFilter, Taking
from domain.money import Money
from domain.order import OrderStatus
from domain.payment import PaymentStatus
from domain.transaction import FactKind
from tests.adapters.persistence.contract.shop import Kept, place
from tests.builders import NOW, a_callback, a_fact, a_payment, a_review, an_order, an_order_line, money


def test_what_waits_is_counted_and_old_failures_are_not(database: Kept) -> None:
    assert database.reads.attention(NOW) == Attention()
    broken, unsure = an_order(status=OrderStatus.ERROR), an_order()
    with database.units() as uow:
        uow.add_order(broken)
        uow.add_order(unsure)
        uow.add_payment(a_payment(unsure, status=PaymentStatus.UNKNOWN))
        uow.add_review(a_review(broken.id))
        uow.add_review(a_review(broken.id, decided_at=NOW, decided_by="Anna", decision="keep"))
        for state in CallbackState:
            uow.add_callback(a_callback(state=state))
        uow.add_callback(a_callback(state=CallbackState.REFUSED, received_at=NOW - timedelta(hours=25)))
        uow.commit()
    seen = database.reads.attention(NOW - timedelta(hours=24))
    assert seen == Attention(1, 1, 1, len(FAILING), 1)


def test_takings_are_summed_by_currency_since_a_moment(database: Kept) -> None:
    zloty, euro = place(database)[1], an_order(an_order_line(price="7.00 EUR"))
    paid = a_payment(euro)
    facts = (
        a_fact(zloty, "old", at=NOW - timedelta(days=1)),
        a_fact(zloty, "a"),
        a_fact(zloty, "b"),
        a_fact(zloty, "c", kind=FactKind.REFUNDED, amount=money("10.00 PLN")),
        a_fact(zloty, "d", kind=FactKind.CHARGED_BACK, amount=money("20.00 PLN")),
        a_fact(zloty, "e", kind=FactKind.REVERSED, amount=money("5.00 PLN")),
        a_fact(zloty, "f", kind=FactKind.DISPUTE_WON, amount=money("3.00 PLN")),
        a_fact(paid, "g"),
    )
    with database.units() as uow:
        uow.add_order(euro)
        uow.add_payment(paid)
        for fact in facts:
            uow.add_fact(fact)
        uow.commit()
    nothing = Money.zero(euro.currency)
    assert database.reads.takings(NOW) == (
        Taking(euro.total, nothing, nothing, 1),
        Taking(zloty.amount + zloty.amount, money("10.00 PLN"), money("22.00 PLN"), 2),
    )
    assert database.reads.takings(NOW + timedelta(seconds=1)) == ()


def test_last_callbacks_and_references_leave_out_what_is_not_there(database: Kept) -> None:
    order, _ = place(database)
    with database.units() as uow:
        for minutes in (1, 3, 2):
            uow.add_callback(a_callback(account="payu", received_at=NOW + timedelta(minutes=minutes)))
        uow.commit()
    assert database.reads.last_callbacks(["payu", "dummy"]) == {"payu": NOW + timedelta(minutes=3)}
    assert database.reads.last_callbacks([]) == {}
    assert database.reads.references([order.id, uuid4()]) == {order.id: order.reference}
    assert database.reads.references([]) == {}


def test_failing_callbacks_are_a_list_of_their_own(database: Kept) -> None:
    with database.units() as uow:
        for state in CallbackState:
            uow.add_callback(a_callback(state=state))
        uow.commit()
    assert {raw.state for raw in database.reads.callbacks(failing=True)} == FAILING
    assert database.reads.callbacks(failing=True, state=CallbackState.APPLIED) == ()


def test_pages_of_the_same_moment_have_no_gap_and_no_repetition(database: Kept) -> None:
    for _number in range(5):
        place(database)
    with database.units() as uow:
        for _number in range(5):
            uow.add_callback(a_callback())
        uow.commit()
    reads = database.reads
    orders = reads.orders(OrderFilter())
    last = orders[2][0]
    assert reads.orders(OrderFilter(before=(last.placed_at, last.id))) == orders[3:]
    payments = reads.payments()
    begun = payments[2][1]
    assert reads.payments(before=(begun.created_at, begun.id)) == payments[3:]
    callbacks = reads.callbacks()
    came = callbacks[2]
    assert reads.callbacks(before=(came.received_at, came.id)) == callbacks[3:]
    assert len(orders) == len(payments) == len(callbacks) == 5
