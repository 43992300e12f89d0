"""A method that wants to know more than its name: asked under it, kept with the payment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import requests

from adapters.sandbox import credentials
from application.phrases import Phrase
from application.ports.gateway import MethodOption
from domain.money import Money
from tests.functional.goods import blocks
from tests.functional.hands import pay_forms
from tests.functional.world import SOON, Replaced, a_shop, words_of


class Asking:
    """A method that wants to know more: how many parts of the amount."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def options(self, amount: Money) -> tuple[MethodOption, ...]:
        plain, phrase = f"2 parts of {amount}", Phrase("Total %(amount)s", amount=amount)
        return (MethodOption("parts_count", "Parts", (("2", plain), ("3", phrase))),)


def asking(known: Any) -> Any:
    return Replaced(known, (Asking(known.get("dummy")),))  # type: ignore[arg-type]


def test_options_of_a_method_are_asked_under_it_and_kept_with_the_payment(
    database_path: Path, sandbox: str
) -> None:
    with a_shop(f"sqlite:///{database_path}", sandbox, gateways=asking) as shop:
        order, browser = shop.order(), shop.browser()
        form = pay_forms(browser.get(f"/orders/{order.key}"))[0]
        assert form["dummy-parts_count"].options[0][2] == f"2 parts of {order.total}"
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
        form = pay_forms(shop.browser().get(f"/orders/{order.key}"))[0]
        assert form["dummy-parts_count"].options[1][2] == "Total 54,89\u00a0€"


def test_a_method_that_does_not_fit_is_asked_for_nothing(database_path: Path, sandbox: str) -> None:
    with a_shop(f"sqlite:///{database_path}", sandbox, blocks_of=with_parts) as shop:
        methods = shop.use_cases.offer_methods.execute(Money.of(29999, "UAH"), "UA", ())
        (parts,) = (method for method in methods if method.account == "payparts")
        assert (parts.fits, parts.options) == (False, ())
        methods = shop.use_cases.offer_methods.execute(Money.of(30000, "UAH"), "UA", ())
        (parts,) = (method for method in methods if method.account == "payparts")
        assert [option.name for option in parts.options] == ["parts_count", "merchant_type"]


def with_parts(sandbox: str) -> dict[str, dict[str, object]]:
    offered = {"parts": [3, 4], "merchant_types": ["II", "PP"], "timeout": 2}
    return {**blocks(sandbox), "payparts": {**credentials(sandbox)["payparts"], **offered}}


def test_instalments_are_chosen_with_their_amount_and_asked_of_the_bank(
    database_path: Path, sandbox: str
) -> None:
    with a_shop(f"sqlite:///{database_path}", sandbox, blocks_of=with_parts) as shop:
        order = shop.order(("TEA-GREEN", 40), currency="UAH", delivery="pickup")
        browser = shop.browser()
        page = browser.get(f"/orders/{order.key}")
        assert "3 payments of 166,67 UAH" in words_of(page)
        assert "4 payments of 125,00 UAH" in words_of(page)
        form = pay_forms(page)[0]
        form["account"], form["payparts-parts_count"], form["payparts-merchant_type"] = "payparts", "3", "PP"
        assert form.submit().status_int == 303
        (payment,) = shop.again(order)[1]
        assert (payment.extra["parts_count"], payment.extra["merchant_type"]) == ("3", "PP")
        assert payment.next_step is not None
        bank = requests.get(payment.next_step.url, timeout=SOON)
        assert "3 payments, PP" in bank.text
        requests.post(bank.url, data={"outcome": "paid"}, timeout=SOON, allow_redirects=False)
        paid, (payment,) = shop.again(order)
        assert paid.is_paid
        assert payment.captured == order.total
        assert shop.database.checks.violations() == ()
