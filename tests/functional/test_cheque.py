"""What the order page says while a cheque is on its way, in parts, and where goods leave before it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from application.staff_moves import ConfirmOfflinePaymentRequest
from domain.money import Money
from tests.functional.goods import blocks
from tests.functional.hands import page_of, pay_forms, state_of
from tests.functional.world import Shop, a_shop, heading, words_of

PAPER = {
    "payee": "Sklep Przyk\u0142adowy",
    "address": "Prosta 1,\n00-950 Warszawa",
    "note": "Crossed <b>only</b>",
}
WAITING = {
    "es": ("Esperamos tu cheque.", "Escribe el número de pedido en el dorso"),
    "pl": ("Czekamy na czek.", "Napisz numer zamówienia na odwrocie"),
    "uk": ("Чекаємо на ваш чек.", "Напишіть номер замовлення на звороті"),
    "pt_BR": ("Aguardando seu cheque.", "Escreva o número do pedido no verso"),
}


def paper_blocks(sandbox: str) -> dict[str, dict[str, object]]:
    eager = {**PAPER, "adapter": "cheque", "auto_approve": True}
    return {"payu": blocks(sandbox)["payu"], "cheque": {**PAPER, "days": 20}, "eager": eager}


@pytest.fixture
def shop(database_path: Path, sandbox: str) -> Iterator[Shop]:
    with a_shop(f"sqlite:///{database_path}", sandbox, blocks_of=paper_blocks) as running:
        yield running


def test_a_cheque_is_explained_with_what_to_write_and_where_to_send_it(shop: Shop) -> None:
    order, _ = shop.started("cheque")
    page = page_of(shop, order)
    assert heading(page) == "Waiting for your cheque."
    fields = re.findall(
        r'<label for="([a-z-]+)">[^<]+</label>\s*<div class="copy".*?value="([^"]*)"', page.text
    )
    assert fields == [
        ("payee", "Sklep Przyk\u0142adowy"),
        ("amount", "54.89"),
        ("cheque-number", order.reference),
    ]
    assert "<dd>Prosta 1<br>00-950 Warszawa</dd>" in page.text
    assert "Crossed &lt;b&gt;only&lt;/b&gt;" in page.text
    words = words_of(page).lower()
    assert "post a cheque for 54,89\u00a0pln" in words.replace(" pln", "\u00a0pln")
    own, _, others = words.partition("i have not paid yet")
    assert "transfer" not in own
    assert others
    assert " paid" not in words.replace("i have not paid yet", "")


@pytest.mark.parametrize("language", list(WAITING))
def test_the_page_of_a_cheque_speaks_the_language_of_the_order(shop: Shop, language: str) -> None:
    order, _ = shop.started("cheque", locale=language)
    page = page_of(shop, order)
    assert heading(page) == WAITING[language][0]
    assert WAITING[language][1] in words_of(page)


def test_a_part_by_cheque_says_what_arrived_and_where_the_rest_goes(shop: Shop) -> None:
    order, payment = shop.started("cheque")
    part = ConfirmOfflinePaymentRequest(payment.id, Money.of(2000, "PLN"), "cheque 7", "Anna", "cleared")
    shop.use_cases.confirm_offline_payment.execute(part)
    page = page_of(shop, order)
    assert heading(page) == "A part of the money arrived."
    assert "Post the rest to the same address with the same order number." in words_of(page)
    assert 'value="34.89"' in page.text
    assert "transfer" not in words_of(page).lower()
    assert not pay_forms(page)


def test_goods_may_leave_before_the_cheque_where_the_shop_says_so(shop: Shop) -> None:
    order, _ = shop.started("eager")
    page = page_of(shop, order)
    assert state_of(shop, order) == "promised"
    assert heading(page) == "Your order is confirmed."
    assert "<dd>Prosta 1<br>00-950 Warszawa</dd>" in page.text
