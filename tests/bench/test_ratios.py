from __future__ import annotations

import io

import pytest
from rich.console import Console

from bench.ratios import GOALS, Goal, Sample, figures_of, summary
from bench.report import show_ratios

MORE = Goal("ours / best peer", "ours.rate", ("one.rate", "two.rate"), goal=2.5, must=1.4)
LESS = Goal("our cost / best peer's", "ours.cpu", ("one.cpu", "two.cpu"), goal=0.4, must=0.7, at_most=True)
COUNT = Goal("trips", "ours.trips", (), goal=4, must=7, at_most=True)


def test_the_best_peer_is_the_fastest_and_the_cheapest() -> None:
    assert MORE.value({"ours.rate": 900, "one.rate": 300, "two.rate": 450}) == 2
    assert LESS.value({"ours.cpu": 600, "one.cpu": 1500, "two.cpu": 1200}) == 0.5


def test_a_peer_that_was_not_measured_does_not_count() -> None:
    assert MORE.value({"ours.rate": 900, "two.rate": 450}) == 2


@pytest.mark.parametrize(
    "figures", [{}, {"ours.rate": 900}, {"one.rate": 300}, {"ours.rate": 9, "one.rate": 0}]
)
def test_what_was_not_measured_is_no_ratio_and_no_verdict(figures: dict[str, float]) -> None:
    value = MORE.value(figures)
    assert (value, MORE.verdict(value)) == (None, "not measured")


def test_a_goal_without_a_limit_is_the_figure_itself() -> None:
    assert COUNT.value({"ours.trips": 4.0}) == 4


@pytest.mark.parametrize(
    ("goal", "value", "verdict"),
    [
        (MORE, 2.5, "goal"),
        (MORE, 2.49, "must"),
        (MORE, 1.4, "must"),
        (MORE, 1.39, "MISSED"),
        (LESS, 0.4, "goal"),
        (LESS, 0.41, "must"),
        (LESS, 0.7, "must"),
        (LESS, 0.71, "MISSED"),
        (COUNT, 4, "goal"),
        (COUNT, 8, "MISSED"),
    ],
)
def test_a_verdict_is_goal_must_or_missed(goal: Goal, value: float, verdict: str) -> None:
    assert goal.verdict(value) == verdict


def test_every_goal_asks_at_least_as_much_as_its_must() -> None:
    assert all(one.goal <= one.must if one.at_most else one.goal >= one.must for one in GOALS)
    assert len({one.name for one in GOALS}) == len(GOALS)


def test_a_round_that_went_wrong_does_not_move_the_median() -> None:
    samples = [Sample(rate, 1, 2, web=30, database=12) for rate in (100, 900, 950)]
    assert summary(samples, "rate") == (100, 900, 950)
    assert summary(samples, "cpu") == (42, 42, 42)
    figures = figures_of({("callback", 8): samples, ("callback", 1): samples[:1], ("none", 8): []}, 8)
    assert (figures["callback.rate"], figures["callback.cpu"]) == (900, 42)
    assert "none.rate" not in figures


def test_the_table_names_misses_and_counts_them() -> None:
    output = io.StringIO()
    figures = {"status.rate": 1000.0, "no-op view.rate": 10_000.0, "callback.trips": 4.0}
    assert show_ratios(Console(file=output, width=150), figures) == 1
    lines = {line.split("│")[1].strip(): line for line in output.getvalue().splitlines() if "│" in line}
    assert "0.10" in lines["order status / no-op view"]
    assert "MISSED" in lines["order status / no-op view"]
    assert "goal" in lines["round trips per callback"]
    assert "not measured" in lines["callback rate / best peer"]
