"""The smells this project refuses, each as a walk over source text that yields findings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.architecture.tree import Finding

SECRETS = frozenset({"signature", "sig", "digest", "hexdigest", "mac", "hmac", "checksum"})
# The last one is also the ISO 4217 code for "no currency", so it counts only where it opens a remark.
MARKS = re.compile(r"\b(?:" + "TO" + "DO|FIX" + "ME" + r")\b|(?:#|//|<!--)\s*X{3}\b")
# Assembled, so that this file may be searched like any other.
REGISTRIES = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("crates", "io"),
        ("rubygems", "org"),
    )
)
SOMEBODYS_HOME = re.compile(r"(?<![\w.:/])/(root|home|Users)/\w")


def is_hundred(node: ast.expr) -> bool:
    """True for 100 in any dress: 100, 100.0, Decimal(100), Decimal("100")."""
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Decimal") and len(node.args) == 1:
        node = node.args[0]
    return isinstance(node, ast.Constant) and str(node.value) in {"100", "100.0", "100.00"}


def money_smells(tree: ast.Module, path: str = "planted.py") -> Iterator[Finding]:
    """Floats and hidden exponents."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float":
            yield Finding(path, node.lineno, "float() near money")
        divides = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.FloorDiv)
        if divides and is_hundred(node.right):
            yield Finding(path, node.lineno, "a hidden exponent: ask the currency for its decimals")


def code_smells(tree: ast.Module, path: str = "planted.py") -> Iterator[Finding]:
    """What no module of ours does, whatever its layer."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and isinstance(node.value, ast.Constant):
            if node.arg == "verify" and node.value.value is False:
                yield Finding(path, node.value.lineno, "verify=False")
            if node.arg == "shell" and node.value.value is True:
                yield Finding(path, node.value.lineno, "shell=True")
        elif isinstance(node, ast.Attribute) and ast.unparse(node).endswith("request.values"):
            yield Finding(path, node.lineno, "request.values merges query and form")
        elif isinstance(node, ast.ExceptHandler) and swallows(node):
            yield Finding(path, node.lineno, "an exception of any kind is swallowed")
        elif isinstance(node, ast.Name) and node.id == "NotImplementedError":
            yield Finding(path, node.lineno, "NotImplementedError: leave it out or write it")


def swallows(handler: ast.ExceptHandler) -> bool:
    """True when a handler for everything does nothing at all."""
    everything = handler.type is None or ast.unparse(handler.type) in {"Exception", "BaseException"}
    nothing = all(isinstance(node, ast.Pass | ast.Continue) or is_ellipsis(node) for node in handler.body)
    return everything and nothing


def is_ellipsis(node: ast.stmt) -> bool:
    """True for a statement of three dots."""
    return (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.value.value is Ellipsis
    )


def last_name(node: ast.expr) -> str:
    """The word a reader would call `node` by: a name, an attribute, a key, or what a call is of."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
        case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(name)), *_]):
            return name
        case ast.Call(func=func):
            return last_name(func)
        case _:
            return ""


def words(name: str) -> set[str]:
    """The words of a name, whether written like_this or likeThis or Like-This."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def timing_smells(tree: ast.Module, path: str = "planted.py") -> Iterator[Finding]:
    """Signatures compared in a way that tells an attacker how far they got."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Compare):
            continue
        sides = [node.left, *node.comparators]
        if any(isinstance(side, ast.Constant) for side in sides):
            continue
        equal = any(isinstance(operator, ast.Eq | ast.NotEq) for operator in node.ops)
        if equal and any(words(last_name(side)) & SECRETS for side in sides):
            yield Finding(path, node.lineno, "compare with hmac.compare_digest")


def template_smells(source: str, path: str = "planted.html") -> Iterator[Finding]:
    """What a strict Content-Security-Policy forbids, and what would undo escaping."""
    jinja = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
    markup = jinja.sub(lambda found: re.sub(r"[^\n]", "_", found.group()), source)
    for rule, pattern, text in (
        ("|safe", r"\|\s*safe\b", source),
        ("autoescape off", r"autoescape\s+false", source),
        ("a style attribute", r"<[^>]*\sstyle\s*=", markup),
        ("an event handler attribute", r"<[^>]*\son[a-z]+\s*=", markup),
        (
            "an asset from elsewhere",
            r"<(?:script|link|img|iframe)\b[^>]*\s(?:src|href)\s*=\s*[\"']?(?:https?:)?//",
            markup,
        ),
    ):
        for found in re.finditer(pattern, text, re.IGNORECASE):
            yield Finding(path, text.count("\n", 0, found.end()) + 1, rule)


def text_smells(source: str, path: str = "planted.txt") -> Iterator[Finding]:
    """Addresses of package registries, somebody's home folder, unfinished business."""
    for number, line in enumerate(source.splitlines(), start=1):
        for host in REGISTRIES:
            if host in line:
                yield Finding(path, number, "names a package registry")
        if SOMEBODYS_HOME.search(line):
            yield Finding(path, number, "names a folder of somebody's machine")
        if MARKS.search(line):
            yield Finding(path, number, "unfinished: finish it or open an issue")
