"""The sandbox's PayParts, spoken to as a shop's side would, with the sheet's own signatures."""

from __future__ import annotations

import base64
import hashlib
import json
from decimal import Decimal
from typing import Any

import pytest
import requests

from adapters.sandbox.payparts_wire import BadRequest, Wish, kopecks_of, sign
from tests.sandbox.stand import SHORT, Stand

PASSWORD, STORE, ORDER = "pw-3f1c9a77d2", "DEMO0STORE0000000001", "ORDER-1001"
OURS = {"storeId": STORE, "orderId": ORDER}
EXAMPLE_1 = {
    **OURS,
    "amount": 400.00,
    "partsCount": 6,
    "merchantType": "PP",
    "products": [
        {"name": "Телевизор", "count": 2, "price": 100.00},
        {"name": "Микроволновка", "count": 1, "price": 200.00},
    ],
    "responseUrl": "https://shop.example/pp/response",
    "redirectUrl": "https://shop.example/pp/return",
    "signature": "WnhGkCrrs0A2lDokUjM1J8INXEk=",
}


def signature(*values: str) -> str:
    text = PASSWORD + "".join(values) + PASSWORD
    return base64.b64encode(hashlib.sha1(text.encode(), usedforsecurity=False).digest()).decode()


def say(stand: Stand, path: str, wish: dict[str, Any]) -> dict[str, Any]:
    answer = requests.post(f"{stand.url}/payparts/payment/{path}", json=wish, timeout=SHORT)
    assert answer.status_code == 200
    told: dict[str, Any] = json.loads(answer.content)
    return told


def opened(stand: Stand, path: str = "create") -> str:
    """The token of a payment of 400.00 whose callback goes to the shop."""
    back = f"{stand.shop.url}/cb"
    goods = ("Телевизор", "210000", "Микроволновка", "120000")
    proof = signature(STORE, ORDER, "40000", "6", "PP", back, "", *goods)
    wish = {**EXAMPLE_1, "responseUrl": back, "signature": proof}
    del wish["redirectUrl"]
    return str(say(stand, path, wish)["token"])


@pytest.mark.parametrize("path", ["create", "create/", "hold"])
def test_example_1_opens_a_payment_and_is_answered_as_example_2(stand: Stand, path: str) -> None:
    told = say(stand, path, EXAMPLE_1)
    assert told["signature"] == signature("SUCCESS", STORE, ORDER, told["token"])
    page = requests.get(f"{stand.url}/payparts/payment", params={"token": told["token"]}, timeout=SHORT)
    assert page.url == f"{stand.url}/payparts/pay/{told['token']}"
    assert "400.00 UAH" in page.text


def test_the_sheets_examples_are_signed_so() -> None:
    token = "C7C09327B608A1AA4C13ACFB"
    assert sign(PASSWORD, "SUCCESS", STORE, ORDER, token) == "+fOastamQofHivxnMApcNO8ruG8="
    refusal = "bad value: orderId already exists"
    assert sign(PASSWORD, "FAIL", STORE, ORDER, refusal) == "LLPLNQI0Yd0hBqu3DnkUCy0f3m0="
    assert sign(PASSWORD, STORE, ORDER, "SUCCESS", "Договор 12345") == "IDxW6tjt41YhHiVqpRGbOcOn/jk="
    assert sign(PASSWORD, "SUCCESS", STORE, ORDER, "LOCKED", "") == "7j+5TU3LZHBe4iR9Nntsgs5tCsg="


