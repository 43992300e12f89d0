"""Messages whose proof needs a fetch: proven by the worker, and never settled before."""

from __future__ import annotations

import pytest

from application.errors import (
    GatewayUnreachable,
    InvalidSignature,
    StorageUnavailable,
)
from application.ports.gateway import InboundMessage, NeedsProof
from tests.application.fake_gateway import signed, told
from tests.application.shop import Shop
from tests.application.test_judge_callbacks import broken, drain


@pytest.fixture
def unproven(shop: Shop) -> Shop:
    shop.gateway.script["read_callback"] = lambda message: NeedsProof({"id": "7"})
    return shop


def test_a_message_is_proven_by_the_worker_and_then_settled(unproven: Shop) -> None:
    order, payment = unproven.started()
    assert unproven.tell(signed(told(payment, "paid"))).body == b"OK"
    assert (unproven.callbacks(), unproven.gateway.times("prove")) == (["pending"], 0)
    assert unproven.state(order) == ("pending", "in_progress")
    unproven.judge_callbacks.execute()
    assert unproven.state(order) == ("validated", "paid")


def test_a_message_that_turns_out_a_lie_is_refused_at_once(unproven: Shop) -> None:
    order, payment = unproven.started()
    unproven.tell(signed(told(payment, "paid")))
    unproven.gateway.script["prove"] = InvalidSignature()
    unproven.judge_callbacks.execute()
    assert (unproven.callbacks(), unproven.reviews()) == (["refused"], [])
    assert unproven.state(order) == ("pending", "in_progress")


def test_a_proof_nobody_can_fetch_is_tried_for_as_long_as_it_takes(unproven: Shop) -> None:
    order, payment = unproven.started()
    unproven.tell(signed(told(payment, "paid")))
    unproven.gateway.script["prove"] = GatewayUnreachable("down for a day")
    drain(unproven, 24)
    assert (unproven.callbacks(), unproven.reviews()) == (["pending"], [])
    del unproven.gateway.script["prove"]
    drain(unproven, 1)
    assert unproven.state(order) == ("validated", "paid")


def test_a_yes_that_takes_money_waits_until_it_can_be_proven(shop: Shop) -> None:
    order, payment = shop.started()
    known: list[object] = []

    def read(message: InboundMessage) -> object:
        return shop.gateway.prove(message, {}) if known else NeedsProof(answer_decides=True)

    def prove(message: InboundMessage, *_: object) -> object:
        known.append(message)
        return shop.gateway._listed(message)

    shop.gateway.script |= {"read_callback": read, "prove": prove}
    message = signed(told(payment, "paid", answer_decides=True))
    with pytest.raises(StorageUnavailable):
        shop.tell(message)
    shop.askers.shutdown(wait=True)
    shop.judge_callbacks.execute()
    assert (shop.state(order), shop.callbacks()) == (("pending", "in_progress"), [])
    shop.tell(message)
    assert shop.state(order) == ("validated", "paid")


def test_a_yes_that_cannot_be_settled_now_is_not_said(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    _, payment = shop.started()
    monkeypatch.setattr(shop.judge_callbacks._judgement, "judge", broken)
    with pytest.raises(StorageUnavailable):
        shop.tell(signed(told(payment, "paid", answer_decides=True)))
    assert (shop.callbacks(), shop.gateway.answers) == ([], [])


def test_what_is_told_of_the_gateways_own_id_reaches_its_attempt(shop: Shop) -> None:
    order, payment = shop.started()
    session = str(shop.now(order)[1].gateway_reference)
    shop.tell(signed(told(payment, "paid", reference="", session=session)))
    assert shop.state(order) == ("validated", "paid")
    lost = told(payment, "failed", reference="", session=f"capture-{payment.reference}", event="later")
    shop.tell(signed(lost))
    assert sorted(shop.callbacks()) == ["applied", "stale"]
