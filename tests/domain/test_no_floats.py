"""A static check: binary fractions have no way into the money code."""

from __future__ import annotations

import ast
import inspect
from types import ModuleType

import pytest

import domain.currencies
import domain.money
import domain.tax


def _float_suspects(source: str) -> list[str]:
    suspects = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Constant(value=float() | complex()):
                suspects.append(f"line {node.lineno}: literal {node.value!r}")
            case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
                suspects.append(f"line {node.lineno}: true division")
            case ast.Name(id="float" | "round") | ast.Attribute(attr="truediv"):
                suspects.append(f"line {node.lineno}: {ast.unparse(node)}")
            case ast.Import(names=[ast.alias(name="math"), *_]) | ast.ImportFrom(module="math"):
                suspects.append(f"line {node.lineno}: math")
    return suspects


@pytest.mark.parametrize("module", [domain.money, domain.tax, domain.currencies])
def test_no_float_comes_near_money(module: ModuleType) -> None:
    assert _float_suspects(inspect.getsource(module)) == []


@pytest.mark.parametrize(
    "source", ["a / b", "a /= b", "x = 1.23", "float(x)", "round(x)", "import math", "from math import floor"]
)
def test_the_float_check_sees_every_way_in(source: str) -> None:
    assert _float_suspects(source)
