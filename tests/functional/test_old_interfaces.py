"""The old interfaces of gateways that have two, on the same journeys as the new ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import pytest

from adapters.sandbox import credentials, payu_classic
from application.ports.gateway import Operation
from tests.functional import test_every_gateway as journeys
from tests.functional.journey import Stage, a_stage

OLD: Final[Mapping[str, Mapping[str, object]]] = {
    "moip": {"api": "v1"},
    "paypal": {"api": "classic", "business": "shop@example.com"},
    "payu": {
        "api": "classic",
        "pos_id": payu_classic.POS_ID,
        "pos_auth_key": payu_classic.POS_AUTH_KEY,
        "key1": payu_classic.KEY1,
        "key2": payu_classic.KEY2,
    },
    "tpay": {
        "api": "classic",
        "api_key": "tpay-sandbox-api-key",
        "api_password": "tpay-sandbox-api-password",
    },
}
NEW_KEYS: Final = ("client_id", "client_secret", "second_key")
ODD: Final = journeys.Oddities(
    unspoken={
        ("moip", "cancelled"): "who walks away from its page tells nobody, and v1 has one way back",
        ("paypal", "cancelled"): "a form that nobody paid leaves no trace to ask about",
        ("tpay", "cancelled"): "a form that nobody paid leaves no trace to ask about",
    },
    mute={
        "paypal": "classic payments have no question to ask, only IPN, which comes again for days",
        "tpay": "it is asked by its own title, which only the notification tells",
    },
    proves_later={"paypal": "an IPN is posted back to PayPal"},
)


@pytest.fixture
def odd() -> journeys.Oddities:
    return ODD


def old_blocks(sandbox: str) -> Mapping[str, Mapping[str, object]]:
    known = credentials(sandbox)
    kept = {code: {key: value for key, value in known[code].items() if key not in NEW_KEYS} for code in OLD}
    return {**{code: {**kept[code], **OLD[code]} for code in OLD}, "dummy": known["dummy"]}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with a_stage(tmp_path_factory.mktemp("old") / "shop.db", old_blocks) as running:
        yield running


@pytest.fixture(params=tuple(OLD))
def code(request: pytest.FixtureRequest, stage: Stage) -> Iterator[str]:
    name = str(request.param)
    yield name
    stage.mend(name)
    assert stage.violations() == []


def test_it_is_the_old_interface_that_is_walked(stage: Stage, code: str) -> None:
    """The new ones open a session by a call; a form opens none before the shopper sends it. Moip's old one
    has a call, too, but no refunds."""
    if code == "moip":
        assert Operation.REFUND not in stage.gateway(code).capabilities.operations
        return
    assert stage.gateway(code).capabilities.starts_by_form
    journey = stage.send(code)
    assert [one for one in stage.sessions(code) if one["id"] not in journey.before] == []


test_a_shopper_who_pays_has_paid_once = journeys.test_a_shopper_who_pays_has_paid_once
test_messages_that_come_again = journeys.test_messages_and_shoppers_that_come_again_move_no_more_money
test_a_shopper_who_does_not_pay = journeys.test_a_shopper_who_does_not_pay_has_paid_nothing_and_may_pay_again
test_money_goes_back = journeys.test_money_goes_back_in_part_and_in_whole_or_plainly_cannot
test_money_is_found = journeys.test_money_is_found_when_nobody_tells_us
test_a_lie_changes_nothing = journeys.test_a_lie_changes_nothing
