"""Python on the pages runs, configuration on the pages is accepted."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.cli.goods import products_of
from adapters.cli.toml import to_toml
from adapters.container import Application, build, load_settings
from adapters.gateways.registry import load
from adapters.wire.errors import SettingsError
from tests.docs import pages

DEFAULT = """
base_url = "http://127.0.0.1:8000"
default_account = "bank_transfer"

[gateways.bank_transfer]
recipient = "Shop Ltd"
account_number = "PL61109010140000071219812874"
"""
FILLED_IN = "a-value-long-enough-to-be-a-secret"
"""For the three dots that a reader fills in."""
CODE = [pages.name(page) for page in pages.PAGES if pages.blocks(page, "python")]
TOML = [block for page in pages.PAGES for block in pages.blocks(page, "toml")]
Run = Callable[[str], dict[str, Any]]


def config_of(page: str) -> dict[str, Any]:
    """What ``callbank.toml`` says when a page was followed to its end, else one that serves any page."""
    said: dict[str, Any] = {}
    for block in pages.blocks(page, "toml"):
        content = tomllib.loads(block.text)
        said |= content if said or "base_url" in content else {}
    return said or tomllib.loads(DEFAULT)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Runs the blocks of a page one after the other, as its reader would, in an empty folder."""
    made: list[Application] = []

    def running(page: str) -> dict[str, Any]:
        (tmp_path / "callbank.toml").write_text(to_toml(config_of(page)), encoding="utf-8")
        with build(load_settings()) as prepared:
            (tmp_path / "instance").mkdir(exist_ok=True)
            prepared.database.upgrade()
        known: dict[str, Any] = {"__name__": "page"}
        for block in pages.blocks(page, "python"):
            code = compile(block.text, str(block), "exec", dont_inherit=True)
            exec(code, known)  # noqa: S102 - our own pages
            made.extend(value for value in known.values() if isinstance(value, Application))
        return known

    yield running
    for application in made:
        application.close()


@pytest.mark.parametrize("page", CODE)
def test_the_python_of_a_page_runs(run: Run, page: str) -> None:
    run(page)


def test_every_python_block_is_on_a_page_that_is_run() -> None:
    found = [block for page in pages.PAGES for block in pages.blocks(page, "python")]
    assert {block.page for block in found} == set(CODE)
    assert all(ast.parse(block.text).body for block in found)


