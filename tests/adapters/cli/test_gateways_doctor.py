"""``callbank gateways doctor``: what is wrong with an account is found, named, and moves no money."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import fields
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import entry_points
from typing import Any, Final

import pytest
import requests

from adapters.cli.gateways_doctor import NOT_CHECKABLE, unreachable
from adapters.gateways.registry import GROUP
from adapters.sandbox import credentials
from tests.adapters.cli.stand import Stand
from tests.adapters.cli.test_gateways import by_account, configure

ANY_KEY_WILL_DO: Final[Mapping[str, str]] = {
    "stripe": "in the sandbox each key that looks like one is an account of its own"
}


def examine(stand: Stand, code: int = 0) -> dict[str, dict[str, Any]]:
    return by_account(stand.json("gateways", "doctor", code=code))


def dummy_at(stand: Stand, **changes: object) -> dict[str, dict[str, object]]:
    return {"dummy": {**credentials(stand.sandbox)["dummy"], "timeout": 1, **changes}}


def stand_ledger(stand: Stand) -> dict[str, Any]:
    told: dict[str, Any] = requests.get(f"{stand.sandbox}/ledger.json", timeout=5).json()
    return told


class AheadOfUs(BaseHTTPRequestHandler):
    """Knows nothing, and its clock is 400 seconds ahead."""

    def do_GET(self) -> None:
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(time.time() + 400)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def early_clock() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), AheadOfUs)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_healthy_accounts_are_told_what_was_proved(stand: Stand) -> None:
    before = len(stand_ledger(stand)["sessions"])
    found = examine(stand)
    assert found["dummy"]["credentials"] == "Asked about a payment that nobody made: not found."
    assert found["payu"]["credentials"].startswith("PayU grants an access token")
    assert found["bank_transfer"]["credentials"] == "nothing on the wire"
    assert all(one["problems"] == [] and one["settings"] == "ok" for one in found.values())
    assert len(stand_ledger(stand)["sessions"]) == before
    told = stand.run("gateways", "doctor")
    assert told.endswith("5 accounts, no problem found\n")
    assert "last callback     never" in told


def every_block(stand: Stand) -> dict[str, dict[str, object]]:
    return {code: {**block, "timeout": 5} for code, block in credentials(stand.sandbox).items()}


def secrets_of(code: str) -> set[str]:
    (point,) = entry_points(group=GROUP, name=code)
    return {item.name for item in fields(point.load().Settings) if not item.repr}


def test_every_gateway_of_the_sandbox_is_found_healthy_without_a_trace(stand: Stand) -> None:
    configure(stand, every_block(stand))
    before = len(stand_ledger(stand)["sessions"])
    found = examine(stand)
    assert set(found) == set(credentials(stand.sandbox))
    assert {code: one["problems"] for code, one in found.items() if one["problems"]} == {}
    assert {code for code, one in found.items() if one["credentials"] == "nothing on the wire"} == set()
    assert len(stand_ledger(stand)["sessions"]) == before


def test_no_gateway_takes_secrets_that_are_wrong(stand: Stand) -> None:
    wrong = {
        code: {
            key: f"{str(value)[:-1]}{'1' if str(value)[-1:] != '1' else '2'}"
            if key in secrets_of(code)
            else value
            for key, value in block.items()
        }
        for code, block in every_block(stand).items()
    }
    configure(stand, wrong)
    found = examine(stand, code=1)
    believed = {code for code, one in found.items() if not one["problems"] and _proved(one["credentials"])}
    assert believed <= set(ANY_KEY_WILL_DO)


def _proved(told: str) -> bool:
    return told != NOT_CHECKABLE and not told.endswith("but not the credentials.")


def test_what_is_asked_is_not_logged_beside_the_findings(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        examine(stand)
    assert [one for one in caplog.records if one.name == "callbank.wire"] == []
    assert logging.getLogger("callbank.wire").level == logging.NOTSET


def test_the_last_callback_and_what_waits_are_told(stand: Stand) -> None:
    assert examine(stand)["dummy"]["last_callback"] is None
    stand.paid()
    sent = stand.start("order-2", account="manual")
    stand.press(sent, "authorized")
    stand.eventually(lambda: stand.status(sent) == "authorized")
    found = examine(stand)
    assert found["dummy"]["last_callback"]
    assert found["dummy"]["pending"] == []
    assert found["manual"]["pending"] == ["1 payments held, not captured"]


def test_a_secret_that_is_wrong_is_found(stand: Stand) -> None:
    configure(stand, dummy_at(stand, secret="another secret"))
    (problem,) = examine(stand, code=1)["dummy"]["problems"]
    assert problem.startswith("credentials: not taken:")
    assert "another secret" not in problem


def test_credentials_that_payu_does_not_take_are_found(stand: Stand) -> None:
    configure(stand, {"payu": {**credentials(stand.sandbox)["payu"], "client_secret": "wrong"}})
    (problem,) = examine(stand, code=1)["payu"]["problems"]
    assert problem.startswith("credentials: not taken:")
    assert "wrong" not in problem


def test_a_gateway_that_is_down_is_told_from_one_that_is_not_there(stand: Stand) -> None:
    configure(stand, dummy_at(stand, base_url="http://127.0.0.1:9/dummy"))
    (problem,) = examine(stand, code=1)["dummy"]["problems"]
    assert problem.startswith("credentials: not reached:")
    configure(stand, dummy_at(stand))
    stand.arm("status_5xx", on="look", times=9)
    (problem,) = examine(stand, code=1)["dummy"]["problems"]
    assert problem.startswith("credentials: no usable answer:")
    assert "  PROBLEM  credentials: no usable answer" in stand.run("gateways", "doctor", code=1)


def test_a_clock_that_is_off_is_found_by_the_date_of_the_answer(stand: Stand, early_clock: str) -> None:
    configure(stand, dummy_at(stand, base_url=early_clock))
    found = examine(stand, code=1)["dummy"]
    assert 395 <= found["clock_skew"] <= 401
    (problem,) = found["problems"]
    assert problem.startswith("clock: the gateway's is ")
    assert problem.endswith(" s ahead of ours; messages with a time will be refused")


def test_a_clock_that_agrees_is_no_problem(stand: Stand) -> None:
    assert abs(examine(stand)["dummy"]["clock_skew"]) <= 2


def test_all_accounts_are_asked_at_the_same_time_and_the_wait_is_told(stand: Stand) -> None:
    stand.arm("hang", on="look", times=9, seconds=20)
    blocks = {f"shop{n}": {**dummy_at(stand)["dummy"], "adapter": "dummy", "timeout": 3} for n in range(5)}
    configure(stand, blocks)
    began = time.monotonic()
    told = stand.result("gateways", "doctor", "--json")
    assert time.monotonic() - began < 9
    assert told.exit_code == 1
    assert told.stderr.startswith("still waiting for shop0, shop1, shop2, shop3, shop4")


def test_a_block_that_is_wrong_is_one_finding_among_others(stand: Stand) -> None:
    configure(stand, {**dummy_at(stand), "payu": {"pos_id": "1"}})
    found = examine(stand, code=1)
    assert found["dummy"]["problems"] == []
    assert found["payu"]["settings"].startswith("gateways.payu.")
    assert "PROBLEM  gateways.payu." in stand.run("gateways", "doctor", code=1)


def test_a_callback_address_that_a_distant_gateway_cannot_reach_is_found(stand: Stand) -> None:
    block = {**credentials(stand.sandbox)["payu"], "base_url": "https://gateway.invalid", "timeout": 1}
    configure(stand, {"payu": block})
    problems = examine(stand, code=1)["payu"]["problems"]
    assert any(told.startswith("callback address: 127.0.0.1 is not known outside") for told in problems)
    configure(stand, {"payu": block}, base_url="https://shop.example")
    found = examine(stand, code=1)["payu"]
    assert not any(told.startswith("callback address") for told in found["problems"])
    assert "whether the internet reaches it is not tried from here" in found["callback"]


@pytest.mark.parametrize(
    ("address", "origin", "says"),
    [
        ("https://shop.example/callbacks/x", "https://pay.example", ""),
        ("http://127.0.0.1:8000/callbacks/x", "http://127.0.0.1:9000", ""),
        ("http://127.0.0.1:8000/callbacks/x", "https://pay.example", "127.0.0.1 is not known outside"),
        ("https://192.168.1.4/callbacks/x", "https://pay.example", "192.168.1.4 is not known outside"),
        ("https://shop.local/callbacks/x", "https://pay.example", "shop.local is not known outside"),
        ("https://shop/callbacks/x", "https://pay.example", "shop is not known outside"),
        ("http://shop.example/callbacks/x", "https://pay.example", "gateways want https"),
        ("http://203.0.114.7/callbacks/x", "https://pay.example", "gateways want https"),
    ],
)
def test_an_address_is_judged_by_who_has_to_reach_it(address: str, origin: str, says: str) -> None:
    told = unreachable(address, (origin,))
    assert says in told
    assert bool(told) is bool(says)
