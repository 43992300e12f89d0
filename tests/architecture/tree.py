"""What the architecture tests share: which files there are, and how a finding reads."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
CORE = ("domain", "application")
PRODUCT = (*CORE, "adapters")
MIGRATIONS = ("adapters", "persistence", "migrations")
# Made by tools or by running the product; never part of it.
LEFTOVERS = frozenset({"build", "dist", "instance", "mutants", "htmlcov", "test-results", "__pycache__"})


class Finding(NamedTuple):
    """One line that breaks a rule."""

    path: str
    line: int
    rule: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}"


def python_files(*folders: str) -> Iterator[Path]:
    """Every module below `folders`, migrations left out."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.relative_to(ROOT).parts[:3] != MIGRATIONS:
                yield path


def text_files() -> Iterator[Path]:
    """Every file of the project that a person may read; hidden folders but `.ci` left out."""
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        hidden = any(part.startswith(".") and part not in (".ci", ".gitignore") for part in parts)
        if not hidden and LEFTOVERS.isdisjoint(parts) and path.is_file():
            yield path


def named(path: Path) -> str:
    """The path as people write it, from the root of the project."""
    return path.relative_to(ROOT).as_posix()


def parsed(path: Path) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def listed(findings: Iterable[Finding]) -> str:
    """The findings as one message, a line each."""
    return "\n".join(map(str, findings))