def test_the_readme_mounts_and_asks_for_a_payment(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    known = run("README.md")
    assert known["app"].test_client().get("/pay/healthz").status_code == 200
    address, bill = capsys.readouterr().out.splitlines()
    assert address.startswith("http://127.0.0.1:5000/pay/orders/")
    assert ast.literal_eval(bill)["amount"] == 40000


def test_a_reader_of_the_readme_can_follow_the_guide_on_scripts_as_well(run: Run) -> None:
    run("README.md")
    run("docs/how-to/call-from-a-script.md")


@pytest.mark.parametrize("page", ["README.md", "docs/how-to/call-from-a-script.md"])
def test_the_pieces_of_a_page_import_what_they_use(run: Run, page: str) -> None:
    known = run(page)
    for block in pages.blocks(page, "python"):
        code = compile(block.text, str(block), "exec", dont_inherit=True)
        exec(code, {"__name__": "page", "order": known.get("order")})  # noqa: S102 - our own pages


def test_a_script_says_what_to_do_when_there_are_no_tables(tmp_path: Path) -> None:
    (tmp_path / "callbank.toml").write_text(DEFAULT, encoding="utf-8")
    for page in ("README.md", "docs/how-to/call-from-a-script.md"):
        script = next(block.text for block in pages.blocks(page, "python") if "with build()" in block.text)
        with pytest.raises(SettingsError, match="callbank db upgrade"):
            exec(script, {"__name__": "page"})  # noqa: S102 - our own pages


def test_the_mounting_guide_shows_a_form_that_leads_to_the_order_and_hears_of_its_money(
    run: Run, tmp_path: Path
) -> None:
    page = "docs/how-to/mount-in-flask.md"
    known = run(page)
    browser = known["app"].test_client()
    shown = browser.get("/tickets/T-1").text
    fields = {name: _value(shown, name) for name in ("account", "csrf_token")}
    sent = browser.post(shown.split('action="')[1].split('"')[0], data=fields)
    assert sent.status_code == 303, sent.text

    [(_, payment)] = known["callbank"].use_cases.reads.payments()
    known["callbank"].use_cases.confirm_offline_payment.execute(_seen(payment))
    assert "Paid." not in browser.get("/tickets/T-1").text
    module = "\n".join(block.text for block in pages.blocks(page, "python"))
    (tmp_path / "tickets.py").write_text(module, encoding="utf-8")
    [line] = [
        line for block in pages.blocks(page, "console") for line in block.text.splitlines() if "keep_" in line
    ]
    with running_as(shlex.split(line.removeprefix("$ ")), tmp_path):
        _eventually(lambda: "Paid." in browser.get("/tickets/T-1").text)


@contextmanager
def running_as(typed: list[str], folder: Path) -> Iterator[None]:
    """What a page tells its reader to keep running, in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(pages.ROOT)}
    process = subprocess.Popen([sys.executable, *typed[1:]], cwd=folder, env=environment)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def test_a_hook_of_a_script_hears_of_money(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    known = run("docs/how-to/call-from-a-script.md")
    with build(handlers={"order_paid": known["told"]}) as callbank:
        [(_, payment)] = callbank.use_cases.reads.payments()
        callbank.use_cases.confirm_offline_payment.execute(_seen(payment))
        capsys.readouterr()
        while callbank.use_cases.relay_events.execute(owner="test").delivered:
            pass
    assert "order_paid" in capsys.readouterr().out


def variables(page: str) -> dict[str, str]:
    """What the blocks of a page put into the environment."""
    lines = [line for block in pages.blocks(page) for line in block.text.splitlines()]
    words = [shlex.split(line, comments=True) for line in lines if re.match(r"CALLBANK_\w+=", line)]
    return {
        name: value.replace("...", FILLED_IN) for word in words for name, _, value in [word[0].partition("=")]
    }


def accept(monkeypatch: pytest.MonkeyPatch, content: dict[str, Any], variables: Mapping[str, str]) -> None:
    """Start as a program would with this file and this environment."""
    Path("callbank.toml").write_text(to_toml({"base_url": "http://127.0.0.1:8000", **content}), "utf-8")
    for name, value in {"CALLBANK_SECRET_KEY": FILLED_IN, **variables}.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    load(settings.gateways, environment=settings.environment, base_url=settings.base_url)


@pytest.mark.parametrize("block", TOML, ids=str)
def test_the_configuration_of_a_page_is_accepted(block: pages.Block, monkeypatch: pytest.MonkeyPatch) -> None:
    content = tomllib.loads(block.text.replace("...", FILLED_IN))
    if "products" in content:
        assert products_of(content, block.page)
        return
    accounts = tuple(f"CALLBANK_GATEWAYS__{name.upper()}__" for name in content.get("gateways", ()))
    said = {name: value for name, value in variables(block.page).items() if name.startswith(accounts)}
    accept(monkeypatch, content, said)


@pytest.mark.parametrize("page", [pages.name(page) for page in pages.PAGES if variables(pages.name(page))])
def test_the_file_and_the_environment_of_a_page_start_together(
    page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: dict[str, Any] = {}
    for block in pages.blocks(page, "toml"):
        for key, value in tomllib.loads(block.text.replace("...", FILLED_IN)).items():
            said[key] = {**said.get(key, {}), **value} if isinstance(value, dict) else value
    accept(monkeypatch, said, variables(page))


def _seen(payment: Any) -> Any:
    from application.staff_moves import ConfirmOfflinePaymentRequest

    assert payment.amount.decimal > Decimal(0)
    return ConfirmOfflinePaymentRequest(payment.id, payment.amount, "line 1", "ada", "a test")


def _value(page: str, name: str) -> str:
    """The value of the one field of that name, whichever comes first in its tag."""
    tag = next(part for part in page.split("<input") if f'name="{name}"' in part.split(">")[0])
    return tag.split('value="')[1].split('"')[0]


def _eventually(holds: Callable[[], object]) -> None:
    waiting = threading.Event()
    for _ in range(200):
        if holds():
            return
        waiting.wait(0.05)
    pytest.fail("it never came to be")
