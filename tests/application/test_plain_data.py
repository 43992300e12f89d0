"""Plain data becomes an order of ours once; nothing crooked gets in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from application.errors import AlreadyPaid, InvalidRequest, KeyReused
from application.get_redirect_url import GetRedirectUrlRequest, Redirection
from application.ports.gateway import Started
from domain.payment import NextStep
from tests.application.shop import Shop
from tests.builders import money


@pytest.fixture
def host() -> Shop:
    return Shop(default_account="fake", allowed_return_hosts=frozenset({"host.example"}))


def data(**changes: Any) -> dict[str, Any]:
    """Plain data as django-ok-payparts takes it."""
    usual = {
        "order_id": "7",
        "amount": Decimal("400.00"),
        "currency": "UAH",
        "products": [
            {"name": "Book", "count": 2, "price": Decimal("150.00")},
            {"name": "Pen", "count": 1, "price": 100},
        ],
        "parts_count": 3,
        "merchant_type": "PP",
    }
    return usual | changes


def ask(host: Shop, source: object, **changes: Any) -> Redirection:
    return host.get_redirect_url.execute(GetRedirectUrlRequest(source=source, **changes))


# -- plain data


def test_plain_data_leads_to_the_gateway(host: Shop) -> None:
    sent = host.get_redirect_url.execute(data(description="Books", email="ada@example.com"))
    order = host.stored(sent.order)
    assert (order.source, order.source_reference, order.total) == ("plain-data", "7", money("400.00 UAH"))
    assert (order.description, order.buyer.email) == ("Books", "ada@example.com")
    assert [(line.name, line.quantity, str(line.gross)) for line in order.lines] == [
        ("Book", 2, "300.00 UAH"),
        ("Pen", 1, "100.00 UAH"),
    ]
    assert host.gateway.briefs[0].options == {"parts_count": "3", "merchant_type": "PP"}
    assert sent.redirect_url.startswith("https://pay.example/")
    assert (order.basket_id, order.stock.value) == (None, "none")


def test_asking_again_with_the_same_data_answers_the_same_next_step(host: Shop) -> None:
    first, second = ask(host, data()), ask(host, data())
    assert (first.redirect_url, first.order.id) == (second.redirect_url, second.order.id)
    assert (host.gateway.times("start"), len(host.database.state.orders)) == (1, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": 200, "products": [{"name": "Book", "count": 2, "price": 100}]},
        {"currency": "PLN"},
        {"products": [{"name": "Bible", "count": 4, "price": 100}]},
    ],
)
def test_the_same_number_with_another_content_is_refused(host: Shop, changes: dict[str, Any]) -> None:
    ask(host, data())
    with pytest.raises(KeyReused):
        ask(host, data(**changes))
    assert host.gateway.times("start") == 1


def test_a_paid_number_is_not_paid_again(host: Shop) -> None:
    host.gateway.script["start"] = lambda brief: Started(
        NextStep.nothing(), observation=host.gateway.says(brief.payment, "paid")
    )
    ask(host, data())
    with pytest.raises(AlreadyPaid):
        ask(host, data())


def test_a_response_url_is_never_used_and_said_so(host: Shop) -> None:
    sent = ask(host, data(response_url="https://host.example/callback"))
    assert "response_url" in sent.warnings[0]
    assert host.gateway.briefs[0].callback_url.startswith("https://shop.example/callbacks/fake/")
    assert ask(host, data()).warnings == ()


@pytest.mark.parametrize(
    "url", ["", "/thanks", "/thanks?order=7", "https://host.example/thanks", "http://host.example:8000/"]
)
def test_the_way_back_lands_on_own_paths_and_allowed_hosts(host: Shop, url: str) -> None:
    assert host.stored(ask(host, data(redirect_url=url)).order).return_url == url


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "https:\\\\evil.example",
        "https://host.example@evil.example/",
        "https://evil@host.example/",
        "https://host.example\\.evil.example/",
        "https://host.example.evil.example/",
        "javascript:alert(1)",
        "ftp://host.example/",
        "thanks",
    ],
)
def test_the_way_back_lands_nowhere_else(host: Shop, url: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        ask(host, data(redirect_url=url))
    assert list(refused.value.fields) == ["redirect_url"]
    assert "allowed_return_hosts" in refused.value.fields["redirect_url"]
    assert not host.database.state.orders


# -- numbers

BOOK = {"name": "Book", "count": 1}


def one(price: object, **changes: Any) -> dict[str, Any]:
    return data(amount=price, products=[BOOK | {"price": price}], **changes)


@pytest.mark.parametrize("price", [12.5, Decimal("12.5"), "12.50"])
def test_a_float_is_read_by_its_shortest_text(host: Shop, price: object) -> None:
    assert host.stored(ask(host, one(price)).order).total == money("12.50 UAH")


@pytest.mark.parametrize(
    "price",
    [
        0.1 + 0.2,
        float("nan"),
        float("inf"),
        float("-inf"),
        1e300,
        1e-7,
        Decimal("NaN"),
        Decimal("1E+400"),
        "1e3",
        " 12.50",
        "12,50",
        "١٢",
        "12.505",
        12.505,
        True,
        None,
        [],
        b"12",
        0,
        -1,
        0.0,
    ],
)
def test_what_is_no_exact_amount_of_the_currency_is_refused(host: Shop, price: object) -> None:
    with pytest.raises(InvalidRequest):
        ask(host, one(price))
    assert (host.database.state.orders, host.gateway.calls) == ({}, [])


@pytest.mark.parametrize(("code", "price"), [("JPY", 1.5), ("KWD", 1.2345), ("JPY", "1.0")])
def test_more_decimals_than_the_currency_has_are_refused(host: Shop, code: str, price: object) -> None:
    with pytest.raises(InvalidRequest):
        ask(host, one(price, currency=code))


@pytest.mark.parametrize("missing", ["order_id", "amount", "products"])
def test_what_is_missing_is_named(host: Shop, missing: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        ask(host, {name: value for name, value in data().items() if name != missing})
    assert refused.value.fields == {missing: "missing"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"status": "paid"}, "status"),
        ({"free": 1}, "free"),
        ({"products": []}, "products"),
        ({"products": "Book"}, "products"),
        ({"products": [1]}, "products.0"),
        ({"products": [BOOK | {"name": "", "price": 400}]}, "products.0.name"),
        ({"products": [BOOK | {"name": "x" * 129, "price": 400}]}, "products.0.name"),
        ({"products": [BOOK | {"count": 0, "price": 400}]}, "products.0.quantity"),
        ({"products": [BOOK | {"count": 1.0, "price": 400}]}, "products.0.count"),
        ({"products": [BOOK | {"count": True, "price": 400}]}, "products.0.count"),
        ({"products": [BOOK]}, "products.0.price"),
        ({"products": [BOOK | {"price": 399}]}, "amount"),
        ({"order_id": ""}, "reference"),
        ({"order_id": "x" * 65}, "reference"),
        ({"currency": "XXX"}, "currency"),
        ({"currency": ""}, "currency"),
    ],
)
def test_what_is_wrong_is_named(host: Shop, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        ask(host, data(**changes))
    assert list(refused.value.fields) == [field]
    assert not host.database.state.orders


def test_account_and_currency_may_come_beside_the_data(host: Shop) -> None:
    bare = {name: value for name, value in data().items() if name != "currency"}
    sent = ask(host, bare, account="other", currency="PLN")
    assert (sent.payment.account, sent.order.total) == ("other", money("400.00 PLN"))


def test_an_account_of_one_currency_says_which(host: Shop) -> None:
    host.gateway.currencies = frozenset({"UAH"})
    bare = {name: value for name, value in data().items() if name != "currency"}
    assert ask(host, bare).order.total == money("400.00 UAH")


def test_without_any_account_nothing_is_started() -> None:
    with pytest.raises(InvalidRequest) as refused:
        ask(Shop(), data())
    assert list(refused.value.fields) == ["account"]
