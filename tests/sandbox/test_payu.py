"""PayU's REST API 2.1 as its sheet tells it, spoken from a shop's side over real HTTP."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from adapters.sandbox.payu_wire import POINTS, sign, signature_header
from tests.sandbox.stand import Stand

SECOND_KEY = "c0ffee00c0ffee00c0ffee00c0ffee00"
V1 = (
    b'{"order":{"orderId":"WZHF5FFDRJ140731GUEST000P01","extOrderId":"ord-1001",'
    b'"orderCreateDate":"2024-03-02T12:58:14.828+01:00","notifyUrl":"https://shop.example/cb",'
    b'"customerIp":"203.0.113.7","merchantPosId":"999001","description":"Order 1001","currencyCode":"PLN",'
    b'"totalAmount":"12345","products":[{"name":"Mug","unitPrice":"12345","quantity":"1"}],'
    b'"status":"COMPLETED"},"localReceiptDateTime":"2024-03-02T12:59:01.001+01:00",'
    b'"properties":[{"name":"PAYMENT_ID","value":"151471228"}]}'
)
V2 = (
    '{"orderId":"WZHF5FFDRJ140731GUEST000P01","extOrderId":"ord-1001","refund":{"refundId":"5000000142",'
    '"amount":"2345","currencyCode":"PLN","status":"FINALIZED",'
    '"statusDateTime":"2024-03-05T09:00:00.000+01:00","reason":"refund",'
    '"reasonDescription":"Zwrot częściowy","refundDate":"2024-03-05T08:59:00.000+01:00"}}'
).encode()


@pytest.mark.parametrize(
    ("body", "algorithm", "digest"),
    [
        (V1, "MD5", "95f9d5c135c4b0359f874321cbe79b42"),
        (V1, "SHA-256", "cd8b44577cd67ee350fadfc6ac36e0a259416a6862e06c576771509e58813087"),
        (V2, "MD5", "1978bb6925cae5a72142c732f80791d1"),
    ],
)
def test_the_published_vectors_have_the_published_digests(body: bytes, algorithm: str, digest: str) -> None:
    assert sign(body, SECOND_KEY, algorithm) == digest
    assert signature_header(body, SECOND_KEY, algorithm) == (
        f"sender=checkout;signature={digest};algorithm={algorithm};content=DOCUMENT"
    )


def parts_of(header: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in header.split(";"))


@pytest.mark.parametrize(("algorithm", "hashed"), [("MD5", hashlib.md5), ("SHA-256", hashlib.sha256)])
def test_a_notification_is_signed_in_both_headers(stand: Stand, algorithm: str, hashed: Any) -> None:
    stand.back("payu", "_settings", algorithm=algorithm)
    stand.press(stand.payu_order()["redirectUri"], "paid")
    heard = stand.shop.heard[0]
    headers = {name.lower(): value for name, value in heard.headers.items()}
    assert headers["openpayu-signature"] == headers["x-openpayu-signature"]
    parts = parts_of(headers["openpayu-signature"])
    key = str(stand.credentials["payu"]["second_key"]).encode()
    assert (parts["algorithm"], parts["signature"]) == (algorithm, hashed(heard.body + key).hexdigest())


def test_a_token_is_given_for_the_right_secret_only(stand: Stand) -> None:
    good = stand.token()
    assert (good.status_code, good.json()["token_type"], good.json()["expires_in"]) == (200, "bearer", 43199)
    bad = stand.token(client_secret="wrong")
    assert (bad.status_code, bad.json()["error"]) == (401, "invalid_client")
    assert stand.token(grant_type="password").status_code == 400


def test_a_token_that_is_unknown_or_too_old_is_refused(stand: Stand) -> None:
    token = stand.token().json()["access_token"]
    assert stand.payu("POST", "", stand.payu_wish(), token="guess").status_code == 401
    stand.clock[0] += 43199
    answer = stand.payu("POST", "", stand.payu_wish(), token=token)
    assert (answer.status_code, answer.json()["status"]["statusCode"]) == (401, "UNAUTHORIZED")


def test_a_created_order_answers_a_redirect_and_json(stand: Stand) -> None:
    answer = stand.payu("POST", "", stand.payu_wish())
    told = answer.json()
    assert answer.status_code == 302
    assert answer.headers["Location"] == told["redirectUri"]
    assert told["status"] == {"statusCode": "SUCCESS"}
    assert told["redirectUri"] == f"{stand.url}/payu/pay/{told['orderId']}"
    assert told["extOrderId"] == "ord-1001"
    assert answer.headers["Correlation-Id"]
    assert stand.payu_status(told["orderId"]) == "NEW"


@pytest.mark.parametrize(
    ("change", "http", "code", "literal"),
    [
        ({"customerIp": None}, 400, "ERROR_VALUE_MISSING", "customerIp"),
        ({"merchantPosId": None}, 400, "ERROR_VALUE_MISSING", "merchantPosId"),
        ({"description": ""}, 400, "ERROR_VALUE_MISSING", "description"),
        ({"currencyCode": None}, 400, "ERROR_VALUE_MISSING", "currencyCode"),
        ({"totalAmount": None}, 400, "ERROR_VALUE_MISSING", "totalAmount"),
        ({"products": []}, 400, "ERROR_VALUE_MISSING", "products"),
        ({"merchantPosId": "300046"}, 403, "ERROR_VALUE_INVALID", "INVALID_AUTH_FOR_THIS_ORDER"),
        ({"customerIp": "0.0.0.0"}, 400, "ERROR_VALUE_INVALID", "customerIp"),  # noqa: S104
        ({"customerIp": "nowhere"}, 400, "ERROR_VALUE_INVALID", "customerIp"),
        ({"currencyCode": "XTS"}, 400, "ERROR_VALUE_INVALID", "currencyCode"),
        ({"totalAmount": "123.45"}, 400, "ERROR_VALUE_INVALID", "totalAmount"),
        ({"totalAmount": 123.45}, 400, "ERROR_VALUE_INVALID", "totalAmount"),
        ({"totalAmount": True}, 400, "ERROR_VALUE_INVALID", "totalAmount"),
        ({"totalAmount": -12345}, 400, "ERROR_VALUE_INVALID", "totalAmount"),
        ({"totalAmount": "12346"}, 400, "ERROR_VALUE_INVALID", "products"),
        ({"products": [{"name": "Mug", "unitPrice": "12345"}]}, 400, "ERROR_VALUE_INVALID", "products"),
        ({"notifyUrl": "ftp://shop"}, 400, "ERROR_VALUE_INVALID", "notifyUrl"),
        ({"validityTime": "soon"}, 400, "ERROR_VALUE_INVALID", "validityTime"),
    ],
)
def test_a_wrong_order_is_refused_in_payus_words(
    stand: Stand, change: dict[str, Any], http: int, code: str, literal: str
) -> None:
    answer = stand.payu("POST", "", stand.payu_wish(**change))
    status = answer.json()["status"]
    assert (answer.status_code, status["statusCode"], status["codeLiteral"]) == (http, code, literal)
    assert stand.ledger()["sessions"] == []


def test_a_body_that_is_not_an_object_is_a_syntax_error(stand: Stand) -> None:
    answer = stand.payu("POST", "", ["no"])
    assert (answer.status_code, answer.json()["status"]["statusCode"]) == (400, "ERROR_SYNTAX")


def test_lines_may_have_many_units(stand: Stand) -> None:
    products = [
        {"name": "A", "unitPrice": "333", "quantity": "2"},
        {"name": "B", "unitPrice": "334", "quantity": "1"},
    ]
    assert stand.payu_order(products=products, totalAmount="1000")["orderId"]


def test_whole_numbers_are_read_like_strings_of_digits(stand: Stand) -> None:
    products = [{"name": "Mug", "unitPrice": 12345, "quantity": 1}]
    order = stand.payu_order(products=products, totalAmount=12345)
    told = stand.payu("GET", f"/{order['orderId']}").json()["orders"][0]
    assert told["totalAmount"] == "12345"


def test_orders_are_taken_with_a_slash_at_the_end_too(stand: Stand) -> None:
    assert stand.payu("POST", "/", stand.payu_wish()).status_code == 302


def test_a_used_ext_order_id_is_refused_for_ever_and_names_the_first_order(stand: Stand) -> None:
    first = stand.payu_order()
    assert stand.payu("DELETE", f"/{first['orderId']}").status_code == 200
    again = stand.payu("POST", "", stand.payu_wish())
    assert again.status_code == 400
    assert again.json()["status"]["statusCode"] == "ERROR_ORDER_NOT_UNIQUE"
    assert again.json()["status"]["code"] == "110"
    assert again.json()["orderId"] == first["orderId"]
    assert stand.payu_order(extOrderId="ord-1002")["orderId"] != first["orderId"]


def test_a_paid_order_is_completed_and_told_with_its_amount(stand: Stand) -> None:
    order = stand.payu_order()
    back = stand.press(order["redirectUri"], "paid")
    assert (back.status_code, back.headers["Location"]) == (303, f"{stand.shop.url}/back")
    told = stand.shop.heard[0].json["order"]
    assert (told["status"], told["totalAmount"], told["currencyCode"]) == ("COMPLETED", "12345", "PLN")
    assert (told["extOrderId"], told["merchantPosId"]) == ("ord-1001", "300746")
    assert stand.payu_status(order["orderId"]) == "COMPLETED"
    assert len(stand.payu("GET", f"/{order['orderId']}/transactions").json()["transactions"]) == 1


@pytest.mark.parametrize("outcome", ["declined", "cancelled"])
def test_an_unpaid_order_is_canceled_and_returns_with_an_error(stand: Stand, outcome: str) -> None:
    order = stand.payu_order()
    back = stand.press(order["redirectUri"], outcome)
    assert back.headers["Location"] == f"{stand.shop.url}/back?error=501"
    assert stand.shop.heard[0].json["order"]["status"] == "CANCELED"
    assert stand.payu_status(order["orderId"]) == "CANCELED"


def test_an_order_of_another_point_of_sale_is_not_found(stand: Stand) -> None:
    order = stand.payu_order()
    other = POINTS["300046"]
    token = stand.token(client_id=other.pos_id, client_secret=other.client_secret).json()["access_token"]
    answer = stand.payu("GET", f"/{order['orderId']}", token=token)
    assert (answer.status_code, answer.json()["status"]["statusCode"]) == (404, "DATA_NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("POST", "captures", None), ("PUT", "status", {"orderStatus": "COMPLETED"})],
)
def test_an_authorised_order_is_captured_both_ways(
    stand: Stand, method: str, path: str, body: dict[str, str] | None
) -> None:
    stand.back("payu", "_settings", manual_capture=True)
    order = stand.payu_order()["orderId"]
    stand.press(f"{stand.url}/payu/pay/{order}", "authorized")
    assert stand.payu_status(order) == "WAITING_FOR_CONFIRMATION"
    wish = {"orderId": order, **body} if body else None
    assert stand.payu(method, f"/{order}/{path}", wish).json()["status"]["statusCode"] == "SUCCESS"
    assert stand.payu_status(order) == "COMPLETED"
    assert [heard.json["order"]["status"] for heard in stand.shop.wait_for(2)] == [
        "WAITING_FOR_CONFIRMATION",
        "COMPLETED",
    ]
    assert stand.payu(method, f"/{order}/{path}", wish).status_code == 400


def test_an_order_nobody_authorised_cannot_be_captured_or_only_authorised(stand: Stand) -> None:
    order = stand.payu_order()["orderId"]
    assert stand.payu("POST", f"/{order}/captures").status_code == 400
    assert stand.press(f"{stand.url}/payu/pay/{order}", "authorized").status_code == 400
    assert stand.payu_status(order) == "NEW"


def test_a_completed_order_cannot_be_cancelled(stand: Stand) -> None:
    order = stand.payu_order()
    stand.press(order["redirectUri"], "paid")
    assert stand.payu("DELETE", f"/{order['orderId']}").status_code == 400
    assert stand.payu_status(order["orderId"]) == "COMPLETED"


def test_an_order_past_its_validity_is_canceled(stand: Stand) -> None:
    order = stand.payu_order(validityTime="60")
    stand.clock[0] += 60
    assert stand.payu_status(order["orderId"]) == "NEW"
    stand.clock[0] += 1
    assert stand.payu_status(order["orderId"]) == "CANCELED"
    assert stand.shop.wait_for(1)[0].json["order"]["status"] == "CANCELED"
    assert stand.press(order["redirectUri"], "paid").status_code == 303
    assert stand.ledger()["captures"] == []


def refund(stand: Stand, order: str, path: str = "refunds", **wish: Any) -> Any:
    return stand.payu("POST", f"/{order}/{path}", {"refund": {"description": "Back", **wish}})


def a_paid_order(stand: Stand) -> str:
    order = stand.payu_order()
    stand.press(order["redirectUri"], "paid")
    return str(order["orderId"])


def test_a_refund_is_pending_then_finalized_by_notification(stand: Stand) -> None:
    order = a_paid_order(stand)
    made = refund(stand, order, amount="2345", extRefundId="r1").json()
    assert made["refund"]["status"] == "PENDING"
    told = stand.shop.wait_for(2)[1].json
    assert told["orderId"] == order
    assert (told["refund"]["status"], told["refund"]["amount"]) == ("FINALIZED", "2345")
    assert told["refund"]["extRefundId"] == "r1"
    listed = stand.payu("GET", f"/{order}/refunds").json()["refunds"]
    one = stand.payu("GET", f"/{order}/refunds/{made['refund']['refundId']}").json()
    assert [entry["status"] for entry in listed] == ["FINALIZED"]
    assert one == listed[0]


def test_a_repeated_ext_refund_id_gives_money_back_once(stand: Stand) -> None:
    order = a_paid_order(stand)
    first = refund(stand, order, amount="2345", extRefundId="r1").json()["refund"]
    again = refund(stand, order, "refund", amount="2345", extRefundId="r1").json()["refund"]
    assert again["refundId"] == first["refundId"]
    assert len(stand.ledger()["refunds"]) == 1


def test_a_refund_without_an_amount_gives_everything_back(stand: Stand) -> None:
    assert refund(stand, a_paid_order(stand)).json()["refund"]["amount"] == "12345"


@pytest.mark.parametrize(
    "wish", [{"amount": "1.5"}, {"amount": "0"}, {"currencyCode": "EUR"}, {"description": ""}]
)
def test_a_wrong_refund_is_refused(stand: Stand, wish: dict[str, str]) -> None:
    assert refund(stand, a_paid_order(stand), **wish).status_code == 400
    assert stand.ledger()["refunds"] == []


def test_more_than_the_order_is_never_refunded(stand: Stand) -> None:
    order = a_paid_order(stand)
    assert refund(stand, order, amount="12000", extRefundId="a").status_code == 200
    assert refund(stand, order, amount="346", extRefundId="b").status_code == 400
    assert refund(stand, order, amount="345", extRefundId="c").status_code == 200


def test_an_unpaid_order_is_not_refunded(stand: Stand) -> None:
    assert refund(stand, stand.payu_order()["orderId"], amount="1").status_code == 400


def test_a_refund_from_the_panel_is_told_to_the_shop(stand: Stand) -> None:
    order = a_paid_order(stand)
    assert stand.back("payu", "_panel/refund", session=order, amount=45).status_code == 201
    told = stand.shop.wait_for(2)[1].json["refund"]
    assert (told["amount"], told["status"]) == ("45", "FINALIZED")
    assert "extRefundId" not in told
    assert stand.back("payu", "_panel/refund", session=order, amount=12301).status_code == 409


def test_an_order_without_addresses_stays_on_the_page_and_calls_nobody(stand: Stand) -> None:
    order = stand.payu_order(notifyUrl=None, continueUrl=None)
    back = stand.press(order["redirectUri"], "paid")
    assert back.headers["Location"] == f"/payu/pay/{order['orderId']}"
    assert stand.ledger()["messages"] == []
