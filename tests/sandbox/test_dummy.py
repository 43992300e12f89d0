"""The test gateway's protocol, spoken from a shop's side over real HTTP."""

from __future__ import annotations

import hashlib
import hmac

import pytest
import requests

from tests.sandbox.stand import SHORT, Stand


def test_a_paid_session_is_captured_called_back_and_sent_home(stand: Stand) -> None:
    session = stand.dummy_session()
    back = stand.press(session["url"], "paid")
    assert back.status_code == 303
    assert back.headers["Location"] == f"{stand.shop.url}/back?x=1&session={session['id']}&result=paid"
    told = stand.shop.heard[0].json
    assert told["type"] == "session.updated"
    assert (told["status"], told["amount"], told["currency"]) == ("paid", "4990", "PLN")
    seen = stand.dummy("GET", f"/sessions/{session['id']}").json()
    assert (seen["status"], seen["captured"], seen["refunded"]) == ("paid", "4990", "0")
    assert seen["capture_id"] == told["capture_id"]


def test_a_callback_is_signed_over_time_and_raw_body(stand: Stand) -> None:
    stand.press(stand.dummy_session(description="Zamówienie ☕")["url"], "paid")
    heard = stand.shop.heard[0]
    secret = str(stand.credentials["dummy"]["secret"]).encode()
    stamp = heard.headers["X-Dummy-Timestamp"]
    proof = hmac.new(secret, stamp.encode() + b"." + heard.body, hashlib.sha256).hexdigest()
    assert heard.headers["X-Dummy-Signature"] == proof
    assert stamp == str(int(stand.clock[0]))


@pytest.mark.parametrize(
    ("outcome", "status", "result"),
    [("declined", "declined", "declined"), ("cancelled", "cancelled", "cancelled")],
)
def test_a_shopper_who_does_not_pay_moves_no_money(
    stand: Stand, outcome: str, status: str, result: str
) -> None:
    session = stand.dummy_session()
    back = stand.press(session["url"], outcome)
    assert back.headers["Location"].endswith(f"result={result}")
    assert stand.shop.heard[0].json["status"] == status
    assert "capture_id" not in stand.shop.heard[0].json
    assert stand.ledger()["captures"] == []


def test_the_same_key_answers_the_first_session(stand: Stand) -> None:
    first = stand.dummy_session()
    again = stand.dummy("POST", "/sessions", stand.dummy_wish(reference="other"))
    assert (again.status_code, again.json()) == (200, first)
    assert len(stand.ledger()["sessions"]) == 1


@pytest.mark.parametrize("lie", [{"secret": "x"}, {"at": 1_800_000_000 - 301}, {"at": 1_800_000_000 + 301}])
def test_a_bad_or_stale_signature_is_refused(stand: Stand, lie: dict[str, object]) -> None:
    answer = stand.dummy("POST", "/sessions", stand.dummy_wish(), **lie)
    assert answer.status_code == 403
    assert stand.ledger()["sessions"] == []


@pytest.mark.parametrize("seconds", [-300, 300])
def test_the_tolerance_includes_its_boundary(stand: Stand, seconds: int) -> None:
    answer = stand.dummy("POST", "/sessions", stand.dummy_wish(), at=int(stand.clock[0]) + seconds)
    assert answer.status_code == 201


def test_a_look_signs_path_and_query(stand: Stand) -> None:
    session = stand.dummy_session()
    assert stand.dummy("GET", "/sessions?reference=ref-1").json()["id"] == session["id"]
    assert stand.dummy("GET", "/sessions?reference=nobody").status_code == 404
    assert stand.dummy("GET", f"/sessions/{session['id']}", secret="wrong").status_code == 403


@pytest.mark.parametrize(
    "change",
    [{"amount": "0"}, {"amount": "49.90"}, {"amount": 4990}, {"key": ""}, {"callback_url": "javascript:x"}],
)
def test_an_incomplete_session_is_not_opened(stand: Stand, change: dict[str, object]) -> None:
    assert stand.dummy("POST", "/sessions", stand.dummy_wish(**change)).status_code == 400
    assert stand.ledger()["sessions"] == []


