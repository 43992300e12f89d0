"""``callbank demo``: the shop with sandbox gateways in one command; no money moves."""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import webbrowser
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
import requests

from adapters.cli.demo_data import CURRENCIES, METHODS, PRODUCTS, STANDARD, VOUCHERS, WAYS
from adapters.cli.shop import Command, Refused
from adapters.cli.toml import to_toml
from application.accounts import Registration
from application.ports.gateway import Gateways

HOST: Final = "127.0.0.1"
PORT: Final = 8000
ADMIN: Final = "admin@demo.example"
PATIENCE: Final = 30
"""Seconds until the web must answer."""


@dataclass(frozen=True, slots=True)
class Admin:
    """The back office account; ``password`` is empty when it was made by an earlier demo."""

    email: str
    password: str


@click.command(cls=Command)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("instance/demo"),
    show_default=True,
    help="Where the demo keeps its database and its settings.",
)
@click.option("--port", type=click.IntRange(1, 65535), help="For the shop; without it 8000 or a free one.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
def demo(data: Path, port: int | None, no_browser: bool) -> None:
    """Run a demo shop with sandbox gateways on this machine until Ctrl-C.

    Everything is real but the money: web, worker, database, callbacks, and a back office.
    """
    from adapters.sandbox import create_sandbox, serve_in_thread

    chosen = _port(port)
    sandbox_url, stop_sandbox = serve_in_thread(create_sandbox())
    try:
        config = _write_settings(data, f"http://{HOST}:{chosen}", sandbox_url)
        admin = _prepare(config, sandbox_url)
        _run(config, chosen, sandbox_url, admin, opens_browser=not no_browser and sys.stdout.isatty())
    finally:
        stop_sandbox()


def _port(wanted: int | None) -> int:
    """The wanted port when it is free; without a wish 8000, else any free one."""
    for candidate in (wanted,) if wanted else (PORT, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, candidate))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise Refused(f"port {wanted} is taken; choose another with --port")


def _write_settings(data: Path, base_url: str, sandbox_url: str) -> Path:
    """``callbank.toml`` of the demo: anew at each start, for the sandbox moves; its secret key stays."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        config = data.resolve() / "callbank.toml"
        content = {
            "base_url": base_url,
            "secret_key": _kept_secret(data),
            "guest_checkout": True,
            "demo": True,
            "currencies": CURRENCIES,
            "brand": {"name": "Callbank Demo", "contact": "help@demo.example"},
            "database": {"url": f"sqlite:///{data.resolve() / 'callbank.db'}"},
            "gateways": {**_online(sandbox_url), **_offline()},
            "delivery": _deliveries(),
        }
        config.touch(mode=0o600)
        config.write_text(to_toml(content), encoding="utf-8")
    except OSError as error:
        raise Refused(f"the demo cannot write to {data}: {error.strerror}") from error
    return config


def _kept_secret(data: Path) -> str:
    kept = data / "secret_key"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(32), encoding="ascii")
    return kept.read_text(encoding="ascii")


def _online(sandbox_url: str) -> Mapping[str, object]:
    """An account at each gateway of the sandbox."""
    from adapters.sandbox import credentials

    return {code: {**block, **METHODS.get(code, {})} for code, block in credentials(sandbox_url).items()}


def _offline() -> Mapping[str, object]:
    """Methods that need no gateway. The IBAN is the example of the Polish registry entry."""
    return {
        "bank_transfer": {
            "recipient": "Callbank Demo",
            "account_number": "PL61109010140000071219812874",
            "bank": "Demo Bank",
        },
        "cash_on_delivery": {"currencies": ["PLN"]},
    }


def _deliveries() -> Mapping[str, object]:
    return {
        way.code: {
            "name": way.name,
            "tax_rate": str(STANDARD),
            "countries": sorted(way.countries),
            "needs_address": way.needs_address,
            "days": list(way.days),
            "prices": {code: price.text for code, price in way.prices.items()},
        }
        for way in WAYS
    }


def _prepare(config: Path, sandbox_url: str) -> Admin:
    """Tables, goods, our address in the gateways' panels, and somebody who may look behind the counter."""
    from adapters.container import build, load_settings

    with build(load_settings(config)) as application:
        application.database.upgrade()
        application.database.catalogue.load_products(PRODUCTS, VOUCHERS)
        _type_into_panels(application.use_cases.gateways, application.settings.base_url, sandbox_url)
        if application.use_cases.users.by_email(ADMIN) is not None:
            return Admin(ADMIN, "")
        password = secrets.token_urlsafe(9)
        application.use_cases.register.execute(Registration(ADMIN, password, "Demo Admin", "admin"))
        return Admin(ADMIN, password)


