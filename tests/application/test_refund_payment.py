"""Money goes back once per key, never more than came in, and nobody guesses what became of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from application.errors import (
    ApplicationError,
    GatewayError,
    GatewayProtocolError,
    GatewayRejected,
    GatewayUnavailable,
    GatewayUnreachable,
    InvalidRequest,
    InvalidSignature,
    KeyReused,
    OutcomeUnknown,
    PaymentNotFound,
    UnsupportedOperation,
)
from application.ports.gateway import Operation
from application.refund_payment import FIRST_LOOK, RefundPaymentRequest
from domain.observation import Observation, Proof, RefundNews
from domain.order import StockHold
from domain.payment import Payment
from domain.refund import Refund, RefundStatus
from domain.transaction import FactKind
from tests.application.fake_gateway import SCHEDULE, signed
from tests.application.shop import Shop
from tests.builders import money


def give_back(shop: Shop, payment: Payment, amount: str = "", key: str = "K", **changes: Any) -> Refund:
    usual: dict[str, Any] = {"by": "ada", "reason": "broken", "key": key}
    told = money(amount) if amount else None
    return shop.refund_payment.execute(RefundPaymentRequest(payment.id, amount=told, **(usual | changes)))


def stored(shop: Shop, payment: Payment) -> Payment:
    return shop.database.reads.payment(payment.id)[1]


def only(shop: Shop) -> Refund:
    (refund,) = shop.database.state.refunds.values()
    return refund


def test_everything_goes_back_and_the_order_stays_paid(shop: Shop) -> None:
    order, payment = shop.paid()
    refund = give_back(shop, payment)
    now = stored(shop, payment)
    assert (refund.status.value, refund.amount) == ("done", payment.captured)
    assert (now.refunded, now.reserved, now.is_emptied) == (payment.captured, money("0.00 PLN"), True)
    assert shop.state(order) == ("validated", "paid")
    events = shop.events(order)
    assert {"RefundRequested", "RefundDone", "StaffActed"} <= set(events)
    assert (shop.stored(order).stock, shop.left()) == (StockHold.COMMITTED, 9)


def test_the_amount_is_reserved_before_the_gateway_is_asked(shop: Shop) -> None:
    _, payment = shop.paid()
    seen = []

    def look_at_the_database(asked: Payment, refund: Refund) -> Observation:
        seen.append((stored(shop, payment).reserved, shop.database.lock.locked()))
        return shop.gateway.gave_back(asked, refund)

    shop.gateway.script["refund"] = look_at_the_database
    give_back(shop, payment, "20.00 PLN")
    assert seen == [(money("20.00 PLN"), False)]


def test_the_same_key_is_one_refund(shop: Shop) -> None:
    _, payment = shop.paid()
    first, second = (give_back(shop, payment, "20.00 PLN") for _ in range(2))
    assert first == second
    assert (shop.gateway.times("refund"), stored(shop, payment).refunded) == (1, money("20.00 PLN"))


def test_two_clicks_at_once_are_one_refund(shop: Shop) -> None:
    _, payment = shop.paid()
    with ThreadPoolExecutor(max_workers=10) as clicks:
        refunds = list(clicks.map(lambda _: give_back(shop, payment, "20.00 PLN"), range(10)))
    assert len({refund.id for refund in refunds}) == 1
    assert shop.gateway.times("refund") == 1


def test_asking_again_for_everything_answers_what_was_done(shop: Shop) -> None:
    shop.gateway.operations = frozenset({Operation.REFUND})
    _, payment = shop.paid()
    assert give_back(shop, payment).id == give_back(shop, payment).id


def test_a_key_belongs_to_one_refund(shop: Shop) -> None:
    (_, payment), (_, another) = shop.paid(), shop.paid()
    give_back(shop, payment, "20.00 PLN")
    with pytest.raises(KeyReused):
        give_back(shop, payment, "20.01 PLN")
    with pytest.raises(KeyReused):
        give_back(shop, another, "20.00 PLN")


def test_ten_refunds_of_a_fifth_at_once_are_exactly_five(shop: Shop) -> None:
    _, payment = shop.paid()

    def fifth(number: int) -> bool:
        try:
            give_back(shop, payment, "12.00 PLN", key=f"K{number}")
        except ApplicationError:
            return False
        return True

    with ThreadPoolExecutor(max_workers=10) as staff:
        done = list(staff.map(fifth, range(10)))
    assert (done.count(True), shop.gateway.times("refund")) == (5, 5)
    assert stored(shop, payment).refunded == payment.captured


@pytest.mark.parametrize("amount", ["60.01 PLN", "0.00 PLN", "-1.00 PLN", "10.00 EUR"])
def test_what_cannot_go_back_is_refused_without_a_call(shop: Shop, amount: str) -> None:
    order, payment = shop.paid()
    before = shop.file(order)
    with pytest.raises(InvalidRequest) as refused:
        give_back(shop, payment, amount)
    assert list(refused.value.fields) == ["amount"]
    assert (shop.gateway.times("refund"), shop.file(order)) == (0, before)


def test_what_was_not_captured_cannot_go_back(shop: Shop) -> None:
    _, payment = shop.authorized()
    with pytest.raises(InvalidRequest):
        give_back(shop, payment)
    assert shop.gateway.times("refund") == 0


def test_what_is_disputed_or_went_back_already_cannot_go_back_again(shop: Shop) -> None:
    order, payment = shop.paid()
    shop.rewrite(order.id, charged_back=money("60.00 PLN"))
    with pytest.raises(InvalidRequest):
        give_back(shop, payment)
    shop.rewrite(order.id, charged_back=money("0.00 PLN"), refunded_outside=money("59.99 PLN"))
    with pytest.raises(InvalidRequest):
        give_back(shop, payment, "0.02 PLN")
    assert give_back(shop, payment, "0.01 PLN").status.value == "done"


@pytest.mark.parametrize("missing", ["by", "reason", "key"])
def test_a_refund_has_a_name_a_reason_and_a_key(shop: Shop, missing: str) -> None:
    _, payment = shop.paid()
    with pytest.raises(InvalidRequest) as refused:
        give_back(shop, payment, **{missing: ""})
    assert refused.value.fields == {missing: "missing"}


@pytest.mark.parametrize(
    ("amount", "operation"), [("", Operation.REFUND), ("1.00 PLN", Operation.PARTIAL_REFUND)]
)
def test_what_the_gateway_cannot_do_is_refused_before_anything_is_written(
    shop: Shop, amount: str, operation: Operation
) -> None:
    order, payment = shop.paid()
    shop.gateway.operations -= {operation}
    before = shop.file(order)
    with pytest.raises(UnsupportedOperation):
        give_back(shop, payment, amount)
    assert (shop.file(order), shop.gateway.times("refund")) == (before, 0)


def test_an_unknown_payment_cannot_be_refunded(shop: Shop) -> None:
    with pytest.raises(PaymentNotFound):
        shop.refund_payment.execute(RefundPaymentRequest(shop.ids.new(), "ada", "broken", "K"))


# -- what became of it


@pytest.mark.parametrize("error", [OutcomeUnknown, GatewayProtocolError, InvalidSignature])
def test_an_answer_nobody_can_use_leaves_the_refund_unknown_and_reserved(
    shop: Shop, error: type[GatewayError]
) -> None:
    _, payment = shop.paid()
    shop.gateway.script["refund"] = error("garbled")
    refund = give_back(shop, payment, "20.00 PLN")
    assert (refund.status.value, refund.look_at) == ("unknown", shop.clock.now() + FIRST_LOOK)
    assert stored(shop, payment).reserved == money("20.00 PLN")
    assert give_back(shop, payment, "20.00 PLN").status.value == "unknown"
    assert shop.gateway.times("refund") == 1
    with pytest.raises(InvalidRequest):
        give_back(shop, payment, "40.01 PLN", key="K2")


def test_an_unknown_refund_is_asked_about_until_it_is_known_and_never_sent_again(shop: Shop) -> None:
    _, payment = shop.paid()
    shop.gateway.script |= {"refund": OutcomeUnknown(), "look_refund": OutcomeUnknown()}
    give_back(shop, payment, "20.00 PLN")
    shop.clock.advance(FIRST_LOOK)
    assert shop.reconcile.execute().refunds == 1
    assert only(shop).look_at == shop.clock.now() + SCHEDULE[0]
    del shop.gateway.script["look_refund"]
    shop.clock.advance(SCHEDULE[0])
    shop.reconcile.execute()
    assert (only(shop).status.value, stored(shop, payment).refunded) == ("done", money("20.00 PLN"))
    assert (shop.gateway.times("refund"), set(shop.gateway.keys)) == (1, {"K"})
    shop.pass_time(days=1)
    assert shop.reconcile.execute().refunds == 0


def test_a_refund_that_stays_on_its_way_is_asked_about_ever_more_rarely(shop: Shop) -> None:
    _, payment = shop.paid()
    sent = lambda asked, refund: shop.gateway.gave_back(asked, refund, "sent")  # noqa: E731
    shop.gateway.script |= {"refund": sent, "look_refund": sent}
    give_back(shop, payment, "20.00 PLN")
    shop.clock.advance(FIRST_LOOK)
    waits = []
    for _ in range(3):
        shop.reconcile.execute()
        look_at = only(shop).look_at
        assert look_at is not None
        waits.append(look_at - shop.clock.now())
        shop.clock.advance(waits[-1])
    assert waits == [SCHEDULE[0], SCHEDULE[1], SCHEDULE[1]]
    assert only(shop).status.value == "sent"


@pytest.mark.parametrize("error", [GatewayRejected, GatewayUnreachable, GatewayUnavailable])
def test_a_refund_that_had_no_effect_frees_the_money_and_tells_a_person(
    shop: Shop, error: type[GatewayError]
) -> None:
    order, payment = shop.paid()
    shop.gateway.script["refund"] = error("no", code="R7")
    assert give_back(shop, payment, "20.00 PLN").status.value == "refused"
    assert stored(shop, payment).refundable == payment.captured
    assert shop.reviews() == ["refund_refused"]
    assert "R7" in shop.file(order).transactions[-1].message
    del shop.gateway.script["refund"]
    assert give_back(shop, payment, "20.00 PLN", key="K2").status.value == "done"


def test_a_refund_that_comes_back_later_is_a_question(shop: Shop) -> None:
    order, payment = shop.paid()
    refund = give_back(shop, payment)
    back = shop.gateway.gave_back(payment, refund, "failed_later")
    shop.gateway.script["read_callback"] = lambda message: (back,)
    shop.tell(signed())
    assert (only(shop).status.value, shop.reviews()) == ("failed_later", ["refund_failed"])
    assert stored(shop, payment).refundable == payment.captured
    assert shop.state(order) == ("validated", "paid")


# -- told by somebody else


@pytest.mark.parametrize("knows_our_key", [True, False])
def test_a_callback_that_is_faster_than_the_answer_counts_the_refund_once(
    shop: Shop, knows_our_key: bool
) -> None:
    order, payment = shop.paid()

    def callback_first(asked: Payment, refund: Refund) -> Observation:
        done = shop.gateway.gave_back(asked, refund)
        news = RefundNews(RefundStatus.DONE, refund.amount, f"refund-{refund.key}")
        told = done if knows_our_key else replace(done, refund=news)
        shop.gateway.script["read_callback"] = lambda message: (told,)
        shop.tell(signed())
        return done

    shop.gateway.script["refund"] = callback_first
    give_back(shop, payment, "20.00 PLN")
    now = stored(shop, payment)
    assert (now.refunded, now.returned) == (money("20.00 PLN"), money("20.00 PLN"))
    assert [fact.kind for fact in shop.file(order).facts] == [FactKind.CAPTURED, FactKind.REFUNDED]
    assert only(shop).status.value == "done"


def test_a_refund_made_in_the_panel_is_recorded_once(shop: Shop) -> None:
    order, payment = shop.paid()
    proof = Proof(FactKind.REFUNDED, "panel-1", money("20.00 PLN"))
    seen = shop.gateway.says(payment, "", proof=proof)
    shop.gateway.script["read_callback"] = lambda message: (seen,)
    for body in (b"[1]", b"[2]"):
        shop.tell(signed(body=body))
    now = stored(shop, payment)
    assert (now.refunded_outside, now.refundable) == (money("20.00 PLN"), money("40.00 PLN"))
    assert len(shop.file(order).facts) == 2
    with pytest.raises(InvalidRequest):
        give_back(shop, payment, "40.01 PLN")


def test_a_refund_done_after_a_chargeback_is_a_double_loss(shop: Shop) -> None:
    _, payment = shop.paid()
    shop.gateway.script["refund"] = OutcomeUnknown()
    give_back(shop, payment)
    proof = Proof(FactKind.CHARGED_BACK, "dispute-1", payment.captured)
    seen = shop.gateway.says(payment, "", proof=proof)
    shop.gateway.script["read_callback"] = lambda message: (seen,)
    shop.tell(signed())
    shop.clock.advance(timedelta(minutes=1))
    shop.reconcile.execute()
    assert sorted(shop.reviews()) == ["chargeback", "double_loss"]


def test_news_about_another_payment_never_settle_our_refund(shop: Shop) -> None:
    _, payment = shop.paid()
    other_order, other = shop.paid()
    shop.gateway.script["refund"] = OutcomeUnknown()
    ours = give_back(shop, payment, "20.00 PLN", key="K")
    give_back(shop, other, "20.00 PLN", key="L")
    seen = shop.gateway.gave_back(other, ours)
    shop.gateway.script["read_callback"] = lambda message: (seen,)
    shop.tell(signed())
    statuses = [refund.status.value for refund in shop.database.state.refunds.values()]
    assert statuses == ["unknown", "unknown"]
    assert [stored(shop, one).reserved for one in (payment, other)] == [money("20.00 PLN")] * 2
    assert stored(shop, other).refunded_outside == money("20.00 PLN")
    assert [fact.kind for fact in shop.file(other_order).facts] == [FactKind.CAPTURED, FactKind.REFUNDED]


def test_another_account_of_ours_never_settles_our_refund(shop: Shop) -> None:
    _, payment = shop.paid()
    shop.gateway.script["refund"] = OutcomeUnknown()
    ours = give_back(shop, payment, "20.00 PLN")
    seen = shop.gateway.gave_back(payment, ours, account="other")
    shop.other.script["read_callback"] = lambda message: (seen,)
    shop.tell(signed(), "other")
    assert only(shop).status.value == "unknown"
    assert (stored(shop, payment).reserved, stored(shop, payment).returned) == (
        money("20.00 PLN"),
        money("0.00 PLN"),
    )
    assert shop.reviews() == ["account_mismatch"]


@pytest.mark.parametrize("account_is_gone", [False, True])
def test_a_refund_that_stays_unknown_is_one_question_for_a_person(shop: Shop, account_is_gone: bool) -> None:
    _, payment = shop.paid()
    shop.gateway.script["refund"] = OutcomeUnknown()
    shop.gateway.script["look_refund"] = OutcomeUnknown()
    give_back(shop, payment)
    if account_is_gone:
        del shop.gateways.known["fake"]
    for _ in range(30):
        shop.pass_time(hours=1)
        shop.reconcile.execute()
    assert (only(shop).status.value, shop.reviews()) == ("unknown", ["unknown_too_long"])
    assert stored(shop, payment).reserved == payment.captured


def test_a_refund_that_is_accepted_but_slow_is_no_question(shop: Shop) -> None:
    _, payment = shop.paid()
    accepted = lambda asked, refund: shop.gateway.gave_back(asked, refund, "sent")  # noqa: E731
    shop.gateway.script |= {"refund": accepted, "look_refund": accepted}
    give_back(shop, payment)
    for _ in range(30):
        shop.pass_time(hours=1)
        shop.reconcile.execute()
    assert shop.reviews() == []
