"""PayU's classic API against the contract suite, the vector of its protocol, and what is particular to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import requests

from adapters.gateways.payu import Settings
from adapters.gateways.payu.classic import ASKED, FORM, signed
from adapters.gateways.registry import required_keys
from adapters.sandbox import payu_classic
from adapters.testing.builders import a_brief, a_payment, a_refund
from adapters.testing.callbacks import ProvenCallbackContract
from adapters.testing.collects import CollectContract
from adapters.testing.contract import GatewayContract
from adapters.testing.hints import HintContract
from adapters.testing.quiet import listening, no_network
from adapters.testing.wires import WireContract, decided, paid
from adapters.wire.errors import SettingsError
from application.errors import (
    GatewayRejected,
    GatewayUnavailable,
    InvalidSignature,
    OutcomeUnknown,
    UnsupportedOperation,
)
from application.ports.gateway import InboundMessage, PaymentGateway
from domain.basket import Buyer
from domain.money import Money
from domain.observation import Observation, Proof, Source
from domain.payment import NextStepKind, PaymentStatus
from domain.settlement import Verdict
from domain.transaction import FactKind
from tests.contract.payu_stand import (
    BLOCK,
    DEMO,
    V4,
    V4_ONLINE,
    V4_ONLINE_SIG,
    V4_SIG,
    ClassicHarness,
    md5,
    posted,
)
from tests.contract.stand import HttpSandbox, account, wait_for


@pytest.fixture
def harness(sandbox_url: str) -> Iterator[ClassicHarness]:
    sandbox = HttpSandbox(sandbox_url, "payu")
    yield ClassicHarness(sandbox, {**BLOCK, "base_url": sandbox.address})
    sandbox.clear()


@pytest.fixture
def held(harness: ClassicHarness) -> Iterator[ClassicHarness]:
    """A POS without automatic receipt."""
    harness.pays_as = "authorized"
    harness.sandbox.settings(manual_capture=True)
    yield harness
    harness.sandbox.settings(manual_capture=False)


@pytest.fixture
def demo() -> PaymentGateway:
    return account(DEMO)


class TestPayuClassic(GatewayContract, HintContract, ProvenCallbackContract, WireContract):
    """The contract."""


class TestPayuClassicHeld(CollectContract):
    """The contract of money that waits for our receipt."""

    @pytest.fixture
    def harness(self, held: ClassicHarness) -> ClassicHarness:
        return held


def test_vector_4_is_signed_alike_on_both_sides(demo: PaymentGateway) -> None:
    assert signed(V4, FORM, "key1demo") == payu_classic.sig(V4, payu_classic._FORM, "key1demo") == V4_SIG
    assert signed(V4_ONLINE, ASKED, "key2demo") == V4_ONLINE_SIG
    assert payu_classic.sig(V4_ONLINE, payu_classic._ASKED, "key2demo") == V4_ONLINE_SIG
    (seen,) = demo.read_callback(posted({**V4_ONLINE, "sig": V4_ONLINE_SIG}))  # type: ignore[misc]
    assert (seen.reference, seen.source, seen.status) == ("77:1400000000.0", Source.CALLBACK, None)


def test_every_field_that_can_be_sent_is_signed_in_its_place() -> None:
    fields = {name: f"<{name}>" for name in FORM.split()}
    order = list(fields)
    assert signed(fields, FORM, "k") == md5(*fields.values(), "k")
    assert (order[0], order[1], order[-2:]) == ("pos_id", "pay_type", ["client_ip", "ts"])
    assert FORM == payu_classic._FORM


def form_of(gateway: PaymentGateway, **changes: object) -> dict[str, str]:
    step = gateway.start(replace(a_brief(gateway), **changes)).next_step  # type: ignore[arg-type]
    assert step.kind is NextStepKind.FORM
    return dict(step.fields)


def test_the_form_asks_for_a_test_payment_in_test_and_for_a_real_one_in_live() -> None:
    with no_network():
        test, live = form_of(account(DEMO)), form_of(account(DEMO, "live"))
    assert (test["pay_type"], "pay_type" in live) == ("t", False)
    for form in (test, live):
        expected = md5(*(form.get(name, "") for name in payu_classic._FORM.split()), "key1demo")
        assert form["sig"] == expected


def test_a_form_goes_unsigned_only_where_the_block_says_so(harness: ClassicHarness) -> None:
    unsigned = harness.build(signing=False)
    step = unsigned.start(a_brief(unsigned)).next_step
    assert {"sig", "ts"} & dict(step.fields).keys() == set()
    assert requests.post(step.url, data=list(step.fields), timeout=5).status_code == 400
    harness.sandbox.settings(unsigned_forms=True)
    try:
        assert requests.post(step.url, data=list(step.fields), timeout=5).status_code == 200
    finally:
        harness.sandbox.settings(unsigned_forms=False)


def test_a_description_is_one_short_line(demo: PaymentGateway) -> None:
    form = form_of(demo, description="Zamówienie\r\ntrans_status : 99\n" + "ż" * 60)
    assert "\n" not in form["desc"]
    assert len(form["desc"]) == 50


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Jan Maria Rokita", {"first_name": "Jan Maria", "last_name": "Rokita"}),
        ("Prince", {"first_name": "Prince"}),
        ("", {}),
    ],
)
def test_a_buyers_name_is_told_as_far_as_it_is_known(
    demo: PaymentGateway, name: str, told: dict[str, str]
) -> None:
    form = form_of(demo, buyer=Buyer("a@example.com", name))
    assert {key: form[key] for key in ("first_name", "last_name") if key in form} == told


@pytest.mark.parametrize(("locale", "language"), [("en_GB", "en"), ("uk", "pl"), ("pl", "pl")])
def test_the_page_speaks_polish_or_english(demo: PaymentGateway, locale: str, language: str) -> None:
    assert form_of(demo, locale=locale)["language"] == language


@pytest.mark.parametrize("address", ["", "0.0.0.0", "::"])  # noqa: S104 -- sent, not bound
def test_a_shopper_without_an_address_is_not_started(demo: PaymentGateway, address: str) -> None:
    with no_network(), pytest.raises(GatewayRejected):
        demo.start(replace(a_brief(demo), customer_ip=address))


def test_another_currency_than_pln_is_neither_taken_nor_configured(demo: PaymentGateway) -> None:
    assert account({**DEMO, "currencies": ["EUR"]}).currencies == {"PLN"}
    with no_network(), pytest.raises(GatewayRejected):
        demo.start(a_brief(demo, Money.of(100, "EUR")))


def test_three_addresses_go_into_the_panel_and_the_placeholder_leads_back(harness: ClassicHarness) -> None:
    online_url, positive, negative = harness.gateway.panel_urls("https://shop.example/pay")
    assert online_url.url == "https://shop.example/pay/callbacks/acc"
    assert positive.url == "https://shop.example/pay/returns/acc/%orderId%"
    brief = a_brief(harness.gateway)
    session = harness.sandbox.open(harness.gateway.start(brief))
    harness.sandbox.settings(url_positive=positive.url, url_negative=negative.url)
    try:
        page = f"{harness.sandbox.address}/pay/{session}"
        home = requests.post(page, data={"outcome": "cancelled"}, timeout=5, allow_redirects=False)
    finally:
        harness.sandbox.settings(url_positive="", url_negative="")
    assert home.headers["Location"] == f"https://shop.example/pay/returns/acc/{brief.payment.token}?error=504"


@pytest.mark.parametrize(("query", "aborted"), [((), False), ((("error", "504"),), True)])
def test_only_an_error_in_the_return_hints_at_giving_up(
    demo: PaymentGateway, query: tuple[tuple[str, str], ...], aborted: bool
) -> None:
    assert demo.read_return(InboundMessage("GET", b"", query=query)).aborted is aborted


def test_a_report_is_answered_with_ok_and_nothing_else(demo: PaymentGateway) -> None:
    for verdict in Verdict:
        assert demo.acknowledge(verdict).body == b"OK"


def test_what_the_sandbox_reports_is_a_hint_that_a_look_makes_true(harness: ClassicHarness) -> None:
    with listening() as shop:
        harness.sandbox.settings(webhook_url=f"{shop.url}/cb")
        try:
            payment = decided(harness, "paid")
            wait_for(lambda: bool(shop.heard))
        finally:
            harness.sandbox.settings(webhook_url="")
        heard = shop.heard[0]
    (hint,) = harness.gateway.read_callback(InboundMessage(heard.method, heard.body, heard.headers))  # type: ignore[misc]
    assert (hint.reference, hint.status, hint.proof) == (payment.reference, None, None)
    seen = harness.gateway.look(payment)
    assert seen.proof == Proof(FactKind.CAPTURED, payment.reference, payment.amount)
    session = harness.sandbox.session(payment.reference)
    assert session is not None
    assert seen.gateway_reference == session["id"]


def test_a_form_that_was_never_posted_is_not_found(harness: ClassicHarness) -> None:
    assert harness.gateway.look(a_payment(harness.gateway)).word == "not_found"


@pytest.mark.parametrize("key", ["key1", "pos_id"])
def test_wrong_credentials_are_no_answer_about_the_payment(harness: ClassicHarness, key: str) -> None:
    stranger = harness.build(**{key: "1234"})
    with pytest.raises(GatewayUnavailable):
        stranger.look(a_payment(stranger))
    with pytest.raises(GatewayUnavailable):
        stranger.check()
    assert "not found" in harness.gateway.check()


def test_an_answer_that_our_second_key_does_not_prove_is_unknown(harness: ClassicHarness) -> None:
    payment = paid(harness)
    stranger = harness.build(key2="another-second-key")
    with pytest.raises(OutcomeUnknown):
        stranger.look(payment)
    assert harness.build(key2="the-next", key2_previous=BLOCK["key2"]).look(payment).proof


def test_held_money_waits_for_staff_where_the_block_says_so(held: ClassicHarness) -> None:
    manual = held.build(capture="manual")
    held.gateway = manual
    payment = decided(held, "authorized")
    seen = manual.look(payment)
    assert (seen.status, seen.proof, seen.collectable) == (PaymentStatus.AUTHORIZED, None, False)
    with no_network(), pytest.raises(UnsupportedOperation):
        manual.capture(payment, Money(1, payment.amount.currency), "k")
    taken = manual.capture(payment, payment.amount, "k")
    assert (taken.source, taken.status) == (Source.CAPTURE, PaymentStatus.PAID)
    assert manual.capture(payment, payment.amount, "k").proof == taken.proof


def test_held_money_is_collected_by_itself_otherwise(held: ClassicHarness) -> None:
    assert held.gateway.look(decided(held, "authorized")).collectable


def test_a_receipt_is_never_asked_for_twice_in_one_go(held: ClassicHarness) -> None:
    payment = decided(held, "authorized")
    held.sandbox.arm("status_5xx", "collect", times=1)
    with pytest.raises(OutcomeUnknown):
        held.gateway.collect(payment, "k")
    assert held.gateway.look(payment).status is PaymentStatus.AUTHORIZED


def test_a_hold_over_another_amount_is_neither_collected_nor_captured(held: ClassicHarness) -> None:
    payment = decided(held, "authorized")
    acts: tuple[Callable[[], Observation], ...] = (
        lambda: held.gateway.look(payment),
        lambda: held.gateway.collect(payment, "k"),
        lambda: held.gateway.capture(payment, payment.amount, "k"),
    )
    for act in acts:
        held.sandbox.arm("wrong_amount", "look", delta=1)
        seen = act()
        assert (seen.status, seen.collectable, seen.proof) == (PaymentStatus.AUTHORIZED, False, None)
        assert seen.amount == Money(payment.amount.minor + 1, payment.amount.currency)
    session = held.sandbox.session(payment.reference)
    assert session is not None
    assert session["captures"] == []


def test_held_money_can_be_let_go_and_taken_money_cannot(held: ClassicHarness) -> None:
    payment = decided(held, "authorized")
    assert held.gateway.void(payment, "k").status is PaymentStatus.CANCELLED
    assert held.gateway.look(payment).status is PaymentStatus.CANCELLED
    assert held.gateway.void(paid(held), "k").status is PaymentStatus.PAID


def test_a_refund_is_plainly_not_possible(demo: PaymentGateway) -> None:
    payment = a_payment(demo)
    with no_network(), pytest.raises(UnsupportedOperation):
        demo.refund(payment, a_refund(payment))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"key_1": "x"}, r"gateways\.acc\.key_1 is no setting of this gateway; did you mean key1\?"),
        ({"second_key": "x"}, r"gateways\.acc\.second_key is no setting"),
        ({"key1": ""}, r"gateways\.acc\.key1 is empty"),
        ({"pos_auth_key": None}, r"gateways\.acc\.pos_auth_key is missing"),
        ({"lang": "de"}, r"gateways\.acc\.lang is not valid"),
        ({"api": "clasic"}, r"gateways\.acc\.(api is not valid|[a-z0-9_]+ is no setting)"),
    ],
)
def test_a_slip_in_a_classic_block_names_its_key(change: dict[str, object], complaint: str) -> None:
    block = {key: value for key, value in {**BLOCK, **change}.items() if value is not None}
    with pytest.raises(SettingsError, match=complaint):
        account(block)


def test_without_an_api_a_block_is_of_the_new_one() -> None:
    assert required_keys("payu") == ("pos_id", "client_secret", "second_key")
    assert Settings(pos_id="1", client_secret="s", second_key="k").api == "rest"
    with pytest.raises(SettingsError, match="pos_auth_key is no setting"):
        account({**BLOCK, "api": "rest"})
    with pytest.raises(InvalidSignature):
        account(BLOCK).read_callback(posted(V4_ONLINE))
