"""A sandbox on loopback, the shop it calls back, and the few requests a shop's side would send."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from flask import Flask, request

from adapters.sandbox import create_sandbox, credentials, serve_in_thread

SHORT = 5


@dataclass
class Heard:
    """One request that reached the shop."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body)


@dataclass
class Shop:
    """Records what it hears; answers from `answers` (what a Flask view may return), then 200 OK."""

    url: str = ""
    heard: list[Heard] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def app(self) -> Flask:
        shop = Flask("shop")

        @shop.route("/<path:path>", methods=["GET", "POST"])
        def hear(path: str) -> Any:
            with self.arrived:
                self.heard.append(Heard(path, dict(request.headers), request.get_data()))
                self.arrived.notify_all()
                return self.answers.pop(0) if self.answers else ("OK", 200)

        return shop

    def wait_for(self, count: int) -> list[Heard]:
        """The callbacks heard, once there are `count`; fails after a few seconds."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.heard) >= count, SHORT), self.heard
            return list(self.heard)


@dataclass
class Stand:
    """A running sandbox and shop, and what a shop would ask of the sandbox."""

    url: str
    shop: Shop
    clock: list[float]

    def __post_init__(self) -> None:
        self.credentials = credentials(self.url)

    def arm(self, code: str, kind: str, **more: Any) -> None:
        answer = requests.post(f"{self.url}/{code}/_faults", json={"kind": kind, **more}, timeout=SHORT)
        assert answer.status_code == 201, answer.text

    def ledger(self) -> dict[str, list[dict[str, Any]]]:
        return requests.get(f"{self.url}/ledger.json", timeout=SHORT).json()

    def back(self, code: str, handle: str, **wish: Any) -> requests.Response:
        return requests.post(f"{self.url}/{code}/{handle}", json=wish, timeout=SHORT)

    def press(self, page: str, outcome: str, **more: Any) -> requests.Response:
        return requests.post(page, data={"outcome": outcome, **more}, timeout=SHORT, allow_redirects=False)

    def eventually(self, holds: Callable[[], object]) -> None:
        """Wait for a fact that a background thread brings about."""
        until = time.monotonic() + SHORT
        while not holds():
            assert time.monotonic() < until, "it never came true"
            time.sleep(0.02)

    # -- the dummy gateway's protocol, signed by hand

    def dummy(
        self,
        method: str,
        path: str,
        wish: dict[str, Any] | None = None,
        *,
        at: int | None = None,
        **more: Any,
    ) -> requests.Response:
        body = json.dumps(wish).encode() if wish is not None else b""
        stamp = str(int(self.clock[0]) if at is None else at)
        signed = body if method == "POST" else path.encode()
        secret = str(more.pop("secret", self.credentials["dummy"]["secret"]))
        proof = hmac.new(secret.encode(), stamp.encode() + b"." + signed, hashlib.sha256).hexdigest()
        headers = {"X-Dummy-Timestamp": stamp, "X-Dummy-Signature": proof, "Content-Type": "application/json"}
        timeout = more.pop("timeout", SHORT)
        url = f"{self.credentials['dummy']['base_url']}{path}"
        return requests.request(
            method, url, data=body, headers=headers, timeout=timeout, allow_redirects=False, **more
        )

    def dummy_wish(self, **changes: Any) -> dict[str, Any]:
        wish = {
            "account": "dummy",
            "reference": "ref-1",
            "amount": "4990",
            "currency": "PLN",
            "description": "Order 1",
            "callback_url": f"{self.shop.url}/callbacks/dummy",
            "return_url": f"{self.shop.url}/back?x=1",
            "key": "key-1",
        }
        return {**wish, **changes}

    def dummy_session(self, **changes: Any) -> dict[str, Any]:
        answer = self.dummy("POST", "/sessions", self.dummy_wish(**changes))
        assert answer.status_code == 201, answer.text
        return answer.json()

    # -- PayU's protocol

    def token(self, **changes: str) -> requests.Response:
        mine = self.credentials["payu"]
        form = {
            "grant_type": "client_credentials",
            "client_id": str(mine["client_id"]),
            "client_secret": str(mine["client_secret"]),
        }
        url = f"{mine['base_url']}/pl/standard/user/oauth/authorize"
        return requests.post(url, data={**form, **changes}, timeout=SHORT)

    def payu(
        self, method: str, path: str, wish: Any = None, *, token: str = "", **more: Any
    ) -> requests.Response:
        bearer = token or self.token().json()["access_token"]
        timeout = more.pop("timeout", SHORT)
        return requests.request(
            method,
            f"{self.credentials['payu']['base_url']}/api/v2_1/orders{path}",
            json=wish,
            headers={"Authorization": f"Bearer {bearer}"},
            timeout=timeout,
            allow_redirects=False,
            **more,
        )

    def payu_wish(self, **changes: Any) -> dict[str, Any]:
        wish = {
            "extOrderId": "ord-1001",
            "customerIp": "203.0.113.7",
            "merchantPosId": self.credentials["payu"]["pos_id"],
            "description": "Order 1001",
            "currencyCode": "PLN",
            "totalAmount": "12345",
            "products": [{"name": "Mug", "unitPrice": "12345", "quantity": "1"}],
            "notifyUrl": f"{self.shop.url}/callbacks/payu",
            "continueUrl": f"{self.shop.url}/back",
            "buyer": {"email": "a@example.com", "language": "pl"},
        }
        return {name: value for name, value in {**wish, **changes}.items() if value is not None}

    def payu_order(self, **changes: Any) -> dict[str, Any]:
        answer = self.payu("POST", "", self.payu_wish(**changes))
        assert answer.status_code == 302, answer.text
        return answer.json()

    def payu_status(self, order_id: str) -> str:
        return self.payu("GET", f"/{order_id}").json()["orders"][0]["status"]


@contextmanager
def a_stand(**options: Any) -> Iterator[Stand]:
    """A sandbox and a shop, each on its own port; the clock stands still unless a test moves it."""
    shop = Shop()
    shop.url, stop_shop = serve_in_thread(shop.app())
    clock = [1_800_000_000.0]
    options.setdefault("retry_delays", (0.05, 0.05))
    url, stop = serve_in_thread(create_sandbox(clock=lambda: clock[0], **options))
    assert urlsplit(url).hostname == "127.0.0.1"
    try:
        yield Stand(url, shop, clock)
    finally:
        stop()
        stop_shop()
