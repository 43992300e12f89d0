"""Tpay's words, messages and starts: every row of the sheet's map of statuses, every shape, every reply."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from pytest_httpserver import HTTPServer

from adapters.testing.builders import a_brief
from application.errors import GatewayProtocolError, GatewayRejected, OutcomeUnknown
from application.ports.gateway import InboundMessage
from domain.money import Money
from domain.payment import PaymentStatus
from domain.settlement import Verdict
from tests.contract.tpay_stand import (
    GOOD,
    TITLE,
    TpayHarness,
    by_classic,
    by_openapi,
    fields,
    notice_sum,
    one,
    over_http,
    sealed,
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


# -- the map of statuses


@pytest.mark.parametrize(
    ("word", "change", "status", "came"),
    [
        ("TRUE", {}, _S.PAID, 4990),
        ("1", {}, _S.PAID, 4990),
        ("PAID", {}, _S.PAID, 4990),
        ("TRUE", {"tr_paid": "50.00", "tr_error": "overpay"}, _S.PAID, 5000),
        ("TRUE", {"tr_paid": "48.00", "tr_error": "surcharge"}, _S.PARTIALLY_PAID, 4800),
        ("TRUE", {"tr_paid": "0.00"}, _S.PARTIALLY_PAID, 0),
        ("PAID", {"tr_paid": "48.00", "tr_error": "surcharge"}, _S.PARTIALLY_PAID, 4800),
        ("FALSE", {}, _S.FAILED, None),
        ("0", {}, _S.FAILED, None),
        ("FALSE", {"tr_paid": "0.00", "tr_error": "surcharge"}, _S.FAILED, None),
        ("FALSE", {"tr_paid": "50.00", "tr_error": "overpay"}, _S.IN_PROGRESS, None),
        ("FALSE", {"tr_paid": "48.00", "tr_error": "surcharge"}, _S.IN_PROGRESS, None),
        ("SNEEZED", {}, None, None),
        ("true", {}, None, None),
    ],
)
def test_each_word_becomes_what_the_sheet_says(
    harness: TpayHarness, word: str, change: dict[str, str], status: PaymentStatus | None, came: int | None
) -> None:
    seen = one(told(harness, word, **change))
    assert (seen.status, seen.amount) == (status, MUG)
    assert (seen.proof.amount.minor if seen.proof else None) == came
    assert seen.word.startswith(word)
    assert seen.answer_decides is (word == "PAID")


def test_a_wrong_sum_that_waits_at_tpay_is_flagged(harness: TpayHarness) -> None:
    seen = one(told(harness, "FALSE", tr_paid="48.00", tr_error="surcharge"))
    assert (seen.word, seen.failure) == ("FALSE surcharge", "surcharge")


def test_only_money_binds_an_attempt_to_one_of_its_titles(classic: TpayHarness) -> None:
    assert one(told(classic, "FALSE")).gateway_reference is None
    assert one(told(classic, "TRUE", tr_id="TR-NEXT-TRYX")).gateway_reference == "TR-NEXT-TRYX"


@pytest.mark.parametrize(
    "change", [{"tr_paid": "x"}, {"tr_paid": ""}, {"tr_amount": "1.234"}, {"tr_currency": "ZZZ"}]
)
def test_what_is_sealed_but_makes_no_sense_is_unreadable(
    harness: TpayHarness, change: dict[str, str]
) -> None:
    with pytest.raises(GatewayProtocolError):
        told(harness, "TRUE", **change)


@pytest.mark.parametrize(
    ("change", "environment"),
    [
        ({}, "live"),
        ({"test_mode": "1"}, "test"),
        ({"test_mode": "true"}, "test"),
        ({"tr_id": "TR-1AB2-TST12X"}, "test"),
        ({"tr_id": "TR-1AB2-TST12Y"}, "live"),
        ({"tr_id": "TR-1AB2-TSTX"}, "live"),
    ],
)
def test_what_is_marked_as_a_test_is_none_of_a_live_shop_s(
    harness: TpayHarness, change: dict[str, str], environment: str
) -> None:
    live = harness.build("live", base_url="https://tpay.example", security_code="of-its-own")
    address = "https://tpay.example/x509/notifications-jws.pem"
    sent = fields("ord-1001", MUG, **change)
    body = urlencode({**sent, "md5sum": notice_sum(sent, "of-its-own")}).encode()
    seen = one(live.read_callback(sealed(body, address)))
    assert seen.environment == environment


# -- shapes of messages


@pytest.mark.parametrize(
    ("amount", "text"), [(100, "100.00"), (100.5, "100.50"), ("100.50", "100.50"), (0.01, "0.01")]
)
def test_json_messages_are_read_with_numbers_and_texts(
    harness: TpayHarness, amount: object, text: str
) -> None:
    sent: dict[str, Any] = fields("ord-1001", MUG, tr_amount=text, tr_paid=text)
    sent |= {"tr_amount": amount, "tr_paid": amount, "id": 12345, "test_mode": 0, "card_token": None}
    seen = one(harness.gateway.read_callback(harness.signed(json.dumps(sent).encode())))
    assert seen.proof is not None
    assert (seen.status, seen.proof.amount.text) == (_S.PAID, text)


def test_json_s_own_true_and_false_are_words_too(harness: TpayHarness) -> None:
    for value, status in ((True, _S.PAID), (False, _S.FAILED)):
        sent = json.dumps({**fields("ord-1001", MUG), "tr_status": value}).encode()
        assert one(harness.gateway.read_callback(harness.signed(sent))).status is status


@pytest.mark.parametrize(
    ("body", "reply"),
    [
        ({"type": "tokenization", "data": {"token": "x"}}, b'{"result":true}'),
        ({"type": "marketplace_transaction", "data": {}}, b'{"result":true}'),
        ({"event": "ALIAS_REGISTER", "msg_value": {}}, b"TRUE"),
    ],
)
def test_messages_of_other_kinds_are_thanked_for_and_move_nothing(
    harness: TpayHarness, body: dict[str, Any], reply: bytes
) -> None:
    seen = one(harness.gateway.read_callback(harness.signed(json.dumps(body).encode())))
    assert (seen.status, seen.proof, seen.reference) == (None, None, "")
    assert harness.gateway.acknowledge(Verdict.IGNORED, seen).body == reply


@pytest.mark.parametrize("verdict", Verdict)
def test_the_bare_false_is_said_only_to_a_question_we_deny(harness: TpayHarness, verdict: Verdict) -> None:
    good = verdict in (Verdict.APPLIED, Verdict.DUPLICATE)
    asked, told_so = one(told(harness, "PAID")), one(told(harness, "TRUE"))
    assert harness.gateway.acknowledge(verdict, asked).body == (b"TRUE" if good else b"FALSE")
    for seen in (told_so, one(told(harness, "FALSE")), None):
        reply = harness.gateway.acknowledge(verdict, seen)
        assert (reply.status, reply.body) == (200, b"TRUE")


def test_a_question_that_comes_again_is_asked_again(harness: TpayHarness) -> None:
    message = harness.signed(urlencode(fields("ord-1001", MUG, "PAID")).encode())
    times = [datetime(2026, 11, 20, hour, tzinfo=UTC) for hour in (1, 2)]
    first, second = (one(harness.gateway.read_callback(replace(message, received_at=at))) for at in times)
    assert first.event_id != second.event_id
    assert first.proof == second.proof == one(told(harness, "TRUE")).proof


# -- starting


@pytest.mark.parametrize(
    ("code", "minor", "asked"), [("PLN", 4990, "49.90"), ("JPY", 100, "100.00"), ("KWD", 1230, "1.23")]
)
def test_amounts_have_two_decimals_in_every_currency(
    harness: TpayHarness, httpserver: HTTPServer, code: str, minor: int, asked: str
) -> None:
    gateway = over_http(harness, httpserver, currencies=[code])
    answer = {
        "result": "success",
        "transactionId": "ta_1",
        "title": TITLE,
        "transactionPaymentUrl": httpserver.url_for("/p"),
    }
    httpserver.expect_request("/transactions", method="POST").respond_with_json(answer)
    gateway.start(a_brief(gateway, Money.of(minor, code)))
    body = httpserver.log[-1][0].get_data(as_text=True)
    assert f'"amount":{asked},' in body
    sent = urlencode(fields("ord-1001", Money.of(minor, code))).encode()
    seen = one(harness.build(currencies=[code]).read_callback(harness.signed(sent)))
    assert seen.proof is not None
    assert seen.proof.amount == Money.of(minor, code)


def test_what_two_decimals_cannot_hold_is_not_asked_for(harness: TpayHarness) -> None:
    gateway = harness.build(currencies=["KWD"])
    with pytest.raises(GatewayRejected):
        gateway.start(a_brief(gateway, Money.of(1, "KWD")))


@pytest.mark.parametrize(
    ("answer", "status", "error", "code"),
    [
        ({**GOOD, "payments": {"errors": [{"errorCode": "blik"}]}}, 200, GatewayRejected, "blik"),
        ({"result": "failed", "errors": [{"errorCode": "no_pos"}]}, 400, GatewayRejected, "no_pos"),
        ({"result": "error", "violations": [{"errorCode": "amount"}]}, 422, GatewayRejected, "amount"),
        ({"result": "failed", "errors": "x"}, 200, GatewayRejected, "200"),
        ({}, 404, GatewayRejected, "not_found"),
        ({"result": "pending"}, 200, OutcomeUnknown, "pending"),
        (GOOD, 200, OutcomeUnknown, "page"),
        ({**GOOD, "transactionPaymentUrl": "https://evil.example/"}, 200, OutcomeUnknown, "page"),
    ],
)
def test_a_start_that_is_answered_with_no_page_of_tpay_s_is_none(
    harness: TpayHarness,
    httpserver: HTTPServer,
    answer: dict[str, Any],
    status: int,
    error: type[Exception],
    code: str,
) -> None:
    gateway = over_http(harness, httpserver)
    httpserver.expect_request("/transactions", method="POST").respond_with_json(answer, status)
    with pytest.raises(error) as raised:
        gateway.start(a_brief(gateway))
    assert getattr(raised.value, "code", "") == code


def test_a_form_is_only_in_zloty_and_says_what_tpay_s_library_lets_through(classic: TpayHarness) -> None:
    gateway = classic.build(currencies=["EUR", "PLN"])
    assert gateway.currencies == {"PLN"}
    with pytest.raises(GatewayRejected):
        gateway.start(a_brief(gateway, Money.of(100, "EUR")))
    brief = replace(a_brief(gateway), description="Zamówienie <42> & „kubek”; 100% (a_b/c!#,.-)", locale="xx")
    posted = dict(gateway.start(brief).next_step.fields)
    assert posted["description"] == "Zamówienie 42  kubek 100 (a_b/c!#,.-)"
    assert (posted["language"], posted["result_url"]) == ("PL", brief.callback_url)
    brief = replace(brief, description="„“", buyer=replace(brief.buyer, email=f"{'a' * 64}@example.com"))
    posted = dict(gateway.start(brief).next_step.fields)
    assert posted["description"] == brief.order_reference
    assert "email" not in posted


def test_the_page_s_language_is_the_shopper_s_where_tpay_speaks_it(harness: TpayHarness) -> None:
    for locale, spoken in (("de_DE", "DE"), ("uk", "EN")):
        gateway = harness.build(api="classic", lang="en", client_id=None, client_secret=None)
        assert (
            dict(gateway.start(replace(a_brief(gateway), locale=locale)).next_step.fields)["language"]
            == spoken
        )


def test_the_way_back_for_errors_hints_at_giving_up(harness: TpayHarness, classic: TpayHarness) -> None:
    for gateway, url in (
        (harness.gateway, "https://shop.example/r"),
        (classic.gateway, "https://s.example/r?a=1"),
    ):
        brief = replace(a_brief(gateway), return_url=url)
        begun = gateway.start(brief)
        session = classic.sandbox.session(brief.payment.reference) if begun.gateway_reference else None
        back = session["extra"]["error_url"] if session else dict(begun.next_step.fields)["return_error_url"]
        assert back.startswith(url)
        query = tuple(parse_qsl(urlsplit(back).query))
        assert gateway.read_return(InboundMessage("GET", b"", query=query)).aborted
        assert not gateway.read_return(InboundMessage("GET", b"", query=(("a", "1"),))).aborted
