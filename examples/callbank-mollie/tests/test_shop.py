"""A whole shop with Mollie in it: a webhook finds its order by an id alone, even when it comes too early."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from adapters.container import Application, build
from adapters.sandbox import serve_in_thread
from adapters.testing.played import HttpSandbox
from adapters.web.app import create_app
from application.get_redirect_url import GetRedirectUrlRequest, Redirection
from application.refund_payment import RefundPaymentRequest
from domain.money import Money
from domain.payment import Payment, PaymentStatus
from player import MolliePlayer

ORDER = {"order_id": "1", "amount": "49.90", "products": [{"name": "Mok", "count": 1, "price": "49.90"}]}


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop on loopback, and what its worker does when told."""

    callbank: Application
    sandbox: HttpSandbox

    def sell(self) -> Redirection:
        wish = GetRedirectUrlRequest(source=ORDER, account="mollie", currency="EUR")
        return self.callbank.use_cases.get_redirect_url.execute(wish)

    def judge(self) -> None:
        assert self.callbank.use_cases.judge_callbacks.execute(owner="test").later == 0

    def payment(self) -> Payment:
        [(_, payment)] = self.callbank.use_cases.reads.payments()
        return payment


@pytest.fixture
def shop(sandbox_url: str, tmp_path: Path) -> Iterator[Shop]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    content = {
        "base_url": f"http://127.0.0.1:{port}",
        "secret_key": "a secret key for the tests only",
        "guest_checkout": True,
        "database": {"url": f"sqlite:///{tmp_path / 'shop.db'}"},
        "gateways": {"mollie": {**MolliePlayer.credentials(sandbox_url), "timeout": 3}},
    }
    sandbox = HttpSandbox(sandbox_url, "mollie")
    sandbox.settings(refund_seconds=0)
    with build(content) as callbank:
        callbank.database.upgrade()
        _, stop = serve_in_thread(create_app(callbank.use_cases, callbank.web_settings()), port=port)
        yield Shop(callbank, sandbox)
        stop()
    sandbox.clear()


def test_a_webhook_with_nothing_but_an_id_settles_its_order(shop: Shop) -> None:
    sent = shop.sell()
    back = requests.post(sent.redirect_url, data={"outcome": "paid"}, timeout=5, allow_redirects=False)
    assert back.status_code == 303
    assert shop.payment().status is PaymentStatus.IN_PROGRESS
    shop.judge()
    assert shop.payment().captured == Money.of(4990, "EUR")
    shop.judge()
    assert shop.payment().captured == Money.of(4990, "EUR")
    assert shop.callbank.database.checks.violations() == ()


def test_a_webhook_that_overtakes_the_answer_to_its_start_is_found_later(shop: Shop) -> None:
    shop.sandbox.arm("callback_before_answer", "create")
    shop.sell()
    shop.judge()
    assert shop.payment().status is PaymentStatus.PAID


def test_a_forged_webhook_moves_nothing(shop: Shop) -> None:
    sent = shop.sell()
    address = f"{shop.callbank.web_settings().base_url}/callbacks/mollie"
    for named in (sent.payment.gateway_reference, "tr_nobody"):
        assert requests.post(address, data={"id": named}, timeout=5).status_code == 200
    shop.callbank.use_cases.judge_callbacks.execute(owner="test")
    assert shop.payment().status is PaymentStatus.IN_PROGRESS


def test_a_refund_that_mollie_finishes_later_is_counted_once(shop: Shop) -> None:
    sent = shop.sell()
    requests.post(sent.redirect_url, data={"outcome": "paid"}, timeout=5, allow_redirects=False)
    shop.judge()
    shop.sandbox.settings(refund_seconds=0.1)
    wish = RefundPaymentRequest(
        payment_id=shop.payment().id, amount=Money.of(1000, "EUR"), key="k-1", by="ada", reason="a test"
    )
    shop.callbank.use_cases.refund_payment.execute(wish)
    assert shop.payment().reserved == Money.of(1000, "EUR")
    for _ in range(100):
        shop.callbank.use_cases.judge_callbacks.execute(owner="test")
        if shop.payment().refunded.is_positive:
            break
        time.sleep(0.05)
    payment = shop.payment()
    assert payment.refunded == Money.of(1000, "EUR")
    assert not payment.refunded_outside.is_positive
    assert not payment.reserved.is_positive
