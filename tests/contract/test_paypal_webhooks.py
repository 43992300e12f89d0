"""How a PayPal webhook proves itself: by a certificate that is believed, or by asking PayPal."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import responses
from pytest_httpserver import HTTPServer

from adapters.gateways.paypal import mapping
from adapters.sandbox import credentials, paypal_wire
from adapters.testing.builders import a_payment
from adapters.testing.quiet import listening, no_network
from adapters.wire.errors import SettingsError
from application.errors import GatewayError, GatewayProtocolError, InvalidSignature, OutcomeUnknown
from application.ports.gateway import InboundMessage, NeedsProof
from domain.observation import Observation
from tests.contract.paypal_stand import (
    CERT_URL,
    V3_BODY,
    V3_ID,
    V3_PEM,
    V3_SIGNATURE,
    V3_TEXT,
    V3_TIME,
    WEBHOOK_ID,
    PaypalHarness,
    begun,
    certificate,
    demo,
    event,
    pinned,
    webhook,
)
from tests.contract.stand import HttpSandbox, wait_for

V3 = InboundMessage(
    "POST",
    V3_BODY,
    {
        "paypal-transmission-id": V3_ID,
        "paypal-transmission-time": V3_TIME,
        "paypal-transmission-sig": V3_SIGNATURE,
        "paypal-cert-url": CERT_URL,
        "paypal-auth-algo": "SHA256withRSA",
    },
)


@pytest.fixture
def harness(sandbox_url: str) -> Iterator[PaypalHarness]:
    sandbox = HttpSandbox(sandbox_url, "paypal")
    yield PaypalHarness(sandbox, dict(credentials(sandbox_url)["paypal"]))
    sandbox.clear()


def seen(found: tuple[Observation, ...] | NeedsProof) -> Observation:
    assert isinstance(found, tuple)
    return found[0]


def test_the_webhook_of_the_sheet_proves_itself_on_both_sides() -> None:
    assert zlib.crc32(V3_BODY) == 618737857
    assert paypal_wire.transmission_text(V3_ID, V3_TIME, WEBHOOK_ID, V3_BODY) == V3_TEXT.encode()
    gateway = demo(certificates=V3_PEM)
    with no_network():
        found = seen(gateway.read_callback(V3))
    assert (found.reference, found.word) == ("pay-1001", "PAYMENT.CAPTURE.COMPLETED")
    assert found.event_id == "WH-2WR32451HC0233532-67976317FL4543714"
    assert (found.status, found.proof) == (None, None)
    with pytest.raises(InvalidSignature):
        demo(certificates=certificate("another")).read_callback(V3)


@pytest.mark.parametrize(("year", "believed"), [(2023, False), (2024, True), (2043, True), (2044, False)])
def test_a_pinned_certificate_is_believed_while_it_is_in_date(year: int, believed: bool) -> None:
    message = replace(V3, received_at=datetime(year, 6, 1, tzinfo=UTC))
    gateway = demo(certificates=V3_PEM)
    if believed:
        assert gateway.read_callback(message)
    else:
        with pytest.raises(InvalidSignature):
            gateway.read_callback(message)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.sandbox.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.sandbox.paypal.com.evil.example/certs/CERT-1",
        "https://evil.example/api.sandbox.paypal.com",
        "https://api.sandbox.paypal.com@evil.example/certs/CERT-1",
        "https://user@api.sandbox.paypal.com/certs/CERT-1",
        "https://api.sandbox.paypal.com:8443/certs/CERT-1",
        "https://api.paypal.com/v1/notifications/certs/CERT-1",
        "file:///etc/passwd",
    ],
)
def test_a_certificate_is_never_fetched_from_a_host_that_is_not_paypals(url: str) -> None:
    message = webhook(event(a_payment(demo())), cert_url=url)
    with no_network():
        for act in (demo().read_callback, lambda told: demo().prove(told, {})):
            with pytest.raises(InvalidSignature):
                act(message)


@pytest.mark.parametrize("host", ["api.sandbox.paypal.com", "api-m.sandbox.paypal.com"])
def test_a_certificate_nobody_fetched_yet_is_left_to_the_worker(host: str) -> None:
    message = webhook(event(a_payment(demo())), cert_url=f"https://{host}/v1/notifications/certs/CERT-1")
    with no_network():
        assert isinstance(demo().read_callback(message), NeedsProof)


def chained(httpserver: HTTPServer, pem: str, **headers: str) -> tuple[int, Exception | Observation]:
    """What becomes of a message whose certificate is ``pem``; and how often that was fetched."""
    base = httpserver.url_for("").rstrip("/")
    httpserver.expect_request("/certs/CERT-1").respond_with_data(pem)
    gateway = demo(base_url=base, roots=certificate("root", is_root=True))
    message = webhook(event(a_payment(gateway)), cert_url=f"{base}/certs/CERT-1", **headers)
    assert isinstance(gateway.read_callback(message), NeedsProof)
    try:
        found = gateway.prove(message, {})
        assert gateway.read_callback(message) == found
    except (GatewayError, AssertionError) as error:
        return len(httpserver.log), error
    return len(httpserver.log), found[0]


def test_a_fetched_certificate_that_leads_to_the_root_is_fetched_once(httpserver: HTTPServer) -> None:
    calls, found = chained(httpserver, certificate("leaf", "root"))
    assert isinstance(found, Observation)
    assert calls == 1


@pytest.mark.parametrize(
    "pem",
    [
        certificate("leaf"),
        certificate("leaf", "another root"),
        certificate("leaf", "root", common_name="paypal.com.evil.example"),
        certificate("leaf", "root", common_name="evilpaypal.com"),
        certificate("leaf", "root", years=(2020, 2024)),
        certificate("leaf", "root", years=(2040, 2044)),
        certificate("another", "root"),
    ],
    ids=["no chain", "other root", "other subject", "near subject", "expired", "not yet", "other key"],
)
def test_a_fetched_certificate_is_not_believed_without_its_chain(httpserver: HTTPServer, pem: str) -> None:
    _, problem = chained(httpserver, pem)
    assert isinstance(problem, InvalidSignature)


@pytest.mark.parametrize(("pem", "kind"), [("", GatewayProtocolError), ("<html>", GatewayProtocolError)])
def test_a_page_instead_of_a_certificate_proves_nothing(
    httpserver: HTTPServer, pem: str, kind: type[Exception]
) -> None:
    assert isinstance(chained(httpserver, pem)[1], kind)


def test_a_certificate_that_is_not_there_makes_the_message_a_lie(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/certs/CERT-1").respond_with_data("gone", 404)
    gateway = demo(base_url=httpserver.url_for("").rstrip("/"))
    message = webhook(b"{}", cert_url=httpserver.url_for("/certs/CERT-1"))
    with pytest.raises(InvalidSignature):
        gateway.prove(message, {})


@pytest.mark.parametrize(("environment", "believed"), [("test", True), ("live", False)])
def test_only_outside_live_a_stand_in_vouches_for_its_own_certificate(
    environment: str, believed: bool
) -> None:
    url = "https://stand-in.example/certs/CERT-1"
    gateway = demo(environment, base_url="https://stand-in.example")
    message = webhook(event(a_payment(gateway)), cert_url=url)
    with responses.RequestsMock() as network:
        network.get(url, body=certificate("leaf"))
        if believed:
            assert gateway.prove(message, {})
        else:
            with pytest.raises(InvalidSignature):
                gateway.prove(message, {})


@pytest.mark.parametrize("key", ["certificates", "roots"])
def test_a_pin_that_is_no_certificate_stops_the_start(key: str) -> None:
    with pytest.raises(SettingsError, match="certificates or roots are no PEM"):
        demo(**{key: "-----BEGIN NONSENSE-----"})


def test_what_the_sandbox_sends_is_proven_and_leads_to_its_payment(harness: PaypalHarness) -> None:
    gateway = harness.build(certificates=None)
    with listening() as shop:
        harness.sandbox.settings(webhook_url=f"{shop.url}/cb")
        payment = begun(gateway)
        harness.sandbox.finish(str(payment.gateway_reference), "authorized")
        gateway.collect(payment, "key")
        wait_for(lambda: len(shop.heard) == 2)
        heard = [InboundMessage(one.method, one.body, one.headers) for one in shop.heard]
        harness.sandbox.settings(webhook_url="")
    assert gateway.read_callback(heard[0]) == NeedsProof()
    first = gateway.prove(heard[0], {})[0]
    assert (first.word, first.reference) == ("CHECKOUT.ORDER.APPROVED", payment.reference)
    second = seen(gateway.read_callback(heard[1]))
    assert (second.word, second.reference) == ("PAYMENT.CAPTURE.COMPLETED", payment.reference)
    with pytest.raises(InvalidSignature):
        gateway.read_callback(replace(heard[1], body=heard[0].body))
    by_api = harness.build(certificates=None, proof="api")
    for message in heard:
        assert by_api.read_callback(message) == NeedsProof()
        assert by_api.prove(message, {}) == gateway.prove(message, {})
        bent = replace(message, body=message.body.replace(b'"1.0"', b'"1.1"'))
        with pytest.raises(InvalidSignature):
            by_api.prove(bent, {})
    previous = harness.build(
        proof="api", webhook_id="WH-NEW", webhook_id_previous=harness.block["webhook_id"]
    )
    assert previous.prove(heard[0], {}) == (first,)


def test_nothing_can_be_slipped_into_the_question_to_paypal(harness: PaypalHarness) -> None:
    gateway = harness.build(proof="api", certificates=None)
    url = f"{harness.sandbox.address}/v1/notifications/certs/CERT-1"
    for body in (b'{"a":1},"webhook_id":"theirs"', b"[]", b"{", b""):
        for act in (gateway.read_callback, lambda told: gateway.prove(told, {})):
            with pytest.raises(InvalidSignature), no_network():
                act(webhook(body, cert_url=url))


def test_no_answer_about_a_webhook_is_no_answer(harness: PaypalHarness) -> None:
    gateway = harness.build(proof="api", certificates=None)
    url = f"{harness.sandbox.address}/v1/notifications/certs/CERT-1"
    harness.sandbox.arm("status_5xx", "look", times=None)
    with pytest.raises(OutcomeUnknown):
        gateway.prove(webhook(b"{}", cert_url=url), {})


@pytest.mark.parametrize(
    ("resource", "whom"),
    [
        ({"custom_id": "ours", "id": "C1"}, ("ours", None)),
        ({"id": "O1", "purchase_units": [{"custom_id": "ours"}]}, ("ours", None)),
        ({"id": "C1", "supplementary_data": {"related_ids": {"order_id": "O1"}}}, ("", "O1")),
        ({"order_id": "O1"}, ("", "O1")),
        ({"id": "R1", "links": [{"rel": "up", "href": "https://x/v2/payments/captures/C1"}]}, ("", "C1")),
        ({"id": "C1"}, ("", "C1")),
        ({"id": 7, "supplementary_data": []}, ("", None)),
    ],
)
def test_a_webhook_says_whom_to_ask_about(resource: dict[str, Any], whom: tuple[str, str | None]) -> None:
    gateway = demo(certificates=pinned())
    for kind in mapping.EVENTS:
        told = {"id": "WH-1", "event_type": kind, "resource": resource}
        found = gateway.read_callback(webhook(json.dumps(told).encode()))
        assert isinstance(found, tuple)
        assert (found[0].reference, found[0].gateway_reference) == whom
        assert (found[0].word, found[0].status, found[0].proof) == (kind, None, None)


def test_an_event_we_do_not_act_on_has_no_effect() -> None:
    gateway = demo(certificates=pinned())
    body = event(a_payment(gateway), "BILLING.SUBSCRIPTION.SNEEZED")
    assert gateway.read_callback(webhook(body)) == ()
