"""What can be asked without locks, the shop's goods, and people."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from application.callbacks import CallbackState
from application.errors import CallbackNotFound, ConcurrentUpdate, OrderNotFound, PaymentNotFound
from application.overview import OrderFilter, OrderView
from application.ports.people import User
from domain.payment import PaymentStatus
from domain.quote import Voucher
from domain.transaction import FactKind, MoneyFact
from tests.adapters.persistence.contract.shop import Kept, move_payment, pay, place
from tests.builders import BUYER, NOW, a_callback, a_payment, a_product, an_order, money


def test_an_order_is_found_by_key_by_id_and_by_reference(database: Kept) -> None:
    order, payment = place(database)
    second = a_payment(order, now=NOW + timedelta(minutes=1))
    with database.units() as uow:
        uow.lock_order(order.id)
        uow.add_payment(second)
        uow.commit()
    for found in (
        database.reads.order_by_key(order.key),
        database.reads.order_by_id(order.id),
        database.reads.order_by_reference(order.reference),
    ):
        assert found[0].id == order.id
        assert found[1] == (payment, second)


def test_an_order_without_payments_is_found_too(database: Kept) -> None:
    order = an_order()
    with database.units() as uow:
        uow.add_order(order)
        uow.commit()
    assert database.reads.order_by_key(order.key)[1] == ()
    assert database.reads.orders(OrderFilter())[0][1] == ()


def test_nobody_is_found_by_a_wrong_word(database: Kept) -> None:
    order, payment = place(database)
    for ask in (database.reads.order_by_key, database.reads.order_by_reference):
        with pytest.raises(OrderNotFound):
            ask(order.key.upper())
    with pytest.raises(PaymentNotFound):
        database.reads.payment_by_token("another", payment.token)
    with pytest.raises(PaymentNotFound):
        database.reads.payment(uuid4())
    with pytest.raises(OrderNotFound):
        database.reads.order_file(uuid4())
    with pytest.raises(CallbackNotFound):
        database.reads.callback(uuid4())


def test_a_token_finds_its_payment(database: Kept) -> None:
    order, payment = place(database)
    place(database)
    found, its = database.reads.payment_by_token("shop-payu", payment.token)
    assert (found.id, its) == (order.id, payment)


def test_an_attempt_is_found_by_what_the_gateway_calls_its_session_or_its_capture(database: Kept) -> None:
    order, payment = place(database)
    place(database)
    with database.units() as uow:
        uow.lock_order(order.id)
        uow.save_payment(replace(payment, gateway_reference="session-1"))
        uow.add_fact(
            MoneyFact(
                id=uuid4(),
                account=payment.account,
                kind=FactKind.CAPTURED,
                gateway_id="capture-1",
                amount=payment.amount,
                at=NOW,
                order_id=order.id,
                payment_id=payment.id,
            )
        )
        uow.commit()
    ask = database.reads.payment_reference
    for told in ("session-1", "capture-1", payment.reference):
        assert ask(payment.account, told) == payment.reference
        assert ask("another", told) == ""
    assert ask(payment.account, "session-2") == ask(payment.account, "") == ""


def test_orders_are_listed_newest_first_in_pages(database: Kept) -> None:
    placed = [place(database, an_order(now=NOW + timedelta(hours=hour)))[0].id for hour in range(5)]
    seen, before = [], None
    while page := database.reads.orders(OrderFilter(limit=2, before=before)):
        seen += [order.id for order, _ in page]
        before = (page[-1][0].placed_at, page[-1][0].id)
    assert seen == placed[::-1]


def test_orders_of_the_same_moment_are_paged_without_loss(database: Kept) -> None:
    placed = {place(database)[0].id for _ in range(5)}
    seen, before = [], None
    while page := database.reads.orders(OrderFilter(limit=2, before=before)):
        seen += [order.id for order, _ in page]
        before = (page[-1][0].placed_at, page[-1][0].id)
    assert set(seen) == placed
    assert len(seen) == 5


def test_a_list_shows_the_payments_beside_their_orders(database: Kept) -> None:
    placed = [place(database) for _ in range(3)]
    listed = database.reads.orders(OrderFilter())
    assert {order.id: payments for order, payments in listed} == {
        order.id: (payment,) for order, payment in placed
    }


@pytest.mark.parametrize(
    "word", ["reference", "key", "HOST-7", "payment", "SESSION-7", "Grace@Example.COM", "grace"]
)
def test_an_order_is_searched_by_what_people_have_at_hand(database: Kept, word: str) -> None:
    place(database)
    order = an_order(
        buyer=replace(BUYER, email="Grace@example.com"),
        source="host",
        source_reference="HOST-7",
        basket_id=None,
        basket_version=None,
    )
    payment = a_payment(order, gateway_reference="SESSION-7")
    with database.units() as uow:
        uow.add_order(order)
        uow.add_payment(payment)
        uow.commit()
    typed = {"reference": order.reference, "key": order.key, "payment": payment.reference}.get(word, word)
    found = database.reads.orders(OrderFilter(text=f" {typed} "))
    assert [one.id for one, _ in found] == [order.id]


@pytest.mark.parametrize("word", ["%", "_", "a_a", "%ada%"])
def test_a_search_has_no_wildcards(database: Kept, word: str) -> None:
    place(database)
    assert database.reads.orders(OrderFilter(text=word)) == ()


def test_the_views_of_orders_share_them_out(database: Kept) -> None:
    open_one, _ = place(database)
    paid, payment = place(database)
    pay(database, payment)
    views = {
        view: [order.id for order, _ in database.reads.orders(OrderFilter(view=view))] for view in OrderView
    }
    assert views[OrderView.WAITING] == [open_one.id]
    assert views[OrderView.PAID] == [paid.id]
    assert views[OrderView.ERROR] == views[OrderView.CLOSED] == []
    assert set(views[OrderView.ALL]) == {open_one.id, paid.id}


def test_payments_are_listed_by_status_and_account(database: Kept) -> None:
    _, new = place(database)
    _, unknown = place(database)
    move_payment(database, unknown, PaymentStatus.UNKNOWN)

    def listed(status: PaymentStatus | None = None, account: str = "") -> set[object]:
        return {payment.id for _, payment in database.reads.payments(status=status, account=account)}

    assert listed() == {new.id, unknown.id}
    assert listed(PaymentStatus.UNKNOWN) == {unknown.id}
    assert listed(account="shop-payu") == {new.id, unknown.id}
    assert listed(PaymentStatus.UNKNOWN, "another") == set()


def test_callbacks_are_listed_by_state_and_account(database: Kept) -> None:
    old = a_callback()
    new = a_callback(received_at=NOW + timedelta(hours=1), state=CallbackState.REFUSED)
    with database.units() as uow:
        uow.add_callback(old)
        uow.add_callback(new)
        uow.commit()
    assert database.reads.callbacks() == (new, old)
    assert database.reads.callbacks(limit=1) == (new,)
    assert database.reads.callbacks(state=CallbackState.PENDING) == (old,)
    assert database.reads.callbacks(account="another") == ()
    assert database.reads.last_callback_at("shop-payu") == new.received_at
    assert database.reads.last_callback_at("another") is None


def test_a_customer_sees_their_own_orders(database: Kept) -> None:
    customer = uuid4()
    order, _ = place(database, customer_id=customer)
    place(database, customer_id=uuid4())
    assert [one.id for one in database.reads.orders_of_customer(customer)] == [order.id]


def test_a_product_comes_back_with_what_is_left(database: Kept) -> None:
    mug = a_product(
        prices={"PLN": money("49.90 PLN"), "HUF": money("4500 HUF")},
        tax_rate=Decimal("5.5"),
        description="Blue",
        needs_delivery=False,
        enabled=False,
    )
    database.catalogue.save_product(mug)
    assert database.catalogue.find("mug") == mug
    assert list(database.catalogue.products()) == [mug]
    assert database.catalogue.find("pen") is None
    database.catalogue.save_product(replace(mug, available=3, name="Cup"))
    assert list(database.catalogue.products()) == [replace(mug, available=3, name="Cup")]
    database.catalogue.save_product(replace(mug, available=None))
    assert database.catalogue.find("mug") == replace(mug, available=None)


def test_seeding_again_keeps_what_is_left(database: Kept) -> None:
    tenth = Voucher("TEN", percent=Decimal(10))
    five = Voucher("FIVE", amount=money("5.00 PLN"))
    database.catalogue.load_products([a_product()], [tenth, five])
    database.catalogue.save_product(a_product(available=4))
    database.catalogue.load_products([a_product(name="Cup"), a_product("pen")], [tenth])
    assert list(database.catalogue.products()) == [a_product(name="Cup", available=4), a_product("pen")]
    assert database.catalogue.voucher("TEN") == tenth
    assert database.catalogue.voucher("FIVE") == five
    assert database.catalogue.voucher("ten") is None


def test_an_account_is_found_by_its_email_in_any_case_and_is_made_once(database: Kept) -> None:
    ada = User(uuid4(), "ada@example.com", "Ada", "staff", "$argon2id$...", NOW)
    database.users.add(ada)
    assert database.users.by_email("ADA@example.com") == ada
    assert database.users.by_id(ada.id) == ada
    assert database.users.by_id(uuid4()) is None
    with pytest.raises(ConcurrentUpdate):
        database.users.add(replace(ada, id=uuid4()))
