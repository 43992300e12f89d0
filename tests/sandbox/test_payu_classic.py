"""PayU's classic API as its sheet tells it (section 11), spoken from a shop's side over real HTTP."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests

from adapters.sandbox.payu_classic import KEY1, KEY2, POS_AUTH_KEY, POS_ID, STATUSES
from tests.sandbox.stand import SHORT, Stand

SIGNED = ("pos_id", "pay_type", "session_id", "pos_auth_key", "amount", "desc", "order_id", "client_ip", "ts")
"""The fields of the form below, in the order of the recipe."""


def md5(*parts: str) -> str:
    return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest()


def form(**changes: str) -> dict[str, str]:
    fields = {
        "pos_id": POS_ID,
        "pos_auth_key": POS_AUTH_KEY,
        "session_id": "77:1400000000.0",
        "amount": "1999",
        "desc": "Zamówienie 77",
        "order_id": "77",
        "client_ip": "203.0.113.7",
        "pay_type": "t",
        "ts": "1400000001.5",
        **changes,
    }
    fields.setdefault("sig", md5(*(fields[name] for name in SIGNED), KEY1))
    return fields


def opened(stand: Stand, **changes: str) -> str:
    """The page of a new payment."""
    url = f"{stand.url}/payu/paygw/UTF/NewPayment"
    answer = requests.post(url, data=form(**changes), timeout=SHORT, allow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def said(stand: Stand, act: str, session: str = "77:1400000000.0", **changes: str) -> dict[str, str]:
    """The lines of an answer."""
    asked = {"pos_id": POS_ID, "session_id": session, "ts": "1400000002", **changes}
    asked.setdefault("sig", md5(asked["pos_id"], session, asked["ts"], KEY1))
    answer = requests.post(f"{stand.url}/payu/paygw/UTF/Payment/{act}/txt", data=asked, timeout=SHORT)
    assert answer.status_code == 200
    return dict(line.split(":", 1) for line in answer.text.splitlines())


def test_a_paid_transaction_is_told_in_signed_lines(stand: Stand) -> None:
    stand.press(opened(stand), "paid")
    told = said(stand, "get")
    assert (told["status"], told["trans_status"], told["trans_amount"]) == ("OK", "99", "1999")
    assert (told["trans_session_id"], told["trans_desc"]) == ("77:1400000000.0", "Zamówienie 77")
    covered = ("pos_id", "session_id", "order_id", "status", "amount", "desc", "ts")
    assert told["trans_sig"] == md5(*(told[f"trans_{name}"] for name in covered), KEY2)


@pytest.mark.parametrize("outcome", ["declined", "pending", "cancelled"])
def test_every_outcome_has_its_number(stand: Stand, outcome: str) -> None:
    page = opened(stand)
    assert said(stand, "get")["trans_status"] == "1"
    stand.press(page, outcome)
    assert said(stand, "get")["trans_status"] == STATUSES[outcome] != "99"


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"pos_id": "1"}, "100"),
        ({"pos_auth_key": "x"}, "209"),
        ({"session_id": ""}, "101"),
        ({"desc": ""}, "104"),
        ({"client_ip": ""}, "105"),
        ({"amount": "19.99"}, "111"),
        ({"amount": "0"}, "111"),
        ({"sig": "0" * 32}, "103"),
        ({"sig": ""}, "103"),
    ],
)
def test_a_bad_form_opens_nothing(stand: Stand, changes: dict[str, str], number: str) -> None:
    url = f"{stand.url}/payu/paygw/UTF/NewPayment"
    answer = requests.post(url, data=form(**changes), timeout=SHORT)
    assert (answer.status_code, f"error_nr:{number}\n" in answer.text) == (400, True)
    assert stand.ledger()["sessions"] == []


def test_the_form_may_come_by_get_and_the_same_session_is_one_payment(stand: Stand) -> None:
    page = opened(stand)
    url = f"{stand.url}/payu/paygw/UTF/NewPayment"
    again = requests.get(url, params=form(), timeout=SHORT, allow_redirects=False)
    assert again.headers["Location"] == page
    assert len(stand.ledger()["sessions"]) == 1


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"session": "nobody"}, "500"),
        ({"pos_id": "1"}, "100"),
        ({"sig": "0" * 32}, "103"),
        ({"ts": ""}, "103"),
    ],
)
@pytest.mark.parametrize("act", ["get", "confirm", "cancel"])
def test_a_question_that_is_not_ours_is_an_error(
    stand: Stand, act: str, changes: dict[str, Any], number: str
) -> None:
    stand.press(opened(stand), "paid")
    told = said(stand, act, **changes)
    assert (told["status"], told["error_nr"]) == ("ERROR", number)


def test_without_automatic_receipt_money_waits_to_be_confirmed_once(stand: Stand) -> None:
    stand.back("payu", "_settings", manual_capture=True)
    page = opened(stand)
    assert said(stand, "confirm")["error_nr"] == "599"
    stand.press(page, "paid")
    assert said(stand, "get")["trans_status"] == "1"
    stand.press(page, "authorized")
    assert said(stand, "get")["trans_status"] == "5"
    told = said(stand, "confirm")
    assert told["trans_sig"] == md5(POS_ID, "77:1400000000.0", told["trans_ts"], KEY2)
    assert said(stand, "get")["trans_status"] == "99"
    assert said(stand, "confirm")["error_nr"] == "506"
    assert said(stand, "cancel")["error_nr"] == "599"
    assert len(stand.ledger()["captures"]) == 1


def test_money_that_waits_can_be_let_go(stand: Stand) -> None:
    stand.back("payu", "_settings", manual_capture=True)
    stand.press(opened(stand), "authorized")
    assert said(stand, "cancel")["status"] == "OK"
    assert said(stand, "get")["trans_status"] == "2"
    assert stand.ledger()["captures"] == []


@pytest.mark.parametrize("faults", [[], ["forged"]])
def test_a_report_says_whom_to_ask_about_and_nothing_more(stand: Stand, faults: list[str]) -> None:
    stand.back("payu", "_settings", webhook_url=f"{stand.shop.url}/callbacks/payu")
    for kind in faults:
        stand.arm("payu", kind)
    home = stand.press(opened(stand), "paid")
    fields = dict(parse_qsl(stand.shop.wait_for(1)[0].body.decode()))
    proof = md5(fields["pos_id"], fields["session_id"], fields["ts"], KEY2)
    assert (fields.pop("sig") == proof) is not bool(faults)
    assert set(fields) == {"pos_id", "session_id", "ts"}
    assert home.headers["Location"] == f"{stand.shop.url}/returns/payu/77"


def test_of_a_refund_in_the_panel_nobody_is_told(stand: Stand) -> None:
    stand.back("payu", "_settings", webhook_url=f"{stand.shop.url}/callbacks/payu")
    stand.press(opened(stand), "paid")
    stand.shop.wait_for(1)
    (session,) = stand.ledger()["sessions"]
    assert stand.back("payu", "_panel/refund", session=session["id"], amount="100").status_code == 201
    assert said(stand, "get")["trans_status"] == "99"
    assert len(stand.ledger()["messages"]) == 1
