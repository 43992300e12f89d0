"""The order page before the money is seen: what it says, what it offers, what it never does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from application.errors import GatewayRejected, GatewayUnreachable
from application.staff_moves import ConfirmOfflinePaymentRequest
from domain.money import Money
from tests.functional.goods import blocks
from tests.functional.hands import NOTHING, nobody_home, page_of, pay_forms, send, state_of, tell
from tests.functional.world import Shop, a_shop, heading, title, words_of


def test_an_order_without_an_attempt_can_be_paid_with_every_method_that_fits(shop: Shop) -> None:
    order = shop.order()
    page = page_of(shop, order)
    assert heading(page) == "This order is not paid yet."
    form = pay_forms(page)[0]
    assert [value for value, _, _ in form["account"].options] == [
        "payu",
        "dummy",
        "bank_transfer",
        "cash_on_delivery",
    ]
    assert form["account"].value is None
    assert "Pay 54,89" in words_of(page)
    assert state_of(shop, order) == "open"


def test_methods_that_do_not_fit_are_absent(shop: Shop) -> None:
    nothing_to_bring = shop.order(("GIFT", 1), delivery="", delivery_address=None, billing_address=None)
    values = [value for value, _, _ in pay_forms(page_of(shop, nothing_to_bring))[0]["account"].options]
    assert values == ["payu", "dummy", "bank_transfer"]


def test_a_single_method_is_told_as_text(database_path: Path, sandbox: str) -> None:
    def only(url: str) -> dict[str, dict[str, object]]:
        return {"dummy": blocks(url)["dummy"]}

    with a_shop(f"sqlite:///{database_path}", sandbox, blocks_of=only) as shop:
        page = page_of(shop, shop.order(account="dummy"))
        assert 'type="radio"' not in page.text
        assert "Test gateway" in words_of(page)
        answer = pay_forms(page)[0].submit()
        assert answer.status_int == 303


def test_no_method_at_all_says_whom_to_ask(database_path: Path, sandbox: str) -> None:
    def retired(url: str) -> dict[str, dict[str, object]]:
        return {"dummy": {**blocks(url)["dummy"], "offer": False}}

    with a_shop(f"sqlite:///{database_path}", sandbox) as shop:
        order = shop.order(account="dummy")
    with a_shop(f"sqlite:///{database_path}", sandbox, blocks_of=retired) as later:
        page = page_of(later, order)
        assert not pay_forms(page)
        assert f"Write to us and quote {order.reference}." in words_of(page)


def test_a_waiting_order_says_so_and_asks_again_by_itself(shop: Shop) -> None:
    order, payment = shop.started("dummy")
    page = page_of(shop, order)
    text = words_of(page)
    assert heading(page) == "We are confirming your payment."
    assert title(page) == "We are confirming your payment. - Shop"
    for sentence in (
        "We are waiting for the answer of Test gateway.",
        "This usually takes less than a minute. Do not pay again.",
        "You can close this page; we will write to ada@example.com.",
        "Last checked",
    ):
        assert sentence in text
    assert "longer than usual" not in text
    assert NOTHING not in text
    assert re.search(
        r'<noscript><meta http-equiv="refresh" content="10; url=[^"]*n=1"></noscript>', page.text
    )
    assert 'data-state="waiting"' in page.text
    assert f"/orders/{order.key}/payments/{payment.id}/redirect" in page.text


def test_a_reader_can_stop_the_automatic_checks(shop: Shop) -> None:
    order, _ = shop.started("dummy")
    page = page_of(shop, order).click("Stop automatic checks")
    assert "http-equiv" not in page.text
    assert "data-status" not in page.text
    again = page.click("Check now")
    assert "http-equiv" not in again.text


def test_a_browser_without_scripts_refreshes_thirty_times_at_most(shop: Shop) -> None:
    order, _ = shop.started("dummy")
    assert "n=30" in page_of(shop, order, "?n=29").text
    assert "http-equiv" not in page_of(shop, order, "?n=30").text
    for odd in ("-1", "x", "9" * 50, "%00", "%D9%A3"):
        assert page_of(shop, order, f"?n={odd}").status_int == 200


def test_patience_has_words_after_a_minute_and_others_after_a_quarter_of_an_hour(shop: Shop) -> None:
    order, _ = shop.started("dummy")
    shop.clock.advance(seconds=59)
    assert state_of(shop, order) == "waiting"
    shop.clock.advance(seconds=2)
    assert state_of(shop, order) == "longer"
    assert "It is taking longer than usual." in words_of(page_of(shop, order))
    shop.clock.advance(minutes=14)
    page = page_of(shop, order)
    assert heading(page) == "We do not know yet whether the payment went through."
    assert f"keep the bank's message and quote {order.reference}." in words_of(page)
    assert re.search(r"Test gateway has not answered since \d\d:\d\d:\d\d\.", words_of(page))
    assert NOTHING not in words_of(page)


def test_an_unknown_outcome_is_called_unknown_at_once(shop: Shop) -> None:
    shop.arm("dummy", "act_then_hang", on="create", seconds=3)
    order = shop.order(account="dummy")
    browser = shop.browser()
    page = browser.get(f"/orders/{order.key}")
    form = pay_forms(page)[0]
    form["account"] = "dummy"
    assert form.submit(expect_errors=True).status_int == 503
    assert state_of(shop, order) == "unknown"
    assert heading(page_of(shop, order)) == "We do not know yet whether the payment went through."


def test_money_that_is_only_approved_is_not_called_received(shop: Shop) -> None:
    order, payment = shop.started("dummy")
    tell(shop, payment, "authorized")
    page = page_of(shop, order)
    assert heading(page) == "Your payment is approved."
    assert "Test gateway holds 54,89 PLN for us. Do not pay again." in words_of(page)
    assert "received" not in words_of(page).lower()
    assert not pay_forms(page)


def test_a_refused_payment_leaves_the_order_payable(shop: Shop) -> None:
    order, payment = shop.started("dummy")
    tell(shop, payment, "declined")
    page = page_of(shop, order)
    text = words_of(page)
    assert heading(page) == "The payment was declined."
    assert f"Test gateway did not accept it. {NOTHING}" in text
    assert re.search(r"Your order stays open until .+, UTC: try again or choose another method\.", text)
    assert "Your bank can tell you the reason." in text
    assert pay_forms(page)


def test_nothing_was_charged_is_not_claimed_while_another_attempt_may_take_money(shop: Shop) -> None:
    order, first = shop.started("payu")
    second = send(shop, order, "dummy")
    tell(shop, second, "declined")
    page = page_of(shop, order)
    assert heading(page) == "The payment was declined."
    assert NOTHING not in words_of(page)
    assert first.id != second.id


def test_an_attempt_that_came_back_for_its_answer_speaks_before_a_newer_one(shop: Shop) -> None:
    order, first = shop.started("dummy")
    shop.arm("dummy", "lost", on="callback")
    back = shop.press(first, "pending").headers["Location"]
    shop.browser().get(back.removeprefix(shop.url))
    second = send(shop, order, "bank_transfer")
    assert second.account == "bank_transfer"
    assert "Test gateway" in words_of(page_of(shop, order))
    assert state_of(shop, order) == "waiting"


def test_coming_back_without_paying_leaves_the_order_open(shop: Shop) -> None:
    order, payment = shop.started("dummy")
    back = shop.press(payment, "cancelled").headers["Location"]
    page = shop.browser().get(back.removeprefix(shop.url)).follow()
    assert heading(page) == "The payment was not completed."
    assert "You came back from Test gateway without paying." in words_of(page)
    assert NOTHING not in words_of(page)
    assert pay_forms(page)
    assert shop.again(order)[0].is_payable


def test_a_session_that_ran_out_leaves_the_order_open(shop: Shop) -> None:
    order, payment = shop.started("dummy")
    tell(shop, payment, "expired")
    page = page_of(shop, order)
    assert heading(page) == "The payment page was open for too long."
    assert pay_forms(page)


def test_a_gateway_that_is_down_is_named_and_the_order_kept(database_path: Path, sandbox: str) -> None:
    with a_shop(f"sqlite:///{database_path}", sandbox, blocks_of=nobody_home) as shop:
        order = shop.order(account="dummy")
        with pytest.raises(GatewayUnreachable):
            send(shop, order, "dummy")
        page = page_of(shop, order)
        assert heading(page) == "Test gateway is not answering."
        assert f"Your order {order.reference} is saved. {NOTHING}" in words_of(page)
        assert "Try again in a few minutes or pay another way." in words_of(page)
        assert pay_forms(page)


def test_a_start_that_was_refused_is_not_blamed_on_silence(shop: Shop) -> None:
    shop.arm("dummy", "unauthorized_always", on="create")
    order = shop.order(account="dummy")
    with pytest.raises(GatewayRejected):
        send(shop, order, "dummy")
    page = page_of(shop, order)
    assert heading(page) == "The payment was declined."
    assert f"Test gateway did not accept it. {NOTHING}" in words_of(page)


def test_a_transfer_is_explained_in_the_order_a_bank_asks(shop: Shop) -> None:
    order, _ = shop.started("bank_transfer")
    page = page_of(shop, order)
    assert heading(page) == "Waiting for your transfer."
    fields = re.findall(
        r'<label for="([a-z-]+)">[^<]+</label>\s*<div class="copy".*?value="([^"]*)"', page.text
    )
    assert fields == [
        ("recipient", "Sklep Przykładowy"),
        ("account-number", "PL61 1090 1014 0000 0712 1981 2874"),
        ("amount", "54.89"),
        ("transfer-title", order.reference),
    ]
    assert "http-equiv" not in page.text
    assert " paid" not in words_of(page).lower().replace("i have not paid yet", "")


def test_a_part_of_a_transfer_says_what_arrived_and_what_is_missing(shop: Shop) -> None:
    order, payment = shop.started("bank_transfer")
    part = ConfirmOfflinePaymentRequest(payment.id, Money.of(2000, "PLN"), "line 1", "Anna", "statement")
    shop.use_cases.confirm_offline_payment.execute(part)
    page = page_of(shop, order)
    assert heading(page) == "A part of your transfer arrived."
    assert "We received 20,00 PLN; 34,89 PLN is missing." in words_of(page)
    assert 'value="34.89"' in page.text
    assert not pay_forms(page)


def test_a_promise_is_confirmed_but_not_called_paid(shop: Shop) -> None:
    order, _ = shop.started("cash_on_delivery")
    page = page_of(shop, order)
    assert heading(page) == "Your order is confirmed."
    assert "You pay 54,89 PLN by Cash on delivery." in words_of(page)
    assert not pay_forms(page)
    assert "TEST, not a receipt" not in words_of(page)
