"""PayPal as its sheet tells it, spoken from a shop's side over real HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.sandbox.stand import SHORT, Stand

Call = Callable[..., requests.Response]
ORDERS = "/v2/checkout/orders"


def a_wish(code: str = "USD", value: str = "25.50", **context: object) -> dict[str, Any]:
    """The order of the sheet's example."""
    unit = {
        "amount": {"currency_code": code, "value": value},
        "description": "Order pay-1001",
        "custom_id": "pay-1001",
        "invoice_id": "INV-pay-1001",
    }
    told = {"return_url": "https://shop.example/back", "cancel_url": "https://shop.example/no", **context}
    return {
        "intent": "CAPTURE",
        "purchase_units": [unit],
        "payment_source": {"paypal": {"experience_context": told}},
    }


@pytest.fixture
def call(stand: Stand) -> Call:
    mine = stand.credentials["paypal"]
    base, who = str(mine["base_url"]), (str(mine["client_id"]), str(mine["client_secret"]))
    form = {"grant_type": "client_credentials"}
    token = requests.post(f"{base}/v1/oauth2/token", data=form, auth=who, timeout=SHORT).json()
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 32400)

    def send(
        method: str, path: str, wish: object = None, key: str = "", prefer: str = ""
    ) -> requests.Response:
        headers = {
            "Authorization": f"Bearer {token['access_token']}",
            "PayPal-Request-Id": key,
            "Prefer": prefer or "return=representation",
        }
        return requests.request(method, f"{base}{path}", json=wish, headers=headers, timeout=SHORT)

    return send


def issue_of(answer: requests.Response) -> tuple[int, str]:
    told = answer.json()
    assert told["debug_id"]
    return answer.status_code, told["details"][0]["issue"]


def approved(stand: Stand, call: Call, wish: dict[str, Any]) -> str:
    order_id = str(call("POST", ORDERS, wish).json()["id"])
    stand.press(f"{stand.credentials['paypal']['base_url']}/pay/{order_id}", "authorized")
    return order_id


def test_wrong_credentials_get_no_token(stand: Stand) -> None:
    url = f"{stand.credentials['paypal']['base_url']}/v1/oauth2/token"
    form = {"grant_type": "client_credentials"}
    answer = requests.post(url, data=form, auth=("AYdemo-client", "EKdemo-secret"), timeout=SHORT)
    told = {"error": "invalid_client", "error_description": "Client Authentication failed"}
    assert (answer.status_code, answer.json()) == (401, told)


