"""Accounts whose money is held first: staff takes it or lets it go, once, whatever gets lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import fields
from importlib.metadata import entry_points
from typing import Final

import pytest

from adapters.gateways.registry import GROUP
from adapters.sandbox import credentials
from application.errors import OutcomeUnknown, UnsupportedOperation
from application.ports.gateway import Operation
from domain.order import OrderStatus
from domain.payment import CLOSED, Payment, PaymentStatus
from tests.functional.journey import Journey, Stage, a_stage
from tests.functional.test_every_gateway import assert_paid_once

STAFF: Final = {"by": "ada", "reason": "a test"}


def holds_first(code: str) -> bool:
    """Whether the merchant may have money held and take it later."""
    (point,) = entry_points(group=GROUP, name=code)
    return "capture" in {item.name for item in fields(point.load().Settings)}


HOLDING: Final = tuple(code for code in credentials("http://127.0.0.1") if holds_first(code))


def held_blocks(sandbox: str) -> Mapping[str, Mapping[str, object]]:
    known = credentials(sandbox)
    return {code: {**known[code], "capture": "manual"} for code in HOLDING}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with a_stage(tmp_path_factory.mktemp("held") / "shop.db", held_blocks) as running:
        for code in HOLDING:
            running.pull(code, "_settings", manual_capture=True)
        yield running


@pytest.fixture(params=HOLDING)
def held(request: pytest.FixtureRequest, stage: Stage) -> Iterator[Journey]:
    """A shopper who came back after having money held; every invariant holds when the journey is over."""
    journey = stage.send(str(request.param))
    assert "authorized" in journey.go()
    journey.press("authorized")
    order, _ = journey.until(lambda order, payment: payment.status is PaymentStatus.AUTHORIZED)
    assert (order.status, order.is_paid) == (OrderStatus.PENDING, False)
    assert journey.state() == "approved"
    assert (journey.captured(), journey.taken()) == ([], [])
    yield journey
    assert stage.violations() == []


def test_held_money_is_taken_once_by_staff(held: Journey, stage: Stage) -> None:
    capture = stage.application.use_cases.capture_payment
    capture.execute(held.payment.id, **STAFF)
    assert_paid_once(held)
    held.make_due()
    stage.work()
    assert_paid_once(held)


def test_held_money_is_let_go_by_staff_or_plainly_cannot(held: Journey, stage: Stage) -> None:
    void = stage.application.use_cases.void_payment
    if Operation.VOID not in held.gateway.capabilities.operations:
        with pytest.raises(UnsupportedOperation):
            void.execute(held.payment.id, **STAFF)
        return
    void.execute(held.payment.id, **STAFF)
    held.until(lambda order, payment: payment.status in CLOSED)
    assert (held.captured(), held.taken()) == ([], [])
    assert held.now()[0].status is OrderStatus.OPEN
    assert held.is_payable_again()


def test_money_is_held_though_nobody_told_us(stage: Stage, held: Journey) -> None:
    """The order can neither expire nor be paid again while the money is held."""
    assert not held.is_payable_again()
    stage.sql("UPDATE orders SET deadline = placed_at WHERE reference = ?", held.order.reference)
    stage.work()
    order, payment = held.now()
    assert (order.status, payment.status) == (OrderStatus.PENDING, PaymentStatus.AUTHORIZED)


def test_a_capture_without_an_answer_is_looked_up_and_not_made_twice(held: Journey, stage: Stage) -> None:
    code = held.gateway.code
    stage.pull(code, "_faults", kind="garbage", on="capture", form="empty")
    with suppress(OutcomeUnknown):
        stage.application.use_cases.capture_payment.execute(held.payment.id, **STAFF)
    stage.mend(code)

    def settled(_: object, payment: Payment) -> bool:
        held.make_due()
        return payment.status is PaymentStatus.PAID

    held.until(settled)
    assert_paid_once(held)
