"""What PayParts is asked: the sheet's worked examples, amounts, products."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pytest_httpserver import HTTPServer

from adapters.gateways.payparts import Settings, mapping
from adapters.gateways.payparts.signature import CREATED, STATE, require_genuine, sign
from application.errors import (
    InvalidSignature,
)
from application.ports.gateway import PaymentGateway
from tests.contract.payparts_bank import (
    DEMO,
    ORDER,
    OURS,
    PASSWORD,
    STORE,
    a_sale,
    at,
    bank,
    hryvnias,
    signature,
)
from tests.contract.stand import account


@pytest.fixture
def demo() -> PaymentGateway:
    return account(DEMO)


TELLY, OVEN = "Телевизор", "Микроволновка"


def the_shop(**changes: object) -> Settings:
    return Settings(store_id=STORE, password=PASSWORD, **changes)  # type: ignore[arg-type]


def test_example_1_is_the_payment_we_sign(demo: PaymentGateway) -> None:
    brief = a_sale(demo, (TELLY, 2, "100"), (OVEN, 1, "200"))
    body, signed = mapping.payment_body(brief, the_shop(), "6", "PP")
    assert "".join(signed) == (
        f"400006PPhttps://shop.example/pp/responsehttps://shop.example/pp/return{TELLY}210000{OVEN}120000"
    )
    assert sign(PASSWORD, STORE, ORDER, *signed) == "WnhGkCrrs0A2lDokUjM1J8INXEk="
    assert body == {
        "amount": Decimal("400.00"),
        "partsCount": 6,
        "merchantType": "PP",
        "products": [
            {"name": TELLY, "count": 2, "price": Decimal("100.00")},
            {"name": OVEN, "count": 1, "price": Decimal("200.00")},
        ],
        "responseUrl": "https://shop.example/pp/response",
        "redirectUrl": "https://shop.example/pp/return",
    }


@pytest.mark.parametrize(
    ("told", "given"),
    [
        ({"state": "SUCCESS", "token": "C7C09327B608A1AA4C13ACFB"}, "+fOastamQofHivxnMApcNO8ruG8="),
        ({"state": "FAIL", "message": "bad value: orderId already exists"}, "LLPLNQI0Yd0hBqu3DnkUCy0f3m0="),
    ],
)
def test_example_2_is_believed_and_a_changed_one_is_not(told: dict[str, str], given: str) -> None:
    told = {**OURS, **told, "signature": given}
    require_genuine(told, CREATED, [PASSWORD])
    for name in told:
        with pytest.raises(InvalidSignature):
            require_genuine({**told, name: f"{told[name]}x"}, CREATED, [PASSWORD])


def test_example_4_is_a_refund_of_301_hryvnias() -> None:
    kopecks = mapping.kopecks(hryvnias("301"))
    assert sign(PASSWORD, STORE, ORDER, kopecks) == "tzZHbxP9MQFSB5kDZkli/cLx5d8="


def test_example_5_is_a_question_and_its_answer() -> None:
    assert sign(PASSWORD, STORE, ORDER) == "lqlKPR/CDRci1+OIAmSCaT0NFXk="
    told = {**OURS, "state": "SUCCESS", "paymentState": "LOCKED", "signature": "7j+5TU3LZHBe4iR9Nntsgs5tCsg="}
    require_genuine(told, STATE, [PASSWORD])
    with pytest.raises(InvalidSignature):
        require_genuine({**told, "paymentState": "SUCCESS"}, STATE, [PASSWORD])


@pytest.mark.parametrize("order", [("token", "message"), ("message", "token")])
def test_a_token_beside_a_message_may_be_signed_either_way(order: tuple[str, str]) -> None:
    told = {**OURS, "state": "SUCCESS", "token": "C7C09327B608A1AA", "message": "sent to the app"}
    told["signature"] = signature(PASSWORD, "SUCCESS", STORE, ORDER, *(told[name] for name in order))
    require_genuine(told, CREATED, [PASSWORD])


@pytest.mark.parametrize(
    ("amount", "signed"),
    [
        ("301", "30100"),
        ("150.5", "15050"),
        ("4.35", "435"),
        ("19.9", "1990"),
        ("299.99", "29999"),
        ("0.01", "001"),
    ],
)
def test_kopecks_are_exact_where_floats_are_not(amount: str, signed: str) -> None:
    assert mapping.kopecks(hryvnias(amount)) == signed


def test_amounts_go_out_as_numbers_with_two_decimals(httpserver: HTTPServer) -> None:
    heard = bank(httpserver, lambda told: {"state": "SUCCESS", "token": "C7C09327B608A1AA4C13ACFB"})
    gateway = at(httpserver)
    started = gateway.start(a_sale(gateway, ("Чай", 1, "299.99"), ("Кухоль", 2, "4.35")))
    assert b'"amount":308.69' in heard[0].data
    assert b'"price":299.99' in heard[0].data
    assert b'"price":4.35' in heard[0].data
    assert heard[0].headers["Content-Type"] == "application/json; charset=UTF-8"
    assert started.next_step.url == httpserver.url_for("/ipp/v2/payment?token=C7C09327B608A1AA4C13ACFB")


@pytest.mark.parametrize(
    "lines", [[("Цвях", 100, "0.99"), ("Молоток", 1, "301")], [("Цвях", 3, "0.01"), ("M", 1, "1")]]
)
def test_prices_below_one_hryvnia_are_merged_into_one_product(
    demo: PaymentGateway, lines: list[tuple[str, int, str]]
) -> None:
    brief = a_sale(demo, *lines)
    body, _ = mapping.payment_body(brief, the_shop(), "2", "II")
    assert body["products"] == [{"name": brief.description, "count": 1, "price": body["amount"]}]


def test_the_defaults_are_two_payments_whose_fee_the_buyer_bears(httpserver: HTTPServer) -> None:
    heard = bank(httpserver, lambda told: {"state": "SUCCESS", "token": "C7C09327B608A1AA4C13ACFB"})
    gateway = at(httpserver)
    started = gateway.start(a_sale(gateway, ("Чай", 1, "400")))
    assert (heard[0].json["partsCount"], heard[0].json["merchantType"]) == (2, "II")  # type: ignore[index]
    assert started.extra == {"parts_count": "2", "merchant_type": "II"}


def test_recipient_and_scheme_are_sent_where_they_are_set(httpserver: HTTPServer) -> None:
    heard = bank(httpserver, lambda wish: {"state": "SUCCESS", "token": "C7C09327B608"})
    start(at(httpserver, recipient_id="R-1", scheme=7))
    start(at(httpserver))
    assert [(one.json.get("recipientId"), one.json.get("scheme")) for one in heard] == [  # type: ignore[union-attr]
        ("R-1", 7),
        (None, None),
    ]


def start(gateway: PaymentGateway) -> None:
    gateway.start(a_sale(gateway, ("Чай", 1, "400")))