def test_a_refund_is_made_once_per_key_and_never_above_the_capture(stand: Stand) -> None:
    session = stand.dummy_session()
    stand.press(session["url"], "paid")
    path = f"/sessions/{session['id']}/refunds"
    first = stand.dummy("POST", path, {"key": "r1", "amount": "4000"})
    again = stand.dummy("POST", path, {"key": "r1", "amount": "4000"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["status"] == "done"
    assert again.json() == first.json() == stand.dummy("GET", "/refunds?key=r1").json()
    too_much = stand.dummy("POST", path, {"key": "r2", "amount": "991"}).json()
    assert (too_much["status"], too_much["amount"]) == ("refused", "991")
    assert stand.dummy("GET", f"/sessions/{session['id']}").json()["refunded"] == "4000"
    heard = [message.json for message in stand.shop.wait_for(3)]
    assert {(m["type"], m["refund"]["status"]) for m in heard[1:]} == {
        ("refund.updated", "done"),
        ("refund.updated", "refused"),
    }


def test_an_authorised_session_is_captured_in_part_once(stand: Stand) -> None:
    session = stand.dummy_session(capture="manual")
    stand.press(session["url"], "authorized")
    path = f"/sessions/{session['id']}/capture"
    taken = stand.dummy("POST", path, {"key": "c1", "amount": "1000"}).json()
    again = stand.dummy("POST", path, {"key": "c1", "amount": "1000"}).json()
    assert (taken["status"], taken["captured"]) == ("paid", "1000")
    assert again == taken
    assert [capture["amount"] for capture in stand.ledger()["captures"]] == [1000]
    assert [message["says"] for message in stand.ledger()["messages"]] == ["authorized", "paid"]
    assert stand.dummy("POST", path, {"key": "c2", "amount": "1000"}).status_code == 409


def test_no_more_is_captured_than_was_authorised(stand: Stand) -> None:
    session = stand.dummy_session(capture="manual")
    stand.press(session["url"], "authorized")
    path = f"/sessions/{session['id']}/capture"
    assert stand.dummy("POST", path, {"key": "c1", "amount": "4991"}).status_code == 409
    assert stand.dummy("GET", f"/sessions/{session['id']}").json()["status"] == "authorized"


def test_an_authorised_session_can_be_voided_and_then_not_captured(stand: Stand) -> None:
    session = stand.dummy_session(capture="manual")
    stand.press(session["url"], "authorized")
    for _ in range(2):
        voided = stand.dummy("POST", f"/sessions/{session['id']}/void", {"key": "v1", "amount": "4990"})
        assert voided.json()["status"] == "cancelled"
    captured = stand.dummy("POST", f"/sessions/{session['id']}/capture", {"key": "c", "amount": "1"})
    assert captured.status_code == 409


def test_nothing_open_is_captured_by_the_api(stand: Stand) -> None:
    session = stand.dummy_session()
    answer = stand.dummy("POST", f"/sessions/{session['id']}/capture", {"key": "c", "amount": "4990"})
    assert answer.status_code == 409
    assert stand.ledger()["captures"] == []


def test_an_answer_that_is_not_ok_is_repeated_until_it_is(stand: Stand) -> None:
    stand.shop.answers = [("no", 200), ("OK", 503)]
    stand.press(stand.dummy_session()["url"], "paid")
    bodies = {heard.body for heard in stand.shop.wait_for(3)}
    assert len(bodies) == 1
    stand.eventually(lambda: len(stand.ledger()["messages"][0]["deliveries"]) == 3)
    kept = stand.ledger()["messages"][0]["deliveries"]
    assert [(d["status"], d["accepted"]) for d in kept] == [(200, False), (503, False), (200, True)]


def test_a_redirect_is_no_receipt_and_is_not_followed(stand: Stand) -> None:
    stand.shop.answers = [("", 307, {"Location": f"{stand.shop.url}/elsewhere"})]
    stand.press(stand.dummy_session()["url"], "paid")
    assert {heard.path for heard in stand.shop.wait_for(2)} == {"callbacks/dummy"}


def test_a_session_has_no_page_under_another_id_or_gateway(stand: Stand) -> None:
    session = stand.dummy_session()["id"]
    for path in ("dummy/pay/ses_nothing", f"payu/pay/{session}"):
        assert requests.get(f"{stand.url}/{path}", timeout=SHORT).status_code == 404
