"""Files and functions stay small enough to be read in one go."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.architecture.tree import PRODUCT, Finding, listed, named, python_files

LINES_PER_FILE = 320
LINES_PER_FUNCTION = 45


def size_findings(source: str, path: str = "planted.py") -> Iterator[Finding]:
    """The file, and each function of it, that has grown past the limit; decorators are not counted."""
    lines = len(source.splitlines())
    if lines > LINES_PER_FILE:
        yield Finding(path, 1, f"{lines} lines, limit {LINES_PER_FILE}")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LINES_PER_FUNCTION:
                yield Finding(path, node.lineno, f"{node.name}: {length} lines, limit {LINES_PER_FUNCTION}")


def test_no_file_and_no_function_outgrows_its_reader() -> None:
    findings = [
        finding
        for path in python_files(*PRODUCT)
        for finding in size_findings(path.read_text(encoding="utf-8"), named(path))
    ]
    assert not findings, listed(findings)


def test_a_file_at_the_limit_passes_and_one_line_more_does_not() -> None:
    assert not list(size_findings("x = 1\n" * LINES_PER_FILE))
    assert list(size_findings("x = 1\n" * (LINES_PER_FILE + 1)))


def test_a_function_at_the_limit_passes_and_one_line_more_does_not() -> None:
    body = "    x = 1\n"
    assert not list(size_findings("def f():\n" + body * (LINES_PER_FUNCTION - 1)))
    assert list(size_findings("@decorated\ndef f():\n" + body * LINES_PER_FUNCTION))