def _type_into_panels(gateways: Gateways, base_url: str, sandbox_url: str) -> None:
    """What a merchant does once after ``callbank gateways urls``."""
    for gateway in gateways.all():
        for panel in gateway.panel_urls(base_url):
            if f"/callbacks/{gateway.account}" in panel.url:
                told = {"webhook_url": panel.url}
                requests.post(f"{sandbox_url}/{gateway.code}/_settings", json=told, timeout=PATIENCE)


def _run(config: Path, port: int, sandbox_url: str, admin: Admin, *, opens_browser: bool) -> None:
    """Web and worker until somebody says stop, or one of them cannot go on."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    command = [sys.executable, "-m", "adapters.cli", "--config", str(config), "serve", "--host", HOST]
    command += ["--port", str(port), "--parent", str(os.getpid())]
    log = config.with_name("callbank.log")
    with log.open("ab") as output:
        web = subprocess.Popen(  # noqa: S603 - our own program
            command, start_new_session=True, stdout=output, stderr=output
        )
    url = f"http://{HOST}:{port}"
    try:
        if not _answers(url, web, stopped, log):
            return
        _greet(config, url, sandbox_url, admin)
        if opens_browser:
            webbrowser.open(url)
        while web.poll() is None and not stopped.wait(0.5):
            pass
        if not stopped.is_set():
            raise Refused(f"the web of the demo ended by itself: {_last_line(log)}")
        click.echo("\nStopping; the data stays for the next demo.")
    finally:
        web.terminate()
        web.wait()


def _answers(url: str, web: subprocess.Popen[bytes], stopped: threading.Event, log: Path) -> bool:
    """Wait until the web is up; false when told to stop meanwhile. Raises Refused when it does not come."""
    until = time.monotonic() + PATIENCE
    while not stopped.is_set():
        if web.poll() is not None or time.monotonic() > until:
            raise Refused(f"the web of the demo did not start: {_last_line(log)}")
        try:
            requests.get(f"{url}/healthz", timeout=1)
        except requests.RequestException:
            stopped.wait(0.1)
        else:
            return True
    return False


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it gave no reason")


def as_typed(program: Path, folder: Path) -> str:
    """What people in ``folder`` type to run ``program``: its name where a shell finds it, else its path."""
    found = shutil.which(program.name)
    if found and Path(found).samefile(program):
        return program.name
    inside = program.is_relative_to(folder)
    return shlex.quote(str(program.relative_to(folder) if inside else program))


def _this_program() -> str:
    python = Path(sys.executable).absolute()
    for program in (Path(sys.argv[0]).absolute(), python.with_name("callbank")):
        if program.stem == "callbank" and program.is_file():
            return as_typed(program, Path.cwd())
    return f"{as_typed(python, Path.cwd())} -m adapters.cli"


def _greet(config: Path, url: str, sandbox_url: str, admin: Admin) -> None:
    said = admin.password or "the password that the first demo printed (or: callbank users create)"
    place = os.path.relpath(config)
    program = _this_program()
    click.echo(
        f"""
  Callbank demo: everything is real but the money.

  Shop          {url}
  Back office   {url}/admin/
                {admin.email}  {said}
  Gateways      {sandbox_url}  (pay, decline, be late, lie)
  Log           {place.removesuffix(".toml")}.log

  In another terminal:
    {program} --config {place} orders list
    {program} --config {place} orders show <reference>
    {program} --config {place} gateways doctor
    {program} --config {place} check

  Ctrl-C stops everything.
"""
    )
