"""Stripe against the contract suite, the worked examples of its protocol, and how it proves itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest

from adapters.gateways.stripe import Settings, build
from adapters.gateways.stripe.mapping import flat
from adapters.sandbox import create_sandbox, credentials, serve_in_thread
from adapters.sandbox.stripe_wire import sign, signature_header
from adapters.testing.builders import a_brief, a_payment
from adapters.testing.callbacks import SignedCallbackContract
from adapters.testing.contract import GatewayContract
from adapters.testing.wires import WireContract
from adapters.wire.errors import SettingsError
from adapters.wire.exchange import recording
from adapters.wire.payloads import as_form
from application.errors import InvalidSignature
from application.ports.gateway import InboundMessage, PaymentGateway
from domain.money import Money
from domain.observation import Observation
from domain.payment import PaymentStatus
from tests.contract.stand import HttpSandbox
from tests.contract.stripe_stand import SECRET, StripeHarness, a_session, an_event, demo, signed, v1

NOW = datetime.fromtimestamp(1_790_000_000, UTC)
EXAMPLE_1 = b'{"id":"evt_1"}'
EXAMPLE_1_HEADER = "t=1790000000,v1=c014226105ff9fb49330bf2e2c9c290311a9cd6feae87279ef126202302dec48"
EXAMPLE_2 = (
    b'{\n  "id": "evt_1PubA",\n  "object": "event",\n  "type": "checkout.session.completed",\n'
    b'  "data": {"object": {"id": "cs_test_a1", "object": "checkout.session", "payment_status": "paid", '
    b'"amount_total": 2500, "currency": "eur", "client_reference_id": "pay-1"}}\n}'
)
EXAMPLE_2_HEADER = "t=1790000000,v1=c485ee09b911d8b07d5cd16c6ed3ef7bb81fddad1a03f5ece103bf26d10a8c0c"
EXAMPLE_3 = (
    "mode=payment&success_url=https%3A%2F%2Fshop.test%2Fok%3Fsession_id%3D%7BCHECKOUT_SESSION_ID%7D"
    "&cancel_url=https%3A%2F%2Fshop.test%2Fno&client_reference_id=pay-1&customer_email=a%2Bb%40example.com"
    "&line_items[0][quantity]=2&line_items[0][price_data][currency]=eur"
    "&line_items[0][price_data][unit_amount]=1250"
    "&line_items[0][price_data][product_data][name]=Tee+%26+Co&metadata[payment_id]=1"
    "&payment_intent_data[metadata][payment_id]=1&expires_at=1893456000"
)


@pytest.fixture
def harness(sandbox_url: str) -> Iterator[StripeHarness]:
    sandbox = HttpSandbox(sandbox_url, "stripe")
    yield StripeHarness(sandbox, dict(credentials(sandbox_url)["stripe"]))
    sandbox.clear()


class TestStripe(GatewayContract, SignedCallbackContract, WireContract):
    """The contract."""


def at(seconds: float, **changes: str) -> PaymentGateway:
    """An account whose clock stands so many seconds after the examples."""
    keys = {"secret_key": "sk_test_4242", "webhook_secret": SECRET, **changes}
    now = NOW + timedelta(seconds=seconds)
    return build(Settings(**keys), account="acc", environment="test", now=lambda: now)


def read(gateway: PaymentGateway, message: InboundMessage) -> Observation:
    found = gateway.read_callback(message)
    assert isinstance(found, tuple)
    assert len(found) == 1
    return found[0]


def test_the_first_example_is_signed_alike_by_both_sides() -> None:
    mac = EXAMPLE_1_HEADER.partition("v1=")[2]
    assert sign(EXAMPLE_1, "1790000000", SECRET) == mac
    assert signature_header(EXAMPLE_1, 1_790_000_000, [SECRET]).startswith(EXAMPLE_1_HEADER)
    with pytest.raises(InvalidSignature):
        at(0).read_callback(signed(EXAMPLE_1 + b"\n", EXAMPLE_1_HEADER))


def test_the_second_example_is_paid() -> None:
    assert signature_header(EXAMPLE_2, 1_790_000_000, [SECRET]).startswith(EXAMPLE_2_HEADER)
    seen = read(at(0), signed(EXAMPLE_2, EXAMPLE_2_HEADER))
    assert (seen.reference, seen.gateway_reference, seen.event_id) == ("pay-1", "cs_test_a1", "evt_1PubA")
    assert seen.status is PaymentStatus.PAID
    assert seen.proof is not None
    assert seen.proof.amount == Money.of(2500, "EUR")
    assert sign(json.dumps(json.loads(EXAMPLE_2)).encode(), "1790000000", SECRET) not in EXAMPLE_2_HEADER


def test_the_third_example_is_what_we_put_on_the_wire() -> None:
    fields: dict[str, object] = {
        "mode": "payment",
        "success_url": "https://shop.test/ok?session_id={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://shop.test/no",
        "client_reference_id": "pay-1",
        "customer_email": "a+b@example.com",
        "line_items": [
            {
                "quantity": 2,
                "price_data": {
                    "currency": "eur",
                    "unit_amount": 1250,
                    "product_data": {"name": "Tee & Co", "description": None},
                },
            }
        ],
        "metadata": {"payment_id": "1"},
        "payment_intent_data": {"metadata": {"payment_id": "1"}},
        "expires_at": 1893456000,
    }
    sent = as_form(flat(fields))
    assert sent.data.decode().replace("%5B", "[").replace("%5D", "]") == EXAMPLE_3
    assert sent.media_type == "application/x-www-form-urlencoded"


def test_the_third_example_opens_a_session_over_there() -> None:
    import requests

    url, stop = serve_in_thread(create_sandbox(retry_delays=(), clock=lambda: 1893456000 - 3600))
    try:
        headers = {
            "Authorization": "Bearer sk_test_4242",
            "Idempotency-Key": "pay-1-attempt-1",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        made = [
            requests.post(f"{url}/stripe/v1/checkout/sessions", data=EXAMPLE_3, headers=headers, timeout=5)
            for _ in range(2)
        ]
    finally:
        stop()
    told = made[0].json()
    assert told == made[1].json()
    assert (told["status"], told["payment_status"], told["payment_intent"]) == ("open", "unpaid", None)
    assert (told["amount_total"], told["currency"], told["client_reference_id"]) == (2500, "eur", "pay-1")
    assert (told["expires_at"], told["customer_email"]) == (1893456000, "a+b@example.com")
    assert (told["metadata"], told["livemode"]) == ({"payment_id": "1"}, False)
    assert len(told["id"]) >= 66


def test_a_start_asks_for_what_the_third_example_asks(harness: StripeHarness) -> None:
    payment = a_payment(harness.gateway, Money.of(2500, "EUR"))
    with recording() as said:
        harness.gateway.start(a_brief(harness.gateway, payment=payment))
    asked = dict(parse_qsl(said[0].request))
    assert [name for name in asked if name != "locale"] == [name for name, _ in parse_qsl(EXAMPLE_3)]
    assert asked["success_url"].endswith("/returns?session_id={CHECKOUT_SESSION_ID}")
    assert asked["cancel_url"].endswith("/returns?cancelled=1")
    assert asked["client_reference_id"] == asked["metadata[payment_id]"] == payment.reference
    assert asked["payment_intent_data[metadata][payment_id]"] == payment.reference
    assert asked["expires_at"] == str(int(payment.created_at.timestamp()) + 45 * 60)
    assert asked["locale"] == "pl"


@pytest.mark.parametrize(
    ("seconds", "believed"), [(-100_000, True), (0, True), (300, True), (300.9, True), (301, False)]
)
def test_an_event_is_believed_until_300_seconds_later_and_from_any_future(
    seconds: float, believed: bool
) -> None:
    message = signed(EXAMPLE_2, EXAMPLE_2_HEADER)
    if believed:
        assert at(seconds).read_callback(message)
        assert at(10**6).read_callback(replace(message, received_at=NOW + timedelta(seconds=seconds)))
    else:
        with pytest.raises(InvalidSignature):
            at(seconds).read_callback(message)


def test_any_of_several_signatures_by_any_of_our_secrets_is_believed() -> None:
    old, mine = v1(1790000000, EXAMPLE_2, "whsec_old"), EXAMPLE_2_HEADER.partition("v1=")[2]
    both = [f"t=1790000000,v1={old},v1={mine}", f"t=1790000000,v1={mine},v1={old},v0=beef"]
    for header in both:
        assert at(0).read_callback(signed(EXAMPLE_2, header))
        assert at(0, webhook_secret="whsec_old").read_callback(signed(EXAMPLE_2, header))
    alone = signed(EXAMPLE_2, f"t=1790000000,v1={old}")
    assert at(0, webhook_secret_previous="whsec_old").read_callback(alone)
    with pytest.raises(InvalidSignature):
        at(0).read_callback(alone)


def test_the_prefix_of_the_secret_is_part_of_the_key() -> None:
    bare = v1(1790000000, EXAMPLE_2, SECRET.removeprefix("whsec_"))
    with pytest.raises(InvalidSignature):
        at(0).read_callback(signed(EXAMPLE_2, f"t=1790000000,v1={bare}"))


@pytest.mark.parametrize(
    ("key", "environment", "starts"),
    [
        ("sk_test_1", "test", True),
        ("rk_test_1", "test", True),
        ("sk_live_1", "live", True),
        ("rk_live_1", "live", True),
        ("sk_test_1", "live", False),
        ("sk_live_1", "test", False),
        ("pk_test_1", "test", False),
        ("whsec_1", "test", False),
    ],
)
def test_a_key_works_in_its_own_environment_only(key: str, environment: str, starts: bool) -> None:
    if starts:
        assert demo(environment, secret_key=key).environment == environment
    else:
        with pytest.raises(SettingsError, match=r"gateways\.acc\.secret_key") as stopped:
            demo(environment, secret_key=key)
        assert key not in str(stopped.value)


@pytest.mark.parametrize("environment", ["test", "live"])
@pytest.mark.parametrize("livemode", [True, False, None, "true", 1])
def test_a_message_of_the_other_mode_is_told_as_of_the_other_environment(
    environment: str, livemode: object
) -> None:
    gateway = demo(environment, secret_key=f"sk_{environment}_4242")
    message = an_event("checkout.session.completed", a_session(a_payment(gateway)), livemode=livemode)
    assert read(gateway, message).environment == ("live" if livemode is True else "test")


def test_what_a_connected_account_earned_is_not_ours() -> None:
    message = an_event("checkout.session.completed", a_session(a_payment(demo())), account="acct_other")
    assert demo().read_callback(message) == ()
