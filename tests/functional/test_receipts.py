"""The order page once money was seen, or the order is over: receipts, refunds, late and double money."""

from __future__ import annotations

import re

import pytest

from application.cancel_return import CancelReturnRequest
from application.refund_payment import RefundPaymentRequest
from domain.basket import Buyer
from domain.money import Money
from domain.order import Order, OrderStatus
from domain.payment import Payment
from tests.functional.hands import NOTHING, page_of, pay_forms, send, state_of, tell
from tests.functional.world import Shop, heading, title, words_of


def test_a_paid_order_is_a_receipt_for_ever(shop: Shop) -> None:
    order, payment = shop.started("dummy", ("MUG-BLUE", 2), ("TEA-GREEN", 1))
    tell(shop, payment, "paid")
    for days in (0, 400):
        shop.clock.advance(days=days)
        page = page_of(shop, order)
        text = words_of(page)
        assert heading(page) == "Paid. Thank you."
        assert title(page) == "Paid. Thank you. - Shop"
        assert re.search(r"We received 117,29 PLN by Test gateway on \d+ \w+ 20\d\d\.", text)
        assert f"Your reference is {order.reference}." in text
        assert "The receipt is on its way to ada@example.com." in text
        assert "TEST, not a receipt" in text
        for part in (
            "Blue mug",
            "Green tea",
            "Courier",
            "VAT 23 %",
            "VAT 8 %",
            "Złota 44",
            "help@shop.example",
        ):
            assert part in text
        assert not pay_forms(page)
        assert "http-equiv" not in page.text


def test_a_free_order_needs_no_payment(shop: Shop) -> None:
    order = shop.order(voucher="FREE", delivery="pickup", account="")
    page = page_of(shop, order)
    assert heading(page) == "Your order is confirmed. Thank you."
    assert "There was nothing to pay." in words_of(page)
    assert "discount 49,90 PLN" in words_of(page)


def _paid(shop: Shop) -> tuple[Order, Payment]:
    order, payment = shop.started("dummy")
    assert shop.press(payment, "paid").status_code == 303
    return order, shop.again(order)[1][0]


def _refund(shop: Shop, payment: Payment, minor: int) -> None:
    wish = RefundPaymentRequest(
        payment.id, by="Anna", reason="broken", key=f"k-{minor}", amount=Money.of(minor, "PLN")
    )
    shop.use_cases.refund_payment.execute(wish)


def test_a_part_refund_says_what_went_back_and_what_stays(shop: Shop) -> None:
    order, payment = _paid(shop)
    _refund(shop, payment, 2000)
    page = page_of(shop, order)
    text = words_of(page)
    assert heading(page) == "Partly refunded."
    assert re.search(r"We returned 20,00 PLN of 54,89 PLN on \d+ \w+ 20\d\d by Test gateway\.", text)
    assert "34,89 PLN stays paid. Banks usually show it after a few days." in text
    assert re.search(r"Received Test gateway 54,89 PLN .* Refunded Test gateway 20,00 PLN", text)


def test_a_full_refund_is_called_refunded(shop: Shop) -> None:
    order, payment = _paid(shop)
    _refund(shop, payment, 5489)
    assert heading(page_of(shop, order)) == "Refunded."
    assert state_of(shop, order) == "refunded"


def test_a_refund_whose_outcome_is_not_known_is_listed_as_such(shop: Shop) -> None:
    order, payment = _paid(shop)
    shop.arm("dummy", "hang", on="refund", seconds=3)
    _refund(shop, payment, 1000)
    page = page_of(shop, order)
    assert heading(page) == "Paid. Thank you."
    assert "Outcome unknown Test gateway 10,00 PLN" in words_of(page)


def test_an_order_paid_twice_says_that_nothing_more_is_owed(shop: Shop) -> None:
    order, first = shop.started("payu")
    second = send(shop, order, "dummy")
    tell(shop, second, "paid")
    shop.press(first, "paid")
    assert shop.again(order)[0].paid_by == second.id
    page = page_of(shop, order)
    text = words_of(page)
    assert heading(page) == "This order was paid twice."
    assert re.search(
        r"A second payment of 54,89 PLN arrived on \d+ \w+ 20\d\d\. You owe nothing more\.", text
    )
    assert "We will return it by PayU and confirm to ada@example.com." in text
    assert not pay_forms(page)


