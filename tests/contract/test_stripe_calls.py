"""What Stripe's errors mean, what our calls carry, and which answers are not believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from pytest_httpserver import HTTPServer

from adapters.testing.builders import a_brief, a_payment, a_refund
from adapters.wire.exchange import recording
from application.errors import GatewayRejected, GatewayUnavailable, GatewayUnreachable, OutcomeUnknown
from application.ports.gateway import InboundMessage
from domain.observation import Observation, Proof
from domain.transaction import FactKind
from tests.contract.stripe_stand import INTENT, REFUND, SESSION, a_session, an_intent, demo, here, mine

ERRORS: list[tuple[int, dict[str, object], dict[str, str], type[Exception], str]] = [
    (400, {"type": "invalid_request_error", "param": "mode"}, {}, GatewayRejected, "invalid_request_error"),
    (
        400,
        {"type": "invalid_request_error", "code": "amount_too_small"},
        {},
        GatewayRejected,
        "amount_too_small",
    ),
    (400, {"type": "idempotency_error"}, {}, OutcomeUnknown, "idempotency_error"),
    (401, {"type": "invalid_request_error"}, {}, GatewayUnavailable, "401"),
    (402, {"type": "card_error", "code": "card_declined"}, {}, GatewayRejected, "card_declined"),
    (
        402,
        {"type": "card_error", "code": "x", "decline_code": "fraudulent"},
        {},
        GatewayRejected,
        "fraudulent",
    ),
    (403, {"type": "invalid_request_error"}, {}, GatewayUnavailable, "403"),
    (
        404,
        {"type": "invalid_request_error", "code": "resource_missing"},
        {},
        GatewayRejected,
        "resource_missing",
    ),
    (409, {"type": "idempotency_error"}, {}, OutcomeUnknown, "idempotency_error"),
    (409, {"type": "invalid_request_error"}, {}, OutcomeUnknown, "invalid_request_error"),
    (429, {"type": "invalid_request_error"}, {}, GatewayUnreachable, "429"),
    (500, {"type": "api_error"}, {}, OutcomeUnknown, "500"),
    (400, {"type": "api_error"}, {"Stripe-Should-Retry": "true"}, OutcomeUnknown, "api_error"),
    (400, {"type": "api_error"}, {"Stripe-Should-Retry": "false"}, GatewayRejected, "api_error"),
]


@pytest.mark.parametrize(("status", "error", "headers", "raised", "code"), ERRORS)
@pytest.mark.parametrize("readable", [True, False])
def test_an_error_is_told_by_its_status_first(
    httpserver: HTTPServer,
    status: int,
    error: dict[str, object],
    headers: dict[str, str],
    raised: type[Exception],
    code: str,
    readable: bool,
) -> None:
    gateway = here(httpserver)
    answer = httpserver.expect_request("/v1/checkout/sessions", method="POST")
    if readable:
        answer.respond_with_json({"error": error}, status=status, headers=headers)
    elif "idempotency_error" in error.values() and status == 400:
        return
    else:
        answer.respond_with_data("<h1>Sorry</h1>", status=status, headers=headers)
    with pytest.raises(raised) as caught:
        gateway.start(a_brief(gateway))
    assert getattr(caught.value, "code", "") == (code if readable else str(status))


def test_every_call_names_key_and_version_and_every_post_its_idempotency_key(httpserver: HTTPServer) -> None:
    gateway, payment = here(httpserver), mine()
    httpserver.expect_request(SESSION).respond_with_json(
        a_session(payment, payment_intent=an_intent(payment, "succeeded"))
    )
    refund = a_refund(payment, 100)
    made = {**REFUND, "status": "succeeded", "metadata": {"refund_key": refund.key}}
    httpserver.expect_request("/v1/refunds", method="POST").respond_with_json(made)
    assert gateway.refund(payment, refund).proof == Proof(FactKind.REFUNDED, "re_1", refund.amount)
    said = [request for request, _ in httpserver.log]
    assert [request.method for request in said] == ["GET", "POST"]
    assert all(request.headers["Authorization"] == "Bearer sk_test_4242" for request in said)
    assert all(request.headers["Stripe-Version"] == "2026-10-28.endive" for request in said)
    assert said[0].args.to_dict() == {"expand[0]": "payment_intent"}
    assert said[1].headers["Idempotency-Key"] == refund.key
    assert said[1].form.to_dict() == {
        "payment_intent": INTENT,
        "amount": "100",
        "metadata[payment_id]": payment.reference,
        "metadata[refund_key]": refund.key,
    }


@pytest.mark.parametrize(
    "change", [{"client_reference_id": "other"}, {"livemode": True}, {"id": None}, {"url": None}]
)
def test_a_session_that_is_not_the_one_we_asked_for_is_unknown(
    httpserver: HTTPServer, change: dict[str, object]
) -> None:
    gateway = here(httpserver)
    brief = a_brief(gateway)
    url = httpserver.url_for("/pay")
    opened = a_session(brief.payment, status="open", payment_status="unpaid", url=url)
    for answer in ({**opened, **change}, opened):
        httpserver.expect_oneshot_request("/v1/checkout/sessions").respond_with_json(answer)
    with pytest.raises(OutcomeUnknown):
        gateway.start(brief)
    assert gateway.start(brief).next_step.url == url


@pytest.mark.parametrize(("known", "asked"), [(INTENT, ["POST"]), ("cs_test_a1", ["GET", "POST"])])
def test_the_intent_is_asked_for_only_when_the_capture_does_not_name_it(
    httpserver: HTTPServer, known: str, asked: list[str]
) -> None:
    payment = replace(mine(), capture_reference=known)
    session = a_session(payment, payment_intent=an_intent(payment, "succeeded"))
    httpserver.expect_request(SESSION).respond_with_json(session)
    made = {**REFUND, "status": "succeeded"}
    httpserver.expect_request("/v1/refunds", method="POST").respond_with_json(made)
    here(httpserver).refund(payment, a_refund(payment, 100))
    assert [request.method for request, _ in httpserver.log] == asked
    assert httpserver.log[-1][0].form["payment_intent"] == INTENT


@pytest.mark.parametrize("change", [{"amount": 99}, {"currency": "usd"}, {"status": "sneezed"}, {"id": ""}])
def test_a_refund_whose_answer_makes_no_sense_is_unknown(
    httpserver: HTTPServer, change: dict[str, object]
) -> None:
    payment = replace(mine(), capture_reference=INTENT)
    answer = {**REFUND, "status": "succeeded", **change}
    httpserver.expect_request("/v1/refunds", method="POST").respond_with_json(answer)
    with pytest.raises(OutcomeUnknown):
        here(httpserver).refund(payment, a_refund(payment, 100))


def test_a_refund_among_more_than_a_list_holds_is_not_called_missing(httpserver: HTTPServer) -> None:
    payment = replace(mine(), capture_reference=INTENT)
    httpserver.expect_request("/v1/refunds").respond_with_json({"data": [], "has_more": True})
    with pytest.raises(OutcomeUnknown):
        here(httpserver).look_refund(payment, a_refund(payment))


@pytest.mark.parametrize("act", ["capture", "void"])
@pytest.mark.parametrize(
    "change", [{"id": "pi_other"}, {"metadata": {"payment_id": "other"}}, {"livemode": True}]
)
def test_an_answer_about_another_intent_is_not_believed(
    httpserver: HTTPServer, act: str, change: dict[str, object]
) -> None:
    payment = mine()
    gateway = here(httpserver)
    intent = an_intent(payment, "requires_capture")
    session = a_session(payment, payment_status="unpaid", payment_intent=intent)
    httpserver.expect_request(SESSION).respond_with_json(session)
    path = f"/v1/payment_intents/{INTENT}/{'capture' if act == 'capture' else 'cancel'}"
    httpserver.expect_request(path).respond_with_json({**intent, "status": "canceled", **change})
    acts: dict[str, Callable[[], Observation]] = {
        "capture": lambda: gateway.capture(payment, payment.amount, "k"),
        "void": lambda: gateway.void(payment, "k"),
    }
    with pytest.raises(OutcomeUnknown):
        acts[act]()


@pytest.mark.parametrize(
    ("query", "aborted"),
    [((("cancelled", "1"),), True), ((("session_id", "cs_test_a1"),), False), ((), False)],
)
def test_only_the_back_link_hints_at_giving_up(query: tuple[tuple[str, str], ...], aborted: bool) -> None:
    assert demo().read_return(InboundMessage("GET", b"", query=query)).aborted is aborted


def test_the_panel_is_told_one_address_and_its_events() -> None:
    (panel,) = demo().panel_urls("https://shop.example/pay")
    assert panel.url == "https://shop.example/pay/callbacks/acc"
    assert "checkout.session.completed" in panel.note


def test_nothing_is_asked_about_a_session_nobody_told_us_of() -> None:
    gateway = demo(base_url="http://127.0.0.1:1")
    with recording() as said:
        assert gateway.look(a_payment(gateway)).word == "no_reference"
    assert not said
