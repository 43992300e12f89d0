"""Every gateway with a wire, over real HTTP: paid, declined, cancelled, refunded, found again, not fooled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import pytest
import requests

from adapters.sandbox import credentials
from application.errors import UnsupportedOperation
from application.ports.gateway import Operation, Temperament
from application.refund_payment import RefundPaymentRequest
from domain.money import Money
from domain.order import OrderStatus
from domain.payment import CLOSED, PaymentStatus
from domain.refund import Refund, RefundStatus
from tests.functional.journey import Journey, Stage, a_stage

CODES: Final = tuple(credentials("http://127.0.0.1"))


@dataclass(frozen=True)
class Oddities:
    """Where a gateway differs by nature, and why; everything else is claimed of every gateway.

    ``unspoken``: outcomes nobody tells us of; the order can be paid in another way meanwhile.
    ``nothing_to_find``: who agreed and never came back has paid nothing. ``mute``: money was taken, but the
    gateway cannot be asked about it. ``proves_later``: a message is taken first and proved by asking.
    """

    unspoken: Mapping[tuple[str, str], str] = field(default_factory=dict)
    nothing_to_find: Mapping[str, str] = field(default_factory=dict)
    mute: Mapping[str, str] = field(default_factory=dict)
    proves_later: Mapping[str, str] = field(default_factory=dict)


ODD: Final = Oddities(
    unspoken={
        ("przelewy24", "declined"): "it tells of payments that were made and of nothing else",
        ("przelewy24", "cancelled"): "it tells of payments that were made and of nothing else",
        ("paymill", "cancelled"): "who leaves our own page for cards tells nobody",
    },
    nothing_to_find={
        "paymill": "the token of a card is worth nothing before our own page sends it",
        "webpay": "no money is taken before the shopper comes back and we commit",
    },
)


@pytest.fixture
def odd() -> Oddities:
    return ODD


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with a_stage(tmp_path_factory.mktemp("journeys") / "shop.db") as running:
        yield running


@pytest.fixture(params=CODES)
def code(request: pytest.FixtureRequest, stage: Stage) -> Iterator[str]:
    """A gateway without faults, before and after; every invariant holds when the journey is over."""
    name = str(request.param)
    yield name
    stage.mend(name)
    assert stage.violations() == []


def is_over(journey: Journey) -> bool:
    order, payment = journey.now()
    return order.status is OrderStatus.OPEN and payment.status in CLOSED


def assert_paid_once(journey: Journey) -> None:
    """The money came once, all of it, here and there; the order page is a receipt."""
    order, payment = journey.until(lambda order, payment: payment.status is PaymentStatus.PAID)
    assert order.status is OrderStatus.VALIDATED
    assert (order.paid_by, payment.captured) == (payment.id, order.total)
    assert journey.captured() == [order.total]
    assert journey.taken() == [order.total.decimal]
    assert journey.state() == "paid"
    assert journey.file().reviews == ()


def test_a_shopper_who_pays_has_paid_once(stage: Stage, code: str) -> None:
    journey = stage.send(code)
    journey.pay()
    assert journey.browser.url.startswith(journey.page)
    assert_paid_once(journey)


def test_messages_and_shoppers_that_come_again_move_no_more_money(stage: Stage, code: str) -> None:
    journey = stage.send(code)
    stage.pull(code, "_faults", kind="duplicate")
    journey.pay()
    assert_paid_once(journey)
    journey.press("paid")
    journey.make_due()
    stage.work()
    assert_paid_once(journey)


@pytest.mark.parametrize("outcome", ["declined", "cancelled"])
def test_a_shopper_who_does_not_pay_has_paid_nothing_and_may_pay_again(
    stage: Stage, code: str, odd: Oddities, outcome: str
) -> None:
    journey = stage.send(code)
    assert outcome in journey.go()
    journey.press(outcome)
    assert journey.browser.url.startswith(journey.page)
    if (code, outcome) not in odd.unspoken:
        journey.until(lambda *_: is_over(journey))
        assert journey.state() in ("declined", "given_up", "session_over")
    stage.work()
    assert (journey.captured(), journey.taken()) == ([], [])
    assert journey.is_payable_again()
    again = stage.send("dummy" if (code, outcome) in odd.unspoken else code, journey.order)
    assert again.payment.id != journey.payment.id
    again.pay()
    assert_paid_once(again)


def refund(journey: Journey, key: str, amount: Money | None = None) -> Refund:
    request = RefundPaymentRequest(journey.payment.id, by="ada", reason="a test", key=key, amount=amount)
    return journey.stage.application.use_cases.refund_payment.execute(request)


def refunds_of(journey: Journey) -> list[Refund]:
    return list(journey.stage.application.use_cases.reads.order_file(journey.order.id).refunds)


def assert_refunded(journey: Journey, total: Money) -> None:
    """Every refund is done in the end, by a notification or by looking, and the gateway gave that much."""

    def done(*_: object) -> bool:
        journey.make_due()
        return all(one.status is RefundStatus.DONE for one in refunds_of(journey))

    journey.until(done)
    payment = journey.now()[1]
    assert (payment.refunded, payment.reserved.minor) == (total, 0)
    assert (
        Money.from_scaled(journey.session()["refunded"], journey.session()["places"], total.currency) == total
    )


def test_money_goes_back_in_part_and_in_whole_or_plainly_cannot(stage: Stage, code: str) -> None:
    journey = stage.send(code)
    journey.pay()
    assert_paid_once(journey)
    total, powers = journey.order.total, journey.gateway.capabilities.operations
    part = Money(total.minor // 3, total.currency)
    if Operation.PARTIAL_REFUND in powers:
        refund(journey, f"{code}-part", part)
        assert_refunded(journey, part)
        assert journey.state() == "partly_refunded"
    else:
        with pytest.raises(UnsupportedOperation):
            refund(journey, f"{code}-part", part)
    if Operation.REFUND not in powers:
        with pytest.raises(UnsupportedOperation):
            refund(journey, f"{code}-all")
        return
    if Operation.LOOK_REFUND in powers:
        stage.pull(code, "_faults", kind="lost", times=None)
    refund(journey, f"{code}-all")
    assert_refunded(journey, total)
    assert journey.state() == "refunded"


def test_money_is_found_when_nobody_tells_us(stage: Stage, code: str, odd: Oddities) -> None:
    """Every callback is lost, and the shopper closes the browser on the gateway's page."""
    stage.pull(code, "_faults", kind="lost", times=None)
    journey = stage.send(code)
    journey.pay(come_back=False)
    stage.work()
    assert journey.now()[1].status is PaymentStatus.IN_PROGRESS
    journey.make_due()
    if code in odd.nothing_to_find:
        stage.work()
        assert (journey.captured(), journey.taken()) == ([], [])
        return
    if code in odd.mute:
        stage.work()
        assert (journey.captured(), journey.taken()) == ([], [journey.order.total.decimal])
        journey.hear_it_after_all()
    assert_paid_once(journey)


