"""A foreign Flask shop lets Callbank collect the money, and hears of it by signal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests
from flask import Flask

from adapters.container import Application
from adapters.sandbox import credentials, serve_in_thread
from examples.host_shop import Ticket, create_app, tell_facts
from tests.adapters.cli.stand import free_port

SOON = 10.0


class Host:
    """The host's application on loopback, and a browser with cookies."""

    def __init__(self, app: Flask, url: str) -> None:
        self.app, self.url = app, url
        self.browser = requests.Session()
        self.callbank: Application = app.extensions["callbank"]

    def ticket(self, reference: str) -> Ticket:
        found = self.app.extensions["tickets"][reference]
        assert isinstance(found, Ticket)
        return found

    def page(self, path: str) -> str:
        answer = self.browser.get(urljoin(self.url, path), timeout=SOON)
        assert answer.status_code == 200, answer.text
        return answer.text

    def pay(self, reference: str) -> str:
        """Send the form on the ticket's page; the address of the gateway's own page."""
        page = self.page(f"/tickets/{reference}")
        action = _found(r'<form[^>]*action="([^"]+)"', page)
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page))
        fields |= {
            name: value for value, name in re.findall(r'value="([^"]*)"[^>]* name="(csrf_token)"', page)
        }
        answer = self.browser.post(urljoin(self.url, action), data=fields, timeout=SOON)
        assert answer.status_code == 200, answer.text
        return _found(r'<meta http-equiv="refresh" content="0; ?url=([^"]+)"', answer.text)


def _found(pattern: str, page: str) -> str:
    found = re.search(pattern, page)
    assert found, (pattern, page)
    return found.group(1).replace("&amp;", "&")


@pytest.fixture
def host(tmp_path: Path, template: Path, sandbox_url: str) -> Iterator[Host]:
    port = free_port()
    app = create_app(
        {
            "base_url": f"http://127.0.0.1:{port}/pay",
            "secret_key": "a secret key for the tests only",
            "shop_enabled": False,
            "guest_checkout": True,
            "database": {"url": f"sqlite:///{_copied(template, tmp_path)}"},
            "gateways": {"dummy": credentials(sandbox_url)["dummy"]},
        }
    )
    url, stop = serve_in_thread(app, port=port)
    yield Host(app, url)
    stop()
    app.extensions["callbank"].close()


def _copied(template: Path, folder: Path) -> Path:
    target = folder / "shop.db"
    target.write_bytes(template.read_bytes())
    return target


def test_a_ticket_is_paid_when_the_gateway_says_so(host: Host) -> None:
    gateway_page = host.pay("T-1")
    back = host.browser.post(gateway_page, data={"outcome": "paid"}, timeout=SOON)
    assert back.url == f"{host.url}/tickets/T-1"
    assert not host.ticket("T-1").paid
    tell_facts(host.callbank)
    assert host.ticket("T-1").paid
    assert "Paid. See you there." in host.page("/tickets/T-1")
    assert not host.ticket("T-2").paid
    assert host.callbank.database.checks.violations() == ()


def test_a_declined_ticket_can_be_paid_again(host: Host) -> None:
    host.browser.post(host.pay("T-2"), data={"outcome": "declined"}, timeout=SOON)
    tell_facts(host.callbank)
    assert not host.ticket("T-2").paid
    host.browser.post(host.pay("T-2"), data={"outcome": "paid"}, timeout=SOON)
    tell_facts(host.callbank)
    assert host.ticket("T-2").paid


def test_the_host_keeps_its_own_pages_and_ours_stand_below_the_prefix(host: Host) -> None:
    assert host.browser.get(f"{host.url}/pay/healthz", timeout=SOON).text == "ok\n"
    assert host.browser.get(f"{host.url}/basket", timeout=SOON).status_code == 404
    assert host.browser.get(f"{host.url}/pay/basket", timeout=SOON).status_code == 404
    assert "Content-Security-Policy" not in host.browser.get(f"{host.url}/tickets/T-1", timeout=SOON).headers
    assert host.browser.get(f"{host.url}/tickets/nothing", timeout=SOON).status_code == 404
