"""The smells of the house style, refused wherever they would do harm."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.architecture import smells
from tests.architecture.tree import PRODUCT, ROOT, Finding, listed, named, parsed, python_files, text_files

# Where a float is seconds and never money: file -> reason.
SECONDS_NOT_MONEY = {
    "adapters/wire/http.py": "deadlines",
}
FORGERS_WORK = ("adapters/gateways", "adapters/wire", "adapters/sandbox", "adapters/web")
TEXT = frozenset(
    {".py", ".toml", ".md", ".txt", ".html", ".css", ".js", ".yml", ".yaml", ".sh", ".svg", ".po", ""}
)


def test_no_float_and_no_hidden_exponent_near_money() -> None:
    findings = [
        finding
        for path in python_files(*PRODUCT)
        if named(path) not in SECONDS_NOT_MONEY
        for finding in smells.money_smells(parsed(path), named(path))
    ]
    assert not findings, listed(findings)


def test_no_module_disables_a_check_or_swallows_an_error() -> None:
    findings = [
        finding
        for path in python_files(*PRODUCT)
        for finding in smells.code_smells(parsed(path), named(path))
    ]
    assert not findings, listed(findings)


def test_signatures_are_compared_in_constant_time() -> None:
    findings = [
        finding
        for path in python_files(*FORGERS_WORK)
        for finding in smells.timing_smells(parsed(path), named(path))
    ]
    assert not findings, listed(findings)


def test_templates_stand_under_a_strict_content_security_policy() -> None:
    pages = [path for path in text_files() if path.suffix in {".html", ".jinja", ".j2"}]
    findings = [
        finding
        for path in pages
        for finding in smells.template_smells(path.read_text(encoding="utf-8"), named(path))
    ]
    assert not findings, listed(findings)


def test_no_file_names_a_registry_or_a_developers_machine_or_is_unfinished() -> None:
    findings: list[Finding] = []
    for path in text_files():
        if path.suffix in TEXT:
            findings += smells.text_smells(path.read_text(encoding="utf-8", errors="replace"), named(path))
    assert not findings, listed(findings)


def test_the_ports_we_own_are_never_mocked() -> None:
    mocks = {"Magic" + "Mock", "Async" + "Mock", "create_" + "autospec"}
    findings = [
        Finding(named(path), node.lineno, f"{name}: write a fake that passes the contract suite")
        for path in python_files("tests")
        for node in ast.walk(parsed(path))
        for name in [getattr(node, "attr", None) or getattr(node, "id", None) or getattr(node, "name", None)]
        if name in mocks and isinstance(node, ast.Attribute | ast.Name | ast.alias)
    ]
    assert not findings, listed(findings)


@pytest.mark.parametrize("path", sorted(SECONDS_NOT_MONEY))
def test_an_exemption_dies_with_its_file(path: str) -> None:
    folder = (ROOT / path).parent
    assert (ROOT / path).exists() or not any(file.name != "__init__.py" for file in folder.glob("*.py"))


@pytest.mark.parametrize(
    "planted",
    ["float(amount)", "minor / 100", "minor // 100", "minor / 100.0", "Decimal(minor) / Decimal('100')"],
)
def test_planted_money_smells_are_seen(planted: str) -> None:
    assert list(smells.money_smells(ast.parse(planted)))


@pytest.mark.parametrize(
    "planted",
    [
        "session.get(url, verify=False)",
        "subprocess.run(command, shell=True)",
        "flask.request.values['id']",
        "request.values",
        "try:\n    pay()\nexcept Exception:\n    pass",
        "try:\n    pay()\nexcept:\n    ...",
        "raise NotImplementedError('later')",
    ],
)
def test_planted_code_smells_are_seen(planted: str) -> None:
    assert list(smells.code_smells(ast.parse(planted)))


@pytest.mark.parametrize(
    "planted",
    [
        "expected_signature == given",
        "given != self.expected_digest",
        "form['signature'] == wanted",
        "headers.get('X-Signature') == wanted",
        "mac.hexdigest() == given",
        "openpayuSignature == given",
    ],
)
def test_planted_timing_leaks_are_seen(planted: str) -> None:
    assert list(smells.timing_smells(ast.parse(planted)))


@pytest.mark.parametrize(
    "fine", ["hmac.compare_digest(a, signature)", "signature == ''", "machine == other", "status == wanted"]
)
def test_fair_comparisons_are_left_alone(fine: str) -> None:
    assert not list(smells.timing_smells(ast.parse(fine)))


@pytest.mark.parametrize(
    "planted",
    [
        "{{ name|safe }}",
        "{{ name | safe }}",
        "{% autoescape false %}",
        '<p style="color: red">',
        '<p class="{{ kind }}"\n   style="color: red">',
        '<button onclick="pay()">',
        '<script src="https://cdn.example/x.js"></script>',
        '<img alt="" src=//cdn.example/x.png>',
    ],
)
def test_planted_template_smells_are_seen(planted: str) -> None:
    assert list(smells.template_smells(planted))


def test_fair_templates_are_left_alone() -> None:
    fine = '{% set one = 1 %}<p class="style">{{ safe_name }}</p><a href="https://a.example/">{{ back }}</a>'
    assert not list(smells.template_smells(fine))


def test_planted_text_smells_are_seen() -> None:
    assert list(smells.text_smells(f"see https://{smells.REGISTRIES[0]}/project/flask"))
    assert list(smells.text_smells("cd " + str(Path("/") / "home" / "ann" / "shop")))
    assert list(smells.text_smells("# TO" + "DO: later"))
    assert not list(smells.text_smells("https://shop.example/home/orders"))
    assert not list(smells.text_smells("for code in ('XAU', 'XXX'): ..."))
