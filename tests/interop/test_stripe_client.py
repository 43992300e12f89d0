"""Stripe's own client opens, ends, refunds and believes: it was told the sandbox's address and key alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests
from stripe import AuthenticationError, InvalidRequestError, SignatureVerificationError, StripeClient
from stripe.checkout import Session

from adapters.sandbox import create_sandbox, credentials, serve_in_thread
from adapters.testing.quiet import Listener, listening
from tests.interop.programs import SOON, wait_until


@dataclass(frozen=True, slots=True)
class Desk:
    """A shop that is built on stripe-python, and where its endpoint listens."""

    client: StripeClient
    address: str
    secret: str
    shop: Listener

    def sell(self, key: str = "", manual: bool = False) -> Session:
        capture = {"capture_method": "manual"} if manual else {}
        return self.client.v1.checkout.sessions.create(
            params={
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
                            "product_data": {"name": "Tee & Co"},
                        },
                    }
                ],
                "payment_intent_data": {"metadata": {"payment_id": "1"}, **capture},
            },
            options={"idempotency_key": key} if key else {},
        )

    def press(self, session: Session, outcome: str) -> str:
        """Where the sandbox sends the shopper after a button."""
        answer = requests.post(
            str(session.url), data={"outcome": outcome}, timeout=SOON, allow_redirects=False
        )
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def look(self, session: Session) -> Session:
        return self.client.v1.checkout.sessions.retrieve(session.id, params={"expand": ["payment_intent"]})


@pytest.fixture(scope="module")
def sandbox_url() -> Iterator[str]:
    url, stop = serve_in_thread(create_sandbox(retry_delays=()))
    yield url
    stop()


@pytest.fixture
def desk(sandbox_url: str) -> Iterator[Desk]:
    block = credentials(sandbox_url)["stripe"]
    address = str(block["base_url"])
    client = StripeClient(str(block["secret_key"]), base_addresses={"api": address}, max_network_retries=0)
    with listening() as shop:
        requests.post(f"{address}/_settings", json={"webhook_url": f"{shop.url}/hook"}, timeout=SOON)
        yield Desk(client, address, str(block["webhook_secret"]), shop)


def test_a_session_is_opened_paid_and_looked_at(desk: Desk) -> None:
    session = desk.sell()
    assert (session.status, session.payment_status, session.amount_total) == ("open", "unpaid", 2500)
    assert session.payment_intent is None
    assert desk.press(session, "paid") == f"https://shop.test/ok?session_id={session.id}"
    seen = desk.look(session)
    assert (seen.status, seen.payment_status, seen.client_reference_id) == ("complete", "paid", "pay-1")
    assert seen.url is None
    intent = seen.payment_intent
    assert intent is not None
    assert not isinstance(intent, str)
    assert (intent.status, intent.amount_received, intent.metadata["payment_id"]) == ("succeeded", 2500, "1")
    assert [line.description for line in desk.client.v1.checkout.sessions.line_items.list(session.id)] == [
        "Tee & Co"
    ]


def test_the_event_is_believed_with_the_endpoints_secret_only(desk: Desk) -> None:
    session = desk.sell()
    desk.press(session, "paid")
    wait_until(lambda: bool(desk.shop.heard))
    heard = desk.shop.heard[0]
    header = heard.headers["stripe-signature"]
    event = desk.client.construct_event(heard.body, header, desk.secret)
    assert event.type == "checkout.session.completed"
    assert (event.data.object["id"], event.livemode) == (session.id, False)
    with pytest.raises(SignatureVerificationError):
        desk.client.construct_event(heard.body, header, "whsec_of_somebody_else")
    with pytest.raises(SignatureVerificationError):
        desk.client.construct_event(heard.body + b" ", header, desk.secret)


def test_an_open_session_is_ended_once(desk: Desk) -> None:
    session = desk.sell()
    assert desk.client.v1.checkout.sessions.expire(session.id).status == "expired"
    with pytest.raises(InvalidRequestError):
        desk.client.v1.checkout.sessions.expire(session.id)


def test_a_part_is_refunded_then_the_rest_and_nothing_more(desk: Desk) -> None:
    session = desk.sell()
    desk.press(session, "paid")
    refunds, seen = desk.client.v1.refunds, desk.client.v1.checkout.sessions.retrieve(session.id)
    intent = str(seen.payment_intent)
    part = refunds.create(params={"payment_intent": intent, "amount": 500, "metadata": {"by": "anna"}})
    assert (part.status, part.amount, part.payment_intent) == ("succeeded", 500, intent)
    assert refunds.create(params={"payment_intent": intent}).amount == 2000
    with pytest.raises(InvalidRequestError) as refused:
        refunds.create(params={"payment_intent": intent})
    assert refused.value.code == "charge_already_refunded"
    listed = refunds.list(params={"payment_intent": intent}).data
    assert [refund.amount for refund in listed] == [2000, 500]
    assert refunds.retrieve(part.id).metadata["by"] == "anna"


def test_held_money_is_captured(desk: Desk) -> None:
    session = desk.sell(manual=True)
    desk.press(session, "authorized")
    held = desk.look(session).payment_intent
    assert held is not None
    assert not isinstance(held, str)
    assert (held.status, held.amount_capturable) == ("requires_capture", 2500)
    assert desk.client.v1.payment_intents.capture(held.id).amount_received == 2500


def test_one_idempotency_key_opens_one_session(desk: Desk) -> None:
    assert desk.sell("pay-1-attempt-1").id == desk.sell("pay-1-attempt-1").id


def test_what_is_unknown_is_missing_and_who_is_unknown_is_refused(desk: Desk) -> None:
    with pytest.raises(InvalidRequestError) as missing:
        desk.client.v1.checkout.sessions.retrieve("cs_test_nobody")
    assert (missing.value.code, missing.value.http_status) == ("resource_missing", 404)
    stranger = StripeClient("sk_live_stranger", base_addresses={"api": desk.address})
    with pytest.raises(AuthenticationError):
        stranger.v1.checkout.sessions.retrieve("cs_test_nobody")
