"""The sandbox as a whole: its pages, its handles, and where it refuses to run."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
import requests

from adapters.sandbox import create_sandbox, credentials
from adapters.sandbox.dummy import Dummy
from adapters.sandbox.ledger import Session
from adapters.sandbox.player import WayBack
from tests.sandbox.stand import SHORT, Stand, a_stand


@pytest.mark.parametrize("environment", ["live", "production", "LIVE"])
def test_it_refuses_to_be_built_in_a_live_environment(environment: str) -> None:
    with pytest.raises(RuntimeError, match="environment") as refusal:
        create_sandbox(environment=environment)
    assert "\n" not in str(refusal.value)


def test_credentials_name_an_adapter_and_an_address_for_each_gateway() -> None:
    blocks = credentials("http://127.0.0.1:9000/")
    assert {code: block["base_url"] for code, block in blocks.items()} == {
        "dotpay": "http://127.0.0.1:9000/dotpay",
        "dummy": "http://127.0.0.1:9000/dummy",
        "ogone": "http://127.0.0.1:9000/ogone",
        "moip": "http://127.0.0.1:9000/moip",
        "paymill": "http://127.0.0.1:9000/paymill",
        "payparts": "http://127.0.0.1:9000/payparts",
        "paypal": "http://127.0.0.1:9000/paypal",
        "payu": "http://127.0.0.1:9000/payu",
        "przelewy24": "http://127.0.0.1:9000/przelewy24",
        "stripe": "http://127.0.0.1:9000/stripe",
        "tpay": "http://127.0.0.1:9000/tpay",
        "webpay": "http://127.0.0.1:9000/webpay",
    }
    assert set(blocks["payu"]) == {
        "adapter",
        "pos_id",
        "client_id",
        "client_secret",
        "second_key",
        "base_url",
    }
    assert set(blocks["dummy"]) == {"adapter", "secret", "base_url"}


def test_the_front_page_lists_sessions_with_amount_and_state(stand: Stand) -> None:
    session = stand.dummy_session(description="<b>Mug</b>", amount="4990", currency="JPY")
    order = stand.payu_order()
    stand.press(order["redirectUri"], "paid")
    page = requests.get(stand.url, timeout=SHORT).text
    assert "4990 JPY" in page
    assert "123.45 PLN" in page
    assert "no money moves" in page
    assert f"/dummy/pay/{session['id']}" in page
    assert "&lt;b&gt;Mug" in page


def test_pages_forbid_scripts_frames_and_caching(stand: Stand) -> None:
    answer = requests.get(stand.dummy_session()["url"], timeout=SHORT)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "<script" not in answer.text


def test_the_payment_page_offers_what_is_possible_now(stand: Stand) -> None:
    session = stand.dummy_session()
    page = requests.get(session["url"], timeout=SHORT).text
    assert [word for word in ("Pay</", "Decline", "Cancel", "Pay later", "Authorise") if word in page] == [
        "Pay</",
        "Decline",
        "Cancel",
        "Pay later",
    ]
    stand.press(session["url"], "paid")
    page = requests.get(session["url"], timeout=SHORT).text
    assert "<button" not in page
    assert "Back to the shop" in page


def test_pressing_pay_twice_moves_money_once_and_calls_once(stand: Stand) -> None:
    session = stand.dummy_session()
    gate = threading.Barrier(8)

    def press() -> None:
        gate.wait()
        stand.press(session["url"], "paid")

    presses = [threading.Thread(target=press) for _ in range(8)]
    for thread in presses:
        thread.start()
    for thread in presses:
        thread.join()
    ledger = stand.ledger()
    assert len(ledger["captures"]) == 1
    assert len(ledger["messages"]) == len(stand.shop.heard) == 1


def test_the_same_key_opens_one_session_when_asked_at_once(stand: Stand) -> None:
    gate = threading.Barrier(8)

    def create() -> None:
        gate.wait()
        stand.dummy("POST", "/sessions", stand.dummy_wish())

    calls = [threading.Thread(target=create) for _ in range(8)]
    for thread in calls:
        thread.start()
    for thread in calls:
        thread.join()
    assert len(stand.ledger()["sessions"]) == 1


def test_pay_later_returns_pending_and_pays_after_a_while(stand: Stand) -> None:
    session = stand.dummy_session()
    back = stand.press(session["url"], "pending", after="0")
    assert back.headers["Location"].endswith("result=pending")
    assert stand.shop.wait_for(1)[0].json["status"] == "paid"
    assert stand.dummy("GET", f"/sessions/{session['id']}").json()["status"] == "paid"


@pytest.mark.parametrize("status", ["paid", "declined"])
def test_pay_later_without_a_time_waits_for_the_front_page(stand: Stand, status: str) -> None:
    session = stand.dummy_session()
    stand.press(session["url"], "pending", after="")
    assert stand.dummy("GET", f"/sessions/{session['id']}").json()["status"] == "pending"
    form = {"session": session["id"], "as": status}
    answer = requests.post(f"{stand.url}/dummy/_finish", data=form, timeout=SHORT, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert stand.shop.heard[0].json["status"] == status


def test_finish_takes_faults_and_refuses_what_cannot_be(stand: Stand) -> None:
    session = stand.dummy_session()["id"]
    faults = ["duplicate", {"kind": "wrong_amount", "delta": 7}]
    done = stand.back("dummy", "_finish", session=session, faults=faults, **{"as": "paid"})
    assert (done.status_code, done.json()["captured"]) == (200, 4990)
    assert [heard.json["amount"] for heard in stand.shop.wait_for(2)] == ["4997", "4997"]
    assert stand.back("dummy", "_finish", session=session, **{"as": "declined"}).status_code == 409
    assert stand.back("dummy", "_finish", session="nobody").status_code == 404
    other = stand.dummy_session(key="k2")["id"]
    assert stand.back("dummy", "_finish", session=other, faults=["flood"]).status_code == 400


def test_a_claim_may_lie_without_touching_the_ledger(stand: Stand) -> None:
    session = stand.payu_order()["orderId"]
    claim = {"status": "paid", "amount": 1, "currency": "EUR", "reference": "another"}
    told = stand.back("payu", "_deliver", session=session, claim=claim).json()
    assert (told["status"], told["accepted"]) == (200, True)
    heard = stand.shop.heard[0].json["order"]
    assert (heard["status"], heard["totalAmount"], heard["currencyCode"], heard["extOrderId"]) == (
        "COMPLETED",
        "1",
        "EUR",
        "another",
    )
    assert stand.payu_status(session) == "NEW"
    sneezed = stand.back("payu", "_deliver", session=session, claim={"status": "SNEEZED"})
    assert sneezed.status_code == 200
    assert stand.shop.heard[1].json["order"]["status"] == "SNEEZED"


def test_delivering_again_returns_what_the_shop_answered(stand: Stand) -> None:
    stand.press(stand.dummy_session()["url"], "paid")
    (message,) = stand.ledger()["messages"]
    stand.shop.answers = [("busy", 503)]
    told = stand.back("dummy", "_deliver", message=message["id"]).json()
    assert (told["status"], told["body"], told["accepted"]) == (503, "busy", False)
    assert stand.shop.heard[0].body == stand.shop.heard[1].body
    assert stand.back("payu", "_deliver", message=message["id"]).status_code == 404


def test_a_shop_that_is_down_is_written_down(stand: Stand) -> None:
    session = stand.dummy_session(callback_url="http://127.0.0.1:9/cb")
    stand.press(session["url"], "paid")
    first = stand.ledger()["messages"][0]["deliveries"][0]
    assert (first["status"], first["error"]) == (None, "ConnectionError")


def test_unknown_settings_are_refused(stand: Stand) -> None:
    assert stand.back("payu", "_settings", colour="red").status_code == 400
    assert requests.get(f"{stand.url}/payu/_settings", timeout=SHORT).json()["algorithm"] == "MD5"


class Posting(Dummy):
    """A gateway that sends the shopper home by a form."""

    code: ClassVar[str] = "posting"
    settings: ClassVar[Mapping[str, Any]] = {**Dummy.settings}

    def way_back(self, session: Session) -> WayBack:
        return WayBack(session.return_url, {"status": session.status})


def test_a_gateway_may_send_the_shopper_home_by_a_form() -> None:
    with a_stand(players=[Dummy, Posting]) as stand:
        session = stand.dummy_session()
        moved = stand.ledger()["sessions"][0]
        assert moved["gateway"] == "dummy"
        stand.credentials["dummy"]["base_url"] = f"{stand.url}/posting"
        session = stand.dummy_session()
        page = stand.press(session["url"], "paid")
        assert page.status_code == 200
        assert f'action="{stand.shop.url}/back?x=1"' in page.text
        assert '<input type="hidden" name="status" value="paid">' in page.text
