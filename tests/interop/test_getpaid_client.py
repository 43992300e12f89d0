"""python-getpaid-payu pays, is declined, captures, releases and refunds in our sandbox.

It was told the sandbox's address and keys, nothing else. Its newer Python runs it in a process of its own.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.interop.programs import first_line, running
from tests.sandbox.stand import Stand, a_stand

PROGRAM = Path(__file__).with_name("getpaid_clerk.py")

pytestmark = pytest.mark.getpaid


@dataclass
class Clerk:
    """The other shop: what it is asked goes to its process line by line."""

    program: subprocess.Popen[str]
    stand: Stand

    def do(self, what: str, **details: Any) -> dict[str, Any]:
        assert self.program.stdin
        self.program.stdin.write(json.dumps({"do": what, **details}) + "\n")
        self.program.stdin.flush()
        told: dict[str, Any] = json.loads(first_line(self.program))
        return told

    def hear(self, number: int) -> dict[str, Any]:
        """What it makes of the callback with this number, counted from one."""
        heard = self.stand.shop.wait_for(number)[number - 1]
        return self.do("hear", body=heard.body.decode(), headers=heard.headers)


@contextmanager
def a_clerk(stand: Stand, newer_python: str, **changes: object) -> Iterator[Clerk]:
    mine = stand.credentials["payu"]
    given = {
        "base_url": mine["base_url"],
        "pos_id": mine["pos_id"],
        "second_key": mine["second_key"],
        "oauth_id": mine["client_id"],
        "oauth_secret": mine["client_secret"],
        "notify_url": f"{stand.shop.url}/callbacks/{{payment_id}}",
        "continue_url": f"{stand.shop.url}/back",
        "payment_id": "ord-1001",
        "allow_md5_callbacks": True,
        **changes,
    }
    with running([newer_python, str(PROGRAM), json.dumps(given)], pipes_in=True) as program:
        yield Clerk(program, stand)


@pytest.fixture
def stand() -> Iterator[Stand]:
    with a_stand() as running_stand:
        yield running_stand


@pytest.fixture
def clerk(stand: Stand, newer_python: str) -> Iterator[Clerk]:
    with a_clerk(stand, newer_python) as ready:
        yield ready


def test_their_client_is_paid_in_our_sandbox(clerk: Clerk, stand: Stand) -> None:
    stand.press(clerk.do("order")["page"], "paid")
    paid = {"event": "payment_captured", "paid": "123.44"}
    assert (clerk.hear(1), clerk.do("look")) == (paid, paid)


def test_their_client_believes_sha_256_where_it_refuses_md5(stand: Stand, newer_python: str) -> None:
    with a_clerk(stand, newer_python, allow_md5_callbacks=False) as clerk:
        stand.press(clerk.do("order")["page"], "paid")
        assert "MD5" in clerk.hear(1)["refused"]
    stand.back("payu", "_settings", algorithm="SHA-256")
    with a_clerk(stand, newer_python, allow_md5_callbacks=False, payment_id="ord-1002") as clerk:
        stand.press(clerk.do("order")["page"], "paid")
        assert clerk.hear(2)["event"] == "payment_captured"


def test_their_client_hears_of_a_decline(clerk: Clerk, stand: Stand) -> None:
    stand.press(clerk.do("order")["page"], "declined")
    assert (clerk.hear(1), clerk.do("look")) == ({"event": "failed"}, {"event": "failed"})


def test_their_client_refunds_a_part_and_then_the_rest(clerk: Clerk, stand: Stand) -> None:
    stand.press(clerk.do("order")["page"], "paid")
    assert clerk.hear(1)["event"] == "payment_captured"
    assert clerk.do("refund", amount="23.44")["refund_id"]
    assert clerk.hear(2) == {"event": "refund_confirmed", "refunded": "23.44"}
    assert clerk.do("refund")["refund_id"]
    assert clerk.hear(3) == {"event": "refund_confirmed", "refunded": "100"}
    assert "refused" in clerk.do("refund", amount="0.01")


@pytest.mark.parametrize(
    ("act", "told", "status"),
    [
        ("charge", {"success": True}, "COMPLETED"),
        ("release", {"released": "123.44"}, "CANCELED"),
    ],
)
def test_their_client_decides_about_money_on_hold(
    clerk: Clerk, stand: Stand, act: str, told: dict[str, Any], status: str
) -> None:
    stand.back("payu", "_settings", manual_capture=True)
    order = clerk.do("order")
    stand.press(order["page"], "authorized")
    assert clerk.hear(1) == {"event": "locked", "locked": "123.44"}
    assert clerk.do(act) == told
    assert stand.payu_status(order["order_id"]) == status


def test_their_client_believes_no_forged_callback(clerk: Clerk, stand: Stand) -> None:
    stand.arm("payu", "forged", on="callback")
    stand.press(clerk.do("order")["page"], "paid")
    assert "BAD SIGNATURE" in clerk.hear(1)["refused"]
