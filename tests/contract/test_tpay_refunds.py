"""Refunds and chargebacks by both interfaces of Tpay, and what the sandbox tells as we believe it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from pytest_httpserver import HTTPServer

from adapters.testing.builders import a_brief, a_payment, a_refund, once_started
from adapters.testing.quiet import listening
from adapters.testing.wires import decided, paid, started
from application.errors import GatewayRejected, OutcomeUnknown
from application.ports.gateway import InboundMessage, NeedsProof
from domain.money import Money
from domain.observation import RefundNews
from domain.payment import PaymentStatus
from domain.refund import RefundStatus
from domain.transaction import FactKind
from tests.contract.stand import wait_for
from tests.contract.tpay_stand import (
    CODE,
    GOOD,
    TITLE,
    TpayHarness,
    by_classic,
    by_openapi,
    captured,
    fields,
    notice_sum,
    one,
    over_http,
    told,
)

MUG = Money.of(4990, "PLN")
_S = PaymentStatus


@pytest.fixture
def harness(sandbox_url: str) -> Iterator[TpayHarness]:
    with by_openapi(sandbox_url) as harness:
        yield harness


@pytest.fixture
def classic(sandbox_url: str) -> TpayHarness:
    return by_classic(sandbox_url)


def refund_list(*rows: tuple[str, str, float], **beside: Any) -> dict[str, Any]:
    listed = [
        {"refundId": name, "status": word, "amount": sum_, "currency": "PLN"} for name, word, sum_ in rows
    ]
    return {
        **GOOD,
        "refundsList": listed[:1],
        "refundsCardsList": listed[1:],
        "refundsNoAccountList": None,
        **beside,
    }


@pytest.mark.parametrize(
    ("rows", "known", "found"),
    [
        ([], {}, None),
        ([("a", "pending", 1.0)], {}, ("a", "sent")),
        ([("a", "done", 1.0)], {}, ("a", "done")),
        ([("a", "authorized", 1.0)], {}, ("a", "done")),
        ([("a", "done", 2.0)], {}, None),
        ([("a", "done", 1.0), ("b", "new", 1.0)], {"refunded": Money.of(100, "PLN")}, ("b", "sent")),
        ([("a", "done", 1.0)], {"refunded": Money.of(100, "PLN")}, None),
        ([("a", "cancel", 1.0)], {}, None),
        ([("a", "new", 1.0)], {"reserved": Money.of(100, "PLN")}, ("a", "sent")),
        ([("a", "new", 1.0)], {"reserved": Money.of(200, "PLN")}, OutcomeUnknown),
        ([("a", "new", 1.0), ("b", "new", 1.0)], {"reserved": Money.of(200, "PLN")}, ("b", "sent")),
        ([("a", "sneezed", 1.0)], {}, ("a", "unknown")),
    ],
)
def test_a_refund_whose_id_was_lost_is_found_by_what_nothing_else_accounts_for(
    harness: TpayHarness, httpserver: HTTPServer, rows: list[Any], known: dict[str, Money], found: Any
) -> None:
    gateway = over_http(harness, httpserver)
    payment = replace(a_payment(gateway), extra={"transaction_id": "ta_1"}, **known)
    httpserver.expect_request("/transactions/ta_1/refunds").respond_with_json(refund_list(*rows))
    refund = a_refund(payment, 100)
    if found is OutcomeUnknown:
        with pytest.raises(OutcomeUnknown):
            gateway.look_refund(payment, refund)
        return
    news = gateway.look_refund(payment, refund).refund
    assert (news and (news.gateway_id, news.status.value)) == found
    assert news is None or news.key == refund.key


def test_a_refund_with_a_known_id_is_told_by_it_alone(harness: TpayHarness, httpserver: HTTPServer) -> None:
    gateway = over_http(harness, httpserver)
    payment = replace(a_payment(gateway), extra={"transaction_id": "ta_1"})
    rows = [("a", "declined", 1.0), ("b", "done", 1.0)]
    httpserver.expect_request("/transactions/ta_1/refunds").respond_with_json(refund_list(*rows))
    for name, status in (("a", RefundStatus.REFUSED), ("b", RefundStatus.DONE)):
        refund = replace(a_refund(payment, 100), gateway_id=name)
        assert gateway.look_refund(payment, refund).refund == RefundNews(
            status, refund.amount, name, refund.key
        )
    gone = replace(a_refund(payment, 100), gateway_id="c")
    assert gateway.look_refund(payment, gone).refund is None
    with pytest.raises(OutcomeUnknown):
        gateway.look_refund(payment, replace(a_refund(payment, 200), gateway_id="a"))


def test_a_chargeback_is_only_a_reason_to_look(harness: TpayHarness) -> None:
    payment = captured(paid(harness))
    message = harness.signed(urlencode(fields(payment.reference, MUG, "CHARGEBACK")).encode())
    assert harness.gateway.read_callback(message) == NeedsProof()
    seen = one(harness.gateway.prove(message, {}))
    assert (seen.reference, seen.word) == (payment.reference, "CHARGEBACK")
    assert (seen.status, seen.proof, seen.refund) == (None, None, None)


def test_a_refund_made_in_the_panel_is_found_once_by_its_sum(harness: TpayHarness) -> None:
    payment, session = started(harness)
    harness.sandbox.finish(session)
    payment = captured(payment)
    assert harness.gateway.look(payment).proof is None
    panel = f"{harness.sandbox.address}/_panel/refund"
    assert requests.post(panel, json={"session": session, "amount": 100}, timeout=5).status_code == 201
    seen = harness.gateway.look(payment)
    assert seen.proof is not None
    assert (seen.proof.kind, seen.proof.amount) == (FactKind.REFUNDED, Money.of(100, "PLN"))
    assert seen.event_id
    known = replace(payment, refunded_outside=seen.proof.amount)
    assert harness.gateway.look(known).proof is None
    assert harness.gateway.look(replace(payment, reserved=Money.of(100, "PLN"))).proof is None


def test_only_refunds_that_are_done_have_gone_back(harness: TpayHarness, httpserver: HTTPServer) -> None:
    gateway = over_http(harness, httpserver)
    payment = captured(replace(a_payment(gateway), extra={"transaction_id": "ta_1"}))
    answer = {**GOOD, "status": "correct", "amount": 49.9, "currency": "PLN"}
    answer["hiddenDescription"] = payment.reference
    httpserver.expect_request("/transactions/ta_1").respond_with_json(answer)
    rows = [("a", "done", 1.0), ("b", "pending", 2.0), ("c", "cancel", 4.0), ("d", "sneezed", 8.0)]
    httpserver.expect_request("/transactions/ta_1/refunds").respond_with_json(refund_list(*rows))
    seen = gateway.look(payment)
    assert seen.proof is not None
    assert seen.proof.amount == Money.of(100, "PLN")


def test_a_transaction_given_back_before_its_money_was_seen_is_no_money(harness: TpayHarness) -> None:
    payment, session = started(harness)
    harness.sandbox.finish(session)
    panel = f"{harness.sandbox.address}/_panel/refund"
    requests.post(panel, json={"session": session}, timeout=5)
    seen = harness.gateway.look(payment)
    assert seen.proof is not None
    assert (seen.word, seen.proof.kind, seen.proof.amount) == ("refund", FactKind.REFUNDED, payment.amount)


def test_the_old_api_names_no_sum_so_only_a_whole_refund_of_others_is_booked(classic: TpayHarness) -> None:
    payment, session = started(classic)
    classic.sandbox.finish(session)
    requests.post(f"{classic.sandbox.address}/_panel/refund", json={"session": session}, timeout=5)
    payment = captured(payment)
    seen = classic.gateway.look(payment)
    assert seen.proof is not None
    assert (seen.proof.kind, seen.proof.amount) == (FactKind.REFUNDED, payment.amount)
    for ours in ({"refunded": Money.of(100, "PLN")}, {"reserved": Money.of(100, "PLN")}):
        assert classic.gateway.look(replace(payment, **ours)).proof is None


def test_without_the_api_a_chargeback_ends_only_what_was_never_paid(harness: TpayHarness) -> None:
    gateway = harness.build(api="classic", client_id=None, client_secret=None)
    seen = one(told(harness, "CHARGEBACK", gateway=gateway))
    assert (seen.status, seen.proof, seen.took_back) == (_S.CANCELLED, None, TITLE)


@pytest.mark.parametrize("whole", [True, False])
def test_the_old_api_gives_back_the_whole_or_a_part(classic: TpayHarness, whole: bool) -> None:
    payment = captured(paid(classic))
    refund = a_refund(payment, None if whole else 100)
    seen = classic.gateway.refund(payment, refund)
    assert seen.refund == RefundNews(RefundStatus.DONE, refund.amount, "", refund.key)
    assert seen.proof is not None
    assert seen.proof.gateway_id == refund.key
    session = classic.sandbox.session(payment.reference)
    assert session is not None
    assert [each["amount"] for each in session["refunds"]] == [refund.amount.minor]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"result": 0, "err": "ERR43"}, GatewayRejected),
        ({"result": 0, "err": "ERR98"}, GatewayRejected),
        ({"result": 0, "err": "ERR99"}, OutcomeUnknown),
        ({"result": 0}, OutcomeUnknown),
        ({"result": None}, OutcomeUnknown),
    ],
)
def test_an_error_of_the_old_api_is_final_only_where_the_sheet_knows_it(
    classic: TpayHarness, httpserver: HTTPServer, answer: dict[str, Any], error: type[Exception]
) -> None:
    gateway = classic.build(base_url=httpserver.url_for("").rstrip("/"))
    httpserver.expect_request("/api/gw/tpay-sandbox-api-key/chargeback/any").respond_with_json(answer)
    payment = replace(a_payment(gateway), gateway_reference=TITLE)
    with pytest.raises(error):
        gateway.refund(payment, a_refund(payment, 100))


def test_md5_alone_makes_the_old_api_say_what_was_paid(classic: TpayHarness) -> None:
    gateway = classic.build(require_jws=False)
    payment, session = started(classic)
    told = fields(payment.reference, MUG, "TRUE", tr_id=session)
    message = InboundMessage("POST", urlencode({**told, "md5sum": notice_sum(told, CODE)}).encode())
    assert gateway.read_callback(message) == NeedsProof()
    assert one(gateway.prove(message, {})).status is _S.IN_PROGRESS
    classic.sandbox.finish(session)
    seen = one(gateway.prove(message, {}))
    assert seen.proof is not None
    assert (seen.status, seen.proof.gateway_id, seen.reference) == (_S.PAID, session, payment.reference)
    back = {**told, "tr_status": "CHARGEBACK"}
    assert one(gateway.prove(replace(message, body=urlencode(back).encode()), {})).status is None


# -- the sandbox tells, we believe


@pytest.mark.parametrize("as_json", [False, True])
def test_what_the_sandbox_sends_is_what_we_believe(harness: TpayHarness, as_json: bool) -> None:
    harness.sandbox.settings(as_json=as_json, refund_seconds=0)
    gateway = harness.build(certificate=None)
    with listening() as shop:
        brief = a_brief(gateway, callback_url=f"{shop.url}/cb")
        begun = gateway.start(brief)
        harness.sandbox.finish(str(begun.gateway_reference))
        payment = captured(once_started(brief.payment, begun))
        gateway.refund(payment, a_refund(payment, 45))
        wait_for(lambda: len(shop.heard) == 2)
        paid_message, back = (InboundMessage(each.method, each.body, each.headers) for each in shop.heard)
    assert gateway.read_callback(paid_message) == NeedsProof()
    (seen,) = gateway.prove(paid_message, {})
    assert seen.proof is not None
    assert (seen.status, seen.proof.amount, seen.gateway_reference) == (_S.PAID, MUG, begun.gateway_reference)
    assert gateway.read_callback(paid_message) == (seen,)
    assert gateway.read_callback(back) == NeedsProof()


@pytest.mark.parametrize(("answer", "status"), [("TRUE", "paid"), ("FALSE", "cancelled")])
def test_in_two_steps_our_answer_takes_the_money_or_sends_it_back(
    harness: TpayHarness, httpserver: HTTPServer, answer: str, status: str
) -> None:
    harness.sandbox.settings(two_step=True)
    httpserver.expect_request("/cb").respond_with_data(answer)
    brief = a_brief(harness.gateway, callback_url=httpserver.url_for("/cb"))
    begun = harness.gateway.start(brief)
    harness.sandbox.finish(str(begun.gateway_reference), "authorized")
    payment = once_started(brief.payment, begun)
    wait_for(lambda: (harness.sandbox.session(payment.reference) or {})["status"] == status)
    wait_for(lambda: len(httpserver.log) == 2)
    words = [request.form["tr_status"] for request, _ in httpserver.log]
    assert words == ["PAID", "TRUE" if status == "paid" else "CHARGEBACK"]
    assert harness.gateway.look(payment).status is (_S.PAID if status == "paid" else _S.CANCELLED)


def test_a_transaction_nobody_paid_can_be_closed_and_a_paid_one_not(harness: TpayHarness) -> None:
    payment, _ = started(harness)
    assert harness.gateway.void(payment, "key").status is _S.CANCELLED
    with pytest.raises(GatewayRejected):
        harness.gateway.void(decided(harness, "paid"), "key")
