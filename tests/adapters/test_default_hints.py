"""What shoppers read beside a method whose block says nothing."""

from __future__ import annotations

import pytest

from adapters.gateways.registry import load
from adapters.sandbox.przelewy24 import Przelewy24
from adapters.sandbox.tpay import Tpay

POSTED: dict[str, object] = {"payee": "Shop Ltd", "address": "Prosta 1, Warszawa"}
POLISH = "Card, bank transfer or, in PLN, BLIK. You go to {} and come back"
BLOCKS: tuple[tuple[str, dict[str, object], str], ...] = (
    ("cheque", POSTED, "You post a cheque. The next page tells you where to"),
    ("cash_on_delivery", {}, "You pay when the goods arrive"),
    ("tpay", Tpay.credentials("http://127.0.0.1:9000"), POLISH.format("Tpay")),
    ("przelewy24", Przelewy24.credentials("http://127.0.0.1:9000"), POLISH.format("Przelewy24")),
)


def hint(code: str, block: dict[str, object]) -> str:
    return load({code: block}, environment="test", base_url="https://shop.example").get(code).hint


@pytest.mark.parametrize(("code", "block", "said"), BLOCKS)
def test_a_method_says_how_one_pays_until_the_merchant_does(
    code: str, block: dict[str, object], said: str
) -> None:
    assert hint(code, block) == said
    assert hint(code, {**block, "hint": "Ours"}) == "Ours"


def test_a_narrowed_account_promises_no_method_it_may_lack() -> None:
    block = Przelewy24.credentials("http://127.0.0.1:9000")
    assert hint("przelewy24", {**block, "channel": 1}) == ""
