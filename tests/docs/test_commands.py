"""Every command that a page tells its reader to type does what it says, here."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from adapters.cli.root import COMMANDS
from tests.adapters.cli.stand import STAFF, Stand
from tests.docs import pages

STAYING = {"serve", "worker", "sandbox", "demo"}
"""Programs that do not come back by themselves: their options are checked, they are not run."""
OF_THE_SHELL = re.compile(
    r"\. \.venv/bin/activate|export CALLBANK_CONFIG=\S+|python -c .+|flask --app tickets run --port 5000"
    r"|pip install -e \.|pytest"
)
PLACEHOLDER = re.compile(r"<(\w+)>")


def typed() -> list[tuple[str, str]]:
    """Where and what: every line after a prompt."""
    return [
        (f"{block.page}:{block.line + number}", line.removeprefix("$ "))
        for page in pages.PAGES
        for block in pages.blocks(page, "console")
        for number, line in enumerate(block.text.splitlines())
        if line.startswith("$ ")
    ]


LINES = typed()
OURS = [pytest.param(line, id=where) for where, line in LINES if line.startswith("callbank ")]


def promised(stand: Stand) -> Mapping[str, str]:
    """A bank transfer nobody has confirmed yet."""
    return named(stand, "bank_transfer")


def paid(stand: Stand) -> Mapping[str, str]:
    return ids(stand, stand.paid())


def held(stand: Stand) -> Mapping[str, str]:
    sent = stand.start(account="manual")
    stand.press(sent, "authorized")
    stand.eventually(lambda: stand.status(sent) == "authorized")
    return ids(stand, sent)


def shipped(stand: Stand) -> Mapping[str, str]:
    known = paid(stand)
    stand.run("orders", "ship", known["order"], *STAFF)
    return known


def delivered(stand: Stand) -> Mapping[str, str]:
    known = shipped(stand)
    stand.run("orders", "deliver", known["order"], *STAFF)
    return known


def out(stand: Stand) -> Mapping[str, str]:
    return named(stand, "dummy")


def with_products(stand: Stand) -> Mapping[str, str]:
    """The file that the page shows first."""
    shown = pages.blocks("docs/how-to/put-products-on-sale.md", "toml")[0]
    Path("products.toml").write_text(shown.text, encoding="utf-8")
    return {}


SCENES: Mapping[str, Callable[[Stand], Mapping[str, str]]] = {
    "payments confirm": promised,
    "payments refund": paid,
    "payments capture": held,
    "payments void": held,
    "payments reconcile": out,
    "orders cancel": out,
    "products load": with_products,
    "orders deliver": shipped,
    "orders complete": delivered,
}


def named(stand: Stand, account: str) -> Mapping[str, str]:
    return ids(stand, stand.start(account=account))


def ids(stand: Stand, sent: object) -> Mapping[str, str]:
    order, payment = sent.order, sent.payment  # type: ignore[attr-defined]
    callbacks = stand.application.use_cases.reads.callbacks()
    return {
        "order": order.reference,
        "reference": order.reference,
        "payment": payment.reference,
        "callback": str(callbacks[0].id) if callbacks else "",
    }


@pytest.mark.parametrize("line", OURS)
def test_a_command_of_the_pages_works(stand: Stand, line: str) -> None:
    words = shlex.split(line)[1:]
    while words[0].startswith("--config"):
        words = words[2:]
    if words[0] in STAYING:
        # click reads the options before it prints the help: a wrong one is refused.
        stand.run(*words, "--help")
        return
    known = SCENES.get(" ".join(words[:2]), paid)(stand)
    words = [PLACEHOLDER.sub(lambda found: known[found[1]], word) for word in words]
    stand.run(*words)


def test_the_pages_show_most_commands() -> None:
    shown = {line.split()[1] for _, line in LINES if line.startswith("callbank ")}
    assert set(COMMANDS) - shown <= {"demo", "worker", "sandbox", "expire", "events"}


@pytest.mark.parametrize("line", [pytest.param(line, id=where) for where, line in LINES])
def test_whatever_else_is_typed_is_known(line: str) -> None:
    if line.startswith("callbank "):
        return
    if line.startswith("make "):
        target = line.split()[1]
        assert re.search(rf"^{target}:", pages.read("Makefile"), re.MULTILINE)
        return
    assert OF_THE_SHELL.fullmatch(line)
