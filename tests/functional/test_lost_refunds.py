"""Refunds of ours whose answers are lost count once each, with the gateway's own notice or without it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

import pytest

from application.refund_payment import RefundPaymentRequest
from domain.money import Money
from domain.payment import PaymentStatus
from domain.refund import RefundStatus
from tests.functional.journey import Journey, Stage, a_stage
from tests.functional.roaming import SOON

HEARD: Final = ("dotpay", "moip", "ogone", "paymill", "tpay")
FOUND: Final = ("dotpay", "moip", "paymill", "tpay")
"""Those that can be asked for every refund; Ogone shows the last one only."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with a_stage(tmp_path_factory.mktemp("lost") / "shop.db") as running:
        yield running


@pytest.fixture
def paid(code: str, stage: Stage) -> Iterator[Journey]:
    """A paid order whose next refunds are made, but the answers cannot be used."""
    stage.pull(code, "_settings", refund_seconds=0)
    journey = stage.send(code)
    journey.pay()
    journey.until(lambda order, payment: payment.status is PaymentStatus.PAID)
    stage.pull(code, "_faults", kind="garbage", on="refund", form="empty", times=2)
    yield journey
    stage.mend(code)
    assert stage.violations() == []


def ask_for(journey: Journey, key: str) -> None:
    amount = Money(1000, journey.order.currency)
    wanted = RefundPaymentRequest(journey.payment.id, "ada", "a test", f"{journey.payment.id}-{key}", amount)
    refund = journey.stage.application.use_cases.refund_payment.execute(wanted)
    assert refund.status in (RefundStatus.UNKNOWN, RefundStatus.DONE)


def wait_for_notices(journey: Journey, count: int) -> None:
    """Until everything the gateway says by itself was heard."""
    session, end = journey.session()["id"], time.monotonic() + SOON
    while time.monotonic() < end:
        told = [one for one in journey.stage.ledger()["messages"] if one["session_id"] == session]
        if len(told) >= count and all(one["deliveries"] for one in told):
            return
        time.sleep(0.05)
    raise AssertionError(f"{count} messages were expected")


def assert_counted_once_each(journey: Journey) -> None:
    for _ in range(3):
        journey.make_due()
        journey.stage.work()
    payment = journey.now()[1]
    assert [one.status for one in journey.file().refunds] == [RefundStatus.DONE, RefundStatus.DONE]
    gone = (payment.refunded.minor, payment.refunded_outside.minor, payment.reserved.minor)
    assert (gone, journey.session()["refunded"]) == ((2000, 0, 0), 2000)


@pytest.mark.parametrize("code", HEARD)
def test_two_equal_refunds_without_answers_are_known_by_their_notices(paid: Journey) -> None:
    for key in ("one", "two"):
        ask_for(paid, key)
    wait_for_notices(paid, 3)
    assert_counted_once_each(paid)


@pytest.mark.parametrize("code", FOUND)
def test_two_equal_refunds_without_answers_are_found_by_looking(paid: Journey) -> None:
    paid.stage.pull(paid.gateway.code, "_faults", kind="lost", times=None)
    for key in ("one", "two"):
        ask_for(paid, key)
    assert_counted_once_each(paid)
