"""A method that wants to know more than its name: asked under it, kept with the payment, said again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from adapters.sandbox import credentials
from application.phrases import Phrase
from application.ports.gateway import MethodOption
from domain.money import Money
from tests.functional.goods import blocks
from tests.functional.hands import page_of, pay_forms
from tests.functional.shopper import fill, form_with, to_payment
from tests.functional.world import SOON, Replaced, Shop, a_shop, heading, words_of


class Asking:
    """A method that wants to know more: how many parts of the amount."""

    def __init__(self, inner: Any, offered: tuple[int, ...] = (2, 3)) -> None:
        self._inner, self._offered = inner, offered

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def options(self, amount: Money) -> tuple[MethodOption, ...]:
        said = Phrase("Total %(total)s", total=amount)
        words = [(str(count), said if count == 3 else f"{count} parts") for count in self._offered]
        return (MethodOption("parts_count", "Parts", tuple(words)),)


def asking(known: Any) -> Any:
    return Replaced(known, (Asking(known.get("dummy")),))  # type: ignore[arg-type]


def test_options_of_a_method_are_asked_under_it_and_kept_with_the_payment(
    database_path: Path, sandbox: str
) -> None:
    with a_shop(f"sqlite:///{database_path}", sandbox, gateways=asking) as shop:
        order, browser = shop.order(), shop.browser()
        page = browser.get(f"/orders/{order.key}")
        assert "2 parts" in words_of(page)
        form = pay_forms(page)[0]
        form["account"] = "payu"
        form["dummy-parts_count"].force_value("99")
        assert form.submit().status_int == 303
        form["account"] = "dummy"
        assert form.submit(expect_errors=True).status_int == 400
        form["dummy-parts_count"] = "3"
        assert form.submit().status_int == 303
        payments = {payment.account: payment for payment in shop.again(order)[1]}
    assert payments["dummy"].extra["parts_count"] == "3"
    assert "parts_count" not in payments["payu"].extra


def test_a_phrase_of_a_gateway_has_amounts_as_the_page_writes_them(database_path: Path, sandbox: str) -> None:
    with a_shop(f"sqlite:///{database_path}", sandbox, gateways=asking) as shop:
        order = shop.order(currency="EUR", locale="pl")
        assert "Razem 54,89 €" in words_of(page_of(shop, order))


@pytest.mark.parametrize(
    ("offered", "kind", "chosen"),
    [((2,), "hidden", "2"), ((2, 3), "radio", "2"), (tuple(range(2, 9)), "", "2")],
)
def test_up_to_six_choices_are_radios_and_more_are_a_list_that_opens(
    database_path: Path, sandbox: str, offered: tuple[int, ...], kind: str, chosen: str
) -> None:
    def these(known: Any) -> Any:
        return Replaced(known, (Asking(known.get("dummy"), offered),))  # type: ignore[arg-type]

    with a_shop(f"sqlite:///{database_path}", sandbox, gateways=these) as shop:
        form = pay_forms(page_of(shop, shop.order()))[0]
        field = form["dummy-parts_count"]
        assert field.attrs.get("type", "") == kind
        assert field.value == chosen
        form["account"] = "dummy"
        assert form.submit().status_int == 303


def test_a_method_that_does_not_fit_is_asked_for_nothing(bank_shop: Shop) -> None:
    methods = bank_shop.use_cases.offer_methods.execute(Money.of(29999, "UAH"), "UA", ())
    (parts,) = (method for method in methods if method.account == "payparts")
    assert (parts.fits, parts.options) == (False, ())
    methods = bank_shop.use_cases.offer_methods.execute(Money.of(30000, "UAH"), "UA", ())
    (parts,) = (method for method in methods if method.account == "payparts")
    assert [option.name for option in parts.options] == ["parts_count", "merchant_type"]


def with_parts(sandbox: str) -> dict[str, dict[str, object]]:
    offered = {"parts": [3, 4], "merchant_types": ["II", "PP"], "timeout": 2}
    known = credentials(sandbox)
    return {
        **blocks(sandbox),
        "payparts": {**known["payparts"], **offered},
        "webpay": {**known["webpay"], "timeout": 2},
        "ours": {**known["webpay"], "hint": "Three parts without interest"},
    }


@pytest.fixture
def bank_shop(database_path: Path, sandbox: str) -> Iterator[Shop]:
    """A shop whose methods know instalments, or whose shoppers' banks do."""
    url, currencies = f"sqlite:///{database_path}", ("UAH", "CLP")
    with a_shop(url, sandbox, blocks_of=with_parts, currencies=currencies) as shop:
        yield shop


