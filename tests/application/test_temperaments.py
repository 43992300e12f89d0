"""The rows of the fault list that concern every gateway, told in the dialect of each temperament."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any

import pytest

from application.cancel_return import CancelReturnRequest
from application.get_redirect_url import GetRedirectUrlRequest
from application.ports.gateway import Brief, InboundMessage, Started, Temperament
from domain.money import Money
from domain.observation import Observation, Source
from domain.order import Order
from domain.payment import NextStep, Payment
from tests.application.fake_gateway import signed, told
from tests.application.shop import Shop

WIRED = [kind for kind in Temperament if kind is not Temperament.DIRECT]


@dataclass
class Side:
    """The gateway's side of one temperament: what is true over there, and how we come to hear of it."""

    shop: Shop
    temperament: Temperament
    truth: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        gateway = self.shop.gateway
        gateway.temperament = self.temperament
        gateway.script |= {"look": self._look, "collect": self._collect}

    @property
    def collects(self) -> bool:
        return self.temperament in (Temperament.CONFIRM_TO_COLLECT, Temperament.OUR_ANSWER_DECIDES)

    def happens(self, payment: Payment, status: str, **changes: Any) -> None:
        """``status`` becomes true; where we collect, a shopper's yes is no money yet."""
        held = self.collects and status == "paid" and payment.reference not in self._taken
        self.truth[payment.reference] = {"status": status, "held": held, **changes}

    def tell(self, payment: Payment, status: str, **changes: Any) -> None:
        """It happens, and the shop hears of it and does all it wants to do."""
        self.happens(payment, status, **changes)
        self.hear(payment)

    def hear(self, payment: Payment) -> None:
        now = self.truth[payment.reference]
        if self.temperament is Temperament.OUR_ANSWER_DECIDES:
            self.shop.rewrite(payment.order_id, returned_at=None)
            answer = (("status", "agreed" if now["held"] else "back"),)
            self.shop.confirm_return.execute("fake", payment.token, InboundMessage("POST", b"", form=answer))
            return
        extra = {name: now[name] for name in ("minor", "currency") if name in now}
        self.shop.tell(signed(told(payment, now["status"], **extra)))
        self.shop.judge_callbacks.execute()

    @property
    def _taken(self) -> set[str]:
        return {ref for ref, now in self.truth.items() if now["status"] == "paid" and not now["held"]}

    def _money(self, payment: Payment, now: dict[str, Any]) -> Money:
        return Money.of(
            now.get("minor", payment.amount.minor), now.get("currency", payment.amount.currency.code)
        )

    def _look(self, payment: Payment) -> Observation:
        now = self.truth.get(payment.reference, {"status": "in_progress", "held": False})
        if now["held"]:
            waits = self.temperament is Temperament.CONFIRM_TO_COLLECT
            return self.shop.gateway.says(payment, "in_progress", collectable=waits)
        return self.shop.gateway.says(payment, now["status"], self._money(payment, now))

    def _collect(self, payment: Payment, *_: object) -> Observation:
        now = self.truth[payment.reference]
        now["held"] = False
        return self.shop.gateway.says(payment, "paid", self._money(payment, now), source=Source.COLLECT)


@pytest.fixture(params=WIRED, ids=[kind.value for kind in WIRED])
def side(shop: Shop, request: pytest.FixtureRequest) -> Side:
    return Side(shop, request.param)


def paid_once(shop: Shop, order: Order) -> bool:
    file = shop.file(order)
    return (len(file.facts), shop.events(order).count("OrderPaid"), shop.left()) == (1, 1, 9)


def test_the_same_message_twice_moves_money_once(side: Side) -> None:
    order, payment = side.shop.started()
    side.tell(payment, "paid")
    side.hear(payment)
    assert side.shop.state(order) == ("validated", "paid")
    assert paid_once(side.shop, order)


def test_twenty_messages_at_once_move_money_once(side: Side) -> None:
    order, payment = side.shop.started()
    side.happens(payment, "paid")
    if side.temperament is Temperament.OUR_ANSWER_DECIDES:
        message = InboundMessage("POST", b"", form=(("status", "agreed"),))
        act: Callable[[], object] = lambda: side.shop.confirm_return.execute("fake", payment.token, message)  # noqa: E731
    else:
        act = lambda: side.shop.tell(signed(told(payment, "paid")))  # noqa: E731
    with ThreadPoolExecutor(20) as crowd:
        for outcome in [crowd.submit(act) for _ in range(20)]:
            outcome.result()
        for outcome in [crowd.submit(side.shop.judge_callbacks.execute) for _ in range(4)]:
            outcome.result()
    assert side.shop.state(order) == ("validated", "paid")
    assert paid_once(side.shop, order)