def _expired(shop: Shop, *goods: tuple[str, int]) -> tuple[Order, Payment]:
    order, payment = shop.started("dummy", *goods)
    shop.overdue(order)
    shop.use_cases.expire_orders.execute()
    assert shop.again(order)[0].status is OrderStatus.CANCELLED
    return order, payment


def test_an_expired_order_warns_against_paying_twice(shop: Shop) -> None:
    order, _ = _expired(shop)
    page = page_of(shop, order)
    text = words_of(page)
    assert heading(page) == "The time to pay has run out."
    assert re.search(rf"Order {order.reference} closed on .+, UTC and the items were released\.", text)
    assert "If you have already paid, do not pay again: we will recognise the payment." in text
    assert NOTHING not in text
    assert not pay_forms(page)


def test_late_money_that_finds_the_goods_pays_the_order(shop: Shop) -> None:
    order, payment = _expired(shop)
    tell(shop, payment, "paid")
    assert heading(page_of(shop, order)) == "Paid. Thank you."


def test_late_money_without_goods_is_promised_an_answer(shop: Shop) -> None:
    order, payment = _expired(shop, ("LAMP", 1))
    shop.order(("LAMP", 1))
    tell(shop, payment, "paid")
    page = page_of(shop, order)
    text = words_of(page)
    assert heading(page) == "Your payment arrived late."
    assert re.search(rf"204,89 PLN reached us on .+, after order {order.reference} had closed\.", text)
    assert re.search(
        r"We are checking whether the items are still available: you will get the order or your money back, "
        r"and an e-mail by \d+ \w+ 20\d\d\.",
        text,
    )
    assert not pay_forms(page)


def test_a_wrong_amount_is_looked_at_by_a_person_and_never_called_paid(shop: Shop) -> None:
    order, payment = shop.started("dummy")
    tell(shop, payment, "paid", amount="5488")
    page = page_of(shop, order)
    assert heading(page) == "We are checking your payment."
    assert "Do not pay again." in words_of(page)
    assert state_of(shop, order) == "review"
    assert not pay_forms(page)


def test_an_order_that_staff_cancelled_says_who_did_it(shop: Shop) -> None:
    never_sent = shop.order()
    sent, _ = shop.started("dummy")
    for order in (never_sent, sent):
        shop.use_cases.cancel_order.execute(order.id, by="Anna", reason="SECRET REASON")
    first, second = page_of(shop, never_sent), page_of(shop, sent)
    assert heading(first) == heading(second) == "The shop cancelled this order."
    assert NOTHING in words_of(first)
    assert NOTHING not in words_of(second)
    assert "If you have paid, we will return the money." in words_of(second)
    assert "SECRET REASON" not in first.text + second.text


def test_a_stopped_order_says_that_the_basket_is_back(shop: Shop) -> None:
    order, _ = shop.started("dummy")
    shop.use_cases.cancel_return.execute(CancelReturnRequest(order.key))
    page = page_of(shop, order)
    assert heading(page) == "You cancelled the order."
    assert (
        "Your items are back in the basket. You can order again whenever you like; prices may change."
        in words_of(page)
    )
    assert not pay_forms(page)


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x>', "{{ 7*7 }}"])
def test_names_are_shown_and_never_run(shop: Shop, text: str) -> None:
    order, payment = shop.started("dummy", buyer=Buyer("eve@example.com", text))
    tell(shop, payment, "paid")
    page = page_of(shop, order)
    assert text in words_of(page)
    assert "<script>alert" not in page.text
    assert "<img src=x" not in page.text


PAID = {
    "en": ("Paid. Thank you.", "54,89"),
    "es": ("Pagado. Gracias por tu compra.", "54,89"),
    "pl": ("Opłacone. Dziękujemy.", "54,89 zł"),
    "uk": ("Сплачено. Дякуємо.", "54,89"),
    "pt_BR": ("Pagamento recebido. Agradecemos a compra.", "54,89"),
}


@pytest.mark.parametrize("language", list(PAID))
def test_the_page_speaks_the_orders_language_whatever_the_browser_says(shop: Shop, language: str) -> None:
    order, payment = shop.started("dummy", locale=language)
    tell(shop, payment, "paid")
    page = shop.browser().get(f"/orders/{order.key}", headers={"Accept-Language": "de, en;q=0.5"})
    first, amount = PAID[language]
    assert heading(page) == first
    assert amount in words_of(page)
    assert f'<html lang="{language.replace("_", "-")}"' in page.text
    assert "%(" not in page.text
