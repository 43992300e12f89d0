"""Transbank's own Python client pays, is declined, captures and refunds in our sandbox.

It was told the sandbox's address and keys, nothing else. It has no setting for an address, so the one
function that knows Transbank's hosts is replaced.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from transbank.common import request_service
from transbank.common.integration_type import IntegrationType
from transbank.common.options import WebpayOptions
from transbank.error.transaction_commit_error import TransactionCommitError
from transbank.error.transbank_error import TransbankError
from transbank.webpay.webpay_plus.transaction import Transaction

from adapters.sandbox import create_sandbox, credentials, serve_in_thread
from tests.interop.programs import SOON

DEFERRED = "597055555540"
BACK = "https://shop.example/r"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    url, stop = serve_in_thread(create_sandbox(retry_delays=()))
    yield url
    stop()


def client(sandbox: str, monkeypatch: pytest.MonkeyPatch, commerce_code: str = "") -> Transaction:
    block = credentials(sandbox)["webpay"]
    monkeypatch.setattr(request_service, "webpay_host", lambda integration: str(block["base_url"]))
    code = commerce_code or str(block["commerce_code"])
    return Transaction(WebpayOptions(code, str(block["api_key"]), IntegrationType.TEST))


@pytest.fixture
def webpay(sandbox: str, monkeypatch: pytest.MonkeyPatch) -> Transaction:
    return client(sandbox, monkeypatch)


def chosen(created: dict[str, Any], outcome: str) -> str:
    """Where the shopper's browser goes after posting the token and pressing a button."""
    page = requests.post(created["url"], data={"token_ws": created["token"]}, timeout=SOON)
    assert page.ok, page.text
    answer = requests.post(page.url, data={"outcome": outcome}, timeout=SOON, allow_redirects=False)
    return answer.headers.get("Location", "")


def paid(webpay: Transaction, outcome: str = "authorized") -> dict[str, Any]:
    created = webpay.create("order-1", "sess-1", 10000, BACK)
    assert chosen(created, outcome) == f"{BACK}?token_ws={created['token']}"
    told: dict[str, Any] = webpay.commit(created["token"])
    return {**told, "token": created["token"]}


def test_a_sale_is_money_once_it_is_committed(webpay: Transaction) -> None:
    sale = paid(webpay)
    assert (sale["status"], sale["response_code"], sale["amount"]) == ("AUTHORIZED", 0, 10000)
    assert (sale["buy_order"], sale["session_id"]) == ("order-1", "sess-1")
    assert webpay.status(sale["token"])["status"] == "AUTHORIZED"


def test_a_commit_before_the_shopper_paid_is_refused_in_webpays_words(webpay: Transaction) -> None:
    created = webpay.create("order-1", "sess-1", 10000, BACK)
    assert webpay.status(created["token"])["status"] == "INITIALIZED"
    with pytest.raises(TransactionCommitError) as refused:
        webpay.commit(created["token"])
    words = "Invalid status '0' for transaction while authorizing"
    assert (refused.value.code, refused.value.message) == (422, words)


def test_a_commit_is_answered_once(webpay: Transaction) -> None:
    sale = paid(webpay)
    with pytest.raises(TransactionCommitError) as refused:
        webpay.commit(sale["token"])
    assert refused.value.message == "Transaction already locked by another process"


def test_a_declined_card_fails(webpay: Transaction) -> None:
    sale = paid(webpay, "declined")
    assert (sale["status"], sale["response_code"]) == ("FAILED", -1)


def test_a_part_and_then_the_rest_go_back(webpay: Transaction) -> None:
    token = paid(webpay)["token"]
    part = webpay.refund(token, 1000)
    assert (part["type"], part["response_code"], part["balance"]) == ("NULLIFIED", 0, 9000)
    assert webpay.status(token)["status"] == "PARTIALLY_NULLIFIED"
    assert webpay.refund(token, 9000)["balance"] == 0
    assert webpay.status(token)["status"] == "NULLIFIED"


def test_all_of_it_soon_after_the_sale_is_a_reversal(webpay: Transaction) -> None:
    token = paid(webpay)["token"]
    assert webpay.refund(token, 10000) == {"type": "REVERSED"}
    assert webpay.status(token)["status"] == "REVERSED"


def test_a_deferred_sale_is_captured_in_part(sandbox: str, monkeypatch: pytest.MonkeyPatch) -> None:
    webpay = client(sandbox, monkeypatch, DEFERRED)
    held = paid(webpay)
    done = webpay.capture(held["token"], "order-1", held["authorization_code"], 3000)
    assert (done["response_code"], done["captured_amount"]) == (0, 3000)
    assert webpay.status(held["token"])["status"] == "CAPTURED"


@pytest.mark.parametrize(
    ("order", "session", "back"),
    [("x" * 27, "s", BACK), ("o", "x" * 62, BACK), ("o", "s", "h" * 256), (" ", "s", BACK)],
)
def test_the_client_itself_refuses_fields_that_are_too_long(
    webpay: Transaction, order: str, session: str, back: str
) -> None:
    with pytest.raises(TransbankError):
        webpay.create(order, session, 1, back)
