"""A database that goes away before or during a commit leaves nothing half-done, and the repeat works."""

from __future__ import annotations

import pytest

from application.errors import ConcurrentUpdate, StorageUnavailable
from application.get_redirect_url import GetRedirectUrlRequest
from application.refund_payment import FIRST_LOOK, RefundPaymentRequest
from tests.application.fake_gateway import signed, told
from tests.application.shop import Shop
from tests.memory_unit import MemoryUnit


class Outage:
    """Breaks the commit with this number; ``lost``: it took effect, but nobody was told."""

    def __init__(self, patched: pytest.MonkeyPatch) -> None:
        self._whole = MemoryUnit.commit
        self._number, self._lost, self._error = 0, False, StorageUnavailable
        outage = self

        def commit(unit: MemoryUnit) -> None:
            outage._number -= 1
            if outage._number == 0 and not outage._lost:
                raise outage._error
            outage._whole(unit)
            if outage._number == 0:
                raise outage._error

        patched.setattr(MemoryUnit, "commit", commit)

    def strike(self, number: int, *, lost: bool, error: type[Exception] = StorageUnavailable) -> None:
        self._number, self._lost, self._error = number, lost, error  # type: ignore[assignment]


@pytest.fixture
def outage(monkeypatch: pytest.MonkeyPatch) -> Outage:
    return Outage(monkeypatch)


LOST = pytest.mark.parametrize("lost", [False, True], ids=["before the commit", "during the commit"])


@LOST
def test_an_order_is_there_with_an_empty_basket_or_not_at_all(shop: Shop, outage: Outage, lost: bool) -> None:
    basket = shop.basket()
    outage.strike(1, lost=lost)
    with pytest.raises(StorageUnavailable):
        shop.place(basket)
    assert len(shop.database.state.orders) == int(lost)
    assert (shop.database.reads.basket(basket.id).is_empty, shop.left()) == (lost, 9 if lost else 10)
    placed = shop.place(basket)
    assert (placed.joined, shop.left(), len(shop.database.state.orders)) == (lost, 9, 1)


@LOST
def test_no_session_is_opened_for_an_intent_that_was_not_saved(
    shop: Shop, outage: Outage, lost: bool
) -> None:
    shop.gateway.repeatable_start = True
    order = shop.order()
    outage.strike(1, lost=lost)
    with pytest.raises(StorageUnavailable):
        shop.get_redirect_url.execute(GetRedirectUrlRequest(order.id))
    assert shop.gateway.calls == []
    assert shop.state(order) == (("pending", "new") if lost else ("open",))
    shop.pass_time(seconds=16)
    shop.get_redirect_url.execute(GetRedirectUrlRequest(order.id))
    assert (shop.gateway.times("start"), shop.state(order)) == (1, ("pending", "in_progress"))


@LOST
def test_a_session_whose_answer_was_not_saved_is_paid_by_our_reference(
    shop: Shop, outage: Outage, lost: bool
) -> None:
    order = shop.order()
    outage.strike(2, lost=lost)
    with pytest.raises(StorageUnavailable):
        shop.get_redirect_url.execute(GetRedirectUrlRequest(order.id))
    _, payment = shop.now(order)
    assert payment.status.value == ("in_progress" if lost else "new")
    shop.tell(signed(told(payment, "paid")))
    assert shop.state(order) == ("validated", "paid")


@LOST
def test_a_callback_that_was_not_answered_works_when_it_comes_again(
    shop: Shop, outage: Outage, lost: bool
) -> None:
    order, payment = shop.started()
    outage.strike(1, lost=lost)
    with pytest.raises(StorageUnavailable):
        shop.tell(signed(told(payment, "paid")))
    assert shop.state(order) == (("validated", "paid") if lost else ("pending", "in_progress"))
    assert len(shop.database.state.callbacks) == int(lost)
    shop.tell(signed(told(payment, "paid")))
    assert (shop.state(order), len(shop.file(order).facts)) == (("validated", "paid"), 1)
    assert shop.events(order).count("OrderPaid") == 1


@LOST
def test_a_refund_whose_end_was_not_saved_is_asked_about_and_made_once(
    shop: Shop, outage: Outage, lost: bool
) -> None:
    order, payment = shop.paid()
    outage.strike(2, lost=lost)
    asked = RefundPaymentRequest(payment.id, "ada", "broken", "K")
    with pytest.raises(StorageUnavailable):
        shop.refund_payment.execute(asked)
    shop.clock.advance(FIRST_LOOK)
    shop.reconcile.execute()
    refund = shop.refund_payment.execute(asked)
    assert (refund.status.value, shop.gateway.times("refund")) == ("done", 1)
    assert shop.now(order)[1].refunded == payment.captured


def test_a_lost_race_is_run_again_with_fresh_reads_and_counts_once(shop: Shop, outage: Outage) -> None:
    order, payment = shop.started()
    for number in (1, 2):
        outage.strike(number, lost=False, error=ConcurrentUpdate)
        shop.tell(signed(told(payment, "paid", event=f"E{number}")))
    assert (shop.state(order), len(shop.file(order).facts)) == (("validated", "paid"), 1)
    assert shop.callbacks() == ["applied", "duplicate"]


def test_an_order_that_stays_busy_is_judged_by_the_worker_and_the_sender_does_not_wait(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, payment = shop.started()
    tries = []
    with monkeypatch.context() as patched:

        def busy(unit: MemoryUnit, *args: object, **kwargs: object) -> None:
            tries.append(1)
            raise ConcurrentUpdate

        patched.setattr(MemoryUnit, "lock_attempt", busy)
        assert shop.tell(signed(told(payment, "paid"))).body == b"OK"
    assert (len(tries), shop.callbacks()) == (2, ["pending"])
    shop.judge_callbacks.execute()
    assert shop.state(order) == ("validated", "paid")
