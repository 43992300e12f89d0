"""A configured shop on loopback that commands are run against: real database, real gateways, real sandbox."""

from __future__ import annotations

import json
import re
import shutil
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from click.testing import CliRunner, Result

from adapters.cli.root import callbank
from adapters.cli.toml import to_toml
from adapters.container import Application, build, load_settings
from adapters.sandbox import credentials, serve_in_thread
from adapters.web.app import create_app
from application.get_redirect_url import GetRedirectUrlRequest, Redirection, Shopper

STAFF = ("--by", "ada", "--reason", "a test")
SOON = 10.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def plain_order(number: str = "order-1", amount: str = "49.90", **more: object) -> dict[str, object]:
    product = {"name": "Kubek", "count": 1, "price": amount}
    return {"order_id": number, "amount": amount, "products": [product], **more}


def sandbox_blocks(sandbox: str) -> dict[str, dict[str, object]]:
    known = credentials(sandbox)
    return {
        "dummy": {**known["dummy"], "timeout": 3},
        "manual": {**known["dummy"], "timeout": 3, "capture": "manual"},
        "payu": {**known["payu"], "timeout": 3},
        "bank_transfer": {
            "recipient": "Sklep",
            "account_number": "PL61109010140000071219812874",
        },
        "cash_on_delivery": {},
    }


def settings_content(url: str, database: Path, sandbox: str) -> dict[str, object]:
    return {
        "base_url": url,
        "secret_key": "a secret key for the tests only",
        "guest_checkout": True,
        "default_account": "dummy",
        "allowed_return_hosts": ["shop.com"],
        "database": {"url": f"sqlite:///{database}"},
        "gateways": sandbox_blocks(sandbox),
    }


@dataclass
class Stand:
    """A shop and the hands to use it."""

    folder: Path
    url: str
    sandbox: str
    application: Application

    @property
    def config(self) -> Path:
        return self.folder / "callbank.toml"

    @property
    def database(self) -> Path:
        return self.folder / "shop.db"

    def run(self, *arguments: str, code: int = 0, typed: str | None = None) -> str:
        """What the command prints on standard output; it must end with ``code``."""
        result = self.result(*arguments, typed=typed)
        assert result.exit_code == code, (arguments, result.exit_code, result.output, result.exception)
        return result.stdout

    def refused(self, *arguments: str, code: int = 1) -> str:
        """The one line on standard error of a command that fails with ``code``."""
        result = self.result(*arguments)
        assert result.exit_code == code, (arguments, result.exit_code, result.output, result.exception)
        assert result.stderr.count("\n") == 1, result.stderr
        return result.stderr.strip()

    def result(self, *arguments: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(callbank, ["--config", str(self.config), *arguments], input=typed)

    def json(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self.run(*arguments, "--json", code=code))

    def start(
        self, number: str = "order-1", *, account: str = "dummy", currency: str = "PLN", **more: Any
    ) -> Redirection:
        """A payment that is out at the gateway."""
        request = GetRedirectUrlRequest(
            source=plain_order(number, **more),
            account=account,
            currency=currency,
            shopper=Shopper("203.0.113.7", "Browser/1"),
        )
        return self.application.use_cases.get_redirect_url.execute(request)

    def press(self, sent: Redirection, outcome: str = "paid") -> None:
        """What the shopper does on the gateway's page; the gateway calls us back before it answers."""
        answer = requests.post(
            sent.redirect_url, data={"outcome": outcome}, timeout=SOON, allow_redirects=False
        )
        assert answer.status_code < 400, answer.text

    def paid(self, number: str = "order-1", **more: Any) -> Redirection:
        """A payment whose callback has arrived."""
        sent = self.start(number, **more)
        self.press(sent)
        self.eventually(lambda: self.status(sent) == "paid")
        return sent

    def status(self, sent: Redirection) -> str:
        return self.application.use_cases.reads.payment(sent.payment.id)[1].status.value

    def arm(self, kind: str, *, code: str = "dummy", **more: Any) -> None:
        answer = requests.post(f"{self.sandbox}/{code}/_faults", json={"kind": kind, **more}, timeout=SOON)
        assert answer.status_code == 201, answer.text

    def sql(self, statement: str, *values: object) -> list[Any]:
        """Raw SQL, past every rule of ours."""
        with sqlite3.connect(self.database, timeout=5) as connection:
            rows = connection.execute(statement, values).fetchall()
        connection.close()
        return rows

    @staticmethod
    def eventually(holds: Callable[[], object]) -> None:
        until = time.monotonic() + SOON
        while not holds():
            assert time.monotonic() < until, "it never came true"
            time.sleep(0.02)


@contextmanager
def a_stand(folder: Path, template: Path, sandbox: str) -> Iterator[Stand]:
    for file in template.parent.glob(f"{template.name}*"):
        shutil.copy(file, folder / file.name)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    write(folder, settings_content(url, folder / template.name, sandbox))
    application = build(load_settings(folder / "callbank.toml"))
    app = create_app(application.use_cases, application.web_settings())
    _, stop = serve_in_thread(app, port=port)
    try:
        yield Stand(folder, url, sandbox, application)
    finally:
        stop()
        application.close()


def write(folder: Path, content: Mapping[str, object]) -> Path:
    config = folder / "callbank.toml"
    config.write_text(to_toml(content), encoding="utf-8")
    return config


def one(pattern: str, text: str) -> str:
    """The one group of ``pattern`` found in ``text``."""
    found = re.search(pattern, text)
    assert found, (pattern, text)
    return found.group(1)
