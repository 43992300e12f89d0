"""The methods with nothing on the wire: pass, bank transfer, cheque, cash on delivery."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from adapters.testing.builders import a_brief, a_line, a_payment, a_refund
from adapters.testing.contract import GatewayContract
from adapters.testing.quiet import no_network
from adapters.wire.errors import SettingsError
from application.errors import GatewayRejected
from application.ports.gateway import Operation, PaymentGateway, Temperament
from domain.basket import Buyer
from domain.money import Money
from domain.order import Order
from domain.payment import NextStepKind, Payment, PaymentStatus
from domain.quote import LineKind
from domain.refund import RefundStatus
from tests.contract.stand import account

IBAN = "PL61 1090 1014 0000 0712 1981 2874"
BLOCKS: dict[str, dict[str, object]] = {
    "pass": {"adapter": "pass"},
    "bank_transfer": {"adapter": "bank_transfer", "recipient": "Shop Ltd", "account_number": IBAN},
    "cheque": {"adapter": "cheque", "payee": "Shop Ltd", "address": "Shop Ltd, Prosta 1,00-950 Warszawa"},
    "cash_on_delivery": {"adapter": "cash_on_delivery", "max_items": 10},
}


@dataclass(frozen=True, slots=True)
class OfflineHarness:
    gateway: PaymentGateway


def offline(code: str, environment: str = "test", **changes: object) -> PaymentGateway:
    return account({**BLOCKS[code], **changes}, environment)


def an_order(payment: Payment) -> Order:
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    return Order(
        id=uuid4(),
        reference="261120000042",
        key="k",
        source="basket",
        currency=payment.amount.currency,
        lines=(a_line(payment.amount),),
        total=payment.amount,
        tax=Money.zero(payment.amount.currency),
        buyer=Buyer("a@example.com"),
        placed_at=now,
        environment="test",
        deadline=now + timedelta(days=7),
    )


class OfflineContract(GatewayContract):
    def test_it_is_direct_and_has_no_callbacks(self, harness: OfflineHarness) -> None:
        capabilities = harness.gateway.capabilities
        assert capabilities.temperament is Temperament.DIRECT
        assert not capabilities.callback_methods

    @pytest.mark.parametrize("minor", [4990, 1])
    def test_a_refund_only_books_what_a_person_did(self, harness: OfflineHarness, minor: int) -> None:
        payment = a_payment(harness.gateway)
        refund = a_refund(payment, minor)
        with no_network():
            news = harness.gateway.refund(payment, refund).refund
        assert news is not None
        assert (news.status, news.amount, news.key) == (RefundStatus.DONE, refund.amount, refund.key)

    def test_starting_calls_nobody(self, harness: OfflineHarness) -> None:
        with no_network():
            harness.gateway.start(a_brief(harness.gateway))

    @pytest.mark.parametrize("code", ["JPY", "KWD", "CLF"])
    def test_any_currency_will_do(self, harness: OfflineHarness, code: str) -> None:
        amount = Money.of(1, code)
        lines = (a_line(amount), a_line(amount, kind=LineKind.DELIVERY))
        assert not harness.gateway.accepts(amount, "PL", lines)


class TestPass(OfflineContract):
    @pytest.fixture
    def harness(self) -> OfflineHarness:
        return OfflineHarness(offline("pass"))


class TestBankTransfer(OfflineContract):
    @pytest.fixture
    def harness(self) -> OfflineHarness:
        return OfflineHarness(offline("bank_transfer"))


class TestCheque(OfflineContract):
    @pytest.fixture
    def harness(self) -> OfflineHarness:
        return OfflineHarness(offline("cheque"))


class TestCashOnDelivery(OfflineContract):
    @pytest.fixture
    def harness(self) -> OfflineHarness:
        return OfflineHarness(offline("cash_on_delivery"))


@pytest.mark.parametrize("minor", [0, 4990])
def test_pass_settles_at_once_with_our_own_reference_as_proof(minor: int) -> None:
    gateway = offline("pass")
    brief = a_brief(gateway, Money.of(minor, "PLN"))
    started = gateway.start(brief)
    seen = started.observation
    assert started.next_step.kind is NextStepKind.NOTHING
    assert seen is not None
    assert seen.status is PaymentStatus.PAID
    assert seen.proof is not None
    assert (seen.proof.gateway_id, seen.proof.amount) == (brief.payment.reference, brief.payment.amount)


def test_pass_gives_nothing_away_in_live() -> None:
    gateway = offline("pass", "live")
    costs, is_free = Money.of(1, "PLN"), Money.of(0, "PLN")
    assert gateway.accepts(costs, "PL", ())
    assert not gateway.accepts(is_free, "PL", ())
    with pytest.raises(GatewayRejected):
        gateway.start(a_brief(gateway, costs))
    assert gateway.start(a_brief(gateway, is_free)).observation
    assert not offline("pass", "live", any_amount=True).accepts(costs, "PL", ())


@pytest.mark.parametrize("code", ["bank_transfer", "cheque"])
def test_it_is_a_promise_until_a_person_has_seen_the_money(code: str) -> None:
    gateway = offline(code, days=3)
    started = gateway.start(a_brief(gateway))
    assert (started.next_step.kind, started.observation, started.approved) == (NextStepKind.PAGE, None, False)
    assert Operation.CONFIRM in gateway.capabilities.operations
    assert gateway.capabilities.time_to_pay == timedelta(days=3)
    assert not gateway.capabilities.ships_before_money


@pytest.mark.parametrize("code", ["bank_transfer", "cheque"])
def test_a_promise_can_approve_the_order_at_once(code: str) -> None:
    gateway = offline(code, auto_approve=True)
    assert gateway.start(a_brief(gateway)).approved


@pytest.mark.parametrize(("code", "days", "longest"), [("bank_transfer", 7, 30), ("cheque", 14, 60)])
def test_every_promise_has_a_deadline_of_its_own(code: str, days: int, longest: int) -> None:
    assert offline(code).capabilities.time_to_pay == timedelta(days=days)
    assert offline(code, days=longest).capabilities.time_to_pay == timedelta(days=longest)
    for wrong in (0, longest + 1):
        with pytest.raises(SettingsError, match=r"gateways\.acc\.days "):
            offline(code, days=wrong)


def test_the_instructions_have_what_a_banking_app_asks_for() -> None:
    gateway = offline("bank_transfer", bic="BPKOPLPW")
    payment = a_payment(gateway)
    part = replace(payment, captured=Money.of(1990, "PLN"))
    assert gateway.instructions(an_order(payment), part) == {
        "recipient": "Shop Ltd",
        "account": "PL61 1090 1014 0000 0712 1981 2874",
        "bic": "BPKOPLPW",
        "amount": "30.00 PLN",
        "title": "261120000042",
        "deadline": "2026-11-27T12:00:00+00:00",
    }


def test_a_cheque_is_told_payee_address_and_number() -> None:
    gateway = offline("cheque", note="Crossed cheques only.")
    payment = a_payment(gateway)
    part = replace(payment, captured=Money.of(1990, "PLN"))
    assert gateway.instructions(an_order(payment), part) == {
        "payee": "Shop Ltd",
        "address": "Shop Ltd\nProsta 1\n00-950 Warszawa",
        "note": "Crossed cheques only.",
        "amount": "30.00 PLN",
        "title": "261120000042",
        "deadline": "2026-11-27T12:00:00+00:00",
    }


@pytest.mark.parametrize("key", ["payee", "address"])
def test_a_cheque_needs_a_payee_and_an_address(key: str) -> None:
    with pytest.raises(SettingsError, match=rf"gateways\.acc\.{key} is empty"):
        offline("cheque", **{key: ""})


@pytest.mark.parametrize("number", ["PL61 1090 1014 0000 0712 1981 2875", "12/34", "zażółć", ""])
def test_a_wrong_account_number_stops_the_start_without_being_told(number: str) -> None:
    with pytest.raises(SettingsError, match=r"gateways\.acc\.account_number ") as stopped:
        offline("bank_transfer", account_number=number)
    assert not number or number not in str(stopped.value)


def test_a_number_that_is_no_iban_is_taken_as_it_is() -> None:
    gateway = offline("bank_transfer", account_number="00012345678")
    payment = a_payment(gateway)
    assert gateway.instructions(an_order(payment), payment)["account"] == "0001 2345 678"


def test_cash_on_delivery_ships_first_and_has_no_deadline() -> None:
    gateway = offline("cash_on_delivery")
    started = gateway.start(a_brief(gateway))
    assert (started.next_step.kind, started.observation, started.approved) == (NextStepKind.PAGE, None, True)
    assert gateway.capabilities.ships_before_money
    assert gateway.capabilities.time_to_pay is None


@pytest.mark.parametrize(
    ("quantity", "delivered", "taken"), [(10, True, True), (11, True, False), (1, False, False)]
)
def test_cash_on_delivery_is_for_few_goods_that_are_brought(
    quantity: int, delivered: bool, taken: bool
) -> None:
    amount = Money.of(1100, "PLN")
    lines = [a_line(amount, quantity=quantity)]
    if delivered:
        lines.append(a_line(Money.of(0, "PLN"), kind=LineKind.DELIVERY))
    assert bool(offline("cash_on_delivery").accepts(amount, "PL", lines)) is not taken


@pytest.mark.parametrize("code", ["bank_transfer", "cheque", "cash_on_delivery"])
def test_a_promise_of_nothing_is_not_taken(code: str) -> None:
    assert offline(code).accepts(
        Money.of(0, "PLN"), "PL", (a_line(Money.of(0, "PLN"), kind=LineKind.DELIVERY),)
    )
