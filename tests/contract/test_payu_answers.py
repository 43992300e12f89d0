"""PayU's answers that no sandbox would give: what is missing or odd is unknown, what is refused is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from adapters.gateways.payu.gateway import PayuGateway
from adapters.testing.builders import a_brief, a_payment, a_refund, told_the_reference
from adapters.wire.breaker import FAILURES
from application.errors import GatewayRejected, GatewayUnavailable, OutcomeUnknown
from application.ports.gateway import PaymentGateway, Started
from domain.payment import NextStepKind, PaymentStatus
from tests.contract.stand import account

ORDERS = "/payu/api/v2_1/orders"
ORDER_ID = "WZHF5FFDRJ140731GUEST000P01"
GOOD = {"statusCode": "SUCCESS"}


@pytest.fixture
def payu(httpserver: HTTPServer) -> PaymentGateway:
    token = {"access_token": "t", "token_type": "bearer", "expires_in": 43199}
    httpserver.expect_request("/payu/pl/standard/user/oauth/authorize").respond_with_json(token)
    block: dict[str, object] = {
        "adapter": "payu",
        "pos_id": "999001",
        "client_secret": "a-client-secret",
        "second_key": "a-second-key",
        "base_url": httpserver.url_for("/payu"),
        "timeout": 1,
    }
    return account(block)


Creator = Callable[..., Started]


@pytest.fixture
def created(httpserver: HTTPServer, payu: PaymentGateway) -> Creator:
    """Start against one scripted answer."""

    def start(told: Any, status: int = 200, **headers: str) -> Started:
        httpserver.expect_request(ORDERS, method="POST").respond_with_json(
            told, status=status, headers=headers
        )
        return payu.start(a_brief(payu))

    return start


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"status": "SUCCESS"},
        {"status": {"statusCode": "WARNING_CONTINUE_3DS"}, "orderId": ORDER_ID},
        {"status": {"statusCode": "SNEEZED"}, "orderId": ORDER_ID},
        {"status": GOOD},
        {"status": GOOD, "orderId": ORDER_ID, "redirectUri": "https://secure.payu.com/pay"},
    ],
)
def test_a_start_that_does_not_say_what_it_did_is_unknown(created: Creator, told: dict[str, Any]) -> None:
    with pytest.raises(OutcomeUnknown):
        created(told)


def test_a_gateway_that_stopped_answering_says_since_when(
    httpserver: HTTPServer, payu: PaymentGateway
) -> None:
    assert isinstance(payu, PayuGateway)
    assert payu.down_since is None
    httpserver.expect_request(ORDERS, method="POST").respond_with_data("", 503)
    for _ in range(FAILURES):
        with pytest.raises(OutcomeUnknown):
            payu.start(a_brief(payu))
    with pytest.raises(GatewayUnavailable):
        payu.start(a_brief(payu))
    assert payu.down_since is not None


@pytest.mark.parametrize("code", ["SUCCESS", "WARNING_CONTINUE_REDIRECT"])
def test_a_start_leads_where_the_json_says(created: Creator, payu: PaymentGateway, code: str) -> None:
    page = f"{payu.origins[0]}/pay"
    started = created(
        {"status": {"statusCode": code}, "orderId": ORDER_ID, "redirectUri": page}, 302, Location="/nowhere"
    )
    assert (started.next_step.url, started.gateway_reference) == (page, ORDER_ID)


def test_without_json_the_location_leads_and_names_the_order(
    httpserver: HTTPServer, payu: PaymentGateway
) -> None:
    page = f"{payu.origins[0]}/pay/?orderId={ORDER_ID}&token=x"
    httpserver.expect_request(ORDERS, method="POST").respond_with_data("", 302, {"Location": page})
    started = payu.start(a_brief(payu))
    assert (started.next_step.url, started.gateway_reference) == (page, ORDER_ID)


def test_an_order_paid_in_the_call_leads_nowhere(created: Creator) -> None:
    started = created({"status": GOOD, "orderId": ORDER_ID}, 201)
    assert (started.next_step.kind, started.gateway_reference) == (NextStepKind.NOTHING, ORDER_ID)
    assert started.observation is None


@pytest.mark.parametrize(
    ("status", "words", "code"),
    [
        (400, {"statusCode": "ERROR_VALUE_INVALID", "codeLiteral": "INVALID_IP"}, "INVALID_IP"),
        (400, {"statusCode": "BUSINESS_ERROR"}, "BUSINESS_ERROR"),
        (403, {"statusCode": "UNAUTHORIZED_REQUEST"}, "UNAUTHORIZED_REQUEST"),
        (404, {"statusCode": "DATA_NOT_FOUND"}, "DATA_NOT_FOUND"),
        (400, None, "400"),
    ],
)
def test_a_refusal_is_final_and_carries_payus_code(
    created: Creator, status: int, words: dict[str, str] | None, code: str
) -> None:
    with pytest.raises(GatewayRejected) as refused:
        created({"status": words}, status)
    assert refused.value.code == code


@pytest.mark.parametrize("beside", [{}, {"orderId": ""}, {"orderId": 7}])
def test_an_order_that_is_there_but_not_named_is_unknown(created: Creator, beside: dict[str, Any]) -> None:
    with pytest.raises(OutcomeUnknown):
        created({"status": {"statusCode": "ERROR_ORDER_NOT_UNIQUE"}, **beside}, 400)


def test_an_order_that_is_there_in_a_state_we_do_not_know_is_unknown(
    httpserver: HTTPServer, payu: PaymentGateway
) -> None:
    brief = a_brief(payu)
    twice = {"status": {"statusCode": "ERROR_ORDER_NOT_UNIQUE"}, "orderId": ORDER_ID}
    httpserver.expect_request(ORDERS, method="POST").respond_with_json(twice, 400)
    told = {"orderId": ORDER_ID, "extOrderId": brief.payment.reference, "status": "SNEEZED"}
    order = {**told, "totalAmount": "4990", "currencyCode": "PLN"}
    httpserver.expect_request(f"{ORDERS}/{ORDER_ID}").respond_with_json({"orders": [order], "status": GOOD})
    with pytest.raises(OutcomeUnknown):
        payu.start(brief)


@pytest.mark.parametrize(
    "change",
    [
        {"totalAmount": None},
        {"totalAmount": "49.90"},
        {"currencyCode": "XTS"},
        {"status": None},
        {"extOrderId": "SOMEBODYELSE"},
        {"orderId": "SOMEBODYELSE"},
    ],
)
def test_a_look_whose_answer_makes_no_sense_is_unknown(
    httpserver: HTTPServer, payu: PaymentGateway, change: dict[str, Any]
) -> None:
    payment = told_the_reference(a_payment(payu), ORDER_ID)
    order = {
        "orderId": ORDER_ID,
        "extOrderId": payment.reference,
        "status": "COMPLETED",
        "totalAmount": "4990",
        "currencyCode": "PLN",
    }
    answers = [{**order, **change}, order]
    for told in answers:
        reply = {"orders": [told], "status": GOOD}
        httpserver.expect_oneshot_request(f"{ORDERS}/{ORDER_ID}").respond_with_json(reply)
    with pytest.raises(OutcomeUnknown):
        payu.look(payment)
    assert payu.look(payment).status is PaymentStatus.PAID


@pytest.mark.parametrize("orders", [None, [], [{}, {}], "x", [[]]])
def test_a_look_that_answers_with_another_number_of_orders_is_unknown(
    httpserver: HTTPServer, payu: PaymentGateway, orders: object
) -> None:
    httpserver.expect_request(f"{ORDERS}/{ORDER_ID}").respond_with_json({"orders": orders, "status": GOOD})
    with pytest.raises(OutcomeUnknown):
        payu.look(told_the_reference(a_payment(payu), ORDER_ID))


@pytest.mark.parametrize(
    "change", [{"status": "SNEEZED"}, {"amount": "x"}, {"refundId": ""}, {"extRefundId": "another"}]
)
def test_a_refund_whose_answer_makes_no_sense_is_unknown(
    httpserver: HTTPServer, payu: PaymentGateway, change: dict[str, str]
) -> None:
    payment = told_the_reference(a_payment(payu), ORDER_ID)
    refund = a_refund(payment)
    made = {
        "refundId": "5000000142",
        "extRefundId": refund.key,
        "amount": "4990",
        "currencyCode": "PLN",
        "status": "PENDING",
    }
    for told in ({**made, **change}, made):
        httpserver.expect_oneshot_request(f"{ORDERS}/{ORDER_ID}/refunds").respond_with_json(
            {"orderId": ORDER_ID, "refund": told, "status": GOOD}
        )
    with pytest.raises(OutcomeUnknown):
        payu.refund(payment, refund)
    assert payu.refund(payment, refund).refund


def test_a_capture_whose_outcome_payu_does_not_tell_is_unknown(
    httpserver: HTTPServer, payu: PaymentGateway
) -> None:
    httpserver.expect_request(f"{ORDERS}/{ORDER_ID}/captures", method="POST").respond_with_json(
        {"status": GOOD}
    )
    httpserver.expect_request(f"{ORDERS}/{ORDER_ID}", method="GET").respond_with_json(
        {"status": {"statusCode": "DATA_NOT_FOUND"}}, status=404
    )
    payment = told_the_reference(a_brief(payu).payment, ORDER_ID)
    with pytest.raises(OutcomeUnknown):
        payu.capture(payment, payment.amount, "k")
