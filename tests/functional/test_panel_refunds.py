"""Money that goes back in a gateway's own panel while we act, too, is counted once, gateway by gateway."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from application.points import arm
from application.refund_payment import RefundPaymentRequest
from domain.money import Money
from domain.payment import PaymentStatus
from tests.functional.journey import Journey, Stage, a_stage

TOTALS: Final = ("paypal", "przelewy24", "webpay")
"""Those that tell how much went back in all, and not by whom."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with a_stage(tmp_path_factory.mktemp("panels") / "shop.db") as running:
        yield running


@pytest.fixture(params=TOTALS)
def paid(request: pytest.FixtureRequest, stage: Stage) -> Iterator[Journey]:
    """A paid order whose gateway tells us nothing more by itself."""
    code = str(request.param)
    stage.pull(code, "_settings", refund_seconds=0)
    journey = stage.send(code)
    journey.pay()
    journey.until(lambda order, payment: payment.status is PaymentStatus.PAID)
    stage.pull(code, "_faults", kind="lost", times=None)
    yield journey
    stage.mend(code)
    assert stage.violations() == []


def in_panel(journey: Journey, minor: int) -> None:
    """Staff gives money back over there."""
    journey.stage.pull(journey.gateway.code, "_panel/refund", session=journey.session()["id"], amount=minor)


def refund(journey: Journey, minor: int) -> None:
    amount = Money(minor, journey.order.currency)
    wanted = RefundPaymentRequest(journey.payment.id, "ada", "a test", f"refund-{journey.payment.id}", amount)
    journey.stage.application.use_cases.refund_payment.execute(wanted)


def look(journey: Journey) -> None:
    journey.stage.application.use_cases.reconcile_payments.one(journey.payment.id)


def counted(journey: Journey) -> tuple[int, int, int]:
    """What went back by us, by others, and by the gateway's own book."""
    for _ in range(3):
        journey.make_due()
        journey.stage.work()
    payment = journey.now()[1]
    return payment.refunded.minor, payment.refunded_outside.minor, journey.session()["refunded"]


def test_a_refund_of_ours_while_we_ask_is_counted_once(paid: Journey) -> None:
    asked: list[str] = []

    def meanwhile(point: str) -> None:
        if point == "look.before_gateway_call" and not asked:
            asked.append(point)
            refund(paid, 2000)

    with arm(meanwhile, environment="test"):
        look(paid)
    assert counted(paid) == (2000, 0, 2000)


def test_two_refunds_of_the_panel_seen_by_two_questions_are_counted_once(paid: Journey) -> None:
    asked: list[str] = []
    in_panel(paid, 1000)

    def meanwhile(point: str) -> None:
        if point == "look.after_gateway_call" and not asked:
            asked.append(point)
            in_panel(paid, 1500)
            look(paid)

    with arm(meanwhile, environment="test"):
        look(paid)
    assert counted(paid) == (0, 2500, 2500)


@pytest.mark.parametrize("code", TOTALS)
def test_what_the_panel_gave_back_before_we_knew_that_it_came_is_found(stage: Stage, code: str) -> None:
    journey = stage.send(code)
    stage.pull(code, "_faults", kind="lost", times=None)
    stage.pull(code, "_faults", kind="garbage", on="collect", form="empty")
    journey.pay()
    in_panel(journey, 1000)
    assert counted(journey) == (0, 1000, 1000)
    assert journey.now()[1].status is PaymentStatus.PAID
    stage.mend(code)
    assert stage.violations() == []
