"""A file of products becomes the shop's goods, whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.adapters.cli.stand import Stand

MUG = {
    "sku": "mug",
    "name": "Mug",
    "prices": {"PLN": "49.90", "JPY": "1980"},
    "tax_rate": "23",
    "available": 4,
}
CARD = {"sku": "card", "name": "Card", "prices": {"PLN": "100.00"}, "needs_delivery": False}


def a_file(folder: Path, content: object) -> str:
    file = folder / "goods.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    return str(file)


def test_products_of_a_file_are_on_sale(stand: Stand) -> None:
    assert stand.run("products", "load", a_file(stand.folder, [MUG, CARD])) == "2 products loaded\n"
    card, mug = stand.application.use_cases.catalogue.products()
    assert (card.available, card.needs_delivery, str(card.tax_rate)) == (None, False, "0")
    assert (mug.available, str(mug.tax_rate)) == (4, "23")
    assert [str(price) for price in mug.prices.values()] == ["49.90 PLN", "1980 JPY"]
    listed = stand.run("products", "list")
    assert "49.90 PLN, 1980 JPY" in listed
    assert "not counted" in listed


def test_a_toml_file_says_the_same(stand: Stand) -> None:
    file = stand.folder / "goods.toml"
    file.write_text('[[products]]\nsku = "mug"\nname = "Mug"\nprices = { PLN = "49.90" }\n', encoding="utf-8")
    assert stand.json("products", "load", str(file)) == {"loaded": ["mug"]}
    assert [one["sku"] for one in stand.json("products", "list")] == ["mug"]


def test_loading_again_changes_products_and_keeps_the_count_unless_told(stand: Stand) -> None:
    stand.run("products", "load", a_file(stand.folder, [MUG]))
    again = a_file(stand.folder, {"products": [{**MUG, "name": "Cup", "available": 9}]})
    assert stand.run("products", "load", again) == "mug loaded\n"
    assert [(one["name"], one["available"]) for one in stand.json("products", "list")] == [("Cup", 4)]
    stand.run("products", "load", again, "--recount")
    assert stand.json("products", "list")[0]["available"] == 9


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"prices": {"PLN": 49.9}}, 'product mug: prices.PLN is written as text, like "49.90"'),
        ({"prices": {"PLN": "49.905"}}, 'product mug: prices: the price in PLN is no amount, like "49.90"'),
        ({"prices": {"PLN": "-1"}}, 'product mug: prices: the price in PLN is no amount, like "49.90"'),
        ({"prices": {"XXY": "1.00"}}, "product mug: prices.XXY: no ISO 4217 currency"),
        ({"prices": {}}, "product mug: prices: Dictionary should have at least 1 item"),
        ({"tax_rate": 23.5}, 'product mug: tax_rate: write it as text, like "23" or "5.5"'),
        ({"available": -1}, "product mug: available: Input should be greater than or equal to 0"),
        ({"available": "4"}, "product mug: available: Input should be a valid integer"),
        ({"name": ""}, "product mug: name: "),
        ({"sku": "a/b"}, "product a/b: sku has letters, digits"),
        ({"sku": ""}, "product number 2: sku has letters, digits"),
        ({"sku": "card"}, "product card: sku is there twice"),
        ({"taxrate": "23"}, "product mug: taxrate is no field of a product; did you mean tax_rate?"),
    ],
)
def test_what_is_wrong_is_named_by_product_and_field_and_nothing_is_loaded(
    stand: Stand, change: dict[str, object], said: str
) -> None:
    refused = stand.refused("products", "load", a_file(stand.folder, [CARD, {**MUG, **change}]))
    assert refused.startswith(f"callbank: {said}")
    assert stand.json("products", "list") == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"goods": []}, "goods.json has no products"),
        ([], "goods.json has no products"),
        ([{"name": "Mug"}], "product number 1: sku is missing"),
        (["mug"], "product number 1: "),
    ],
)
def test_a_file_without_products_is_refused(stand: Stand, content: object, said: str) -> None:
    assert said in stand.refused("products", "load", a_file(stand.folder, content))


def test_a_file_that_is_no_toml_says_where(stand: Stand) -> None:
    file = stand.folder / "goods.toml"
    file.write_text("[[products]\n", encoding="utf-8")
    said = stand.refused("products", "load", str(file))
    assert said.startswith("callbank: goods.toml is no TOML: ")
    file.write_bytes(b"\xff")
    assert "goods.toml is no TOML" in stand.refused("products", "load", str(file))
