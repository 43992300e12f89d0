"""Methods with nothing on the wire: promised on a page, confirmed by a person, by use case or by command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from adapters.cli.root import callbank
from adapters.cli.toml import to_toml
from adapters.gateways.registry import installed, required_keys
from adapters.wire.errors import SettingsError
from application.errors import InvalidRequest, MethodNotOffered
from application.get_redirect_url import GetRedirectUrlRequest
from application.ports.gateway import Operation, Temperament
from application.refund_payment import RefundPaymentRequest
from application.staff_moves import ConfirmOfflinePaymentRequest
from domain.money import Money
from domain.order import Order, OrderStatus
from domain.payment import Payment, PaymentStatus
from domain.refund import RefundStatus
from tests.adapters.cli.fixtures import _own_environment  # noqa: F401 - keeps commands to themselves
from tests.functional.goods import blocks
from tests.functional.hands import page_of, pay_forms, send, state_of
from tests.functional.world import Shop, a_shop, heading, words_of

ONLINE = ("payu", "dummy")
FILLED = {"account_number": "PL61109010140000071219812874"}
"""What a required key is filled with where any text will not do."""
UNPAID = ("transfer", "promised")


def offline_codes() -> tuple[str, ...]:
    """Promises that are installed here; a new one joins by itself."""
    return tuple(code for code in ("bank_transfer", "cash_on_delivery", "cheque") if _is_there(code))


def _is_there(code: str) -> bool:
    try:
        return code in installed() and required_keys(code) is not None
    except SettingsError:
        return False


def offline_blocks(sandbox: str) -> dict[str, dict[str, object]]:
    known = blocks(sandbox)
    wanted = {
        code: {key: FILLED.get(key, "Sklep Przykładowy, Złota 44") for key in required_keys(code)}
        for code in offline_codes()
    }
    return {**{code: known[code] for code in ONLINE}, **wanted, "pass": {}}


@dataclass
class Office:
    """The shop, and its command line."""

    shop: Shop
    config: Path

    def run(self, *arguments: str, code: int = 0) -> Any:
        """What the command told as JSON; a refusal is told as text."""
        told = CliRunner().invoke(callbank, ["--config", str(self.config), *arguments, "--json"])
        assert told.exit_code == code, told.output
        return json.loads(told.stdout) if not code else told.stderr

    def confirm(self, payment: Payment, amount: Money, receipt: str, code: int = 0) -> Any:
        words = ("--amount", amount.text, "--receipt", receipt, "--by", "ada", "--reason", "seen")
        return self.run("payments", "confirm", payment.reference, *words, code=code)


@pytest.fixture
def office(database_path: Path, sandbox: str, tmp_path: Path) -> Iterator[Office]:
    url = f"sqlite:///{database_path}"
    with a_shop(url, sandbox, blocks_of=offline_blocks) as shop:
        content = {
            "base_url": shop.url,
            "secret_key": "a secret key for the tests only",
            "guest_checkout": True,
            "database": {"url": url},
            "gateways": offline_blocks(sandbox),
        }
        config = tmp_path / "callbank.toml"
        config.write_text(to_toml(content), encoding="utf-8")
        office = Office(shop, config)
        yield office
        assert office.run("check") == {"violations": []}


@pytest.fixture(params=offline_codes())
def code(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def promised(shop: Shop, code: str) -> tuple[Order, Payment]:
    """An order whose shopper chose the method on the order page and pressed the button."""
    order, browser = shop.order(), shop.browser()
    form = pay_forms(browser.get(f"/orders/{order.key}"))[0]
    form["account"] = code
    page = form.submit().follow().follow()
    assert page.request.path == f"/orders/{order.key}"
    order, (payment,) = shop.again(order)
    return order, payment


def captured(shop: Shop, order: Order) -> list[Money]:
    return [fact.amount for fact in shop.use_cases.reads.order_file(order.id).facts]


def test_every_promise_there_is_has_its_journeys() -> None:
    assert {"bank_transfer", "cash_on_delivery"} <= set(offline_codes())


def test_a_promise_made_on_the_page_is_never_called_paid(office: Office, code: str) -> None:
    shop = office.shop
    order, payment = promised(shop, code)
    page = page_of(shop, order)
    assert state_of(shop, order) in UNPAID
    assert "paid" not in heading(page).lower()
    assert "received" not in words_of(page).lower()
    assert (payment.status, payment.captured.minor) == (PaymentStatus.IN_PROGRESS, 0)
    assert order.status in (OrderStatus.PENDING, OrderStatus.VALIDATED)
    assert not order.is_paid
    for name, told in shop.use_cases.gateways.get(code).instructions(order, payment).items():
        assert told, name
    assert captured(shop, order) == []


def test_a_person_confirms_in_parts_by_the_use_case_and_each_receipt_once(office: Office, code: str) -> None:
    shop = office.shop
    order, payment = promised(shop, code)
    part, rest = Money(1000, order.currency), Money(order.total.minor - 1000, order.currency)

    def seen(amount: Money, receipt: str) -> PaymentStatus:
        request = ConfirmOfflinePaymentRequest(payment.id, amount, receipt, "ada", "statement")
        return shop.use_cases.confirm_offline_payment.execute(request).payment.status

    assert seen(part, "line 1") is PaymentStatus.PARTIALLY_PAID
    assert seen(part, "line 1") is PaymentStatus.PARTIALLY_PAID
    assert captured(shop, order) == [part]
    assert state_of(shop, order) == "part_arrived" or shop.again(order)[0].status is OrderStatus.VALIDATED
    assert seen(rest, "line 2") is PaymentStatus.PAID
    order, (payment,) = shop.again(order)
    assert (order.status, order.is_paid, payment.captured) == (OrderStatus.VALIDATED, True, order.total)
    assert state_of(shop, order) == "paid"
    with pytest.raises(InvalidRequest):
        seen(Money(1000, Money.of(0, "EUR").currency), "line 3")


def test_a_person_confirms_by_command_and_gives_back_by_command(office: Office, code: str) -> None:
    shop = office.shop
    order, payment = promised(shop, code)
    assert office.confirm(payment, order.total, "line 1")["status"] == "paid"
    assert office.confirm(payment, order.total, "line 1")["verdict"] == "duplicate"
    assert "was booked with" in office.confirm(payment, Money(1, order.currency), "line 1", code=1)
    assert captured(shop, order) == [order.total]
    assert state_of(shop, order) == "paid"
    words = ("--amount", "10.00", "--by", "ada", "--reason", "returned")
    assert office.run("payments", "refund", payment.reference, *words)["status"] == "done"
    assert state_of(shop, order) == "partly_refunded"
    everything = ("--by", "ada", "--reason", "all of it")
    assert office.run("payments", "refund", payment.reference, *everything)["status"] == "done"
    assert state_of(shop, order) == "refunded"
    assert "left to refund" in office.run(
        "payments", "refund", payment.reference, *words, "--key", "x", code=1
    )


def test_more_than_was_due_is_booked_and_asked_about(office: Office, code: str) -> None:
    shop = office.shop
    order, payment = promised(shop, code)
    office.confirm(payment, order.total + Money(500, order.currency), "line 1")
    file = shop.use_cases.reads.order_file(order.id)
    assert [fact.amount for fact in file.facts] == [order.total + Money(500, order.currency)]
    assert len(file.reviews) == 1


def test_nobody_outside_can_confirm_a_promise(office: Office, code: str) -> None:
    shop = office.shop
    order, payment = promised(shop, code)
    gateway = shop.use_cases.gateways.get(code)
    assert gateway.capabilities.temperament is Temperament.DIRECT
    assert Operation.LOOK not in gateway.capabilities.operations
    for path in (f"/callbacks/{code}", f"/callbacks/{code}/{payment.id}"):
        told = shop.browser().post(
            path, {"status": "paid", "reference": payment.reference}, expect_errors=True
        )
        assert told.status_int == 403
    shop.browser().get(f"/returns/{code}/{payment.token}?status=paid")
    shop.work()
    assert state_of(shop, order) in UNPAID
    assert captured(shop, order) == []


def test_a_promise_with_a_deadline_ends_and_one_without_waits(office: Office, code: str) -> None:
    shop = office.shop
    order, payment = promised(shop, code)
    days = shop.use_cases.gateways.get(code).capabilities.time_to_pay
    if order.status is OrderStatus.PENDING:
        assert days is not None
        assert order.deadline is not None
        assert order.deadline - payment.created_at >= days
        shop.overdue(order)
        shop.work()
        assert shop.again(order)[0].status is OrderStatus.CANCELLED
        assert state_of(shop, order) == "expired"
        assert not shop.again(order)[1][0].is_out
        return
    shop.overdue(order)
    shop.work()
    assert shop.again(order)[0].status is OrderStatus.VALIDATED


def test_another_method_may_be_chosen_while_a_promise_is_open(office: Office, code: str) -> None:
    shop = office.shop
    order, _ = promised(shop, code)
    if order.status is not OrderStatus.PENDING:
        assert not pay_forms(page_of(shop, order))
        return
    second = send(shop, order, "dummy")
    shop.press(second, "paid")
    assert state_of(shop, order) == "paid"
    assert shop.again(order)[0].paid_by == second.id
    assert captured(shop, order) == [order.total]


# --- pass, and nothing to pay


def test_a_pass_is_paid_the_moment_it_is_chosen_and_by_nobody_else(office: Office) -> None:
    shop = office.shop
    order, payment = promised(shop, "pass")
    assert (order.status, payment.status) == (OrderStatus.VALIDATED, PaymentStatus.PAID)
    assert captured(shop, order) == [order.total]
    assert state_of(shop, order) == "paid"
    told = shop.browser().post("/callbacks/pass", {"status": "paid"}, expect_errors=True)
    assert told.status_int == 403
    assert "cannot" in office.confirm(payment, order.total, "line 1", code=1)
    request = RefundPaymentRequest(payment.id, by="ada", reason="gone", key="once")
    assert shop.use_cases.refund_payment.execute(request).status is RefundStatus.DONE
    assert state_of(shop, order) == "refunded"


def test_an_order_that_costs_nothing_never_reaches_a_gateway(office: Office) -> None:
    shop = office.shop
    order = shop.order(voucher="FREE", delivery="pickup", account="")
    assert (order.total.minor, order.status) == (0, OrderStatus.VALIDATED)
    (payment,) = shop.again(order)[1]
    assert (payment.account, payment.next_step) == ("nothing", None)
    for code in (*offline_codes(), *ONLINE):
        assert shop.use_cases.gateways.get(code).accepts(order.total, "PL", order.lines), code
    told = json.dumps(shop.ledger())
    assert payment.reference not in told
    assert order.reference not in told


def test_cash_needs_somebody_who_brings_the_goods(office: Office) -> None:
    bought = {"name": "Kubek", "count": 1, "price": "49.90"}
    source = {"order_id": "no-courier", "amount": "49.90", "currency": "PLN", "products": [bought]}
    request = GetRedirectUrlRequest(source=source, account="cash_on_delivery")
    with pytest.raises(MethodNotOffered, match="nothing is delivered"):
        office.shop.use_cases.get_redirect_url.execute(request)
