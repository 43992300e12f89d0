"""Python on the pages runs, configuration on the pages is accepted."""

from __future__ import annotations

import ast
import threading
import tomllib
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.container import Application, build, load_settings
from adapters.gateways.registry import load
from adapters.settings import settings_of
from tests.docs import pages

DEFAULT = """
base_url = "http://127.0.0.1:8000"
default_account = "bank_transfer"

[gateways.bank_transfer]
recipient = "Shop Ltd"
account_number = "PL61109010140000071219812874"
"""
LEFT_OUT = '"..."'
"""What a reader has to fill in."""
FILLED_IN = '"a value long enough to be a secret"'
CODE = [pages.name(page) for page in pages.PAGES if pages.blocks(page, "python")]
TOML = [block for page in pages.PAGES for block in pages.blocks(page, "toml")]
Run = Callable[[str], dict[str, Any]]


def config_of(page: str) -> str:
    """The first configuration a page shows whole, else one that serves any page."""
    shown = [block.text for block in pages.blocks(page, "toml") if "base_url" in tomllib.loads(block.text)]
    return shown[0] if shown else DEFAULT


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Runs the blocks of a page one after the other, as its reader would, in an empty folder."""
    made: list[Application] = []

    def running(page: str) -> dict[str, Any]:
        (tmp_path / "callbank.toml").write_text(config_of(page), encoding="utf-8")
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
    answer = known["app"].test_client().get("/pay/healthz", base_url="https://shop.example")
    assert answer.status_code == 200
    address, bill = capsys.readouterr().out.splitlines()
    assert address.startswith("https://shop.example/orders/")
    assert ast.literal_eval(bill)["amount"] == 40000


def test_the_mounting_guide_shows_a_form_that_leads_to_the_order_and_hears_of_its_money(run: Run) -> None:
    known = run("docs/how-to/mount-in-flask.md")
    app, callbank, ticket = known["app"], known["callbank"], known["tickets"]["T-1"]
    browser = app.test_client()
    page = browser.get("/tickets/T-1", base_url="https://shop.example").text
    fields = {name: _value(page, name) for name in ("account", "csrf_token")}
    action = page.split('action="')[1].split('"')[0]
    sent = browser.post(action, data=fields, base_url="https://shop.example")
    assert sent.status_code == 303, sent.text

    [(_, payment)] = callbank.use_cases.reads.payments()
    known["callbank"].use_cases.confirm_offline_payment.execute(_seen(payment))
    assert not ticket.paid
    stopped = threading.Event()
    worker = threading.Thread(target=known["keep_working"], args=(stopped,))
    worker.start()
    _eventually(lambda: ticket.paid)
    stopped.set()
    worker.join()
    assert ticket.paid


def test_a_hook_of_a_script_hears_of_money(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    known = run("docs/how-to/call-from-a-script.md")
    with build(handlers={"order_paid": known["told"]}) as callbank:
        [(_, payment)] = callbank.use_cases.reads.payments()
        callbank.use_cases.confirm_offline_payment.execute(_seen(payment))
        capsys.readouterr()
        while callbank.use_cases.relay_events.execute(owner="test").delivered:
            pass
    assert "order_paid" in capsys.readouterr().out


@pytest.mark.parametrize("block", TOML, ids=str)
def test_the_configuration_of_a_page_is_accepted(block: pages.Block) -> None:
    content = tomllib.loads(block.text.replace(LEFT_OUT, FILLED_IN))
    base_url = content.get("base_url", "http://127.0.0.1:8000")
    if "base_url" in content:
        content.setdefault("secret_key", "a secret key for the tests only")
    settings = settings_of({"base_url": base_url, **content})
    load(settings.gateways, environment=settings.environment, base_url=settings.base_url)


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
