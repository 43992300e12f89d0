"""Two-step acceptance at Tpay: our answer takes the money, so it is yes only for an order we can settle."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from domain.payment import PaymentStatus
from tests.functional.journey import Stage, a_stage
from tests.functional.test_every_gateway import assert_paid_once


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with a_stage(tmp_path_factory.mktemp("steps") / "shop.db") as running:
        running.pull("tpay", "_settings", two_step=True)
        yield running
        assert running.violations() == []


def test_a_question_waits_for_the_certificate_and_is_then_answered_with_yes(stage: Stage) -> None:
    journey = stage.send("tpay")
    journey.go()
    journey.press("authorized")
    journey.until(lambda *_: journey.session()["status"] == "paid")
    assert_paid_once(journey)


def test_money_for_an_order_that_was_cancelled_meanwhile_is_sent_back(stage: Stage) -> None:
    journey = stage.send("tpay")
    journey.go()
    cancel = stage.application.use_cases.cancel_order
    cancel.execute(journey.order.id, by="ada", reason="a test")
    journey.press("authorized")
    journey.until(lambda *_: journey.session()["status"] == "cancelled")
    assert (journey.captured(), journey.taken()) == ([], [])
    assert journey.now()[1].status is PaymentStatus.CANCELLED
