"""What a shopper of PayParts chooses, and what the merchant may offer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from adapters.testing.builders import a_brief
from adapters.testing.quiet import no_network
from adapters.wire.errors import SettingsError
from application.errors import (
    GatewayRejected,
)
from application.phrases import Phrase
from application.ports.gateway import PaymentGateway
from domain.money import Money
from tests.contract.payparts_bank import (
    DEMO,
    PayPartsHarness,
    a_sale,
    a_store,
    hryvnias,
)
from tests.contract.stand import account

PLAN = "2 payments: 200.00 UAH, then 1 × 200.00 UAH monthly = 400.00 UAH"


@pytest.fixture
def harness(sandbox_url: str) -> Iterator[PayPartsHarness]:
    with a_store(sandbox_url) as store:
        yield store


@pytest.fixture
def demo() -> PaymentGateway:
    return account(DEMO)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("parts_count", "1"),
        ("parts_count", "26"),
        ("parts_count", "4"),
        ("parts_count", "2.0"),
        ("parts_count", "\u0663"),
        ("parts_count", " 3"),
        ("merchant_type", "PB"),
        ("merchant_type", "pp"),
        ("merchant_type", "XX"),
    ],
)
def test_a_choice_that_is_not_offered_is_refused_by_name_before_any_io(name: str, value: str) -> None:
    gateway = account({**DEMO, "parts": [2, 3], "merchant_types": ["II", "PP"]})
    with no_network(), pytest.raises(GatewayRejected, match=name) as refused:
        gateway.start(a_sale(gateway, ("Чай", 1, "400"), **{name: value}))
    assert refused.value.code == name


def test_what_was_chosen_is_asked_for(harness: PayPartsHarness) -> None:
    gateway = harness.build(parts=[2, 25], merchant_types=["II", "PP"])
    brief = replace(a_brief(gateway), options={"parts_count": "25", "merchant_type": "PP", "else": "x"})
    assert gateway.start(brief).extra == {"parts_count": "25", "merchant_type": "PP"}
    session = harness.sandbox.session(brief.payment.reference)
    assert session is not None
    assert session["extra"] == {"partsCount": 25, "merchantType": "PP"}


def test_a_plan_tells_the_first_payment_the_others_and_their_sum() -> None:
    gateway = account({**DEMO, "parts": [2, 3, 25], "merchant_types": ["PP"]})
    (asked,) = gateway.options(hryvnias("500"))
    assert (asked.name, asked.choices) == (
        "parts_count",
        (
            ("2", "2 payments: 250.00 UAH, then 1 × 250.00 UAH monthly = 500.00 UAH, no extra cost"),
            ("3", "3 payments: 166.68 UAH, then 2 × 166.66 UAH monthly = 500.00 UAH, no extra cost"),
            ("25", "25 payments: 20.00 UAH, then 24 × 20.00 UAH monthly = 500.00 UAH, no extra cost"),
        ),
    )


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("II", ", and the bank's fee"),
        ("IA", ", and half of the bank's fee"),
        ("PP", ", no extra cost"),
        ("PB", ""),
    ],
)
def test_the_only_way_offered_says_who_bears_the_fee_in_its_parts(kind: str, words: str) -> None:
    (asked,) = account({**DEMO, "merchant_types": [kind]}).options(hryvnias("400"))
    assert asked.choices == (("2", f"{PLAN}{words}"),)


def test_several_ways_are_asked_for_by_who_bears_the_fee() -> None:
    parts, kinds = account({**DEMO, "merchant_types": "PP, II"}).options(hryvnias("400"))
    assert parts.choices == (("2", PLAN),)
    assert (kinds.name, [value for value, _ in kinds.choices]) == ("merchant_type", ["PP", "II"])
    assert "the shop bears the fee" in kinds.choices[0][1]
    assert "the bank's fee is added" in kinds.choices[1][1]


def test_a_page_can_say_the_choices_in_its_own_language() -> None:
    for asked in account({**DEMO, "merchant_types": "PP, II"}).options(hryvnias("400")):
        for words in (asked.label, *(words for _, words in asked.choices)):
            assert isinstance(words, Phrase)
            assert words == (words.template % words.values if words.values else words.template)
    (parts, _) = account({**DEMO, "merchant_types": "PP, II"}).options(hryvnias("400"))
    assert parts.choices[0][1].values["each"] == hryvnias("200")


@pytest.mark.parametrize("count", range(2, 26))
def test_the_payments_of_a_plan_add_up_to_the_last_kopeck(count: int) -> None:
    (asked,) = account({**DEMO, "parts": [count]}).options(hryvnias("301.07"))
    told = asked.choices[0][1].values
    assert told["first"] + told["each"] * told["more"] == told["total"] == hryvnias("301.07")
    assert told["first"] >= told["each"]
    assert told["more"] + 1 == told["count"] == count


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("parts", [1]),
        ("parts", [26]),
        ("parts", []),
        ("merchant_types", ["XX"]),
        ("merchant_types", []),
        ("store_id", ""),
        ("store_id", "x" * 21),
        ("minimum", "3.001"),
    ],
)
def test_a_wrong_setting_is_named(key: str, value: object) -> None:
    with pytest.raises(SettingsError, match=rf"gateways\.acc\.{key}"):
        account({**DEMO, key: value})


@pytest.mark.parametrize(
    ("amount", "taken"), [("299.99", False), ("300", True), ("50000", True), ("50000.01", False)]
)
def test_a_payment_is_taken_within_the_banks_bounds(demo: PaymentGateway, amount: str, taken: bool) -> None:
    assert (demo.accepts(hryvnias(amount), "UA", ()) == "") == taken
    assert account({**DEMO, "minimum": 1, "maximum": "300000.00"}).accepts(hryvnias(amount), "UA", ()) == ""


def test_hryvnias_only_whatever_the_block_lists() -> None:
    """No message of the bank names a currency: euros would be charged as hryvnias."""
    euros = account({**DEMO, "currencies": ("EUR", "UAH")})
    assert euros.currencies == {"UAH"}
    assert euros.accepts(Money.of(100_000, "EUR"), "UA", ()) != ""
