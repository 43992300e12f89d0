"""The next gateway is a folder, one line and a page: a package from outside, held to the contract suite."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

import pytest

from tests.docs import pages

NAME = "callbank-mollie"
SOURCE = pages.ROOT / "examples" / NAME
SMALLEST = SOURCE.with_name("callbank-mine")
PAGE = "docs/how-to/add-a-gateway.md"
CONFIG = """
base_url = "http://127.0.0.1:8000"

[gateways.shop2]
adapter = "mollie"
api_key = "test_dHar4XY7LxsDOtmnkVtjNVWXLSlXsM"
"""


def python(*words: str, folder: Path, site: Path | None, code: int = 0) -> str:
    """What a Python of ours prints, with the package on its path or without."""
    known = {
        name: value for name, value in os.environ.items() if not name.startswith(("CALLBANK_", "PYTEST_"))
    }
    path = {"PYTHONPATH": str(site)} if site else {}
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={**known, "PYTHONDONTWRITEBYTECODE": "1", **path},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == code, (done.stdout[-4000:], done.stderr[-4000:])
    return done.stdout


def copied(source: Path, folder: Path) -> Path:
    """A copy that has nothing of the project around it."""
    kept = shutil.ignore_patterns("__pycache__", ".*", "build", "dist")
    return Path(shutil.copytree(source, folder / source.name, ignore=kept))


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(SOURCE, tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def site(package: Path) -> Path:
    return install(package)


def install(package: Path) -> Path:
    """Where it is installed: built by the backend that is here already, without any index."""
    target = package.parent / "site"
    offline = ("--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check", "--quiet")
    python("-m", "pip", "install", *offline, "--target", str(target), str(package), folder=package, site=None)
    return target


@pytest.fixture
def installed(site: Path) -> Distribution:
    [found] = distributions(name=NAME, path=[str(site)])
    return found


def listed(folder: Path, site: Path | None) -> dict[str, dict[str, Any]]:
    """What ``callbank gateways list`` tells of each code."""
    (folder / "callbank.toml").write_text(CONFIG if site else CONFIG.partition("[")[0], encoding="utf-8")
    rows = python("-m", "adapters.cli", "gateways", "list", "--json", folder=folder, site=site)
    return {row["code"]: row for row in json.loads(rows)}


@pytest.mark.timeout(300)
def test_the_package_passes_its_own_tests_where_it_is_installed(package: Path, site: Path) -> None:
    said = python(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", str(package), folder=package.parent, site=site
    )
    counted = re.search(r"^(\d+) passed in", said, re.MULTILINE)
    assert counted, said[-2000:]
    assert int(counted[1]) > 130


def test_callbank_finds_the_package_when_it_is_on_the_path(tmp_path: Path, site: Path) -> None:
    assert "mollie" not in listed(tmp_path, None)
    row = listed(tmp_path, site)["mollie"]
    assert (row["account"], row["ready"], row["why"]) == ("shop2", True, "")
    assert (row["proof"], "EUR" in row["currencies"]) == ("go_and_look", True)
    assert row["can"] == ["look", "look_refund", "partial_refund", "refund", "void"]


def test_it_is_a_folder_and_one_line(installed: Distribution) -> None:
    [point] = installed.entry_points
    assert (point.group, point.name, point.value) == ("callbank.gateways", "mollie", "callbank_mollie")
    assert "callbank" in (installed.requires or ())
    modules = [Path(str(file)) for file in installed.files or () if str(file).endswith(".py")]
    assert {module.parts[0] for module in modules} == {"callbank_mollie"}
    written = [(SOURCE / module).read_text(encoding="utf-8").splitlines() for module in modules]
    assert sum(map(len, written)) < 200


def test_it_takes_nothing_that_only_the_project_has() -> None:
    ours = {"tests", "bench", "examples", "adapters.gateways.dummy", "adapters.gateways.paymill"}
    for module in SOURCE.rglob("*.py"):
        imported = set(re.findall(r"^(?:from|import) ([\w.]+)", module.read_text("utf-8"), re.MULTILINE))
        taken = {name for name in imported if any(f"{name}.".startswith(f"{one}.") for one in ours)}
        assert not taken, (module.name, taken)


QUOTED = pages.blocks(PAGE, "python")


@pytest.mark.parametrize("block", QUOTED, ids=str)
def test_the_guide_quotes_the_package_as_it_is(block: pages.Block) -> None:
    modules = (*SOURCE.rglob("*.py"), *SMALLEST.rglob("*.py"))
    files = [module.read_text(encoding="utf-8") for module in modules]
    # Out of their class, methods stand two lines apart.
    method = textwrap.indent(block.text.replace("\n\n\n", "\n\n"), "    ")
    assert any(block.text in file or method in file for file in files)


def test_the_guide_shows_the_one_line(installed: Distribution) -> None:
    assert len(QUOTED) > 8
    lines = (SOURCE / "pyproject.toml").read_text(encoding="utf-8")
    shown = [block.text for block in pages.blocks(PAGE, "text") if "entry-points" in block.text]
    assert shown[-1] in lines


def test_the_first_green_of_the_guide_is_all_that_its_package_has() -> None:
    shown = {block.text for block in pages.blocks(PAGE)}
    files = [file for file in SMALLEST.rglob("*") if file.suffix in (".py", ".toml")]
    assert len(files) == 3
    for file in files:
        assert file.read_text(encoding="utf-8") in shown, file.name


def test_the_first_green_of_the_guide_is_green(tmp_path: Path) -> None:
    package = copied(SMALLEST, tmp_path)
    words = ("-m", "pytest", "-q", "-p", "no:cacheprovider", str(package))
    said = python(*words, folder=tmp_path, site=install(package))
    counted = re.search(r"^(\d+) passed in", said, re.MULTILINE)
    assert counted, said[-2000:]
    assert int(counted[1]) > 10
