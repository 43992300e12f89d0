"""Ogone's forms, feedback and ways back: every status, amounts, addresses, and what is not believed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from adapters.sandbox import credentials
from adapters.testing.builders import a_brief, a_line
from adapters.testing.quiet import listening, no_network
from adapters.testing.wires import started
from adapters.wire.errors import SettingsError
from application.errors import GatewayProtocolError, GatewayRejected, InvalidSignature
from application.ports.gateway import InboundMessage, NeedsProof, PaymentGateway
from domain.basket import Address, Buyer
from domain.money import Money
from domain.observation import Proof, RefundNews
from domain.payment import NextStepKind, PaymentStatus
from domain.refund import RefundStatus
from domain.transaction import FactKind
from tests.contract.stand import HttpSandbox, account, wait_for
from tests.contract.test_ogone import DEMO, E3, SHA_OUT, OgoneHarness, fields_of, joined, posted, read, signed

LIVE = {**DEMO, "sha_in": "a-passphrase-of-our-own", "sha_out": "another-one-of-our-own"}
STATUSES = {
    PaymentStatus.CANCELLED: ("1", "6", "64"),
    PaymentStatus.FAILED: ("2", "93"),
    PaymentStatus.IN_PROGRESS: ("4", "40", "41", "46", "50", "51", "59", "91", "97", "98", "99"),
    PaymentStatus.UNKNOWN: ("52", "55", "56", "57", "92"),
    PaymentStatus.AUTHORIZED: ("5",),
    PaymentStatus.PAID: ("9", "95"),
}
ASKED = ("0", "61", "62", "63", "71", "72", "73", "82", "84", "96")
BACK = {
    RefundStatus.DONE: ("7", "74", "75", "8", "85"),
    RefundStatus.SENT: ("81",),
    RefundStatus.REFUSED: ("83", "94"),
}


@pytest.fixture
def harness(sandbox_url: str) -> Iterator[OgoneHarness]:
    sandbox = HttpSandbox(sandbox_url, "ogone")
    before = requests.get(f"{sandbox.address}/_settings", timeout=5).json()
    yield OgoneHarness(sandbox, dict(credentials(sandbox_url)["ogone"]))
    sandbox.clear()
    sandbox.settings(**before)


@pytest.fixture
def demo() -> PaymentGateway:
    return account(DEMO)


def test_every_status_of_the_sheet_is_in_one_of_our_tables() -> None:
    sheet = "0 1 2 4 40 41 46 5 50 51 52 59 55 56 57 6 61 62 63 64 7 71 72 73 74 75 8 81 82 83 84 85"
    ours = [word for table in (STATUSES, BACK) for words in table.values() for word in words]
    assert sorted((*ours, *ASKED)) == sorted(f"{sheet} 9 95 91 92 93 94 96 97 98 99".split())


@pytest.mark.parametrize(
    ("word", "status"), [(word, status) for status, words in STATUSES.items() for word in words]
)
def test_every_status_has_its_meaning(demo: PaymentGateway, word: str, status: PaymentStatus) -> None:
    seen = read(demo, signed({**E3, "STATUS": word, "NCERROR": "30001001"}))
    assert (seen.status, seen.word, seen.reference) == (status, word, "pay-1001")
    paid = Proof(FactKind.CAPTURED, "3012345678", Money.of(4990, "EUR"))
    assert seen.proof == (paid if status is PaymentStatus.PAID else None)
    holds = status in (PaymentStatus.PAID, PaymentStatus.AUTHORIZED)
    assert (seen.gateway_reference, bool(seen.receipt)) == ("3012345678" if holds else None, holds)
    assert seen.failure == ("30001001" if status is PaymentStatus.FAILED else "")


@pytest.mark.parametrize("word", ASKED)
def test_what_leaves_open_what_happened_is_asked_about(demo: PaymentGateway, word: str) -> None:
    message = signed({**E3, "STATUS": word})
    found = demo.read_callback(message)
    assert isinstance(found, NeedsProof)
    (seen,) = demo.prove(message, found.hint)
    assert (seen.reference, seen.word, seen.status, seen.proof) == ("pay-1001", word, None, None)
    with pytest.raises(InvalidSignature):
        demo.prove(replace(message, body=message.body + b"x"), found.hint)


@pytest.mark.parametrize(
    ("word", "status"), [(word, status) for status, words in BACK.items() for word in words]
)
def test_money_that_goes_back_is_told_by_its_number(
    demo: PaymentGateway, word: str, status: RefundStatus
) -> None:
    seen = read(demo, signed({**E3, "STATUS": word, "amount": "10", "PAYIDSUB": "2"}))
    amount = Money.of(1000, "EUR")
    assert seen.refund == RefundNews(status, amount, "3012345678/2", nameless=True)
    done = Proof(FactKind.REFUNDED, "3012345678/2", amount)
    assert (seen.status, seen.proof) == (None, done if status is RefundStatus.DONE else None)
    assert seen.gateway_reference == "3012345678"
    assert isinstance(demo.read_callback(signed({**E3, "STATUS": word})), NeedsProof)


@pytest.mark.parametrize(("counts", "status"), [(False, "authorized"), (True, "paid")])
def test_an_authorisation_is_money_only_where_captures_run_by_themselves(counts: bool, status: str) -> None:
    gateway = account({**DEMO, "authorized_is_paid": counts})
    seen = read(gateway, signed({**E3, "STATUS": "5"}))
    later = read(gateway, signed({**E3, "STATUS": "9"}))
    assert seen.status == status
    assert (seen.proof == later.proof) is counts


@pytest.mark.parametrize(
    ("amount", "code", "minor"),
    [
        ("15", "EUR", 1500),
        ("15.00", "EUR", 1500),
        ("15.5", "EUR", 1550),
        ("15.50", "EUR", 1550),
        ("0.1", "EUR", 10),
        ("500", "JPY", 500),
        ("500.00", "JPY", 500),
    ],
)
def test_an_amount_is_in_major_units(demo: PaymentGateway, amount: str, code: str, minor: int) -> None:
    assert read(demo, signed({**E3, "amount": amount, "currency": code})).amount == Money.of(minor, code)


@pytest.mark.parametrize(
    "change",
    [
        {"amount": "49.900"},
        {"amount": "49,90"},
        {"amount": "-49.90"},
        {"amount": "4.99e1"},
        {"amount": "٤٩"},
        {"amount": ""},
        {"amount": "5.5", "currency": "JPY"},
        {"currency": ""},
        {"currency": "eur"},
        {"PAYID": ""},
        {"orderID": ""},
        {"STATUS": ""},
    ],
)
def test_genuine_feedback_without_sense_is_unreadable(demo: PaymentGateway, change: dict[str, str]) -> None:
    with pytest.raises(GatewayProtocolError):
        demo.read_callback(signed({**E3, **change}))


def test_names_are_read_in_any_case_and_unsigned_ones_not_at_all(demo: PaymentGateway) -> None:
    told = fields_of(signed(E3))
    shouted = {name.swapcase(): value for name, value in told.items()}
    odd = {**shouted, "bank": "ogone", "reference": "pay-1002", "check": "x", "ALIASOPERATION": "x"}
    assert read(demo, posted(odd)) == read(demo, signed(E3))


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512"])
def test_only_the_hash_of_the_back_office_is_believed(algorithm: str) -> None:
    sign = hashlib.new(algorithm, joined(E3, SHA_OUT), usedforsecurity=False).hexdigest().upper()
    message = InboundMessage("GET", b"", query=(*E3.items(), ("SHASIGN", sign)))
    for configured in ("sha1", "sha256", "sha512"):
        gateway = account({**DEMO, "sha": configured})
        if configured == algorithm:
            assert read(gateway, message).status is PaymentStatus.PAID
            continue
        with pytest.raises(InvalidSignature):
            gateway.read_callback(message)


def test_feedback_by_get_is_its_query_and_by_post_its_body(demo: PaymentGateway) -> None:
    told = tuple(fields_of(signed(E3)).items())
    assert read(demo, InboundMessage("GET", b"", query=told)) == read(demo, signed(E3))
    for message in (
        InboundMessage("POST", b"", query=told),
        InboundMessage("GET", signed(E3).body),
        InboundMessage("GET", b"", query=(*told, ("status", "9"))),
        InboundMessage("POST", signed(E3).body + b"&STATUS=9"),
        InboundMessage("POST", b"CN=%ff&" + signed(E3).body),
    ):
        with pytest.raises(InvalidSignature):
            demo.read_callback(message)


def test_a_form_is_posted_exactly_as_it_was_signed(harness: OgoneHarness) -> None:
    brief = replace(
        a_brief(harness.gateway, Money.of(1999, "EUR")),
        description=" Kawa\r\n 'ż' & <b> / \u2615\U0001f600 " + "x" * 300,
        buyer=Buyer("jan@example.com" + "m" * 40, "Zoë\n  Żółć-Nowak " + "y" * 40, "+48 123"),
        billing_address=Address("Zoë", "Prosta 1", "Warszawa", "PL", "00-950 Warszawa"),
        locale="da-DK",
    )
    with no_network():
        step = harness.gateway.start(brief).next_step
    fields = dict(step.fields)
    assert (step.kind, step.url) == (
        NextStepKind.FORM,
        f"{harness.sandbox.address}/ncol/test/orderstandard_utf8.asp",
    )
    assert (fields["AMOUNT"], fields["LANGUAGE"], fields["OPERATION"]) == ("1999", "dk_DK", "SAL")
    assert (len(fields["COM"]), len(fields["CN"]), fields["OWNERCTY"]) == (100, 35, "PL")
    assert not {"EMAIL", "OWNERZIP", "PM"} & fields.keys()
    assert all(value == " ".join(value.split()) for value in fields.values())
    payment, _ = started(harness, brief)
    assert harness.sandbox.session(payment.reference)
    bent = requests.post(step.url, {**fields, "AMOUNT": "1"}, timeout=5)
    assert (bent.status_code, bent.text) == (400, "unknown order/1/s/")


@pytest.mark.parametrize("algorithm", ["sha1", "sha512"])
def test_what_the_sandbox_sends_is_what_we_believe(harness: OgoneHarness, algorithm: str) -> None:
    with listening() as shop:
        gateway = harness.build(sha=algorithm, pm="CreditCard", brand="VISA")
        harness.sandbox.settings(sha=algorithm, webhook_url=f"{shop.url}/cb")
        brief = a_brief(gateway)
        session = harness.sandbox.open(gateway.start(brief))
        harness.sandbox.finish(session)
        made = {"session": session, "amount": "1000"}
        url = f"{harness.sandbox.address}/_panel/refund"
        assert requests.post(url, json=made, timeout=5).status_code == 201
        harness.sandbox.settings(feedback_method="GET")
        assert requests.post(url, json=made, timeout=5).status_code == 201
        wait_for(lambda: len(shop.heard) == 3)
        heard = [
            InboundMessage(one.method, one.body, one.headers, tuple(parse_qsl(urlsplit(one.path).query)))
            for one in shop.heard
        ]
    pay, back, again = (read(gateway, message) for message in heard)
    assert (pay.reference, pay.status) == (brief.payment.reference, PaymentStatus.PAID)
    assert [message.method for message in heard] == ["POST", "POST", "GET"]
    for number, seen in enumerate((back, again), 1):
        assert seen.proof == Proof(FactKind.REFUNDED, f"{session}/{number}", Money.of(1000, "PLN"))


@pytest.mark.parametrize(("status", "aborted"), [("paid", False), ("declined", False), ("cancelled", True)])
@pytest.mark.parametrize("told", [True, False])
def test_a_return_only_hints_even_when_it_is_signed(
    harness: OgoneHarness, status: str, aborted: bool, told: bool
) -> None:
    harness.sandbox.settings(feedback_on_redirect=told)
    session = harness.sandbox.open(harness.gateway.start(a_brief(harness.gateway)))
    page = f"{harness.sandbox.address}/pay/{session}"
    back = requests.post(page, {"outcome": status}, timeout=5, allow_redirects=False).headers["Location"]
    carried = tuple(parse_qsl(urlsplit(back).query))
    hint = harness.gateway.read_return(InboundMessage("GET", b"", query=carried))
    assert (hint.aborted, hint.collect) == (aborted, False)
    assert ("SHASIGN" in hint.parameters) == (told and not aborted)


def test_an_order_id_that_was_paid_is_not_paid_again(harness: OgoneHarness) -> None:
    started_once = harness.gateway.start(a_brief(harness.gateway))
    harness.sandbox.finish(harness.sandbox.open(started_once))
    again = requests.post(started_once.next_step.url, dict(started_once.next_step.fields), timeout=5)
    assert again.status_code == 400


@pytest.mark.parametrize(("hundred", "text"), [(True, "50000"), (False, "500")])
def test_yen_are_written_as_the_account_reads_them(hundred: bool, text: str) -> None:
    gateway = account({**DEMO, "times_hundred": hundred})
    assert dict(gateway.start(a_brief(gateway, Money.of(500, "JPY"))).next_step.fields)["AMOUNT"] == text
    assert dict(gateway.start(a_brief(gateway, Money.of(500, "EUR"))).next_step.fields)["AMOUNT"] == "500"


@pytest.mark.parametrize(
    ("amount", "reason"),
    [
        (Money.of(10**15 - 1, "EUR"), ""),
        (Money.of(10**15, "EUR"), "more than Ogone can write"),
        (Money.of(1000, "KWD"), "KWD is not taken"),
    ],
)
def test_what_cannot_be_written_is_not_offered(demo: PaymentGateway, amount: Money, reason: str) -> None:
    assert demo.accepts(amount, "BE", (a_line(amount),)) == reason


def test_an_address_that_is_too_long_stops_the_start(demo: PaymentGateway) -> None:
    with pytest.raises(GatewayRejected):
        demo.start(replace(a_brief(demo), return_url="https://shop.example/" + "x" * 180))


def test_live_forms_go_to_the_live_page_and_hold_when_told_to() -> None:
    gateway = account({**LIVE, "capture": "manual", "lang": "nl_BE"}, "live")
    step = gateway.start(replace(a_brief(gateway), locale="uk")).next_step
    assert step.url == "https://secure.ogone.com/ncol/prod/orderstandard_utf8.asp"
    assert (dict(step.fields)["OPERATION"], dict(step.fields)["LANGUAGE"]) == ("RES", "nl_BE")
    assert {panel.url for panel in gateway.panel_urls("https://shop.example")} == {
        "https://shop.example/callbacks/acc"
    }


@pytest.mark.parametrize(
    ("environment", "key", "change"),
    [
        ("test", "api_password", {"api_user": "api"}),
        ("test", "api_user", {"api_password": "x"}),
        ("test", "base_url", {"base_url": "https://secure.ogone.com"}),
        ("live", "base_url", {"base_url": "https://ogone.test.v-psp.com"}),
        ("live", "sha_out", {"sha_out": "Mysecretsig1875!?"}),
        ("test", "sha", {"sha": "md5"}),
    ],
)
def test_settings_that_could_not_work_stop_the_start(
    environment: str, key: str, change: dict[str, object]
) -> None:
    assert account(LIVE, environment).code == "ogone"
    with pytest.raises(SettingsError, match=rf"gateways\.acc\.{key} "):
        account({**LIVE, **change}, environment)
