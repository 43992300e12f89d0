"""The programs that stay: web with worker, sandbox, demo, and the WSGI entry under Flask's command."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from adapters.cli.demo import as_typed
from tests.adapters.cli.processes import (
    Program,
    children_of,
    environment,
    is_alive,
    running,
)
from tests.adapters.cli.stand import Stand, free_port, one, settings_content, write

pytestmark = pytest.mark.timeout(240)


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).status_code == 200
    except requests.RequestException:
        return False


def descendants(parent: int) -> list[int]:
    children = children_of(parent)
    return children + [pid for child in children for pid in descendants(child)]


def test_web_and_worker_start_together_and_leave_together(
    template: Path, tmp_path: Path, sandbox_url: str
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    config = write(tmp_path, settings_content(url, tmp_path / "shop.db", sandbox_url))
    serve = ("--config", str(config), "serve", "--port", str(port), "--upgrade")
    with running(*serve, folder=tmp_path) as program:
        program.wait_for(lambda: answers(f"{url}/readyz"), "readiness")
        checks = requests.get(f"{url}/readyz", timeout=5).json()["checks"]
        assert checks == {"database": "ok", "migrations": "ok", "worker": "ok"}
        family = descendants(program.process.pid)
        assert len(family) >= 2
        program.process.send_signal(signal.SIGTERM)
        assert program.ends() == 0, program.said
    assert "worker stopped" in program.said
    Stand.eventually(lambda: not [pid for pid in family if is_alive(pid)])


def test_a_worker_that_dies_is_started_again(template: Path, tmp_path: Path, sandbox_url: str) -> None:
    port = free_port()
    config = write(tmp_path, settings_content(f"http://127.0.0.1:{port}", tmp_path / "shop.db", sandbox_url))
    serve = ("--config", str(config), "serve", "--port", str(port), "--upgrade")
    with running(*serve, folder=tmp_path) as program:
        program.wait_for(lambda: "worker started" in program.said, "the first worker")
        first = int(one(r"owner=[^:]+:(\d+):", program.said))
        os.kill(first, signal.SIGKILL)
        program.wait_for(lambda: program.said.count("worker started") == 2, "the second worker")
        program.process.send_signal(signal.SIGTERM)
        assert program.ends() == 0


@pytest.mark.parametrize("after", [0.0, 0.3, 0.8, 1.5])
def test_a_web_told_to_stop_while_it_starts_does_not_stay(
    template: Path, tmp_path: Path, sandbox_url: str, after: float
) -> None:
    port = free_port()
    config = write(tmp_path, settings_content(f"http://127.0.0.1:{port}", tmp_path / "shop.db", sandbox_url))
    serve = ("--config", str(config), "serve", "--port", str(port), "--upgrade")
    with running(*serve, folder=tmp_path) as program:
        program.wait_for(lambda: len(descendants(program.process.pid)) >= 2, "the first process")
        time.sleep(after)
        family = descendants(program.process.pid)
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(20) == 0, program.said
    Stand.eventually(lambda: not [pid for pid in family if is_alive(pid)])


def test_web_and_worker_do_not_outlive_a_parent_that_is_killed(
    template: Path, tmp_path: Path, sandbox_url: str
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    config = write(tmp_path, settings_content(url, tmp_path / "shop.db", sandbox_url))
    serve = ("--config", str(config), "serve", "--port", str(port), "--upgrade")
    with running(*serve, folder=tmp_path) as program:
        program.wait_for(lambda: answers(f"{url}/readyz"), "readiness")
        family = descendants(program.process.pid)
        program.process.kill()
        program.process.wait(20)
        Stand.eventually(lambda: not [pid for pid in family if is_alive(pid)])
    assert not answers(f"{url}/healthz")


def test_a_web_without_worker_has_none(template: Path, tmp_path: Path, sandbox_url: str) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    config = write(tmp_path, settings_content(url, tmp_path / "shop.db", sandbox_url))
    serve = ("--config", str(config), "serve", "--port", str(port), "--upgrade", "--no-worker")
    with running(*serve, folder=tmp_path) as program:
        program.wait_for(lambda: answers(f"{url}/healthz"), "the web")
        assert requests.get(f"{url}/readyz", timeout=5).json()["checks"]["worker"] == "none has run yet"
        program.process.send_signal(signal.SIGINT)
        program.ends()
    assert "worker" not in program.said


def test_a_taken_port_is_said_in_one_line(stand: Stand, tmp_path: Path) -> None:
    port = stand.url.rpartition(":")[2]
    with running("--config", str(stand.config), "serve", "--port", port, folder=tmp_path) as program:
        assert program.ends() == 2
    assert program.said == f"callbank: port {port} is taken; choose another with --port\n"


def test_two_shops_do_not_share_a_port(template: Path, tmp_path: Path, sandbox_url: str) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    config = write(tmp_path, settings_content(url, tmp_path / "shop.db", sandbox_url))
    serve = ("--config", str(config), "serve", "--port", str(port), "--upgrade", "--no-worker")
    with running(*serve, folder=tmp_path) as first:
        first.wait_for(lambda: answers(f"{url}/healthz"), "the web")
        assert f"Serving {url}\n" in first.said
        assert "callbank products load" in first.said
        with running(*serve, folder=tmp_path) as second:
            assert second.ends() == 2
        assert second.said == f"callbank: port {port} is taken; choose another with --port\n"


def test_an_address_of_another_machine_is_refused_in_one_line(stand: Stand, tmp_path: Path) -> None:
    serve = ("--config", str(stand.config), "serve", "--host", "192.0.2.1", "--port", "8000")
    with running(*serve, folder=tmp_path) as program:
        assert program.ends() == 2
    assert program.said == "callbank: cannot serve on 192.0.2.1 port 8000: Cannot assign requested address\n"


def test_the_sandbox_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    with running("sandbox", "--port", "0", folder=tmp_path) as program:
        program.wait_for(lambda: "sandbox gateways at" in program.said, "the sandbox")
        url = one(r"sandbox gateways at (\S+);", program.said)
        assert "PayU" in requests.get(url, timeout=5).text
        program.process.send_signal(signal.SIGTERM)
        assert program.ends() == 0
    with running("sandbox", "--port", "1", "--host", "192.0.2.1", folder=tmp_path) as refused:
        assert refused.ends() == 1
    assert refused.said.endswith("callbank: cannot serve on 192.0.2.1 port 1\n")


def test_the_demo_runs_from_an_empty_folder_and_keeps_its_data(tmp_path: Path) -> None:
    first = _demo(tmp_path)
    assert re.search(r"admin@demo\.example  \S{12}$", first, re.MULTILINE)
    assert (tmp_path / "instance/demo/callbank.toml").stat().st_mode & 0o077 == 0
    second = _demo(tmp_path)
    assert "the password that the first demo printed" in second


def _demo(folder: Path) -> str:
    with running("demo", "--no-browser", "--port", str(free_port()), folder=folder) as program:
        program.wait_for(lambda: "Ctrl-C stops everything" in program.said, "the greeting")
        shop = one(r"Shop +(\S+)", program.said)
        sandbox = one(r"Gateways +(\S+)", program.said)
        assert "Blue mug" in requests.get(shop, timeout=10).text
        program.wait_for(lambda: answers(f"{shop}/readyz"), "readiness")
        assert answers(sandbox)
        _try_the_next_commands(program, folder)
        family = descendants(program.process.pid)
        program.process.send_signal(signal.SIGINT)
        assert program.ends() == 0, program.said
    assert "Stopping" in program.said
    Stand.eventually(lambda: not [pid for pid in family if is_alive(pid)])
    assert not answers(f"{shop}/healthz")
    return program.said


def _try_the_next_commands(program: Program, folder: Path) -> None:
    """What the greeting tells people to type works as it stands."""
    lines = re.findall(r"^ +(\S*callbank --config .+)$", program.said, re.MULTILINE)
    assert len(lines) == 4
    for line in lines:
        if "<reference>" not in line:
            done = subprocess.run(
                shlex.split(line),
                cwd=folder,
                env=environment({}),
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert done.returncode == 0, (line, done.stdout, done.stderr)


def test_a_program_is_told_of_as_it_can_be_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / ".venv" / "bin" / "callbank"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert as_typed(program, tmp_path) == ".venv/bin/callbank"
    assert as_typed(program, tmp_path / "elsewhere") == str(program)
    monkeypatch.setenv("PATH", str(program.parent))
    assert as_typed(program, tmp_path) == "callbank"
    other = tmp_path / "other" / "callbank"
    other.parent.mkdir()
    other.touch(mode=0o755)
    assert as_typed(other, tmp_path) == "other/callbank"


def test_a_demo_on_a_taken_port_says_so(stand: Stand, tmp_path: Path) -> None:
    port = stand.url.rpartition(":")[2]
    with running("demo", "--no-browser", "--port", port, folder=tmp_path) as program:
        assert program.ends() == 1
    assert program.said.strip() == f"callbank: port {port} is taken; choose another with --port"


# --- wsgi:app


def flask(*arguments: str, folder: Path, config: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *arguments],
        cwd=folder,
        env=environment({"CALLBANK_CONFIG": str(config)}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_commands_are_there_under_flask_too(stand: Stand, tmp_path: Path) -> None:
    listed = flask("orders", "list", "--json", folder=tmp_path, config=stand.config)
    assert (listed.returncode, json.loads(listed.stdout)) == (0, []), listed.stderr
    missing = flask("orders", "show", "nobodys", folder=tmp_path, config=stand.config)
    assert (missing.returncode, missing.stderr.splitlines()[-1]) == (
        1,
        "callbank: there is no order 'nobodys'",
    )


def test_flask_can_make_the_tables_that_the_application_needs(tmp_path: Path) -> None:
    config = write(
        tmp_path, settings_content("http://127.0.0.1:8000", tmp_path / "new.db", "http://127.0.0.1:9")
    )
    refused = subprocess.run(
        [sys.executable, "-c", "import wsgi"],
        cwd=tmp_path,
        env=environment({"CALLBANK_CONFIG": str(config)}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert refused.returncode == 2
    assert refused.stderr.startswith("callbank: database.url has no tables yet")
    assert refused.stderr.count("\n") == 1
    upgraded = flask("db", "upgrade", folder=tmp_path, config=config)
    assert upgraded.returncode == 0, upgraded.stderr
    assert flask("db", "current", folder=tmp_path, config=config).returncode == 0
    assert flask("routes", folder=tmp_path, config=config).stdout.count("/callbacks/") >= 2


def test_the_wsgi_module_is_a_handful_of_lines() -> None:
    source = (Path(__file__).resolve().parents[3] / "wsgi.py").read_text(encoding="utf-8")
    assert len([line for line in source.splitlines() if line.strip()]) <= 5
