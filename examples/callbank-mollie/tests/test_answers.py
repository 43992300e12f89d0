"""What Mollie says, word by word, and what is not believed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests
from adapters.testing.builders import a_brief, a_payment, a_refund, told_the_reference
from adapters.testing.wires import decided, paid, started
from adapters.wire.errors import SettingsError
from application.errors import GatewayProtocolError, GatewayRejected, GatewayUnavailable, OutcomeUnknown
from application.ports.gateway import InboundMessage
from conftest import MollieHarness
from domain.money import Money
from domain.observation import Proof, Source
from domain.payment import Payment, PaymentStatus
from domain.refund import RefundStatus
from domain.transaction import FactKind
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

ID = "tr_5B8cwPMGnU6qLbRvo7qEZo"
Answer = Callable[..., Payment]


def euros(value: str) -> dict[str, str]:
    return {"currency": "EUR", "value": value}


@pytest.fixture
def answer(httpserver: HTTPServer, harness: MollieHarness) -> Answer:
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


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("open", PaymentStatus.IN_PROGRESS),
        ("pending", PaymentStatus.IN_PROGRESS),
        ("authorized", PaymentStatus.AUTHORIZED),
        ("paid", PaymentStatus.PAID),
        ("failed", PaymentStatus.FAILED),
        ("canceled", PaymentStatus.CANCELLED),
        ("expired", PaymentStatus.EXPIRED),
        ("sneezed", None),
    ],
)
def test_each_word_of_a_payment_becomes_ours(
    harness: MollieHarness, answer: Answer, word: str, status: PaymentStatus | None
) -> None:
    seen = harness.gateway.look(answer(status=word))
    assert (seen.status, seen.word, seen.proof is not None) == (status, word, word == "paid")


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("queued", RefundStatus.SENT),
        ("pending", RefundStatus.SENT),
        ("processing", RefundStatus.SENT),
        ("refunded", RefundStatus.DONE),
        ("failed", RefundStatus.REFUSED),
        ("canceled", RefundStatus.REFUSED),
    ],
)
def test_each_word_of_a_refund_becomes_ours(
    harness: MollieHarness, answer: Answer, word: str, status: RefundStatus
) -> None:
    refund = a_refund(a_payment(harness.gateway, Money.of(4990, "EUR")), 500)
    told = {
        "id": "re_4qqhO89gsT",
        "status": word,
        "amount": euros("5.00"),
        "metadata": {"refund": refund.key},
    }
    somebodys = {"id": "re_1", "status": "refunded", "amount": euros("1.00"), "metadata": None}
    payment = answer(_embedded={"refunds": [somebodys, told]})
    seen = harness.gateway.look_refund(payment, refund)
    assert seen.refund is not None
    assert (seen.refund.status, seen.refund.gateway_id) == (status, "re_4qqhO89gsT")
    proof = Proof(FactKind.REFUNDED, "re_4qqhO89gsT", refund.amount)
    assert seen.proof == (proof if word == "refunded" else None)


def test_an_unknown_word_of_a_refund_is_not_believed(harness: MollieHarness, answer: Answer) -> None:
    refund = a_refund(a_payment(harness.gateway, Money.of(4990, "EUR")), 500)
    told = {"id": "re_1", "status": "sneezed", "amount": euros("5.00"), "metadata": {"refund": refund.key}}
    payment = answer(_embedded={"refunds": [told]})
    with pytest.raises(OutcomeUnknown):
        harness.gateway.look_refund(payment, refund)


def test_an_answer_about_another_refund_is_not_believed(
    harness: MollieHarness, answer: Answer, httpserver: HTTPServer
) -> None:
    payment = answer()
    told = {"id": "re_1", "status": "pending", "amount": euros("5.00"), "metadata": {"refund": "another"}}
    httpserver.expect_request(f"/v2/payments/{ID}/refunds").respond_with_json(told, 201)
    with pytest.raises(OutcomeUnknown):
        harness.gateway.refund(payment, a_refund(payment, 500))


@pytest.mark.parametrize(
    "change",
    [
        {"id": "tr_another"},
        {"mode": "live"},
        {"mode": None},
        {"metadata": {"reference": "another"}},
        {"metadata": None},
        {"amount": {"currency": "EUR", "value": 49.9}},
        {"amount": {"currency": "ZZZ", "value": "49.90"}},
        {"amount": None},
        {"status": None},
        {"amountChargedBack": "all"},
        {"_embedded": {"refunds": ["re_1"]}},
    ],
)
def test_an_answer_that_does_not_fit_is_not_believed(
    harness: MollieHarness, answer: Answer, change: dict[str, Any]
) -> None:
    payment = answer(**change)
    with pytest.raises(OutcomeUnknown):
        harness.gateway.look(payment)


def test_a_part_that_was_captured_is_told_as_that_part(harness: MollieHarness, answer: Answer) -> None:
    seen = harness.gateway.look(answer(amountCaptured=euros("20.00")))
    assert seen.proof == Proof(FactKind.CAPTURED, ID, Money.of(2000, "EUR"))


def test_of_a_card_only_the_last_digits_are_kept(harness: MollieHarness, answer: Answer) -> None:
    details = {"cardNumber": "6787", "cardHolder": "T. TEST"}
    seen = harness.gateway.look(answer(details=details, paidAt="2026-11-20T09:13:37+00:00"))
    assert seen.receipt == {"card": "6787", "paid_at": "2026-11-20T09:13:37+00:00"}
    assert harness.gateway.look(answer(details=None)).receipt == {}


def test_why_a_card_was_refused_is_kept(harness: MollieHarness) -> None:
    assert harness.gateway.look(decided(harness, "declined")).failure == "insufficient_funds"


# -- money that leaves


@pytest.mark.parametrize(
    ("changes", "kind", "gone"),
    [
        ({"amountChargedBack": euros("49.90")}, FactKind.CHARGED_BACK, 4990),
        (
            {
                "amountRefunded": euros("40.00"),
                "_embedded": {
                    "refunds": [
                        {"status": "refunded", "amount": euros("10.00")},
                        {"status": "refunded", "amount": euros("5.50")},
                        {"status": "pending", "amount": euros("24.50")},
                    ]
                },
            },
            FactKind.REFUNDED,
            1550,
        ),
    ],
)
def test_what_left_is_told_once_as_the_difference_to_what_is_recorded(
    harness: MollieHarness, answer: Answer, changes: dict[str, Any], kind: FactKind, gone: int
) -> None:
    payment = answer(**changes)
    capture = Proof(FactKind.CAPTURED, ID, payment.amount)
    assert harness.gateway.look(payment).proof == capture
    known = replace(payment, captured=payment.amount, status=PaymentStatus.PAID)
    amount = Money.of(gone, "EUR")
    assert harness.gateway.look(known).proof == Proof(kind, f"{ID}:{kind.value}:{gone}", amount)
    recorded = "charged_back" if kind is FactKind.CHARGED_BACK else "refunded_outside"
    assert harness.gateway.look(replace(known, **{recorded: amount})).proof == capture
    pending = replace(known, reserved=Money.of(1, "EUR"))
    assert harness.gateway.look(pending).proof == capture


@pytest.mark.parametrize(
    ("panel", "kind"), [("refund", FactKind.REFUNDED), ("chargeback", FactKind.CHARGED_BACK)]
)
def test_what_happens_in_the_dashboard_is_seen_by_a_look(
    harness: MollieHarness, panel: str, kind: FactKind
) -> None:
    payment = paid(harness)
    known = replace(payment, captured=payment.amount, status=PaymentStatus.PAID)
    wish = {"session": payment.gateway_reference, "amount": "90"}
    assert requests.post(f"{harness.sandbox.address}/_panel/{panel}", json=wish, timeout=5).ok
    proof = harness.gateway.look(known).proof
    assert proof is not None
    assert (proof.kind, proof.amount.minor) == (kind, 90)


# -- what is sent


def test_a_start_says_all_that_mollie_needs(harness: MollieHarness) -> None:
    brief = replace(a_brief(harness.gateway), locale="de", return_url="https://shop.example/r?x=1")
    started(harness, brief)
    held = harness.sandbox.session(brief.payment.reference)
    assert held is not None
    assert (held["key"], held["callback_url"]) == (brief.payment.idempotency_key, brief.callback_url)
    assert held["return_url"] == "https://shop.example/r?x=1"
    assert held["extra"] == {
        "metadata": {"reference": brief.payment.reference},
        "cancel_url": "https://shop.example/r?x=1&cancelled=1",
        "locale": "de_DE",
    }


@pytest.mark.parametrize(("lang", "locale"), [("nl", "nl_NL"), ("", None)])
def test_a_language_mollie_does_not_speak_is_the_accounts(
    harness: MollieHarness, lang: str, locale: str | None
) -> None:
    harness.gateway = harness.build(lang=lang)
    brief = replace(a_brief(harness.gateway), locale="uk")
    started(harness, brief)
    held = harness.sandbox.session(brief.payment.reference)
    assert held is not None
    assert held["extra"]["locale"] == locale


def test_a_long_description_is_cut_where_mollie_would(harness: MollieHarness) -> None:
    brief = replace(a_brief(harness.gateway), description="x" * 300)
    started(harness, brief)
    held = harness.sandbox.session(brief.payment.reference)
    assert held is not None
    assert len(held["description"]) == 255


@pytest.mark.parametrize("act", ["start", "refund", "void"])
def test_an_act_is_never_repeated_by_itself(harness: MollieHarness, httpserver: HTTPServer, act: str) -> None:
    gateway = harness.build(base_url=httpserver.url_for("/v2"))
    httpserver.expect_request(re.compile(".*")).respond_with_data("", 503)
    payment = told_the_reference(a_payment(gateway), ID)
    acts: dict[str, Callable[[], object]] = {
        "start": lambda: gateway.start(a_brief(gateway)),
        "refund": lambda: gateway.refund(payment, a_refund(payment)),
        "void": lambda: gateway.void(payment, "key"),
    }
    with pytest.raises(OutcomeUnknown):
        acts[act]()
    assert len(httpserver.log) == 1


# -- cancelling


def test_what_is_cancelable_is_cancelled(harness: MollieHarness) -> None:
    payment, _ = started(harness)
    seen = harness.gateway.void(payment, "key")
    assert (seen.status, seen.source) == (PaymentStatus.CANCELLED, Source.VOID)
    assert harness.gateway.look(payment).status is PaymentStatus.CANCELLED


def test_a_cancellation_of_something_else_is_not_believed(harness: MollieHarness, answer: Answer) -> None:
    for change in ({"metadata": None}, {"metadata": {"reference": "x"}}, {"id": "tr_x"}, {"mode": "live"}):
        payment = answer(status="canceled", **change)
        with pytest.raises(OutcomeUnknown):
            harness.gateway.void(payment, "key")


def test_what_is_not_cancelable_stays_as_it_is(harness: MollieHarness) -> None:
    payment, _ = started(harness)
    harness.sandbox.settings(cancelable=False)
    with pytest.raises(GatewayRejected):
        harness.gateway.void(payment, "key")
    assert harness.gateway.look(payment).status is PaymentStatus.IN_PROGRESS


# -- keys, and webhooks that name nothing


@pytest.mark.parametrize(("environment", "key"), [("live", "test"), ("test", "live")])
def test_a_key_of_the_other_environment_stops_the_start(
    harness: MollieHarness, environment: str, key: str
) -> None:
    secret = f"{key}_dHar4XY7LxsDOtmnkVtjNVWXLSlXsM"
    with pytest.raises(SettingsError, match=f"mollie.api_key is a {key} key, refused in {environment}"):
        harness.build(environment, api_key=secret, base_url="https://api.mollie.com/v2")
    fitting = f"{environment}_dHar4XY7LxsDOtmnkVtjNVWXLSlXsM"
    built = harness.build(environment, api_key=fitting, base_url="https://api.mollie.com/v2")
    assert built.environment == environment


@pytest.mark.parametrize("secret", ["", "test_", "access_dHar4XY7LxsDOtmnkVtjNVWXLSlXsM", "test_short"])
def test_what_is_no_api_key_stops_the_start(harness: MollieHarness, secret: str) -> None:
    with pytest.raises(SettingsError, match=r"gateways\.mollie\.api_key is not valid"):
        harness.build(api_key=secret)


def test_a_wrong_key_is_named_as_such(harness: MollieHarness) -> None:
    stranger = harness.build(api_key="test_nobodysKeyNobodysKeyNobodysKey")
    with pytest.raises(GatewayUnavailable):
        stranger.look(told_the_reference(a_payment(stranger), ID))


def test_a_payment_mollie_does_not_know_is_not_found(harness: MollieHarness) -> None:
    seen = harness.gateway.look(told_the_reference(a_payment(harness.gateway), ID))
    assert (seen.word, seen.status) == ("not_found", None)
    assert "not found" in harness.gateway.check()


@pytest.mark.parametrize("body", [b"", b"id=", b"payment=tr_1", b"id=tr_1&id=tr_2"])
def test_a_webhook_that_names_no_payment_is_unreadable(harness: MollieHarness, body: bytes) -> None:
    with pytest.raises(GatewayProtocolError):
        harness.gateway.read_callback(InboundMessage("POST", body))


def test_an_id_never_leads_to_another_path(harness: MollieHarness, httpserver: HTTPServer) -> None:
    heard: list[str] = []

    def hear(request: Request) -> Response:
        heard.append(request.environ["REQUEST_URI"])
        return Response("{}", 404)

    httpserver.expect_request(re.compile(".*")).respond_with_handler(hear)
    gateway = harness.build(base_url=httpserver.url_for("/v2"))
    gateway.look(told_the_reference(a_payment(gateway), "../methods?x"))
    assert heard == ["/v2/payments/..%2Fmethods%3Fx?embed=refunds"]
