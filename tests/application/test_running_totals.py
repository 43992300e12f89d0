"""A gateway tells how much went back in all; what is new in that is counted once, whoever gave it back."""

from __future__ import annotations

from typing import Any

import pytest

from application.errors import OutcomeUnknown
from application.ports.gateway import Temperament
from application.refund_payment import RefundPaymentRequest
from domain.money import Money
from domain.observation import Observation, Proof, RefundNews
from domain.order import Order
from domain.payment import Payment
from domain.refund import RefundStatus
from domain.transaction import FactKind
from tests.application.fake_gateway import SCHEDULE, signed
from tests.application.shop import Shop
from tests.builders import money

TEN, TWENTY = money("10.00 PLN"), money("20.00 PLN")
NOTHING = money("0.00 PLN")


class Panel:
    """The other side of the wire: it keeps one total, and does not tell whose refunds are in it."""

    def __init__(self, shop: Shop) -> None:
        self.gone, self._shop = NOTHING, shop
        shop.gateway.script["look"] = self.look

    def look(self, asked: Payment) -> Observation:
        fresh = self.gone - asked.returned
        if not fresh.is_positive or asked.reserved.is_positive:
            return self._shop.gateway.says(asked, "paid")
        proof = Proof(FactKind.REFUNDED, f"gone:{self.gone.minor}", fresh)
        return self._shop.gateway.says(asked, "", proof=proof)


@pytest.fixture
def panel(shop: Shop) -> Panel:
    return Panel(shop)


def give_back(shop: Shop, panel: Panel, payment: Payment, amount: Money, status: str = "done") -> None:
    def play(asked: Payment, refund: Any) -> Observation:
        panel.gone += amount
        return shop.gateway.gave_back(asked, refund, status)

    shop.gateway.script["refund"] = play
    wanted = RefundPaymentRequest(payment.id, by="ada", reason="broken", key="K", amount=amount)
    shop.refund_payment.execute(wanted)


def counted(shop: Shop, order: Order) -> tuple[Money, Money]:
    payment = shop.now(order)[1]
    return payment.refunded, payment.refunded_outside


def look_until_nothing_is_new(shop: Shop, order: Order) -> None:
    for _ in range(3):
        shop.pass_time(minutes=10)
        shop.reconcile.execute()
    assert shop.now(order)[1].look_at is None


def test_a_refund_of_ours_while_the_gateway_is_asked_is_counted_once(shop: Shop, panel: Panel) -> None:
    order, payment = shop.paid()

    def meanwhile(asked: Payment) -> Observation:
        give_back(shop, panel, payment, TWENTY)
        shop.gateway.script["look"] = panel.look
        return panel.look(asked)

    shop.gateway.script["look"] = meanwhile
    shop.reconcile.one(payment.id)
    assert counted(shop, order) == (TWENTY, NOTHING)
    look_until_nothing_is_new(shop, order)
    assert (counted(shop, order), shop.reviews()) == ((TWENTY, NOTHING), [])


def test_two_questions_at_once_count_what_went_back_once(shop: Shop, panel: Panel) -> None:
    order, payment = shop.paid()
    panel.gone = TEN

    def meanwhile(asked: Payment) -> Observation:
        shop.gateway.script["look"] = panel.look
        slow = panel.look(asked)
        panel.gone = TWENTY
        shop.reconcile.one(payment.id)
        return slow

    shop.gateway.script["look"] = meanwhile
    shop.reconcile.one(payment.id)
    assert counted(shop, order) == (NOTHING, TWENTY)
    look_until_nothing_is_new(shop, order)
    assert counted(shop, order) == (NOTHING, TWENTY)


def test_an_answer_that_is_too_old_is_asked_for_again(shop: Shop, panel: Panel) -> None:
    order, payment = shop.paid()

    def meanwhile(asked: Payment) -> Observation:
        give_back(shop, panel, payment, TWENTY)
        panel.gone += TEN
        shop.gateway.script["look"] = panel.look
        return panel.look(asked)

    shop.gateway.script["look"] = meanwhile
    shop.reconcile.one(payment.id)
    assert counted(shop, order) == (TWENTY, NOTHING)
    look_until_nothing_is_new(shop, order)
    assert counted(shop, order) == (TWENTY, TEN)


@pytest.mark.parametrize("tell", [True, False])
def test_what_left_beside_an_open_refund_of_ours_is_found_when_that_is_over(
    shop: Shop, panel: Panel, tell: bool
) -> None:
    order, payment = shop.paid()
    shop.gateway.temperament = Temperament.GO_AND_LOOK
    give_back(shop, panel, payment, TWENTY, "sent")
    shop.gateway.script["look_refund"] = lambda asked, refund: shop.gateway.gave_back(asked, refund, "sent")
    panel.gone += TEN
    if tell:
        shop.tell(signed({"reference": payment.reference}))
        shop.judge_callbacks.execute()
    else:
        shop.reconcile.one(payment.id)
    assert counted(shop, order) == (NOTHING, NOTHING)
    assert shop.now(order)[1].look_at is not None
    del shop.gateway.script["look_refund"]
    shop.pass_time(minutes=10)
    for _ in range(3):
        shop.reconcile.execute()
    look_until_nothing_is_new(shop, order)
    assert (counted(shop, order), shop.reviews()) == ((TWENTY, TEN), [])


