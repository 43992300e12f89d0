"""Our shop pays, is declined and refunds at getpaid-simulator's PayU, which never saw our code.

It was told the simulator's address and keys, nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from adapters.sandbox import credentials
from application.refund_payment import RefundPaymentRequest
from domain.money import Money
from domain.order import OrderStatus
from domain.payment import Payment, PaymentStatus
from tests.functional.world import Shop, a_shop, eventually
from tests.interop.programs import SOON

pytestmark = pytest.mark.getpaid


def blocks(simulator: str, **changes: str) -> dict[str, dict[str, object]]:
    """The block of our own sandbox at another address: the simulator knows PayU's published test keys."""
    return {"payu": {**credentials(simulator)["payu"], **changes}}


@pytest.fixture
def shop(database_path: Path, simulator: str) -> Iterator[Shop]:
    with a_shop(f"sqlite:///{database_path}", simulator, blocks_of=blocks) as running:
        yield running


def press(payment: Payment, action: str) -> str:
    """Press a button on the simulator's page; answers where it sends the shopper."""
    assert payment.next_step is not None
    answer = requests.post(
        payment.next_step.url, data={"action": action}, timeout=SOON, allow_redirects=False
    )
    assert answer.is_redirect, answer.text
    return answer.headers["Location"]


def now(shop: Shop, payment: Payment) -> Payment:
    """What the payment has become."""
    _, payments = shop.use_cases.reads.order_by_id(payment.order_id)
    return next(one for one in payments if one.id == payment.id)


def test_their_simulator_pays_our_order(shop: Shop, simulator: str) -> None:
    order, payment = shop.started("payu")
    assert payment.next_step is not None
    assert payment.next_step.url.startswith(f"{simulator}/sim/payu/authorize/")
    assert press(payment, "approve").startswith(shop.url)
    assert (now(shop, payment).status, now(shop, payment).captured) == (PaymentStatus.PAID, order.total)
    assert shop.again(order)[0].status is OrderStatus.VALIDATED


def test_their_simulator_declines_our_order(shop: Shop) -> None:
    order, payment = shop.started("payu")
    press(payment, "reject")
    assert now(shop, payment).status is PaymentStatus.CANCELLED
    assert shop.again(order)[0].status is not OrderStatus.VALIDATED


def test_their_simulator_refunds_a_part_and_then_the_rest(shop: Shop) -> None:
    order, payment = shop.started("payu")
    press(payment, "approve")
    refund(shop, payment, Money.of(1000, "PLN"), "first")
    assert now(shop, payment).refunded == Money.of(1000, "PLN")
    refund(shop, payment, None, "second")
    assert now(shop, payment).refunded == order.total


def refund(shop: Shop, payment: Payment, amount: Money | None, key: str) -> None:
    wish = RefundPaymentRequest(payment.id, by="staff@example.com", reason="Returned", key=key, amount=amount)
    shop.use_cases.refund_payment.execute(wish)


@pytest.fixture
def deaf_shop(database_path: Path, simulator: str) -> Iterator[Shop]:
    """A shop with another second key than the simulator has: it believes no callback."""

    def deaf(url: str) -> dict[str, dict[str, object]]:
        return blocks(url, second_key="0" * 32)

    with a_shop(f"sqlite:///{database_path}", simulator, blocks_of=deaf) as running:
        yield running


def test_their_callback_is_refused_under_another_second_key(deaf_shop: Shop) -> None:
    _, payment = deaf_shop.started("payu")
    press(payment, "approve")
    assert now(deaf_shop, payment).status is PaymentStatus.IN_PROGRESS


def test_a_callback_of_theirs_that_was_not_believed_is_made_good_by_asking(deaf_shop: Shop) -> None:
    _, payment = deaf_shop.started("payu")
    way_back = press(payment, "approve")
    deaf_shop.browser().get(way_back.removeprefix(deaf_shop.url))
    eventually(lambda: now(deaf_shop, payment).status is PaymentStatus.PAID)