def test_an_order_is_opened_once_for_a_request_id(call: Call) -> None:
    first, again = (call("POST", ORDERS, a_wish(), key="key-1") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert first.json()["status"] == "PAYER_ACTION_REQUIRED"
    assert [link["rel"] for link in first.json()["links"]] == ["self", "payer-action"]
    assert set(call("POST", ORDERS, a_wish(), prefer="return=minimal").json()) == {"id", "status", "links"}


def test_the_older_form_of_an_order_leads_by_another_link(call: Call) -> None:
    wish = a_wish()
    wish["application_context"] = wish.pop("payment_source")["paypal"]["experience_context"]
    told = call("POST", ORDERS, wish).json()
    assert (told["status"], told["links"][1]["rel"]) == ("CREATED", "approve")


@pytest.mark.parametrize(
    ("code", "value", "issue"),
    [
        ("JPY", "2500.00", (422, "DECIMALS_NOT_SUPPORTED")),
        ("HUF", "25.50", (422, "DECIMALS_NOT_SUPPORTED")),
        ("TWD", "1.5", (422, "DECIMALS_NOT_SUPPORTED")),
        ("USD", "25.505", (422, "DECIMAL_PRECISION")),
        ("USD", "0.00", (422, "CANNOT_BE_ZERO_OR_NEGATIVE")),
        ("USD", "-1", (422, "CANNOT_BE_ZERO_OR_NEGATIVE")),
        ("CLP", "100", (422, "CURRENCY_NOT_SUPPORTED")),
        ("USD", "1,00", (400, "INVALID_PARAMETER_SYNTAX")),
    ],
)
def test_an_amount_that_does_not_fit_is_refused(
    call: Call, code: str, value: str, issue: tuple[int, str]
) -> None:
    assert issue_of(call("POST", ORDERS, a_wish(code, value))) == issue


def test_an_order_is_captured_once_and_only_after_the_yes(stand: Stand, call: Call) -> None:
    order_id = str(call("POST", ORDERS, a_wish("JPY", "2500")).json()["id"])
    path = f"{ORDERS}/{order_id}/capture"
    assert issue_of(call("POST", path)) == (422, "ORDER_NOT_APPROVED")
    home = stand.press(f"{stand.credentials['paypal']['base_url']}/pay/{order_id}", "authorized")
    back = f"https://shop.example/back?token={order_id}&PayerID=QYR5Z8XDVJNXQ"
    assert home.headers["Location"] == back
    assert call("GET", f"{ORDERS}/{order_id}").json()["status"] == "APPROVED"
    first, again = (call("POST", path, {}, key="key-1") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    capture = first.json()["purchase_units"][0]["payments"]["captures"][0]
    assert (capture["status"], capture["amount"]["value"], capture["custom_id"]) == (
        "COMPLETED",
        "2500",
        "pay-1001",
    )
    assert issue_of(call("POST", path, {}, key="key-2")) == (422, "ORDER_ALREADY_CAPTURED")
    assert call("GET", f"/v2/payments/captures/{capture['id']}").json() == capture


def test_a_cancelled_order_can_still_be_looked_at(stand: Stand, call: Call) -> None:
    order_id = str(call("POST", ORDERS, a_wish()).json()["id"])
    home = stand.press(f"{stand.credentials['paypal']['base_url']}/pay/{order_id}", "cancelled")
    assert home.headers["Location"] == f"https://shop.example/no?token={order_id}"
    assert call("GET", f"{ORDERS}/{order_id}").json()["status"] == "PAYER_ACTION_REQUIRED"


def test_a_decline_is_told_by_the_capture(stand: Stand, call: Call) -> None:
    order_id = str(call("POST", ORDERS, a_wish()).json()["id"])
    stand.press(f"{stand.credentials['paypal']['base_url']}/pay/{order_id}", "declined")
    told = call("POST", f"{ORDERS}/{order_id}/capture").json()
    capture = told["purchase_units"][0]["payments"]["captures"][0]
    assert (told["status"], capture["status"]) == ("COMPLETED", "DECLINED")
    assert stand.ledger()["captures"] == []


def test_refunds_never_exceed_the_capture(stand: Stand, call: Call) -> None:
    order_id = approved(stand, call, a_wish())
    told = call("POST", f"{ORDERS}/{order_id}/capture", {}).json()
    path = f"/v2/payments/captures/{told['purchase_units'][0]['payments']['captures'][0]['id']}/refund"

    def wish(value: str, code: str = "USD") -> dict[str, object]:
        return {"amount": {"currency_code": code, "value": value}, "invoice_id": f"back {value}"}

    assert issue_of(call("POST", path, wish("25.51"))) == (422, "REFUND_AMOUNT_EXCEEDED")
    assert issue_of(call("POST", path, wish("1.00", "EUR"))) == (422, "REFUND_CAPTURE_CURRENCY_MISMATCH")
    first, again = (call("POST", path, wish("5.50"), key="key-1") for _ in range(2))
    assert (first.status_code, again.status_code, first.json()["id"]) == (201, 200, again.json()["id"])
    assert issue_of(call("POST", path, wish("5.50"), key="key-2")) == (422, "DUPLICATE_INVOICE_ID")
    rest = call("POST", path, {}).json()
    assert (rest["status"], rest["amount"]["value"]) == ("COMPLETED", "20.00")
    assert call("GET", f"/v2/payments/refunds/{rest['id']}").json() == rest
    assert issue_of(call("POST", path, {})) == (422, "CAPTURE_FULLY_REFUNDED")
    order = call("GET", f"{ORDERS}/{order_id}").json()["purchase_units"][0]["payments"]
    assert (order["captures"][0]["status"], len(order["refunds"])) == ("REFUNDED", 2)


def test_unknown_ids_and_missing_tokens_are_told_as_paypal_does(stand: Stand, call: Call) -> None:
    base = str(stand.credentials["paypal"]["base_url"])
    for path in (f"{ORDERS}/X", "/v2/payments/captures/X", "/v2/payments/refunds/X"):
        assert issue_of(call("GET", path)) == (404, "INVALID_RESOURCE_ID")
        answer = requests.get(f"{base}{path}", timeout=SHORT)
        assert (answer.status_code, answer.json()["name"]) == (401, "AUTHENTICATION_FAILURE")
