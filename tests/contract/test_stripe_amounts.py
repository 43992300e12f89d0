"""Stripe's units, currency by currency, and what is refused rather than rounded."""

from __future__ import annotations

import pytest

from adapters.gateways.stripe import mapping
from adapters.sandbox.stripe_wire import places_of
from adapters.testing.builders import a_brief, a_line
from application.errors import GatewayProtocolError, GatewayRejected
from domain.money import Money
from tests.contract.stripe_stand import demo


@pytest.mark.parametrize(
    ("minor", "code", "wire"),
    [
        (1250, "EUR", 1250),
        (500, "JPY", 500),
        (500, "CLP", 500),
        (150000, "HUF", 150000),
        (150000, "TWD", 150000),
        (50000, "MGA", 500),
        (5120, "KWD", 5120),
        (5, "ISK", 500),
        (5, "UGX", 500),
    ],
)
def test_an_amount_travels_in_stripes_own_units(minor: int, code: str, wire: int) -> None:
    money = Money.of(minor, code)
    assert mapping.to_wire(money) == wire
    assert mapping.money_of({"amount": wire, "currency": code.lower()}, "amount") == money
    assert not demo().accepts(money, "PL", (a_line(money),))


def test_both_sides_count_every_currency_alike() -> None:
    for code in sorted(mapping.CURRENCIES):
        money = Money.of(500_000, code)
        assert Money.from_scaled(mapping.to_wire(money), places_of(code), money.currency) == money
    whole = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
    assert {code for code in mapping.CURRENCIES if places_of(code) == 0} == set(whole.split())


@pytest.mark.parametrize(("minor", "code"), [(5124, "KWD"), (1, "BHD"), (50050, "MGA"), (100_000_000, "USD")])
def test_what_stripe_cannot_take_is_refused_rather_than_rounded(minor: int, code: str) -> None:
    gateway, money = demo(base_url="http://127.0.0.1:1"), Money.of(minor, code)
    assert gateway.accepts(money, "PL", (a_line(money),))
    if code != "USD":
        with pytest.raises(GatewayRejected):
            gateway.start(a_brief(gateway, money))


@pytest.mark.parametrize("code", ["IQD", "LYD", "CLF"])
def test_a_currency_whose_unit_stripe_does_not_tell_is_not_taken(code: str) -> None:
    assert demo().accepts(Money.of(1000, code), "PL", ()) == f"{code} is not taken"


def test_krona_come_whole_or_not_at_all() -> None:
    with pytest.raises(GatewayProtocolError):
        mapping.money_of({"amount": 550, "currency": "isk"}, "amount")


def test_prices_that_cannot_be_written_become_one_line() -> None:
    thirds = (a_line(Money.of(10000, "KWD"), quantity=3),)
    many = tuple(a_line(Money.of(10, "EUR"), name=f"Tea {number}") for number in range(101))
    for lines, code, minor in ((thirds, "KWD", 10000), (many, "EUR", 1010)):
        amount = Money.of(minor, code)
        found = mapping.line_items(a_brief(demo(), amount, lines=lines))
        assert [line["quantity"] for line in found] == [1]
        assert dict(mapping.flat(found[0]))["price_data[unit_amount]"] == str(minor)
    assert len(mapping.line_items(a_brief(demo(), Money.of(1000, "EUR"), lines=many[:100]))) == 100
