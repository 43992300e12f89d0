"""A message that proves nothing leaves a bounded record and learns nothing."""

from __future__ import annotations

import pytest

from application.callbacks import CallbackState, RawCallback
from application.errors import CallbackRefused, CallbackUnreadable, MethodNotAllowed
from application.handle_callback import UNPROVEN_A_MINUTE, UNPROVEN_BYTES
from application.ports.gateway import Temperament
from tests.application.fake_gateway import signed, told
from tests.application.shop import Shop


def only(shop: Shop) -> RawCallback:
    (raw,) = shop.database.state.callbacks.values()
    return raw


def test_an_unproven_message_leaves_a_bounded_record_and_nothing_else(shop: Shop) -> None:
    order, payment = shop.started()
    refused: list[str] = []
    shop.hooks.connect("callback_refused", refused.append)
    before = shop.file(order)
    with pytest.raises(CallbackRefused):
        shop.tell(signed(told(payment, "paid"), headers={"x-proof": "forged"}, body=b"x" * 100_000))
    raw = only(shop)
    assert (raw.state, len(raw.body), raw.code, raw.event_key) == (
        CallbackState.REFUSED,
        UNPROVEN_BYTES,
        11,
        None,
    )
    assert shop.file(order) == before
    assert refused == ["fake"]


@pytest.mark.parametrize("account", ["nobody", "promise"])
def test_an_account_without_callbacks_is_refused_alike(shop: Shop, account: str) -> None:
    with pytest.raises(CallbackRefused):
        shop.tell(signed(), account=account)
    assert shop.database.state.callbacks == {}


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD"])
def test_a_method_the_gateway_does_not_use_is_refused(shop: Shop, method: str) -> None:
    with pytest.raises(MethodNotAllowed):
        shop.tell(signed(method=method))
    assert shop.database.state.callbacks == {}


def test_a_proven_but_unreadable_message_is_stored(shop: Shop) -> None:
    with pytest.raises(CallbackUnreadable):
        shop.tell(signed(body=b"{"))
    assert (shop.callbacks(), only(shop).body) == (["unreadable"], b"{")


def test_a_flood_nobody_proved_leaves_so_many_rows_a_minute_and_stops_no_genuine_message(shop: Shop) -> None:
    order, payment = shop.started()

    def flood(count: int) -> None:
        for _ in range(count):
            with pytest.raises(CallbackRefused):
                shop.tell(signed(headers={}))

    flood(UNPROVEN_A_MINUTE + 20)
    assert shop.callbacks() == ["refused"] * UNPROVEN_A_MINUTE
    shop.tell(signed(told(payment, "paid")))
    assert shop.state(order) == ("validated", "paid")
    shop.pass_time(minutes=1)
    flood(2)
    assert shop.callbacks().count("refused") == UNPROVEN_A_MINUTE + 2


@pytest.fixture
def unsigned(shop: Shop) -> Shop:
    """Anybody can write the messages of its gateway, so they are mere hints."""
    shop.gateway.temperament, shop.gateway.unsigned = Temperament.GO_AND_LOOK, True
    return shop


NONSENSE = [b"", b"{", b"[]", rb'[{"reference": "nobody\u0000s"}]', b'[{"reference": ""}]']


@pytest.mark.parametrize("body", NONSENSE)
def test_where_nothing_is_signed_every_message_gets_the_same_answer(unsigned: Shop, body: bytes) -> None:
    _, payment = unsigned.started()
    genuine = unsigned.tell(signed(told(payment, "paid")))
    assert unsigned.tell(signed(body=body)) == genuine


def test_what_anybody_says_about_no_attempt_is_never_judged_and_hardly_kept(unsigned: Shop) -> None:
    for number in range(UNPROVEN_A_MINUTE):
        unsigned.tell(signed({"reference": f"{number:026}", "word": "x" * 10_000}))
        unsigned.tell(signed(body=b"{" + b"x" * 10_000))
    rows = list(unsigned.database.state.callbacks.values())
    assert len(rows) == UNPROVEN_A_MINUTE
    assert {row.state for row in rows} == {CallbackState.ORPHAN, CallbackState.UNREADABLE}
    assert {len(row.body) for row in rows} == {UNPROVEN_BYTES}
    assert unsigned.judge_callbacks.execute().done == 0


def test_a_flood_of_hints_about_one_attempt_or_none_silences_no_other(unsigned: Shop) -> None:
    order, payment = unsigned.started()
    _, mine = unsigned.started()
    for number in range(UNPROVEN_A_MINUTE + 20):
        unsigned.tell(signed(told(mine, "paid", event=str(number))))
        unsigned.tell(signed({"reference": f"{number:026}"}))
    unsigned.tell(signed(told(payment, "paid")))
    assert unsigned.callbacks().count("pending") == UNPROVEN_A_MINUTE + 1
    unsigned.gateway.script["look"] = lambda asked: unsigned.gateway.says(asked, "paid")
    while unsigned.judge_callbacks.execute().done:
        pass
    assert unsigned.state(order) == ("validated", "paid")
