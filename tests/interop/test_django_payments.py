"""A Django shop with django-payments-payu pays, is declined and refunds in our sandbox.

It was told the sandbox's addresses and keys, nothing else: neither side knows the other's code.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from adapters.sandbox import create_sandbox, credentials, serve_in_thread
from tests.interop.programs import SOON, first_line, running, wait_until

PROGRAM = Path(__file__).with_name("django_shop.py")


@dataclass
class DjangoShop:
    url: str
    sandbox: str

    def buy(self) -> str:
        """The page of the sandbox that the shopper is sent to."""
        answer = requests.post(f"{self.url}/buy", timeout=SOON)
        assert answer.ok, answer.text
        return str(answer.json()["page"])

    def press(self, page: str, outcome: str) -> str:
        """Where the sandbox sends the shopper after a button."""
        answer = requests.post(page, data={"outcome": outcome}, timeout=SOON, allow_redirects=False)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def refund(self, amount: str) -> requests.Response:
        return requests.post(f"{self.url}/refund", json={"amount": amount}, timeout=SOON)

    def payment(self) -> dict[str, Any]:
        """What the shop holds of its one payment."""
        told: dict[str, Any] = requests.get(f"{self.url}/payments", timeout=SOON).json()
        return told

    def becomes(self, status: str, captured: str) -> None:
        wait_until(lambda: (self.payment()["status"], self.payment()["captured"]) == (status, captured))

    def ledger(self) -> dict[str, list[dict[str, Any]]]:
        told: dict[str, list[dict[str, Any]]] = requests.get(
            f"{self.sandbox}/ledger.json", timeout=SOON
        ).json()
        return told


def provider_settings(sandbox: str, **changes: str) -> dict[str, object]:
    """The block of the docs: a sandbox below a prefix needs all three addresses, it would lose the prefix."""
    mine = credentials(sandbox)["payu"]
    return {
        "pos_id": mine["pos_id"],
        "client_secret": mine["client_secret"],
        "second_key": mine["second_key"],
        "base_payu_url": f"{mine['base_url']}/",
        "auth_url": f"{mine['base_url']}/pl/standard/user/oauth/authorize",
        "api_url": f"{mine['base_url']}/api/v2_1/",
        **changes,
    }


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    url, stop = serve_in_thread(create_sandbox(retry_delays=(0.1, 0.5)))
    yield url
    stop()


def shop_with(sandbox: str, **changes: str) -> Any:
    given = json.dumps(provider_settings(sandbox, **changes))
    return running([sys.executable, str(PROGRAM), given])


@pytest.fixture
def shop(sandbox: str) -> Iterator[DjangoShop]:
    with shop_with(sandbox) as program:
        yield DjangoShop(first_line(program), sandbox)


def test_their_shop_is_paid_in_our_sandbox(shop: DjangoShop) -> None:
    page = shop.buy()
    assert page.startswith(f"{shop.sandbox}/payu/")
    assert shop.press(page, "paid") == f"{shop.url}/back"
    shop.becomes("confirmed", "123.44")


def test_their_shop_hears_of_a_decline(shop: DjangoShop) -> None:
    back = shop.press(shop.buy(), "declined")
    assert back == f"{shop.url}/back?error=501"
    shop.becomes("rejected", "0.00")


def test_their_shop_refunds_a_part_and_then_the_rest(shop: DjangoShop) -> None:
    shop.press(shop.buy(), "paid")
    shop.becomes("confirmed", "123.44")
    assert shop.refund("23.44").ok
    shop.becomes("confirmed", "100.00")
    assert shop.refund("100.00").ok
    shop.becomes("refunded", "100.00")
    order_id = shop.payment()["order_id"]
    mine = [held for held in shop.ledger()["sessions"] if held["id"] == order_id]
    assert [refund["amount"] for refund in mine[0]["refunds"]] == [2344, 10000]


def test_their_shop_believes_no_other_second_key(sandbox: str) -> None:
    with shop_with(sandbox, second_key="0" * 32) as program:
        shop = DjangoShop(first_line(program), sandbox)
        shop.press(shop.buy(), "paid")
        order_id = shop.payment()["order_id"]

        def refused() -> bool:
            told = [one for one in shop.ledger()["messages"] if one["session_id"] == order_id]
            return any(delivery["status"] == 500 for one in told for delivery in one["deliveries"])

        wait_until(refused)
        assert shop.payment()["status"] == "waiting"
