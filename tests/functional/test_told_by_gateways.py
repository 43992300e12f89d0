"""What a gateway tells beside a status: shown on the receipt, or as a reason, from positive lists only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from application.ports.gateway import InboundMessage
from domain.observation import Observation
from tests.functional.hands import NOTHING, page_of, send, tell
from tests.functional.office import somebody
from tests.functional.world import Replaced, Shop, a_shop, heading, words_of

TOLD = {
    "authorization_code": "1213",
    "card": "6623",
    "payment_type": "interest_free",
    "instalments": "3",
    "instalment_amount": "18.30",
    "paid_at": "2026-11-20T16:41:21.063Z",
    "decline": "funds",
    "owner": "CANARY",
}
ASK = "Your bank can tell you the reason."


class Telling:
    """The test gateway, which tells more than it usually does."""

    def __init__(self, inner: Any, told: Mapping[str, str]) -> None:
        self._inner, self._told = inner, told

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def read_callback(self, message: InboundMessage) -> tuple[Observation, ...]:
        seen = self._inner.read_callback(message)
        return tuple(replace(one, receipt=self._told, failure="C-07") for one in seen)


@contextmanager
def a_shop_told(database: Path, sandbox: str, told: Mapping[str, str]) -> Iterator[Shop]:
    def telling(known: Any) -> Any:
        return Replaced(known, (Telling(known.get("dummy"), told),))  # type: ignore[arg-type]

    with a_shop(f"sqlite:///{database}", sandbox, gateways=telling) as shop:
        yield shop


def test_a_receipt_shows_what_is_listed_and_nothing_else(database_path: Path, sandbox: str) -> None:
    with a_shop_told(database_path, sandbox, TOLD) as shop:
        order, payment = shop.started("dummy")
        tell(shop, payment, "paid")
        page = page_of(shop, order)
        assert (
            "Card ending in 6623 Kind of payment Credit card, instalments without interest "
            "Instalments 3 × 18,30 PLN Authorisation code 1213 "
            "Time of payment 20 November 2026, 16:41 " in words_of(page)
        )
        assert '<time datetime="2026-11-20T16:41:21Z">' in page.text
        office = words_of(somebody(shop, "viewer").get(f"/admin/orders/{order.id}"))
        assert "Card: ending in 6623" in office
        assert "Authorisation code: 1213" in office
    assert "CANARY" not in page.text
    assert "CANARY" not in office
    assert "not enough money" not in page.text


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("card", "66x3", ""),
        ("card", "4051885600446623", "Card ending in 6623 "),
        ("payment_type", "VN", ""),
        ("payment_type", "credit", "Kind of payment Credit card, one payment "),
        ("instalments", "1", ""),
        ("instalments", "many", ""),
        ("instalments", "12", "Instalments 12 "),
        ("paid_at", "yesterday", ""),
        ("paid_at", "0001-01-01T00:00:00+14:00", ""),
        ("paid_at", "2026-11-20 17:05:12", "Time of payment 2026-11-20 17:05 "),
        ("authorization_code", "<b>7</b>", "Authorisation code <b>7</b> "),
        ("authorization_code", "7" * 90, f"Authorisation code {'7' * 40} "),
    ],
)
def test_a_fact_that_cannot_be_read_is_left_out(
    database_path: Path, sandbox: str, name: str, value: str, shown: str
) -> None:
    with a_shop_told(database_path, sandbox, {name: value, "instalment_amount": "1.2.3"}) as shop:
        order, payment = shop.started("dummy")
        tell(shop, payment, "paid")
        words = words_of(page_of(shop, order))
    assert f"Reference {order.reference} {shown}Ordered" in words


def test_a_receipt_is_about_the_payment_that_paid(database_path: Path, sandbox: str) -> None:
    with a_shop_told(database_path, sandbox, {"card": "6623"}) as shop:
        order, refused = shop.started("dummy")
        tell(shop, refused, "declined")
        assert shop.again(order)[1][0].extra["card"] == "6623"
        shop.press(send(shop, order, "payu"), "paid")
        page = page_of(shop, order)
        assert heading(page) == "Paid. Thank you."
        assert "ending in" not in words_of(page)


REASONS = {
    "funds": "There is not enough money on the card or in the account.",
    "limit": "The amount is above the limit of the card or account.",
    "expired": "The card has expired.",
    "wrong_data": "The card details do not match: check the number, the date and the code.",
    "not_online": "The card is not meant for payments on the internet.",
}


@pytest.mark.parametrize("reason", list(REASONS))
def test_a_reason_of_the_list_is_told_in_one_sentence(database_path: Path, sandbox: str, reason: str) -> None:
    with a_shop_told(database_path, sandbox, {"decline": reason}) as shop:
        order, payment = shop.started("dummy")
        tell(shop, payment, "declined")
        page = page_of(shop, order)
    assert heading(page) == "The payment was declined."
    assert f"Test gateway did not accept it. {REASONS[reason]} {NOTHING}" in words_of(page)
    assert ASK not in words_of(page)


@pytest.mark.parametrize("reason", ["stolen", "fraud", "Funds", ""])
def test_any_other_reason_reads_as_a_plain_refusal_and_stays_with_staff(
    database_path: Path, sandbox: str, reason: str
) -> None:
    with a_shop_told(database_path, sandbox, {"decline": reason}) as shop:
        order, payment = shop.started("dummy")
        tell(shop, payment, "declined")
        page = page_of(shop, order)
        assert "C-07" in words_of(somebody(shop, "viewer").get(f"/admin/orders/{order.id}"))
    words = words_of(page)
    assert f"Test gateway did not accept it. {NOTHING}" in words
    assert ASK in words
    assert "C-07" not in page.text
    assert "stolen" not in page.text


def test_a_reason_is_told_in_the_language_of_the_order(database_path: Path, sandbox: str) -> None:
    with a_shop_told(database_path, sandbox, {"decline": "funds"}) as shop:
        order, payment = shop.started("dummy", locale="pl")
        tell(shop, payment, "declined")
        assert "Na karcie lub na koncie jest za mało środków." in words_of(page_of(shop, order))