@pytest.mark.parametrize("told_in", list(permutations(("paid", "authorized", "in_progress"))))
def test_any_order_of_the_news_ends_paid(side: Side, told_in: tuple[str, ...]) -> None:
    order, payment = side.shop.started()
    for status in told_in:
        side.tell(payment, status)
    assert side.shop.state(order) == ("validated", "paid")
    assert paid_once(side.shop, order)


@pytest.mark.parametrize("news", ["failed", "cancelled", "expired"])
def test_nothing_un_pays(side: Side, news: str) -> None:
    order, payment = side.shop.started()
    side.tell(payment, "paid")
    side.tell(payment, news)
    assert side.shop.state(order) == ("validated", "paid")
    assert paid_once(side.shop, order)


def test_success_after_failure_pays_and_keeps_the_failure_in_history(side: Side) -> None:
    order, payment = side.shop.started()
    side.tell(payment, "failed")
    assert side.shop.state(order) == ("open", "failed")
    side.tell(payment, "paid")
    assert side.shop.state(order) == ("validated", "paid")
    assert "failed" in [one.message.split(": ")[-1] for one in side.shop.file(order).transactions]


def test_money_after_the_buyers_end_takes_the_goods_again_or_is_not_taken(side: Side) -> None:
    order, payment = side.shop.started()
    side.shop.cancel_return.execute(CancelReturnRequest(order.key))
    side.tell(payment, "paid")
    if side.collects:
        assert side.shop.state(order) == ("stopped", "cancelled")
        assert (side.shop.file(order).facts, side.shop.gateway.times("collect")) == ((), 0)
    else:
        assert side.shop.state(order) == ("validated", "paid")
        assert paid_once(side.shop, order)


def test_news_inside_the_start_call_are_not_undone_by_its_answer(side: Side) -> None:
    order = side.shop.order()

    def start(brief: Brief) -> Started:
        side.tell(brief.payment, "paid")
        return Started(NextStep.redirect("https://pay.example/1"), "session-1")

    side.shop.gateway.script["start"] = start
    side.shop.get_redirect_url.execute(GetRedirectUrlRequest(order.id))
    assert side.shop.state(order) == ("validated", "paid")
    assert side.shop.now(order)[1].gateway_reference == "session-1"


@pytest.mark.parametrize("minor", [5999, 6001, 60, 0])
def test_another_amount_never_pays_and_is_a_question(side: Side, minor: int) -> None:
    order, payment = side.shop.started()
    side.tell(payment, "paid", minor=minor)
    assert side.shop.state(order)[0] == "error"
    assert "OrderPaid" not in side.shop.events(order)
    assert side.shop.reviews() == ["amount_mismatch"]


def test_another_currency_never_pays_and_is_a_question(side: Side) -> None:
    order, payment = side.shop.started()
    side.tell(payment, "paid", currency="EUR")
    assert side.shop.state(order)[0] == "error"
    assert "OrderPaid" not in side.shop.events(order)
    assert side.shop.reviews() == ["currency_mismatch"]


def test_a_held_sum_that_does_not_fit_is_asked_about_once(side: Side) -> None:
    order, payment = side.shop.started()
    for _ in range(3):
        side.tell(payment, "authorized", minor=1)
    assert side.shop.reviews() == ["amount_mismatch"]
    assert side.shop.now(order)[1].failure == "amount_mismatch"
    assert side.shop.state(order) == ("pending", "in_progress")


def test_a_word_nobody_knows_moves_nothing(side: Side) -> None:
    order, payment = side.shop.started()
    side.tell(payment, "")
    assert side.shop.state(order) == ("pending", "in_progress")


def test_a_thousand_forged_hints_ask_a_bounded_number_of_questions(shop: Shop) -> None:
    side = Side(shop, Temperament.GO_AND_LOOK)
    order, payment = shop.started()
    side.happens(payment, "in_progress")
    for number in range(500):
        shop.tell(signed(told(payment, "paid", event=str(number))))
        shop.tell(signed({"reference": f"{number:026}"}))
    while shop.judge_callbacks.execute(limit=50).done:
        pass
    assert shop.gateway.times("look") <= 20
    assert shop.state(order) == ("pending", "in_progress")
