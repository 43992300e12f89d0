"""One message, at most one effect per fact it proves; whatever is acknowledged is stored."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from typing import Any
from urllib.parse import urlencode

import pytest

from application.callbacks import CallbackState, RawCallback
from application.errors import (
    StorageUnavailable,
)
from application.get_redirect_url import GetRedirectUrlRequest
from application.ports.gateway import InboundMessage, Temperament
from domain.order import ClosedBy
from tests.application.fake_gateway import signed, told
from tests.application.shop import Shop
from tests.builders import a_product


def only(shop: Shop) -> RawCallback:
    (raw,) = shop.database.state.callbacks.values()
    return raw


def test_a_proven_capture_pays_and_everything_is_on_record(shop: Shop) -> None:
    order, payment = shop.started()
    message = signed(told(payment, "paid"))
    assert shop.tell(message).body == b"OK"
    assert shop.state(order) == ("validated", "paid")
    file = shop.file(order)
    (fact,) = file.facts
    assert (fact.payment_id, fact.amount) == (payment.id, order.total)
    assert [record.kind.value for record in file.transactions] == ["start", "callback"]
    raw = only(shop)
    assert (raw.state, raw.code) == (CallbackState.APPLIED, 2)
    assert (raw.order_id, raw.payment_id) == (order.id, payment.id)
    assert raw.body == message.body
    assert {"CallbackAccepted", "OrderPaid", "MoneyMoved"} <= set(shop.events(order))


def test_only_the_headers_that_prove_or_explain_are_kept(shop: Shop) -> None:
    _, payment = shop.started()
    shop.tell(signed(told(payment, "paid")))
    assert dict(only(shop).headers) == {"x-proof": "proven", "content-type": "application/json"}


# -- repeated, reordered


def test_a_repeated_callback_moves_money_once(shop: Shop) -> None:
    order, payment = shop.started()
    first, second = (shop.tell(signed(told(payment, "paid"))) for _ in range(2))
    assert first == second
    assert shop.callbacks() == ["applied", "duplicate"]
    file = shop.file(order)
    assert (len(file.facts), shop.events(order).count("OrderPaid"), shop.left()) == (1, 1, 9)
    stored = sorted(shop.database.state.callbacks.values(), key=lambda raw: raw.id)
    assert (stored[1].duplicate_of, stored[1].event_key) == (stored[0].id, None)


def test_a_repeat_without_event_ids_is_known_by_its_bytes(shop: Shop) -> None:
    _, payment = shop.started()
    for _ in range(2):
        shop.tell(signed(told(payment, "paid", event="")))
    assert shop.callbacks() == ["applied", "duplicate"]


def test_twenty_copies_at_once_move_money_once(shop: Shop) -> None:
    order, payment = shop.started()
    with ThreadPoolExecutor(max_workers=20) as gateway:
        replies = list(gateway.map(lambda _: shop.tell(signed(told(payment, "paid"))), range(20)))
    assert {reply.body for reply in replies} == {b"OK"}
    assert sorted(shop.callbacks()) == ["applied", *["duplicate"] * 19]
    assert (len(shop.file(order).facts), shop.events(order).count("OrderPaid")) == (1, 1)


@pytest.mark.parametrize("words", list(permutations(["paid", "authorized", "in_progress", "failed"])))
def test_any_order_of_the_messages_ends_the_same(shop: Shop, words: tuple[str, ...]) -> None:
    order, payment = shop.started()
    for word in words:
        shop.tell(signed(told(payment, word)))
    assert shop.state(order) == ("validated", "paid")
    assert (shop.events(order).count("OrderPaid"), shop.left(), shop.reviews()) == (1, 9, [])


def test_what_comes_after_paid_leaves_history_alone_and_says_why(shop: Shop) -> None:
    order, payment = shop.paid()
    before = shop.events(order)
    for word in ("failed", "authorized", "in_progress"):
        assert shop.tell(signed(told(payment, word))).body == b"OK"
    assert (shop.state(order), shop.events(order)) == (("validated", "paid"), before)
    stale = [raw for raw in shop.database.state.callbacks.values() if raw.state is CallbackState.STALE]
    assert len(stale) == 3
    assert all("came after paid" in raw.note for raw in stale)


def test_success_after_a_failed_attempt_pays_and_keeps_the_failure_in_history(shop: Shop) -> None:
    order, payment = shop.started()
    shop.tell(signed(told(payment, "failed")))
    assert shop.state(order) == ("open", "failed")
    shop.tell(signed(told(payment, "paid")))
    assert shop.state(order) == ("validated", "paid")
    moves = [event.payload for event in shop.file(order).events if event.name == "PaymentStatusChanged"]
    assert [move["new"] for move in moves] == ["in_progress", "failed", "paid"]


# -- late, wrong, foreign


@pytest.mark.parametrize("sold", [False, True])
def test_a_capture_after_the_end_takes_the_goods_again_or_asks(shop: Shop, sold: bool) -> None:
    order, payment = shop.started()
    shop.pass_time(hours=1)
    shop.expire_orders.execute()
    assert (shop.state(order), shop.left()) == (("cancelled", "expired"), 10)
    if sold:
        shop.database.catalogue.save_product(a_product("mug", available=0))
    shop.tell(signed(told(payment, "paid")))
    assert shop.state(order) == (("error" if sold else "validated"), "paid")
    assert (shop.reviews(), shop.left()) == ((["late"], 0) if sold else ([], 9))
    assert len(shop.file(order).facts) == 1


def test_a_capture_for_an_order_that_staff_cancelled_is_a_question(shop: Shop) -> None:
    order, payment = shop.started()
    shop.cancel_order.execute(order.id, by="staff", reason="fraud")
    shop.tell(signed(told(payment, "paid")))
    assert (shop.state(order), shop.reviews()) == (("cancelled", "paid"), ["late"])
    assert shop.stored(order).closed_by is ClosedBy.STAFF


@pytest.mark.parametrize("minor", [5999, 6001, 60, 0])
def test_a_wrong_amount_is_kept_and_asked_about_but_never_pays(shop: Shop, minor: int) -> None:
    order, payment = shop.started()
    assert shop.tell(signed(told(payment, "paid", minor=minor))).body == b"OK"
    assert (shop.state(order), shop.reviews()) == (("error", "in_progress"), ["amount_mismatch"])
    (fact,) = shop.file(order).facts
    assert fact.amount.minor == minor
    assert "OrderPaid" not in shop.events(order)


def test_the_right_number_in_a_wrong_currency_never_pays(shop: Shop) -> None:
    order, payment = shop.started()
    shop.tell(signed(told(payment, "paid", currency="EUR")))
    assert (shop.state(order), shop.reviews()) == (("error", "in_progress"), ["currency_mismatch"])


def test_a_proof_of_another_account_of_ours_never_pays(shop: Shop) -> None:
    order, payment = shop.started()
    shop.tell(signed(told(payment, "paid")), account="other")
    assert (shop.state(order), shop.reviews()) == (("pending", "in_progress"), ["account_mismatch"])
    (fact,) = shop.file(order).facts
    assert fact.payment_id is None


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({}, []),
        ({"id": "made up"}, ["amount_mismatch"]),
        ({"session": "the cheap session"}, []),
        ({"session": "the cheap session", "id": "made up"}, ["reference_mismatch"]),
    ],
)
def test_the_proof_of_a_cheap_order_does_not_pay_a_dear_one(
    shop: Shop, changes: dict[str, str], asked: list[str]
) -> None:
    order = shop.place(shop.basket("gift"), "25.00 PLN").order
    cheap = shop.get_redirect_url.execute(GetRedirectUrlRequest(order.id)).payment
    shop.tell(signed(told(cheap, "paid", id="the cheap capture")))
    dear, payment = shop.started()
    proof = told(payment, "paid", minor=2500, id="the cheap capture", event="another")
    shop.tell(signed(proof | changes))
    assert (shop.reviews(), "OrderPaid" in shop.events(dear)) == (asked, False)
    assert shop.now(dear)[1].captured.minor == 0
    assert shop.state(order) == ("validated", "paid")


def test_a_word_nobody_knows_is_acknowledged_and_ignored(shop: Shop) -> None:
    order, payment = shop.started()
    before = shop.events(order)
    assert shop.tell(signed(told(payment, "", word="payment.sneezed"))).body == b"OK"
    assert (shop.state(order), shop.callbacks()) == (("pending", "in_progress"), ["ignored"])
    assert "payment.sneezed" in only(shop).note
    assert shop.events(order) == before


def test_a_batch_is_judged_part_by_part(shop: Shop) -> None:
    first, one = shop.started()
    second, two = shop.started()
    parts = (told(one, "paid", event=""), told(two, "failed", event=""))
    shop.tell(signed(*parts))
    assert (shop.state(first), shop.state(second)) == (("validated", "paid"), ("open", "failed"))
    shop.tell(signed(*parts))
    assert shop.callbacks() == ["applied", "applied", "duplicate", "duplicate"]


def test_a_message_with_nothing_in_it_is_kept(shop: Shop) -> None:
    assert shop.tell(signed()).body == b"OK"
    assert shop.callbacks() == ["ignored"]


# -- what a message is


def test_two_get_callbacks_with_different_queries_are_two_messages(shop: Shop) -> None:
    shop.gateway.callback_methods = frozenset({"GET"})
    states = []
    for _ in range(2):
        order, payment = shop.started()
        data = signed(told(payment, "paid", event="")).body.decode()
        shop.tell(InboundMessage("GET", b"", {"x-proof": "proven"}, (("data", data),)))
        states.append(shop.state(order))
    assert states == [("validated", "paid")] * 2
    assert shop.callbacks() == ["applied"] * 2


# -- when judging is impossible now


def unknown(shop: Shop) -> dict[str, Any]:
    """What a gateway says of a payment nobody knows yet."""
    _, payment = shop.started()
    return told(payment, "paid", reference="not-yet", id="C-1", event="E-1")


def test_a_callback_for_an_unknown_order_is_acknowledged_and_waits(shop: Shop) -> None:
    assert shop.tell(signed(unknown(shop))).body == b"OK"
    raw = only(shop)
    assert (raw.state, raw.code, raw.tries) == (CallbackState.PENDING, -1, 1)
    assert raw.due_at is not None
    assert raw.due_at > shop.clock.now()


def test_when_judging_raises_the_sender_gets_its_success_and_the_row_waits(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, payment = shop.started()

    def broken(*args: object, **kwargs: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr("application.settlement.decide", broken)
        assert shop.tell(signed(told(payment, "paid"))).body == b"OK"
    assert (shop.callbacks(), shop.state(order)) == (["pending"], ("pending", "in_progress"))
    shop.judge_callbacks.execute()
    assert (shop.callbacks(), shop.state(order)) == (["applied"], ("validated", "paid"))


def test_what_cannot_be_stored_is_not_acknowledged(shop: Shop) -> None:
    _, payment = shop.started()

    def down(**_: object) -> None:
        raise StorageUnavailable

    shop.handle_callback._units = down  # type: ignore[assignment]
    with pytest.raises(StorageUnavailable):
        shop.tell(signed(told(payment, "paid")))
    with pytest.raises(StorageUnavailable):
        shop.tell(signed(told(payment, "paid"), headers={}))


@pytest.mark.parametrize(
    "temperament", [Temperament.GO_AND_LOOK, Temperament.CONFIRM_TO_COLLECT, Temperament.OUR_ANSWER_DECIDES]
)
def test_only_a_signed_callback_is_judged_in_the_request(shop: Shop, temperament: Temperament) -> None:
    order, payment = shop.started()
    shop.gateway.temperament = temperament
    assert shop.tell(signed(told(payment, "paid"))).body == b"OK"
    assert (shop.callbacks(), shop.state(order)) == (["pending"], ("pending", "in_progress"))
    assert shop.gateway.times("look") == 0


@pytest.mark.parametrize("at_once", [True, False])
def test_what_was_said_is_on_record_posted_over_queried(shop: Shop, at_once: bool) -> None:
    order, payment = shop.started()
    data = signed(told(payment, "paid")).body.decode()
    headers = {"x-proof": "proven", "content-type": "application/x-www-form-urlencoded"}
    body = urlencode({"data": data, "amount": "60"}).encode()
    query = (("amount", "1"), ("status", "OK"))
    seen = shop.gateway.read_callback(signed(told(payment, "paid")))
    shop.gateway.script["read_callback"] = lambda message: seen
    shop.gateway.temperament = Temperament.SIGNED_CALLBACK if at_once else Temperament.GO_AND_LOOK
    shop.tell(InboundMessage("POST", body, headers, query))
    shop.judge_callbacks.execute()
    record = shop.file(order).transactions[-1]
    assert (record.kind.value, record.parameters["amount"], record.parameters["status"]) == (
        "callback" if at_once else "look",
        "60",
        "OK",
    )
