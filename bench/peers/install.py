"""Installs the peers into an environment of their own; never into the project's."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

from bench.servers import ROOT

HOME = ROOT / "build" / "peers"
PACKAGES = ("django>=5.2,<5.3", "psycopg[binary]", "granian", "django-payments==4.1.0", "swapper", "httpx")
GETPAID = ("django-getpaid==3.2.0", "python-getpaid-core==3.2.0", "python-getpaid-payu==3.2.0")


def python() -> Path:
    """The interpreter that runs the peers."""
    return HOME / "bin" / "python"


def install() -> Path:
    """Make the environment once; raises CalledProcessError where a package cannot be had."""
    done = HOME / "done"
    if not done.exists():
        venv.create(HOME, with_pip=True, clear=True)
        _pip(*PACKAGES)
        # These ask for Python 3.12 and use one line of its syntax; their other dependencies are listed above.
        _pip("--ignore-requires-python", "--no-deps", *GETPAID)
        if sys.version_info < (3, 12):
            _without_new_syntax()
        done.touch()
    return python()


def _pip(*arguments: str) -> None:
    command = [str(python()), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True)  # noqa: S603 - pip of an environment of our own


def _without_new_syntax() -> None:
    """The one generic function of django-getpaid 3.2 in words that Python 3.11 reads; it does the same."""
    (place,) = HOME.glob("lib/python*/site-packages/getpaid/async_runner.py")
    source = place.read_text(encoding="utf-8")
    old, new = "def run_awaitable[AwaitedResult](", "AwaitedResult = _Result\n\n\ndef run_awaitable("
    place.write_text(source.replace(old, new), encoding="utf-8")
