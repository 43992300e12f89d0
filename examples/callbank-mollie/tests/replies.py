"""What Mollie answers in these tests: the example of its documentation, changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adapters.testing.builders import a_payment, told_the_reference
from conftest import MollieHarness
from domain.money import Money
from domain.payment import Payment
from pytest_httpserver import HTTPServer

ID = "tr_5B8cwPMGnU6qLbRvo7qEZo"
Answer = Callable[..., Payment]


def euros(value: str) -> dict[str, str]:
    return {"currency": "EUR", "value": value}


def answers(httpserver: HTTPServer, harness: MollieHarness) -> Answer:
    """Makes Mollie answer every question about a payment of 49.90 EUR with the example, changed."""
    harness.gateway = harness.build(base_url=httpserver.url_for("/v2"))

    def answering(**changes: Any) -> Payment:
        payment = told_the_reference(a_payment(harness.gateway, Money.of(4990, "EUR")), ID)
        usual = {
            "resource": "payment",
            "id": ID,
            "mode": "test",
            "amount": euros("49.90"),
            "status": "paid",
            "metadata": {"reference": payment.reference},
        }
        httpserver.clear()
        httpserver.expect_request(f"/v2/payments/{ID}").respond_with_json(usual | changes)
        return payment

    return answering
