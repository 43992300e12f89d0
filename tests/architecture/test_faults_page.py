"""The page of faults names tests that exist, for every row that is claimed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.tree import ROOT, parsed

PAGE = ROOT / "docs" / "faults.md"
ROW = re.compile(r"^\| *(\d+) *\|(.*)\|(.*)\|$")
NAMED = re.compile(r"`([\w./]+\.py)(?:::(\w+))?`")


def numbers(*ranges: tuple[int, int]) -> set[int]:
    return {number for first, last in ranges for number in range(first, last + 1)}


# The rows of the catalogue that this version claims; a row is added when it is survived.
CLAIMED = numbers((1, 7), (9, 16), (20, 20), (22, 54), (56, 58), (60, 60), (62, 62), (78, 84), (89, 89))


def rows(page: str) -> Iterator[tuple[int, str, str]]:
    """The number, the text and the tests of each row."""
    for line in page.splitlines():
        if found := ROW.match(line):
            yield int(found[1]), found[2].strip(), found[3].strip()


def missing_tests(tests: str) -> list[str]:
    """What a row names and nobody wrote; without a function the whole file is meant."""
    missing = []
    for path, function in NAMED.findall(tests):
        file = ROOT / path
        if not file.is_file() or (function and function not in functions(path)):
            missing.append(f"{path}::{function}")
    return missing


def functions(path: str) -> set[str]:
    """Every test function of a module, inside its classes too."""
    return {node.name for node in ast.walk(parsed(ROOT / path)) if isinstance(node, ast.FunctionDef)}


ROWS = list(rows(PAGE.read_text(encoding="utf-8")))


@pytest.mark.parametrize(("number", "text", "tests"), ROWS, ids=[str(number) for number, _, _ in ROWS])
def test_a_row_says_what_goes_wrong_and_names_tests_that_exist(number: int, text: str, tests: str) -> None:
    assert text, f"row {number} says nothing"
    assert NAMED.findall(tests), f"row {number} names no test"
    assert not missing_tests(tests)


def test_every_claimed_fault_has_a_row() -> None:
    assert sorted(CLAIMED - {number for number, _, _ in ROWS}) == []


def test_rows_are_in_order_and_there_is_one_of_each() -> None:
    listed = [number for number, _, _ in ROWS]
    assert listed == sorted(set(listed))


def test_a_planted_test_that_does_not_exist_is_seen() -> None:
    here = "tests/architecture/test_faults_page.py"
    assert missing_tests(f"`{here}::test_every_claimed_fault_has_a_row` `{here}`") == []
    assert missing_tests(f"`{here}::test_nobody_wrote`") == [f"{here}::test_nobody_wrote"]
    assert missing_tests("`tests/nowhere.py`") == ["tests/nowhere.py::"]
