"""What Mollie is asked, with which key, and what its webhooks cannot do."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from adapters.testing.builders import a_brief, a_payment, a_refund, told_the_reference
from adapters.testing.wires import started
from adapters.wire.errors import SettingsError
from application.errors import GatewayProtocolError, GatewayRejected, GatewayUnavailable, OutcomeUnknown
from application.ports.gateway import InboundMessage
from conftest import MollieHarness
from domain.observation import Source
from domain.payment import PaymentStatus
from pytest_httpserver import HTTPServer
from replies import ID, Answer, answers
from werkzeug import Request, Response

# -- what is sent


@pytest.fixture
def answer(httpserver: HTTPServer, harness: MollieHarness) -> Answer:
    return answers(httpserver, harness)


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
