"""PayPal's own Python client opens, captures and refunds orders in our sandbox.

It was told the sandbox's address and keys, nothing else. Its addresses stand in its configuration class, so a
subclass says ours.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
import requests
from paypalserversdk.configuration import Configuration, Environment, Server
from paypalserversdk.exceptions.error_exception import ErrorException
from paypalserversdk.http.auth.o_auth_2 import ClientCredentialsAuthCredentials
from paypalserversdk.models.amount_with_breakdown import AmountWithBreakdown
from paypalserversdk.models.money import Money
from paypalserversdk.models.order import Order
from paypalserversdk.models.order_request import OrderRequest
from paypalserversdk.models.orders_capture import OrdersCapture
from paypalserversdk.models.payment_source import PaymentSource
from paypalserversdk.models.paypal_wallet import PaypalWallet
from paypalserversdk.models.paypal_wallet_experience_context import PaypalWalletExperienceContext
from paypalserversdk.models.purchase_unit_request import PurchaseUnitRequest
from paypalserversdk.models.refund import Refund
from paypalserversdk.models.refund_request import RefundRequest
from paypalserversdk.paypal_serversdk_client import PaypalServersdkClient

from adapters.sandbox import create_sandbox, credentials, serve_in_thread
from tests.interop.programs import SOON

WHOLE = "return=representation"


@pytest.fixture(scope="module")
def paypal() -> Iterator[PaypalServersdkClient]:
    url, stop = serve_in_thread(create_sandbox(retry_delays=()))
    block = credentials(url)["paypal"]

    class Ours(Configuration):
        environments = {Environment.SANDBOX: {Server.DEFAULT: str(block["base_url"])}}  # noqa: RUF012

    keys = ClientCredentialsAuthCredentials(str(block["client_id"]), str(block["client_secret"]))
    yield PaypalServersdkClient(
        config=Ours(client_credentials_auth_credentials=keys, environment=Environment.SANDBOX)
    )
    stop()


def opened(paypal: PaypalServersdkClient, value: str = "25.50", code: str = "USD", key: str = "") -> Order:
    context = PaypalWalletExperienceContext(
        return_url="https://shop.example/back", cancel_url="https://shop.example/no", user_action="PAY_NOW"
    )
    unit = PurchaseUnitRequest(amount=AmountWithBreakdown(code, value), custom_id="pay-1001")
    source = PaymentSource(paypal=PaypalWallet(experience_context=context))
    body = OrderRequest(intent="CAPTURE", purchase_units=[unit], payment_source=source)
    return paypal.orders.create_order({"body": body, "paypal_request_id": key or uuid.uuid4().hex}).body


def pressed(order: Order, outcome: str) -> str:
    """Where the shopper's browser goes after a button of the hosted page."""
    (page,) = [link.href for link in order.links if link.rel == "payer-action"]
    answer = requests.post(page, data={"outcome": outcome}, timeout=SOON, allow_redirects=False)
    return answer.headers["Location"]


def captured(paypal: PaypalServersdkClient, order_id: str) -> OrdersCapture:
    told = paypal.orders.capture_order({"id": order_id, "prefer": WHOLE}).body
    return told.purchase_units[0].payments.captures[0]


def refunded(paypal: PaypalServersdkClient, capture_id: str, amount: Money | None = None) -> Refund:
    asked = {"capture_id": capture_id, "prefer": WHOLE, "body": RefundRequest(amount=amount)}
    return paypal.payments.refund_captured_payment(asked).body


def test_it_opens_captures_and_refunds_an_order(paypal: PaypalServersdkClient) -> None:
    order = opened(paypal)
    assert order.status == "PAYER_ACTION_REQUIRED"
    assert pressed(order, "authorized").startswith(f"https://shop.example/back?token={order.id}")
    assert paypal.orders.get_order({"id": order.id}).body.status == "APPROVED"
    capture = captured(paypal, order.id)
    assert (capture.status, capture.amount.value, capture.custom_id) == ("COMPLETED", "25.50", "pay-1001")
    part = refunded(paypal, capture.id, Money("USD", "5.00"))
    assert (part.status, part.amount.value) == ("COMPLETED", "5.00")
    asked = {"capture_id": capture.id}
    assert paypal.payments.get_captured_payment(asked).body.status == "PARTIALLY_REFUNDED"
    assert refunded(paypal, capture.id).amount.value == "20.50"
    assert paypal.payments.get_captured_payment(asked).body.status == "REFUNDED"


def test_it_is_declined(paypal: PaypalServersdkClient) -> None:
    order = opened(paypal, "2500", "JPY")
    pressed(order, "declined")
    assert captured(paypal, order.id).status == "DECLINED"


def test_it_is_cancelled_and_cannot_capture(paypal: PaypalServersdkClient) -> None:
    order = opened(paypal)
    assert pressed(order, "cancelled") == f"https://shop.example/no?token={order.id}"
    with pytest.raises(ErrorException) as refused:
        captured(paypal, order.id)
    assert refused.value.details[0].issue == "ORDER_NOT_APPROVED"


def test_its_request_id_opens_one_order(paypal: PaypalServersdkClient) -> None:
    key = uuid.uuid4().hex
    assert opened(paypal, key=key).id == opened(paypal, key=key).id