THREE = "3 payments: 166,68 UAH, then 2 × 166,66 UAH monthly = 500,00 UAH"


def test_instalments_are_chosen_with_their_amount_and_asked_of_the_bank(bank_shop: Shop) -> None:
    order = bank_shop.order(("TEA-GREEN", 40), currency="UAH", delivery="pickup")
    page = bank_shop.browser().get(f"/orders/{order.key}")
    assert THREE in words_of(page)
    assert "4 payments: 125,00 UAH, then 3 × 125,00 UAH monthly = 500,00 UAH" in words_of(page)
    form = pay_forms(page)[0]
    form["account"], form["payparts-parts_count"], form["payparts-merchant_type"] = "payparts", "3", "PP"
    assert form.submit().status_int == 303
    (payment,) = bank_shop.again(order)[1]
    assert (payment.extra["parts_count"], payment.extra["merchant_type"]) == ("3", "PP")
    assert payment.next_step is not None
    waiting = page_of(bank_shop, order)
    assert heading(waiting) == "We are confirming your payment."
    assert f"{THREE} Pay in parts, the shop bears the fee" in words_of(waiting)
    bank = requests.get(payment.next_step.url, timeout=SOON)
    assert "3 payments, PP" in bank.text
    requests.post(bank.url, data={"outcome": "paid"}, timeout=SOON, allow_redirects=False)
    paid, (payment,) = bank_shop.again(order)
    assert paid.is_paid
    assert payment.captured == order.total
    receipt = page_of(bank_shop, order)
    assert f"Payment plan {THREE} Pay in parts, the shop bears the fee" in words_of(receipt)
    assert bank_shop.database.checks.violations() == ()


PLANS = {
    "es": "3 pagos: 166,68 UAH y luego 2 × 166,66 UAH al mes = 500,00 UAH",
    "pl": "3 płatności: 166,68 UAH, potem 2 × 166,66 UAH miesięcznie = 500,00 UAH",
    "uk": "Платежів: 3. Перший 166,68 ₴, далі 2 × 166,66 ₴ щомісяця = 500,00 ₴",
    "pt_BR": "3 pagamentos: UAH 166,68 e depois 2 × UAH 166,66 por mês = UAH 500,00",
}


@pytest.mark.parametrize("language", list(PLANS))
def test_a_plan_is_said_in_the_language_of_the_order(bank_shop: Shop, language: str) -> None:
    order = bank_shop.order(("TEA-GREEN", 40), currency="UAH", delivery="pickup", locale=language)
    assert PLANS[language] in words_of(page_of(bank_shop, order))


def test_a_plan_is_repeated_on_review_and_remembered_on_the_payment_page(
    database_path: Path, sandbox: str
) -> None:
    with a_shop(f"sqlite:///{database_path}", sandbox, gateways=asking) as shop:
        browser = shop.browser()
        review = fill(to_payment(browser), account="dummy", dummy__parts_count="3").submit().follow()
        assert "Payment Test gateway Total 54,89 PLN Change" in words_of(review)
        form = form_with(browser.get("/checkout/payment"), "account")
        assert (form["account"].value, form["dummy-parts_count"].value) == ("dummy", "3")


def test_a_choice_that_is_not_offered_any_more_is_still_named(database_path: Path, sandbox: str) -> None:
    url = f"sqlite:///{database_path}"
    with a_shop(url, sandbox, gateways=asking) as shop:
        order, _ = shop.started("dummy", options={"parts_count": "2"})
        assert re.search(r"\b2 parts\b", words_of(page_of(shop, order)))

    def only_three(known: Any) -> Any:
        return Replaced(known, (Asking(known.get("dummy"), (3,)),))  # type: ignore[arg-type]

    with a_shop(url, sandbox, gateways=only_three) as shop:
        assert "Parts: 2" in words_of(page_of(shop, order))


def test_where_only_the_bank_knows_the_plans_the_page_says_so_unless_the_merchant_says_more(
    bank_shop: Shop,
) -> None:
    offered = bank_shop.use_cases.offer_methods.execute(Money.of(5000, "CLP"), "CL", ())
    assert [one.account for one in offered if one.fits and one.bank_plans] == ["webpay", "ours"]
