"""Dotpay's oldest messages, signed by MD5: what they prove, and the sum that they do not."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pytest
from pytest_httpserver import HTTPServer

from adapters.sandbox import dotpay_wire
from adapters.testing.quiet import no_network
from application.errors import GatewayProtocolError, GatewayUnavailable, InvalidSignature
from application.ports.gateway import InboundMessage, NeedsProof, PaymentGateway
from domain.money import Money
from domain.observation import Proof, RefundNews
from domain.payment import PaymentStatus
from domain.refund import RefundStatus
from domain.transaction import FactKind
from tests.contract.stand import account
from tests.contract.test_dotpay import DEMO, PIN, posted, read
from tests.contract.test_dotpay_answers import PLN, operation, with_api

V4 = {
    "id": "123456",
    "status": "OK",
    "control": "ord-1001",
    "t_id": "123456-TST1",
    "amount": "98.53",
    "email": "jan@example.com",
    "orginal_amount": "98.53 PLN",
    "t_status": "2",
    "service": "",
    "code": "",
    "username": "",
    "password": "",
}
V4_MD5 = "26327c50be3745ce53cf80b6380ed687"


def md5_signed(fields: Mapping[str, str], pin: str = PIN) -> InboundMessage:
    names = "id control t_id amount email service code username password t_status".split()  # noqa: SIM905
    joined = ":".join([pin, *(fields.get(name, "") for name in names)])
    return posted({**fields, "md5": hashlib.md5(joined.encode(), usedforsecurity=False).hexdigest()})


@pytest.fixture
def oldest() -> PaymentGateway:
    return account({**DEMO, "api_version": "", "accept_md5": True})


def test_vector_4_is_a_payment_of_the_oldest_kind(oldest: PaymentGateway) -> None:
    assert dotpay_wire.oldest_md5(V4, PIN) == V4_MD5
    seen = read(oldest, posted({**V4, "md5": V4_MD5}))
    assert (seen.reference, seen.status) == ("ord-1001", PaymentStatus.PAID)
    assert seen.proof == Proof(FactKind.CAPTURED, "123456-TST1", PLN)


def test_md5_is_believed_only_where_it_is_switched_on() -> None:
    with pytest.raises(InvalidSignature):
        account(DEMO).read_callback(posted({**V4, "md5": V4_MD5}))


@pytest.mark.parametrize("pin", ["", "0", "PIN"])
def test_an_oldest_message_by_a_guessed_pin_is_refused(oldest: PaymentGateway, pin: str) -> None:
    with pytest.raises(InvalidSignature):
        oldest.read_callback(md5_signed(V4, pin))


def test_a_change_to_what_the_md5_covers_is_refused(oldest: PaymentGateway) -> None:
    for name in ("id", "control", "t_id", "amount", "email", "service", "code", "t_status", "md5"):
        told = {**V4, "md5": V4_MD5}
        with pytest.raises(InvalidSignature):
            oldest.read_callback(posted({**told, name: f"{told[name]}1"}))
    with pytest.raises(InvalidSignature):
        oldest.read_callback(md5_signed({**V4, "id": "654321"}))
    with pytest.raises(InvalidSignature):
        oldest.read_callback(md5_signed({**V4, "control": "ord:1001"}))


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("1", PaymentStatus.IN_PROGRESS),
        ("2", PaymentStatus.PAID),
        ("3", PaymentStatus.FAILED),
        ("5", None),
        ("9", None),
    ],
)
def test_every_oldest_status_has_its_meaning(
    oldest: PaymentGateway, word: str, status: PaymentStatus | None
) -> None:
    seen = read(oldest, md5_signed({**V4, "t_status": word}))
    assert seen.status is status
    assert (seen.proof is not None) == (word == "2")


def test_an_oldest_refund_is_money_that_went_back(oldest: PaymentGateway) -> None:
    seen = read(oldest, md5_signed({**V4, "t_status": "4"}))
    assert seen.refund == RefundNews(RefundStatus.DONE, PLN, "123456-TST1:refund")
    assert (seen.status, seen.gateway_reference) == (None, "123456-TST1")


def test_without_an_original_amount_the_covered_one_counts(oldest: PaymentGateway) -> None:
    told = {name: value for name, value in V4.items() if name != "orginal_amount"}
    seen = read(oldest, md5_signed({**told, "amount": "75"}))
    assert seen.amount == Money.of(7500, "PLN")


@pytest.mark.parametrize("stated", ["98.54 PLN", "98.53 EUR", "98.53", "98.53  PLN x", "x PLN"])
def test_a_sum_the_md5_does_not_cover_is_not_believed(oldest: PaymentGateway, stated: str) -> None:
    with pytest.raises(GatewayProtocolError):
        oldest.read_callback(md5_signed({**V4, "orginal_amount": stated}))


def test_a_sum_the_md5_does_not_cover_is_looked_up(httpserver: HTTPServer) -> None:
    gateway = with_api(httpserver, accept_md5=True)
    message = md5_signed({**V4, "t_id": "M1234-56789", "orginal_amount": "22.91 EUR"})
    with no_network():
        asked = gateway.read_callback(message)
    assert isinstance(asked, NeedsProof)
    path = "/test_seller/api/v1/operations/M1234-56789/"
    euros = {"original_amount": "22.91", "original_currency": "EUR"}
    httpserver.expect_ordered_request(path).respond_with_json(operation("ord-1001", **euros))
    httpserver.expect_ordered_request(path).respond_with_json(operation("other"))
    httpserver.expect_ordered_request(path).respond_with_json({"detail": "Not found."}, 404)
    (seen,) = gateway.prove(message, asked.hint)
    assert seen.proof == Proof(FactKind.CAPTURED, "M1234-56789", Money.of(2291, "EUR"))
    with pytest.raises(InvalidSignature):
        gateway.prove(message, asked.hint)
    with pytest.raises(GatewayUnavailable):
        gateway.prove(message, asked.hint)