def test_a_silent_gateway_does_not_make_us_forget_what_left_beside_our_refund(
    shop: Shop, panel: Panel
) -> None:
    order, payment = shop.paid()
    shop.gateway.temperament = Temperament.GO_AND_LOOK
    give_back(shop, panel, payment, TWENTY, "sent")
    shop.gateway.script["look_refund"] = OutcomeUnknown("silence")
    panel.gone += TEN
    shop.tell(signed({"reference": payment.reference}))
    shop.judge_callbacks.execute()
    assert shop.now(order)[1].look_at == shop.clock.now() + SCHEDULE[0]


def test_the_end_of_our_refund_brings_the_look_that_waited_for_it(shop: Shop, panel: Panel) -> None:
    order, payment = shop.paid()
    give_back(shop, panel, payment, TWENTY, "sent")
    panel.gone += TEN
    shop.reconcile.one(payment.id)
    (refund,) = shop.file(order).refunds
    done = shop.gateway.gave_back(payment, refund)
    shop.gateway.script["read_callback"] = lambda message: (done,)
    shop.tell(signed())
    assert shop.now(order)[1].look_at == shop.clock.now()
    assert shop.reconcile.execute().asked == 1
    assert counted(shop, order) == (TWENTY, TEN)


def test_the_end_of_a_refund_nobody_waited_for_asks_nothing(shop: Shop) -> None:
    order, payment = shop.paid()
    shop.refund_payment.execute(RefundPaymentRequest(payment.id, by="ada", reason="broken", key="K"))
    assert shop.now(order)[1].look_at is None


def test_what_went_back_before_we_knew_that_it_came_is_found(shop: Shop, panel: Panel) -> None:
    order, _ = shop.started()
    panel.gone = TEN
    shop.gateway.script["look"] = lambda asked: (
        panel.look(asked) if asked.captured.is_positive else shop.gateway.says(asked, "paid")
    )
    shop.pass_time(minutes=1)
    shop.reconcile.execute()
    assert shop.state(order) == ("validated", "paid")
    look_until_nothing_is_new(shop, order)
    assert counted(shop, order) == (NOTHING, TEN)


def test_whoever_found_the_money_looks_once_more_and_not_for_ever(shop: Shop, panel: Panel) -> None:
    order, _ = shop.started()
    shop.pass_time(minutes=1)
    shop.rewrite(order.id, looks=-5)
    assert shop.reconcile.execute().moved == 1
    assert shop.reconcile.execute().asked == 1
    assert shop.now(order)[1].look_at is None
    shop.pass_time(days=1)
    assert shop.reconcile.execute().asked == 0


def test_a_question_that_fails_is_asked_again_while_a_refund_is_open(shop: Shop, panel: Panel) -> None:
    order, payment = shop.paid()
    give_back(shop, panel, payment, TWENTY, "sent")
    shop.rewrite(order.id, looks=len(SCHEDULE) + 1)
    shop.reconcile.one(payment.id)
    assert shop.now(order)[1].look_at == shop.clock.now() + SCHEDULE[-1]


# -- news that undo other news, in either order


def news(shop: Shop, payment: Payment, kind: FactKind, amount: Money) -> None:
    """A signed message about money that moved at the gateway."""
    seen = shop.gateway.says(payment, "", proof=Proof(kind, "dispute-1", amount))
    shop.gateway.script["read_callback"] = lambda message: (seen,)
    shop.tell(signed(body=kind.value.encode()))


@pytest.mark.parametrize("order_of_news", [("charged_back", "dispute_won"), ("dispute_won", "charged_back")])
def test_a_dispute_that_was_won_took_nothing_whichever_is_told_first(
    shop: Shop, order_of_news: tuple[str, str]
) -> None:
    order, payment = shop.paid()
    for kind in order_of_news:
        news(shop, payment, FactKind(kind), payment.captured)
    now = shop.now(order)[1]
    assert (now.charged_back, now.refundable) == (NOTHING, payment.captured)
    assert len(shop.file(order).facts) == 3


@pytest.mark.parametrize("status", ["refused", "failed_later"])
def test_a_refund_of_the_panel_that_came_back_asks_a_person(shop: Shop, status: str) -> None:
    order, payment = shop.paid()

    def told(word: str, proof: Proof | None) -> None:
        about = RefundNews(RefundStatus(word), TEN, "panel-1")
        seen = shop.gateway.says(payment, "", proof=proof, refund=about)
        shop.gateway.script["read_callback"] = lambda message: (seen,)
        shop.tell(signed(body=word.encode()))

    told(status, None)
    assert shop.reviews() == []
    told("done", Proof(FactKind.REFUNDED, "panel-1", TEN))
    shop.gateway.script.clear()
    assert shop.reviews() == []
    other = "failed_later" if status == "refused" else "refused"
    told(other, None)
    assert shop.reviews() == ["refund_failed"]
    assert counted(shop, order) == (NOTHING, TEN)
