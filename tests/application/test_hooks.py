"""The names a host may listen to, and the points where a test may stop the world."""

from __future__ import annotations

import pytest

from application.again import again
from application.errors import ConcurrentUpdate
from application.hooks import FACTS, NAMES, QUERIES, Hooks
from application.points import arm, reach
from domain import events

PROMISED = {
    # queries and vetoes
    "new_payment_query",
    "user_data_query",
    "order_additional_validation",
    "redirecting_to_payment_gateway",
    # facts
    "new_payment",
    "payment_status_changed",
    "callback_accepted",
    # the pairs around the steps of Sonata ecommerce
    *(
        f"{when}_{step}"
        for when in ("pre", "post")
        for step in ("transform", "sendbank", "callback", "error", "confirmation")
    ),
    # in the process only
    "callback_refused",
}


def test_every_promised_name_can_be_listened_to() -> None:
    assert PROMISED <= NAMES
    hooks = Hooks()
    for name in sorted(NAMES):
        assert not hooks.wants(name)
        hooks.connect(name, print)
        assert hooks.wants(name)


def test_a_name_that_does_not_exist_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="order_payed"):
        Hooks().connect("order_payed", print)


def test_every_fact_is_told_by_an_event_that_exists_and_no_query_is_a_fact() -> None:
    assert all(issubclass(getattr(events, name), events.Event) for name in FACTS)
    told = [name for names in FACTS.values() for name in names]
    assert len(told) == len(set(told))
    assert not set(told) & {*QUERIES, "callback_refused"}


def test_handlers_are_called_in_order_until_one_refuses() -> None:
    heard: list[str] = []

    def veto() -> None:
        raise PermissionError

    hooks = Hooks()
    for handler in (lambda: heard.append("first"), veto, lambda: heard.append("never")):
        hooks.connect("order_additional_validation", handler)
    with pytest.raises(PermissionError):
        hooks.tell("order_additional_validation")
    assert heard == ["first"]


def test_points_are_inert_until_armed_and_after() -> None:
    reached: list[str] = []
    reach("before")
    with arm(reached.append, environment="test"):
        reach("inside")
    reach("after")
    assert reached == ["inside"]


@pytest.mark.parametrize("environment", ["live", "production", ""])
def test_points_cannot_be_armed_in_production(environment: str) -> None:
    with pytest.raises(RuntimeError), arm(print, environment=environment):
        pass


@pytest.mark.parametrize(("failures", "tries"), [(0, 1), (1, 2), (4, 5)])
def test_whoever_was_second_begins_again(failures: int, tries: int) -> None:
    made: list[int] = []

    def attempt() -> str:
        made.append(1)
        if len(made) <= failures:
            raise ConcurrentUpdate
        return "done"

    assert again(attempt) == "done"
    assert len(made) == tries


def test_after_five_tries_in_vain_the_conflict_is_passed_on() -> None:
    made: list[int] = []

    def attempt() -> None:
        made.append(1)
        raise ConcurrentUpdate

    with pytest.raises(ConcurrentUpdate):
        again(attempt)
    assert len(made) == 5
