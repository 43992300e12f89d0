"""Our own refunds whose answer was lost are found again, each once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from application.errors import OutcomeUnknown
from application.refund_payment import FIRST_LOOK, RefundPaymentRequest
from domain.money import Money
from domain.observation import Observation, Proof, RefundNews, Source
from domain.payment import Payment
from domain.refund import Refund, RefundStatus
from domain.transaction import FactKind
from tests.application.fake_gateway import signed
from tests.application.shop import Shop
from tests.builders import money

TEN, TWENTY, NOTHING = money("10.00 PLN"), money("20.00 PLN"), money("0.00 PLN")


def ask_for(shop: Shop, payment: Payment, key: str, amount: Money = TEN) -> Refund:
    return shop.refund_payment.execute(RefundPaymentRequest(payment.id, "ada", "broken", key, amount))


def notice(
    shop: Shop, payment: Payment, gateway_id: str, status: str = "done", **changes: bool
) -> Observation:
    """What a gateway tells of a refund by its own number, and by nothing else."""
    news = RefundNews(RefundStatus(status), TEN, gateway_id, **({"nameless": True} | changes))
    proof = Proof(FactKind.REFUNDED, gateway_id, TEN) if status == "done" else None
    return shop.gateway.says(payment, "", source=Source.CALLBACK, refund=news, proof=proof)


def hear(shop: Shop, seen: Observation, body: bytes = b"[]") -> None:
    shop.gateway.script["read_callback"] = lambda message: (replace(seen, event_id=body.decode()),)
    shop.tell(signed(body=body))


def known(shop: Shop) -> dict[str, str]:
    return {one.key: one.status.value for one in shop.database.state.refunds.values()}


def sums(shop: Shop, payment: Payment) -> tuple[Money, Money, Money, Money]:
    """Given back by us, by others, reserved, and what the facts prove to have gone."""
    now = shop.database.reads.payment(payment.id)[1]
    facts = [fact.amount for fact in shop.database.state.facts.values() if fact.kind is FactKind.REFUNDED]
    return now.refunded, now.refunded_outside, now.reserved, Money.sum(facts, TEN.currency)


@pytest.fixture
def paid(shop: Shop) -> Payment:
    """Every call for a refund is lost on the way back."""
    shop.gateway.script["refund"] = OutcomeUnknown()
    return shop.paid()[1]


def test_two_lost_refunds_of_one_sum_are_two_movements(shop: Shop, paid: Payment) -> None:
    """A look that cannot tell them apart finds the same one for both."""

    def newest(asked: Payment, refund: Refund) -> Observation:
        news = RefundNews(RefundStatus.DONE, refund.amount, "G2", refund.key)
        proof = Proof(FactKind.REFUNDED, "G2", refund.amount)
        return shop.gateway.says(asked, "", refund=news, proof=proof)

    shop.gateway.script["look_refund"] = newest
    for key in ("A", "B"):
        ask_for(shop, paid, key)
    shop.clock.advance(FIRST_LOOK)
    shop.reconcile.execute()
    assert known(shop) == {"A": "done", "B": "done"}
    assert sums(shop, paid) == (TWENTY, NOTHING, NOTHING, TWENTY)


def test_news_that_name_nobody_are_of_the_refund_whose_answer_was_lost(shop: Shop, paid: Payment) -> None:
    for key in ("A", "B"):
        ask_for(shop, paid, key)
    hear(shop, notice(shop, paid, "G1"), b"[1]")
    assert (known(shop), sums(shop, paid)) == ({"A": "done", "B": "unknown"}, (TEN, NOTHING, TEN, TEN))
    for body in (b"[2]", b"[3]"):
        hear(shop, notice(shop, paid, "G2"), body)
    assert (known(shop), sums(shop, paid)) == (
        {"A": "done", "B": "done"},
        (TWENTY, NOTHING, NOTHING, TWENTY),
    )
    hear(shop, notice(shop, paid, "G3"), b"[4]")
    assert sums(shop, paid) == (TWENTY, TEN, NOTHING, money("30.00 PLN"))


@pytest.mark.parametrize("status", ["sent", "refused"])
def test_news_that_name_nobody_tell_of_a_lost_refund_without_money_too(
    shop: Shop, paid: Payment, status: str
) -> None:
    ask_for(shop, paid, "A")
    hear(shop, notice(shop, paid, "G1", status))
    assert known(shop) == {"A": status}


def test_news_of_a_gateway_that_names_refunds_are_never_taken_for_a_lost_one(
    shop: Shop, paid: Payment
) -> None:
    ask_for(shop, paid, "A")
    hear(shop, notice(shop, paid, "G1", nameless=False))
    assert (known(shop), sums(shop, paid)) == ({"A": "unknown"}, (NOTHING, TEN, TEN, TEN))


def test_money_on_record_before_is_no_lost_refund_of_ours(shop: Shop, paid: Payment) -> None:
    hear(shop, notice(shop, paid, "G1"), b"[1]")
    ask_for(shop, paid, "A")
    hear(shop, notice(shop, paid, "G1"), b"[2]")
    assert (known(shop), sums(shop, paid)) == ({"A": "unknown"}, (NOTHING, TEN, TEN, TEN))


def test_news_that_name_nobody_wait_while_a_refund_of_ours_is_under_way(shop: Shop, paid: Payment) -> None:
    """Whose they are shows when the call is over: here it was somebody else's."""

    def meanwhile(asked: Payment, refund: Refund) -> Observation:
        hear(shop, notice(shop, paid, "G1"))
        assert shop.callbacks()[-1] == "pending"
        return shop.gateway.gave_back(asked, refund, "sent")

    shop.gateway.script["refund"] = meanwhile
    ask_for(shop, paid, "A")
    shop.pass_time(seconds=5)
    shop.judge_callbacks.execute()
    assert (known(shop), sums(shop, paid)) == ({"A": "sent"}, (NOTHING, TEN, TEN, TEN))


def test_news_that_name_nobody_are_of_a_refund_whose_process_died(shop: Shop, paid: Payment) -> None:
    shop.gateway.script["refund"] = RuntimeError()
    with pytest.raises(RuntimeError):
        ask_for(shop, paid, "A")
    hear(shop, notice(shop, paid, "G1"))
    assert (known(shop), shop.callbacks()[-1]) == ({"A": "requested"}, "pending")
    shop.pass_time(minutes=2)
    shop.judge_callbacks.execute()
    assert (known(shop), sums(shop, paid)) == ({"A": "done"}, (TEN, NOTHING, NOTHING, TEN))
