"""Moip v2 as a server that answers what it is told to, and its answers."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from adapters.testing.builders import a_brief, a_line, a_payment, told_the_reference
from application.ports.gateway import Brief, PaymentGateway
from domain.money import Money
from domain.payment import Payment
from domain.quote import LineKind
from tests.contract.stand import account

USER, KEY = "TOKEN01" * 4 + "TOKEN", "KEY" * 13 + "K"


class Wire:
    """Remembers what was sent and answers what it is told to."""

    def __init__(self, server: HTTPServer) -> None:
        self.server = server
        self.said: list[tuple[str, str, str, str]] = []
        self.answers: list[tuple[int, bytes]] = []
        server.expect_request(re.compile(".*")).respond_with_handler(self._hear)

    def _hear(self, request: Request) -> Response:
        body, path = request.get_data(as_text=True), request.full_path.rstrip("?")
        self.said.append((request.method, path, request.headers.get("Authorization", ""), body))
        status, told = self.answers.pop(0)
        return Response(told, status, mimetype="application/json")

    def gateway(self) -> PaymentGateway:
        block = {"adapter": "moip", "token": USER, "key": KEY, "webhook_token": "w"}
        return account({**block, "base_url": self.server.url_for("").rstrip("/")})

    def answer(self, told: object, status: int = 200) -> None:
        self.answers.append((status, json.dumps(told).encode()))

    def page(self, name: str = "pay") -> str:
        return str(self.server.url_for(f"/{name}"))


def known(gateway: PaymentGateway, **changes: Any) -> Payment:
    payment = told_the_reference(a_payment(gateway, Money.of(10980, "BRL")), "ORD-1")
    return replace(payment, **changes)


def order(payment: Payment, **changes: object) -> dict[str, object]:
    usual: dict[str, object] = {
        "id": "ORD-1",
        "ownId": payment.reference,
        "status": "PAID",
        "amount": {"total": payment.amount.minor, "fees": 0, "refunds": 0, "currency": "BRL"},
        "_links": {"self": {"href": "x"}},
    }
    return usual | changes


def example(gateway: PaymentGateway) -> Brief:
    payment = replace(a_payment(gateway, Money.of(10980, "BRL")), reference="pay-1")
    shirts = replace(a_line(Money.of(9980, "BRL"), quantity=2, name="Camiseta"), sku="Tamanho M")
    delivery = a_line(Money.of(1000, "BRL"), name="Sedex", kind=LineKind.DELIVERY)
    return a_brief(gateway, payment=payment, lines=(shirts, delivery))


def refund_told(word: str, minor: int, name: str = "REF-1", **changes: object) -> dict[str, object]:
    usual: dict[str, object] = {
        "id": name,
        "status": word,
        "amount": {"total": minor, "currency": "BRL"},
        "createdAt": f"2017-07-28T11:05:1{name[-1]}.784-03",
        "_links": {"order": {"title": "ORD-1"}},
    }
    return usual | changes
