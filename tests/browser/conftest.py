"""A real demo shop in a process of its own, and a real chromium that shops in it."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

PATIENCE = 60


@dataclass(frozen=True, slots=True)
class DemoShop:
    """A running ``callbank demo``: its address, its sandbox, and the command line beside it."""

    url: str
    sandbox: str
    admin: tuple[str, str]
    folder: Path

    def callbank(self, *arguments: str) -> str:
        """What the command printed; fails loudly when it failed."""
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "adapters.cli",
                "--config",
                str(self.folder / "callbank.toml"),
                *arguments,
            ],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr or done.stdout
        return done.stdout

    def order(self, reference: str) -> dict[str, object]:
        shown: dict[str, object] = json.loads(self.callbank("orders", "show", reference, "--json"))
        return shown


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoShop]:
    folder = tmp_path_factory.mktemp("demo")
    printed = folder / "printed.txt"
    command = [sys.executable, "-m", "adapters.cli", "demo", "--no-browser"]
    command += ["--port", str(_free_port()), "--data", str(folder)]
    with printed.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
    try:
        yield _told(process, printed, folder)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def _told(process: subprocess.Popen[bytes], printed: Path, folder: Path) -> DemoShop:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        text = printed.read_text()
        if "Ctrl-C" in text:
            shop = re.search(r"Shop\s+(\S+)", text)
            sandbox = re.search(r"Gateways\s+(\S+)", text)
            admin = re.search(r"(\S+@\S+)\s+(\S+)", text)
            if not (shop and sandbox and admin):
                raise AssertionError(f"the demo did not say where it is: {text}")
            return DemoShop(shop[1], sandbox[1], (admin[1], admin[2]), folder)
        time.sleep(0.1)
    raise AssertionError(f"the demo did not start: {printed.read_text()}")


@dataclass(frozen=True, slots=True)
class Look:
    """One way to see a page: how wide, which theme, with scripts or without."""

    width: int = 1280
    theme: str = "light"
    scripts: bool = True


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[[Look], Page]]:
    contexts = []

    def opened(look: Look = Look()) -> Page:
        context = chromium.new_context(
            viewport={"width": look.width, "height": 900},
            color_scheme=look.theme,  # type: ignore[arg-type]
            java_script_enabled=look.scripts,
            locale="en-GB",
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()