def test_example_4_and_5_are_asked_of_a_paid_order(stand: Stand) -> None:
    stand.press(f"{stand.url}/payparts/pay/{opened(stand)}", "paid")
    question = {**OURS, "signature": "lqlKPR/CDRci1+OIAmSCaT0NFXk=", "showAmount": "true"}
    told = say(stand, "state", question)
    assert (told["paymentState"], told["amount"]) == ("SUCCESS", 400.00)
    assert told["signature"] == signature("SUCCESS", STORE, ORDER, "SUCCESS")
    back = {**OURS, "amount": 301.00, "signature": "tzZHbxP9MQFSB5kDZkli/cLx5d8="}
    assert say(stand, "decline", back)["state"] == "SUCCESS"
    refused = say(stand, "decline", back)
    assert (refused["state"], refused["signature"]) == (
        "FAIL",
        signature("FAIL", STORE, ORDER, refused["message"]),
    )
    assert [refund["amount"] for refund in stand.ledger()["refunds"]] == [30100]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"signature": "x"}, "Wrong signature"),
        ({"amount": 400.01}, "do not add up"),
        ({"partsCount": 1}, "partsCount"),
        ({"partsCount": 26}, "partsCount"),
        ({"merchantType": "XX"}, "merchantType"),
        ({"products": []}, "products"),
        ({"amount": "400.00"}, "amount"),
        ({"responseUrl": "javascript:1"}, "responseUrl"),
        ({"storeId": "nobody"}, "Store not found"),
        ({"orderId": "x" * 51}, "orderId"),
        ({"amount": -1}, "amount"),
    ],
)
def test_a_wrong_payment_is_refused_by_name(stand: Stand, change: dict[str, Any], words: str) -> None:
    told = say(stand, "create", {**EXAMPLE_1, **change})
    assert told["state"] == "FAIL"
    assert words in told.get("message", told.get("errorMessage"))
    assert not stand.ledger()["sessions"]


def test_an_order_id_opens_one_payment_only(stand: Stand) -> None:
    say(stand, "create", EXAMPLE_1)
    told = say(stand, "create", EXAMPLE_1)
    assert told["message"] == "bad value: orderId already exists"
    assert told["signature"] == "LLPLNQI0Yd0hBqu3DnkUCy0f3m0="


def test_a_payment_is_within_the_banks_bounds(stand: Stand) -> None:
    assert stand.back("payparts", "_settings", minimum=40_001).status_code == 200
    assert "bounds" in say(stand, "create", EXAMPLE_1)["message"]


def test_a_hold_is_locked_by_its_shopper_and_taken_by_its_shop(stand: Stand) -> None:
    token = opened(stand, "hold")
    page = requests.get(f"{stand.url}/payparts/pay/{token}", timeout=SHORT).text
    assert 'value="authorized"' in page
    assert 'value="paid"' not in page
    question = {**OURS, "signature": signature(STORE, ORDER)}
    assert say(stand, "confirm", question)["message"] == "the payment is CREATED"
    stand.press(f"{stand.url}/payparts/pay/{token}", "authorized")
    (heard,) = stand.shop.wait_for(1)
    assert heard.json["paymentState"] == "LOCKED"
    told = say(stand, "confirm", question)
    assert (told["state"], told["signature"]) == ("SUCCESS", signature(STORE, ORDER))
    assert say(stand, "state", question)["paymentState"] == "SUCCESS"
    assert say(stand, "cancel", question)["state"] == "FAIL"


@pytest.mark.parametrize(
    ("outcome", "word"), [("paid", "SUCCESS"), ("declined", "FAIL"), ("cancelled", "CANCELED")]
)
def test_a_decision_is_told_signed_and_without_an_amount(stand: Stand, outcome: str, word: str) -> None:
    stand.press(f"{stand.url}/payparts/pay/{opened(stand)}", outcome)
    (heard,) = stand.shop.wait_for(1)
    told = heard.json
    assert heard.headers["Content-Type"] == "application/json; charset=UTF-8"
    assert set(told) == {"storeId", "orderId", "paymentState", "message", "signature"}
    assert (told["paymentState"], told["orderId"]) == (word, ORDER)
    assert told["signature"] == signature(STORE, ORDER, word, told["message"])


def test_an_order_nobody_made_is_not_found(stand: Stand) -> None:
    told = say(stand, "state", {**OURS, "signature": signature(STORE, ORDER)})
    assert (told["state"], told["message"]) == ("FAIL", "Платеж не найден")


@pytest.mark.parametrize(("value", "kopecks"), [("301", 30100), ("0.01", 1), ("4.355", 436)])
def test_kopecks_are_rounded_half_up_and_keep_their_zeros(value: str, kopecks: int) -> None:
    wish = Wish({}, STORE, ORDER)
    assert kopecks_of(Decimal(value), wish) == (kopecks, str(kopecks).rjust(3, "0"))
    for wrong in (True, "1", None, Decimal("0.001"), Decimal("1e999999")):
        with pytest.raises(BadRequest):
            kopecks_of(wrong, wish)
