"""One scripted Webpay transaction, for answers that no sandbox would give."""

from __future__ import annotations

import json
from typing import Any

from pytest_httpserver import HTTPServer

from adapters.testing.builders import a_payment, told_the_reference
from application.ports.gateway import PaymentGateway
from domain.money import Money
from domain.observation import Proof
from domain.payment import Payment
from domain.transaction import FactKind
from tests.contract.stand import account

KEY = "579B532A7440BB0C9079DED94D31EA1615BACEB56610332264630D42D0A36B1C"
TRANSACTIONS = "/rswebpaytransaction/api/webpay/v1.2/transactions"
DEFERRED = {"commerce_code": "597055555540", "capture": "manual"}
TOKEN = "01ab" * 16
SALE = {
    "vci": "TSY",
    "amount": 4990,
    "status": "AUTHORIZED",
    "card_detail": {"card_number": "6623"},
    "accounting_date": "0522",
    "transaction_date": "2019-05-22T16:41:21.063Z",
    "authorization_code": "1213",
    "payment_type_code": "NC",
    "response_code": 0,
    "installments_amount": 998,
    "installments_number": 5,
}


def built(httpserver: HTTPServer, **changes: object) -> PaymentGateway:
    block = {"adapter": "webpay", "commerce_code": "597055555532", "api_key": KEY, "timeout": 1}
    return account({**block, "base_url": httpserver.url_for("/webpay"), **changes})


def a_sale(webpay: PaymentGateway, **changes: Any) -> tuple[Payment, dict[str, Any]]:
    payment = told_the_reference(a_payment(webpay), TOKEN)
    ours = {"buy_order": payment.reference, "session_id": payment.reference}
    told = {**SALE, **ours, **changes}
    return payment, {name: value for name, value in told.items() if value is not None}


def answering(httpserver: HTTPServer, method: str, told: object, status: int = 200, path: str = "") -> None:
    body = told if isinstance(told, str) else json.dumps(told)
    httpserver.expect_request(f"/webpay{TRANSACTIONS}/{TOKEN}{path}", method=method).respond_with_data(
        body, status=status, content_type="application/json"
    )


def capture_of(payment: Payment, amount: Money) -> Proof:
    return Proof(FactKind.CAPTURED, str(payment.gateway_reference), amount)
