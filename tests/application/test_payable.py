"""A host's own order becomes an order of ours, with a fallback for what it does not say."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from application.errors import InvalidRequest, Vetoed
from application.get_redirect_url import GetRedirectUrlRequest, Redirection
from domain.money import Currency, Money
from tests.application.shop import Shop
from tests.builders import money


@pytest.fixture
def host() -> Shop:
    return Shop(default_account="fake")


def ask(host: Shop, source: object, **changes: Any) -> Redirection:
    return host.get_redirect_url.execute(GetRedirectUrlRequest(source=source, **changes))


@dataclass
class Line:
    name: str
    unit_price: object
    quantity: int = 1


@dataclass
class Ticket:
    """A host's order with everything we ask for."""

    reference: str = "T-1"
    total: object = Decimal("25.00")
    currency: str = "PLN"
    description: str = "A ticket"
    lines: tuple[Line, ...] = (Line("Ticket", Decimal("12.50"), 2),)
    customer_email: str = "ada@example.com"
    return_url: str = "/tickets/1"


class Bare:
    """A host's order with nothing but a number and a way to show itself."""

    pk = 12

    def __init__(self, total: object) -> None:
        self.total = total

    def get_absolute_url(self) -> str:
        return "/bare/12"

    def __str__(self) -> str:
        return "Bare order 12"


def test_a_host_s_order_is_frozen_as_it_is(host: Shop) -> None:
    order = host.stored(ask(host, Ticket()).order)
    assert (order.source, order.source_reference, order.total) == ("Ticket", "T-1", money("25.00 PLN"))
    assert (order.description, order.buyer.email, order.return_url) == (
        "A ticket",
        "ada@example.com",
        "/tickets/1",
    )
    assert [(line.name, line.quantity) for line in order.lines] == [("Ticket", 2)]


def test_what_a_host_s_order_lacks_has_a_fallback(host: Shop) -> None:
    order = host.stored(ask(host, Bare(Money.of(900, "JPY"))).order)
    assert (order.source_reference, order.description, order.return_url) == (
        "12",
        "Bare order 12",
        "/bare/12",
    )
    assert [str(line.gross) for line in order.lines] == ["900 JPY"]


def test_lines_that_do_not_add_up_become_one(host: Shop) -> None:
    order = ask(host, Ticket(lines=(Line("Ticket", Decimal("12.50"), 1),))).order
    assert [(line.name, str(line.gross)) for line in order.lines] == [("Order", "25.00 PLN")]


@pytest.mark.parametrize(
    "line",
    [
        Line("Ticket", Decimal("12.50"), 0),
        Line("Ticket", Decimal("-12.50"), 2),
        Line("Ticket", money("12.50 EUR"), 2),
        Line("Ticket", Decimal("12.50"), 2.0),  # type: ignore[arg-type]
    ],
)
def test_a_line_nobody_can_sell_is_named(host: Shop, line: Line) -> None:
    with pytest.raises(InvalidRequest) as refused:
        ask(host, Ticket(lines=(Line("Ticket", Decimal("12.50"), 1), line)))
    assert next(iter(refused.value.fields)).startswith("lines.")


@pytest.mark.parametrize(
    "total", [25.0, None, "NaN", Decimal("Infinity"), Decimal("25.001"), 0, Decimal("-1")]
)
def test_a_host_s_total_is_exact_and_positive(host: Shop, total: object) -> None:
    with pytest.raises(InvalidRequest) as refused:
        ask(host, Ticket(total=total))
    assert list(refused.value.fields) == ["total"]


def test_a_total_without_a_currency_is_refused(host: Shop) -> None:
    with pytest.raises(InvalidRequest):
        ask(host, Ticket(currency=""))
    assert ask(host, Ticket(currency=""), currency="EUR").order.total == money("25.00 EUR")


def test_an_order_that_is_not_ready_is_a_veto(host: Shop) -> None:
    class NotReady(Ticket):
        def is_ready_for_payment(self) -> bool:
            return False

    with pytest.raises(Vetoed):
        ask(host, NotReady())
    assert not host.database.state.orders


def test_a_query_fills_in_what_the_order_did_not_say(host: Shop) -> None:
    def price(query: Any) -> None:
        query.amount, query.description = Money(100, Currency.of("PLN")), "From the query"

    def person(user: Any) -> None:
        user.email, user.name, user.lang = "eve@example.com", "Eve", "pl"

    host.hooks.connect("new_payment_query", price)
    host.hooks.connect("user_data_query", person)
    order = ask(host, Bare(None)).order
    assert (order.total, order.description) == (money("1.00 PLN"), "From the query")
    assert (order.buyer.email, order.buyer.name, order.locale) == ("eve@example.com", "Eve", "pl")


def test_two_hosts_may_use_the_same_number(host: Shop) -> None:
    products = [{"name": "Book", "count": 1, "price": 25}]
    plain = {"order_id": "7", "amount": 25, "currency": "PLN", "products": products}
    assert ask(host, Ticket(reference="7")).order.id != ask(host, plain).order.id
