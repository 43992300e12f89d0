"""A lost race is run again, but not for ever."""

from __future__ import annotations

import pytest

from application import again as again_module
from application.again import again
from application.errors import ConcurrentUpdate


class Race:
    """Lost so many times before it is won."""

    def __init__(self, lost: int) -> None:
        self.lost, self.runs = lost, 0

    def __call__(self) -> str:
        self.runs += 1
        if self.runs <= self.lost:
            raise ConcurrentUpdate("somebody was first")
        return "won"


def test_a_race_may_be_lost_four_times() -> None:
    assert again(Race(4)) == "won"
    with pytest.raises(ConcurrentUpdate):
        again(Race(5))


def test_what_waited_long_already_is_not_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(again_module, "LONGEST", -1.0)
    race = Race(1)
    with pytest.raises(ConcurrentUpdate):
        again(race)
    assert race.runs == 1
