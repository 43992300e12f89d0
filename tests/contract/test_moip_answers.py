"""Moip v2's worked examples, its words, and what is not believed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import requests
from pytest_httpserver import HTTPServer

from adapters.sandbox.moip import Moip
from adapters.testing.builders import a_line
from application.errors import GatewayRejected, GatewayUnavailable, OutcomeUnknown
from domain.money import Money
from domain.observation import Proof
from domain.payment import PaymentStatus
from domain.quote import LineKind
from domain.transaction import FactKind
from tests.contract.moip_stand import Wire, example, known, order

BASIC = (
    "Basic VE9LRU4wMVRPS0VOMDFUT0tFTjAxVE9LRU4wMVRPS0VOOktFWUtFWUtFWUtFWUtFWUtFWUtFW"
    "UtFWUtFWUtFWUtFWUtFWUtFWUs="
)
BODY = (
    '{"ownId":"pay-1","amount":{"currency":"BRL","subtotals":{"shipping":1000}},'
    '"items":[{"product":"Camiseta","quantity":2,"detail":"Tamanho M","price":4990}],'
)


@pytest.fixture
def wire(httpserver: HTTPServer) -> Wire:
    return Wire(httpserver)


# -- the worked example


def test_an_order_is_sent_as_in_the_example(wire: Wire) -> None:
    gateway = wire.gateway()
    brief = example(gateway)
    page = wire.page()
    wire.answer(order(brief.payment, _links={"checkout": {"payCheckout": {"redirectHref": page}}}), 201)
    begun = gateway.start(brief)
    assert (begun.next_step.url, begun.gateway_reference) == (page, "ORD-1")
    method, path, header, body = wire.said[0]
    assert (method, path, header) == ("POST", "/v2/orders", BASIC)
    assert body.startswith(BODY)
    rest = json.loads(body)
    assert rest["customer"] == {"ownId": "pay-1", "fullname": "Jan Kowalski", "email": "jan@example.com"}
    assert rest["checkoutPreferences"]["redirectUrls"] == {
        "urlSuccess": brief.return_url,
        "urlFailure": f"{brief.return_url}?cancelled=1",
    }


def test_the_sandbox_adds_the_example_up(sandbox_url: str) -> None:
    customer = {"ownId": "c", "fullname": "Jan", "email": "jan@example.com"}
    wish = json.loads(f"{BODY}{json.dumps({'customer': customer})[1:]}")
    url, auth = f"{sandbox_url}/moip/v2/orders", (Moip.settings["token"], Moip.settings["key"])
    made = requests.post(url, json=wish, auth=auth, timeout=5)
    assert (made.status_code, made.json()["amount"]["total"], made.json()["ownId"]) == (201, 10980, "pay-1")
    for missing, code in (("ownId", "ORD-001"), ("customer", "ORD-014")):
        less = {name: value for name, value in wish.items() if name != missing}
        refused = requests.post(url, json=less, auth=auth, timeout=5)
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, code)


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (("payBoleto", "payCreditCard", "payCheckout"), "payCheckout"),
        (("payBoleto", "payCreditCard"), "payCreditCard"),
        (("payOnlineBankDebitItau", "payBoleto"), "payBoleto"),
    ],
)
def test_the_page_for_all_means_is_taken_first(wire: Wire, offered: tuple[str, ...], chosen: str) -> None:
    gateway = wire.gateway()
    brief = example(gateway)
    checkout = {name: {"redirectHref": wire.page(name)} for name in offered}
    wire.answer(order(brief.payment, _links={"checkout": checkout}), 201)
    assert gateway.start(brief).next_step.url == wire.page(chosen)


@pytest.mark.parametrize(
    "change",
    [
        {"_links": {"checkout": {"payOnlineBankDebitItau": {"redirectHref": "http://127.0.0.1/"}}}},
        {"_links": {}},
        {"ownId": "pay-2"},
        {"id": ""},
        {"amount": {"total": 10979, "currency": "BRL"}},
        {"amount": {"total": 10980, "currency": "EUR"}},
    ],
)
def test_a_new_order_that_does_not_fit_is_not_believed(wire: Wire, change: dict[str, object]) -> None:
    gateway = wire.gateway()
    brief = example(gateway)
    links = {"_links": {"checkout": {"payCheckout": {"redirectHref": wire.page()}}}}
    wire.answer(order(brief.payment, **(links | change)), 201)
    with pytest.raises(OutcomeUnknown):
        gateway.start(brief)


def test_goods_for_nothing_are_not_listed_and_delivery_alone_is_an_item(wire: Wire) -> None:
    gateway = wire.gateway()
    brief = example(gateway)
    fee = a_line(brief.payment.amount, name="Sedex", kind=LineKind.DELIVERY)
    wire.answer({}, 201)
    with pytest.raises(OutcomeUnknown):
        gateway.start(replace(brief, lines=(a_line(Money.of(0, "BRL"), name="Gift"), fee)))
    sent = json.loads(wire.said[0][3])
    assert [(one["product"], one["price"]) for one in sent["items"]] == [("Sedex", 10980)]
    assert sent["amount"]["subtotals"] == {"shipping": 0}


# -- words


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("CREATED", "in_progress"),
        ("WAITING", "in_progress"),
        ("PAID", "paid"),
        ("NOT_PAID", "failed"),
        ("REVERTED", "paid"),
        ("SNEEZED", None),
    ],
)
@pytest.mark.parametrize(
    "payment_word", ["IN_ANALYSIS", "PRE_AUTHORIZED", "AUTHORIZED", "SETTLED", "CANCELLED"]
)
def test_the_order_decides_and_no_payment_of_it(
    wire: Wire, word: str, status: str | None, payment_word: str
) -> None:
    gateway = wire.gateway()
    payment = known(gateway)
    wire.answer(
        order(payment, status=word, payments=[{"status": payment_word, "cancellationDetails": {"code": "5"}}])
    )
    seen = gateway.look(payment)
    assert seen.failure == ("5" if word == "NOT_PAID" else "")
    assert seen.status == (PaymentStatus(status) if status else None)
    proof = Proof(FactKind.CAPTURED, "ORD-1", payment.amount) if status == "paid" else None
    assert (seen.word, seen.proof, seen.amount) == (word, proof, payment.amount)


@pytest.mark.parametrize(
    ("who", "status"), [("MOIP", "failed"), ("ACQUIRER", "failed"), ("MERCHANT", "cancelled")]
)
def test_what_we_asked_to_end_is_cancelled(wire: Wire, who: str, status: str) -> None:
    gateway = wire.gateway()
    payment = known(gateway)
    why = {"code": "5", "description": "Nao autorizada", "cancelledBy": who}
    first = {"createdAt": "2017-07-28T11:05:11.784-03", "cancellationDetails": {"code": "7"}}
    last = {"createdAt": "2017-07-28T11:09:11.784-03", "cancellationDetails": why}
    tries = [first, last]
    wire.answer(order(payment, status="NOT_PAID", payments=tries))
    seen = gateway.look(payment)
    assert (seen.status, seen.failure) == (PaymentStatus(status), "5")


@pytest.mark.parametrize(("parts", "kind"), [(1, "credit"), (3, "instalments"), (None, "credit")])
def test_a_card_s_receipt_tells_of_instalments(wire: Wire, parts: int | None, kind: str) -> None:
    gateway = wire.gateway()
    payment = known(gateway)
    means = {"method": "CREDIT_CARD", "creditCard": {"last4": "3335"}}
    wire.answer(order(payment, payments=[{"fundingInstrument": means, "installmentCount": parts}]))
    told = gateway.look(payment).receipt
    assert (told["card"], told["payment_type"]) == ("3335", kind)
    assert told.get("instalments", "None") == str(parts)


def test_another_amount_is_told_as_it_is(wire: Wire) -> None:
    gateway = wire.gateway()
    payment = known(gateway)
    wire.answer(order(payment, amount={"total": 10979, "currency": "BRL"}))
    assert gateway.look(payment).proof == Proof(FactKind.CAPTURED, "ORD-1", Money.of(10979, "BRL"))


@pytest.mark.parametrize(
    "change",
    [
        {"ownId": "pay-2"},
        {"id": "ORD-2"},
        {"status": None},
        {"amount": {"total": "x", "currency": "BRL"}},
        {"amount": {"total": -1, "currency": "BRL"}},
        {"amount": {"total": 10980}},
        {"amount": {"total": 109.8, "currency": "BRL"}},
        {"amount": {"currency": "BRL"}},
        {"payments": "PAY-1"},
    ],
)
def test_an_answer_that_does_not_fit_is_not_believed(wire: Wire, change: dict[str, object]) -> None:
    gateway = wire.gateway()
    payment = known(gateway)
    wire.answer(order(payment, **change))
    with pytest.raises(OutcomeUnknown):
        gateway.look(payment)


def test_of_two_orders_with_our_reference_the_paid_one_counts(wire: Wire) -> None:
    gateway = wire.gateway()
    payment = known(gateway, gateway_reference=None)
    foreign = {"id": "ORD-3", "ownId": f"{payment.reference}0", "status": "PAID"}
    paid, open_one = order(payment, id="ORD-1"), order(payment, id="ORD-2", status="CREATED")
    wire.answer({"orders": [paid, open_one, foreign]})
    wire.answer(paid)
    assert gateway.look(payment).gateway_reference == "ORD-1"
    asked = [said[1] for said in wire.said]
    assert asked == [f"/v2/orders?q={payment.reference}", "/v2/orders/ORD-1"]


# -- errors


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"errors":[{"code":"ORD-014","path":"customer","description":"x"},{"code":"B"}]}', "ORD-014"),
        (b'{"errors":[{"code":"","path":"","description":"text"}]}', "text"),
        (b'{"error":"text"}', "text"),
        (b'{"errors":[]}', "400"),
        (b'{"errors":"x"}', "400"),
        (b"{}", "400"),
        (b"", "400"),
        (b"<html>", "400"),
    ],
)
def test_every_form_of_an_error_is_a_refusal(wire: Wire, body: bytes, code: str) -> None:
    gateway = wire.gateway()
    wire.answers.append((400, body))
    with pytest.raises(GatewayRejected) as refusal:
        gateway.start(example(gateway))
    assert refusal.value.code == code


def test_a_refused_key_is_named_without_reading_the_body(wire: Wire) -> None:
    gateway = wire.gateway()
    wire.answers.append((401, b""))
    with pytest.raises(GatewayUnavailable) as refusal:
        gateway.start(example(gateway))
    assert refusal.value.code == "401"
