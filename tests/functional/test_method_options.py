"""A method that wants to know more than its name: asked under it, kept with the payment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.functional.hands import pay_forms
from tests.functional.world import Replaced, a_shop


class Asking:
    """A method that wants to know more: how many parts."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @property
    def capabilities(self) -> Any:
        return _WithOptions(self._inner.capabilities)


class _WithOptions:
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @property
    def options(self) -> tuple[Any, ...]:
        return (_Parts(),)


class _Parts:
    name, label, choices = "parts_count", "Parts", (("2", "2 parts"), ("3", "3 parts"))


def test_options_of_a_method_are_asked_under_it_and_kept_with_the_payment(
    database_path: Path, sandbox: str
) -> None:
    def asking(known: Any) -> Any:
        return Replaced(known, (Asking(known.get("dummy")),))  # type: ignore[arg-type]

    with a_shop(f"sqlite:///{database_path}", sandbox, gateways=asking) as shop:
        order, browser = shop.order(), shop.browser()
        form = pay_forms(browser.get(f"/orders/{order.key}"))[0]
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