def test_a_collecting_call_without_an_answer_is_looked_up_and_not_made_twice(stage: Stage, code: str) -> None:
    journey = stage.send(code)
    if Operation.COLLECT in journey.gateway.capabilities.operations:
        stage.pull(code, "_faults", kind="garbage", on="collect", form="empty")
    journey.pay()
    journey.make_due()
    assert_paid_once(journey)
    assert stage.faults(code) == []


def test_a_lie_changes_nothing(stage: Stage, code: str, odd: Oddities) -> None:
    journey = stage.send(code)
    journey.go()
    before = journey.now()[1]
    answer = lie(journey)
    stage.work()
    capabilities = journey.gateway.capabilities
    if capabilities.temperament is Temperament.SIGNED_CALLBACK or not capabilities.callback_methods:
        assert answer == (200 if code in odd.proves_later else 403)
    order, payment = journey.now()
    assert (payment.status, payment.captured) == (before.status, before.captured)
    assert order.status is OrderStatus.PENDING
    assert journey.captured() == []
    journey.pay()
    assert_paid_once(journey)


def lie(journey: Journey) -> int:
    """Say that nobody's money came; the HTTP status the shop answers. Without callbacks it is plain noise."""
    stage, code = journey.stage, journey.gateway.code
    if not journey.gateway.capabilities.callback_methods:
        noise = {"status": "paid", "reference": journey.payment.reference}
        return requests.post(f"{stage.url}/callbacks/{code}", data=noise, timeout=5).status_code
    wish = {"session": journey.session()["id"], "claim": {"status": "paid"}, "forged": True}
    status: int = stage.pull(code, "_deliver", **wish)["status"]
    return status
