"""Every fault of the menu, once, seen from the shop's side."""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from typing import Any

import pytest
import requests

from adapters.sandbox.faults import ANSWER_FAULTS, CALLBACK_FAULTS
from tests.sandbox.stand import SHORT, Stand, a_stand

QUICK = 0.3


def pay(stand: Stand, **picked: Any) -> dict[str, Any]:
    session = stand.dummy_session()
    stand.press(session["url"], "paid", **picked)
    return session


def is_genuine(stand: Stand, heard: Any) -> bool:
    secret = str(stand.credentials["dummy"]["secret"]).encode()
    signed = heard.headers["X-Dummy-Timestamp"].encode() + b"." + heard.body
    proof = hmac.new(secret, signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(proof, heard.headers["X-Dummy-Signature"])


def test_duplicate_sends_the_same_bytes_twice(stand: Stand) -> None:
    pay(stand, fault="duplicate")
    first, second = stand.shop.wait_for(2)
    assert first.body == second.body


def test_late_lets_the_shopper_home_first(stand: Stand) -> None:
    stand.arm("dummy", "late", seconds=0.3)
    pay(stand)
    assert stand.shop.heard == []
    assert stand.shop.wait_for(1)[0].json["status"] == "paid"


def test_reordered_tells_an_older_status_afterwards(stand: Stand) -> None:
    stand.arm("dummy", "reordered", older=["authorized", "pending"])
    pay(stand)
    assert [heard.json["status"] for heard in stand.shop.wait_for(3)] == ["paid", "authorized", "pending"]
    assert stand.ledger()["sessions"][0]["status"] == "paid"


def test_lost_is_kept_but_never_sent_until_someone_delivers_it(stand: Stand) -> None:
    pay(stand, fault="lost")
    time.sleep(0.1)
    assert stand.shop.heard == []
    (message,) = stand.ledger()["messages"]
    assert message["lost"]
    told = stand.back("dummy", "_deliver", message=message["id"]).json()
    assert (told["status"], told["body"], told["accepted"]) == (200, "OK", True)
    assert stand.shop.heard[0].json["status"] == "paid"


def test_wrong_amount_and_currency_bend_the_message_not_the_ledger(stand: Stand) -> None:
    pay(stand, fault=["wrong_amount", "wrong_currency"], delta="-1")
    heard = stand.shop.heard[0]
    assert (heard.json["amount"], heard.json["currency"]) == ("4989", "XTS")
    assert is_genuine(stand, heard)
    assert stand.ledger()["sessions"][0]["amount"] == 4990


def test_forged_is_signed_with_a_wrong_key_and_not_repeated(stand: Stand) -> None:
    stand.shop.answers = [("no", 403)]
    pay(stand, fault="forged")
    time.sleep(0.3)
    (heard,) = stand.shop.heard
    assert not is_genuine(stand, heard)


def test_forged_payu_notifications_carry_another_signature(stand: Stand) -> None:
    stand.arm("payu", "forged")
    stand.press(stand.payu_order()["redirectUri"], "paid")
    heard = stand.shop.heard[0]
    key = str(stand.credentials["payu"]["second_key"]).encode()
    true = hashlib.md5(heard.body + key, usedforsecurity=False).hexdigest()
    assert true not in next(v for n, v in heard.headers.items() if n.lower() == "openpayu-signature")


def test_hang_never_acts(stand: Stand) -> None:
    stand.arm("dummy", "hang")
    with pytest.raises(requests.Timeout):
        stand.dummy("POST", "/sessions", stand.dummy_wish(), timeout=QUICK)
    assert stand.ledger()["sessions"] == []


def test_act_then_hang_acts_once_and_the_key_finds_it_again(stand: Stand) -> None:
    stand.arm("dummy", "act_then_hang")
    with pytest.raises(requests.Timeout):
        stand.dummy("POST", "/sessions", stand.dummy_wish(), timeout=QUICK)
    (session,) = stand.ledger()["sessions"]
    again = stand.dummy("POST", "/sessions", stand.dummy_wish())
    assert (again.status_code, again.json()["id"]) == (200, session["id"])


@pytest.mark.parametrize("size", [10, 1_000_000])
def test_a_hanging_line_is_dropped_without_an_answer(stand: Stand, size: int) -> None:
    stand.arm("dummy", "hang", seconds=0.05)
    with pytest.raises(requests.ConnectionError):
        stand.dummy("POST", "/sessions", stand.dummy_wish(description="x" * size))


def test_a_payu_refund_that_hung_was_made_once(stand: Stand) -> None:
    order = stand.payu_order()
    stand.press(order["redirectUri"], "paid")
    stand.arm("payu", "act_then_hang", on="refund")
    wish = {"refund": {"description": "Back", "amount": "45", "extRefundId": "r1"}}
    with pytest.raises(requests.Timeout):
        stand.payu("POST", f"/{order['orderId']}/refunds", wish, timeout=QUICK)
    assert stand.payu("POST", f"/{order['orderId']}/refunds", wish).status_code == 200
    assert [refund["amount"] for refund in stand.ledger()["refunds"]] == [45]


def test_status_5xx_fails_as_often_as_told_and_does_nothing(stand: Stand) -> None:
    stand.arm("dummy", "status_5xx", times=2, status=502)
    codes = [stand.dummy("POST", "/sessions", stand.dummy_wish()).status_code for _ in range(3)]
    assert codes == [502, 502, 201]


@pytest.mark.parametrize("form", ["html", "truncated", "empty"])
def test_garbage_is_a_200_that_is_not_json_though_the_session_exists(stand: Stand, form: str) -> None:
    stand.arm("dummy", "garbage", form=form)
    answer = stand.dummy("POST", "/sessions", stand.dummy_wish())
    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    assert len(stand.ledger()["sessions"]) == 1


def test_garbage_can_be_a_reset_in_mid_answer(stand: Stand) -> None:
    stand.arm("dummy", "garbage", form="reset")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        stand.dummy("POST", "/sessions", stand.dummy_wish())
    assert len(stand.ledger()["sessions"]) == 1


def test_slow_drip_sends_bytes_but_no_answer_in_time(stand: Stand) -> None:
    stand.arm("dummy", "slow_drip", pause=0.1)
    started = time.monotonic()
    answer = stand.dummy("POST", "/sessions", stand.dummy_wish(), stream=True, timeout=QUICK)
    pieces = answer.iter_content(1)
    first = [next(pieces) for _ in range(4)]
    answer.close()
    assert b"".join(first).startswith(b"{")
    assert time.monotonic() - started >= 0.3


def test_redirect_elsewhere_points_to_another_host_and_does_nothing(stand: Stand) -> None:
    stand.arm("payu", "redirect_elsewhere", location="http://127.0.0.1:9/x")
    answer = stand.payu("POST", "", stand.payu_wish())
    assert (answer.status_code, answer.headers["Location"], answer.text) == (302, "http://127.0.0.1:9/x", "")
    assert stand.ledger()["sessions"] == []


def test_foreign_page_answers_an_address_of_another_host(stand: Stand) -> None:
    stand.arm("dummy", "foreign_page", location="http://evil.example/pay")
    assert stand.dummy_session()["url"] == "http://evil.example/pay"


def test_unauthorized_once_forgets_the_tokens_and_a_new_one_works(stand: Stand) -> None:
    old = stand.token().json()["access_token"]
    stand.arm("payu", "unauthorized_once")
    assert stand.payu("POST", "", stand.payu_wish(), token=old).status_code == 401
    assert stand.payu("POST", "", stand.payu_wish(), token=old).status_code == 401
    assert stand.payu("POST", "", stand.payu_wish()).status_code == 302


def test_unauthorized_always_stays_until_it_is_cleared(stand: Stand) -> None:
    stand.arm("payu", "unauthorized_always")
    assert [stand.payu("POST", "", stand.payu_wish()).status_code for _ in range(3)] == [401] * 3
    listed = requests.get(f"{stand.url}/payu/_faults", timeout=SHORT).json()
    assert [(fault["kind"], fault["times"]) for fault in listed] == [("unauthorized_always", None)]
    assert requests.delete(f"{stand.url}/payu/_faults", timeout=SHORT).status_code == 204
    assert stand.payu("POST", "", stand.payu_wish()).status_code == 302


def test_throttled_says_when_to_come_back(stand: Stand) -> None:
    stand.arm("dummy", "throttled", on="look", seconds=7)
    answer = stand.dummy("GET", "/sessions/any")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert stand.dummy("GET", "/sessions/any").status_code == 404


def test_callback_before_answer_calls_inside_the_create(stand: Stand) -> None:
    stand.arm("payu", "callback_before_answer")
    order = stand.payu_order()
    assert stand.shop.heard[0].json["order"]["status"] == "COMPLETED"
    assert stand.shop.heard[0].json["order"]["orderId"] == order["orderId"]


@pytest.mark.parametrize(
    ("kind", "more", "expected"),
    [
        ("wrong_amount", {"delta": 5}, ("4995", "PLN")),
        ("wrong_currency", {"currency": "EUR"}, ("4990", "EUR")),
    ],
)
def test_a_look_can_lie(stand: Stand, kind: str, more: dict[str, Any], expected: tuple[str, str]) -> None:
    session = stand.dummy_session()
    stand.arm("dummy", kind, on="look", **more)
    lie, truth = (stand.dummy("GET", f"/sessions/{session['id']}").json() for _ in range(2))
    assert (lie["amount"], lie["currency"]) == expected
    assert (truth["amount"], truth["currency"]) == ("4990", "PLN")


def test_refund_refused_is_accepted_first_and_canceled_later(stand: Stand) -> None:
    order = stand.payu_order()
    stand.press(order["redirectUri"], "paid")
    stand.arm("payu", "refund_refused")
    wish = {"refund": {"description": "Back", "amount": "45", "extRefundId": "r1"}}
    made = stand.payu("POST", f"/{order['orderId']}/refunds", wish).json()["refund"]
    assert made["status"] == "PENDING"
    assert stand.shop.wait_for(2)[1].json["refund"]["status"] == "CANCELED"
    assert stand.ledger()["sessions"][0]["refunded"] == 0


def test_a_token_endpoint_can_fail_too_and_every_call_is_counted(stand: Stand) -> None:
    stand.arm("payu", "status_5xx", on="token")
    assert [stand.token().status_code for _ in range(2)] == [503, 200]
    calls = [entry["detail"] for entry in stand.ledger()["entries"] if entry["what"] == "call"]
    assert calls == ["token status_5xx", "token"]


@pytest.mark.parametrize(
    "wish",
    [
        {"kind": "flood"},
        {"kind": "lost", "on": "create"},
        {"kind": "hang", "on": "callback"},
        {"kind": "hang", "on": "nowhere"},
        {"kind": "callback_before_answer", "on": "look"},
        {"kind": "hang", "times": 0},
        {"kind": ["hang"]},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(stand: Stand, wish: dict[str, Any]) -> None:
    assert stand.back("dummy", "_faults", **wish).status_code == 400
    assert requests.get(f"{stand.url}/dummy/_faults", timeout=SHORT).json() == []


@pytest.mark.parametrize("kind", sorted({*ANSWER_FAULTS, *CALLBACK_FAULTS}))
def test_every_kind_can_be_armed_from_the_front_page(stand: Stand, kind: str) -> None:
    form = {"kind": kind, "on": ""}
    answer = requests.post(f"{stand.url}/dummy/_faults", data=form, timeout=SHORT)
    assert answer.status_code == 200
    assert [f["kind"] for f in requests.get(f"{stand.url}/dummy/_faults", timeout=SHORT).json()] == [kind]


def test_a_fault_of_one_gateway_leaves_the_others_alone(stand: Stand) -> None:
    stand.arm("payu", "status_5xx", times=None)
    assert stand.dummy_session()["id"]
    assert stand.payu("POST", "", stand.payu_wish()).status_code == 503


def test_stopping_ends_what_hangs_and_what_waits() -> None:
    before = set(threading.enumerate())
    with a_stand() as stand:
        stand.arm("dummy", "hang")
        with pytest.raises(requests.Timeout):
            stand.dummy("POST", "/sessions", stand.dummy_wish(), timeout=QUICK)
        stand.arm("dummy", "late", seconds=60)
        pay(stand)
        assert set(threading.enumerate()) - before
    stand.eventually(lambda: not set(threading.enumerate()) - before)
