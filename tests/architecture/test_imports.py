"""The dependency rule, held by reading every import there is."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tree import CORE, ROOT, Finding, listed, named, parsed, python_files

ALLOWED = {"domain": {"domain"}, "application": {"domain", "application"}}
# Time, ids, chance and the outside come through ports (`Clock`, `Ids`).
WORLD = frozenset(
    {
        "os",
        "subprocess",
        "socket",
        "ssl",
        "http",
        "smtplib",
        "sqlite3",
        "tempfile",
        "random",
        "secrets",
    }
)
IMPURE_CALLS = frozenset(
    {
        "datetime.now",
        "datetime.utcnow",
        "datetime.today",
        "date.today",
        "time.time",
        "time.time_ns",
        "time.sleep",
        "uuid.uuid1",
        "uuid.uuid4",
        "uuid.uuid7",
    }
)


def imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every imported top-level name with its line; relative imports stay inside their package."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.lineno, node.module.partition(".")[0]


def core_findings(tree: ast.Module, package: str, path: str = "planted.py") -> Iterator[Finding]:
    """What a module of the core may not do: import frameworks, touch the world, ask the time."""
    for line, name in imports(tree):
        if name in WORLD:
            yield Finding(path, line, f"imports {name}: the world comes through a port")
        elif name not in sys.stdlib_module_names and name not in ALLOWED[package]:
            yield Finding(path, line, f"{package} imports {name}")
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        if ".".join(called.split(".")[-2:]) in IMPURE_CALLS:
            yield Finding(path, node.lineno, f"calls {called}: time and ids come through a port")
        if called in {"__import__", "import_module", "importlib.import_module", "open", "input", "print"}:
            yield Finding(path, node.lineno, f"calls {called}")


@pytest.mark.parametrize("package", CORE)
def test_the_core_imports_only_the_standard_library_and_itself(package: str) -> None:
    findings = [
        finding
        for path in python_files(package)
        for finding in core_findings(parsed(path), package, named(path))
    ]
    assert not findings, listed(findings)


@pytest.mark.parametrize(
    ("package", "planted"),
    [
        ("domain", "import flask"),
        ("domain", "from sqlalchemy.orm import Session"),
        ("domain", "from application.ports import Clock"),
        ("application", "from adapters.container import build"),
        ("application", "import pydantic"),
        ("application", "import secrets"),
        ("domain", "from datetime import datetime\nnow = datetime.now()"),
        ("domain", "import datetime as d\nnow = d.datetime.now(d.UTC)"),
        ("domain", "import uuid\nid = uuid.uuid4()"),
        ("application", "import importlib\nimportlib.import_module('flask')"),
    ],
)
def test_a_planted_violation_in_the_core_is_seen(package: str, planted: str) -> None:
    assert list(core_findings(ast.parse(planted), package))


def test_what_the_core_may_import_is_not_complained_about() -> None:
    fine = (
        "from datetime import datetime\nimport decimal\nfrom domain.money import Money\nfrom . import events"
    )
    assert not list(core_findings(ast.parse(fine), "application"))


def run_contracts(folder: Path) -> subprocess.CompletedProcess[str]:
    """What `lint-imports` says in `folder`."""
    program = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    assert program, "import-linter is part of the test requirements"
    return subprocess.run(
        [program, "--no-logo", "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_import_contract_is_kept() -> None:
    result = run_contracts(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture
def small_tree(tmp_path: Path) -> Path:
    """A project of empty modules under our own contracts."""
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    head = settings.index("[tool.importlinter]")
    (tmp_path / "pyproject.toml").write_text(settings[head:], encoding="utf-8")
    folders = [
        "web",
        "persistence",
        "gateways",
        "gateways/one",
        "gateways/two",
        "wire",
        "sandbox",
        "testing",
        "cli",
    ]
    for folder in ["domain", "application", "adapters", *(f"adapters/{name}" for name in folders)]:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").touch()
    (tmp_path / "adapters" / "container.py").touch()
    (tmp_path / "adapters" / "settings.py").touch()
    return tmp_path


def test_contracts_accept_a_container_that_knows_every_adapter(small_tree: Path) -> None:
    wiring = "import adapters.web\nimport adapters.gateways.one\nimport adapters.gateways.two\nimport flask\n"
    (small_tree / "adapters" / "container.py").write_text(wiring, encoding="utf-8")
    assert run_contracts(small_tree).returncode == 0


@pytest.mark.parametrize(
    ("module", "planted", "broken"),
    [
        ("domain/__init__.py", "import application", "Dependencies point inward"),
        ("application/__init__.py", "import adapters.web", "Dependencies point inward"),
        ("adapters/web/__init__.py", "import adapters.persistence", "Only the container knows every adapter"),
        ("adapters/web/__init__.py", "import adapters.container", "Only the container knows every adapter"),
        ("adapters/homeless.py", "", "Only the container knows every adapter"),
        (
            "adapters/gateways/one/__init__.py",
            "import adapters.gateways.two",
            "One gateway never imports another",
        ),
        ("domain/__init__.py", "import sqlalchemy", "The core is framework-free"),
        ("adapters/sandbox/__init__.py", "import adapters.wire", "The other side of the wire shares nothing"),
        ("adapters/sandbox/__init__.py", "import domain", "The other side of the wire shares nothing"),
    ],
)
def test_a_planted_import_breaks_its_contract(
    small_tree: Path, module: str, planted: str, broken: str
) -> None:
    (small_tree / module).write_text(planted + "\n", encoding="utf-8")
    result = run_contracts(small_tree)
    said = " ".join((result.stdout + result.stderr).split())
    assert result.returncode != 0
    assert broken in said


def test_the_entry_points_name_every_gateway_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named_there = set(project["entry-points"]["callbank.gateways"].values())
    present = {
        f"adapters.gateways.{folder.parent.name}"
        for folder in (ROOT / "adapters" / "gateways").glob("*/__init__.py")
    }
    assert present <= named_there, f"no entry point: {sorted(present - named_there)}"
