"""The scripts of ``examples/`` run for real, against a shop and a sandbox on loopback."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from adapters.sandbox import credentials
from domain.money import Money
from tests.adapters.cli.processes import environment
from tests.adapters.cli.stand import Stand, a_stand, sandbox_blocks

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def shop(
    tmp_path: Path, template: Path, sandbox_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stand]:
    """A shop that sells in instalments, too."""
    in_parts = {"payparts": {**credentials(sandbox_url)["payparts"], "timeout": 3}}
    monkeypatch.setattr(
        "tests.adapters.cli.stand.sandbox_blocks", lambda sandbox: sandbox_blocks(sandbox) | in_parts
    )
    with a_stand(tmp_path, template, sandbox_url) as running:
        yield running


def script(name: str, stand: Stand, *arguments: str, code: int = 0) -> str:
    """What the script prints when it is run as its first lines say."""
    done = subprocess.run(
        [sys.executable, EXAMPLES / name, *arguments],
        cwd=stand.folder,
        env=environment({"CALLBANK_CONFIG": str(stand.config)}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code, (done.stdout, done.stderr)
    return done.stdout


def press(page: str, outcome: str) -> str:
    """The shopper presses a button on the gateway's page; where the browser is sent then."""
    answer = requests.post(page, data={"outcome": outcome}, timeout=10, allow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


@pytest.mark.parametrize("account", ["payparts", "dummy"])
def test_the_data_of_django_ok_payparts_leads_to_a_gateway_and_back_to_its_shop(
    shop: Stand, account: str
) -> None:
    said = script("payment_from_a_script.py", shop, account)
    assert "note: response_url is not used" in said
    assert "over 400.00 UAH" in said
    assert script("payment_from_a_script.py", shop, account) == said

    page = requests.get(said.splitlines()[-1], timeout=10)
    assert page.url.startswith(f"{shop.sandbox}/{account}/pay/")
    landing = requests.get(press(page.url, "paid"), timeout=10, allow_redirects=False)
    assert (landing.status_code, landing.headers["Location"]) == (303, "http://shop.com/redirect")

    ((order, payments),) = shop.application.use_cases.reads.orders(_every_order())
    assert order.source_reference == "order-123"
    assert [(line.name, line.quantity) for line in order.lines] == [("Телевизор", 2), ("Микроволновка", 1)]
    assert payments[0].captured == Money.of(40000, "UAH")
    assert (payments[0].extra["parts_count"], payments[0].extra["merchant_type"]) == ("2", "II")
    assert order.is_paid


def test_the_script_asks_payparts_for_what_its_data_says(shop: Stand) -> None:
    page = script("payment_from_a_script.py", shop).splitlines()[-1]
    assert page.startswith(f"{shop.sandbox}/payparts/payment?token=")
    shown = requests.get(page, timeout=10).text
    assert "400.00 UAH" in shown
    assert "2 x Телевизор, 1 x Микроволновка; 2 payments, II" in shown


def _every_order() -> object:
    from application.ports.persistence import OrderFilter

    return OrderFilter()


def test_a_night_of_reconciling_settles_what_was_lost(stand: Stand) -> None:
    stand.arm("lost", on="callback", times=1)
    lost, overdue = stand.start("order-1"), stand.start("order-2", account="bank_transfer")
    stand.press(lost)
    stand.sql("UPDATE payments SET look_at = '2026-01-01 00:00:00' WHERE look_at IS NOT NULL")
    deadline = "UPDATE orders SET deadline = '2026-01-01 00:00:00' WHERE source_reference = 'order-2'"
    stand.sql(deadline)
    said = script("nightly_reconcile.py", stand)
    assert re.search(r"payments moved: 1, orders expired: 1", said)
    assert stand.status(lost) == "paid"
    assert stand.status(overdue) == "expired"
    assert "payments moved: 0, orders expired: 0" in script("nightly_reconcile.py", stand)


def test_a_night_that_leaves_a_question_says_so_and_fails(stand: Stand) -> None:
    stand.arm("wrong_amount", on="callback", times=1, delta=-1)
    sent = stand.start()
    stand.press(sent)
    stand.eventually(lambda: stand.application.use_cases.reads.reviews())
    assert "question: amount_mismatch" in script("nightly_reconcile.py", stand, code=1)


def test_the_settings_of_the_examples_are_right(stand: Stand) -> None:
    from adapters.container import build, load_settings

    for config in (EXAMPLES / "callbank.toml", EXAMPLES / "host_shop" / "callbank.toml"):
        with build(load_settings(config)) as callbank:
            accounts = {gateway.account for gateway in callbank.use_cases.gateways.all()}
            assert accounts - {"payparts"} == {"dummy"}
            assert callbank.web_settings().sandbox_origin == "http://127.0.0.1:9000"
