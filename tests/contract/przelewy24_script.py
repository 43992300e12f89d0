"""Przelewy24 by heart: what it answers to each call is written down before, what it hears afterwards."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from werkzeug import Request, Response

from application.ports.gateway import PaymentGateway
from domain.payment import Payment

ORDER_ID = 3000000123
LOOK = "GET /transaction/by/sessionId"
VERIFY = "PUT /transaction/verify"
REFUND = "POST /transaction/refund"
REFUNDS = "GET /refund/by/orderId"


@dataclass(slots=True)
class Script:
    """Answers by call: a list is used up, its last answer stays."""

    gateway: PaymentGateway
    answers: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def play(self, request: Request) -> Response:
        call = f"{request.method} {request.path.removeprefix('/p24/api/v1')}"
        name = next(name for name in self.answers if call.startswith(name))
        self.heard.append((name, json.loads(request.data or b"{}")))
        left = self.answers[name]
        status, told = left.pop(0) if len(left) > 1 else left[0]
        return Response(told if isinstance(told, str) else json.dumps(told), status)

    def transaction(self, payment: Payment, status: object, **changes: Any) -> None:
        told = {
            "orderId": ORDER_ID,
            "sessionId": payment.reference,
            "status": status,
            "amount": payment.amount.minor,
            "currency": payment.amount.currency.code,
        }
        self.answers.setdefault(LOOK, []).append((200, {"data": {**told, **changes}, "responseCode": 0}))

    def refunds(self, payment: Payment, *lines: tuple[str, int, int], **changes: Any) -> None:
        told = {
            "orderId": ORDER_ID,
            "sessionId": payment.reference,
            "amount": payment.amount.minor,
            "currency": payment.amount.currency.code,
            "refunds": [{"requestId": name, "status": word, "amount": sum_} for name, word, sum_ in lines],
        }
        self.answers[REFUNDS] = [(200, {"data": {**told, **changes}, "responseCode": 0})]

    def called(self, name: str) -> list[dict[str, Any]]:
        return [body for heard, body in self.heard if heard == name]
