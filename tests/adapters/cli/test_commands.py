"""The tree of commands: help for each, one line for what stops the start, and housekeeping."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from adapters.cli.root import COMMANDS, callbank, command
from adapters.cli.toml import to_toml
from adapters.persistence.migrate import head
from adapters.sandbox import credentials
from adapters.settings import load_settings
from tests.adapters.cli.stand import STAFF, Stand, free_port, settings_content, write


def every_command(found: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(found, click.Group):
        for name in found.list_commands(click.Context(found)):
            below = found.get_command(click.Context(found), name)
            assert below is not None
            yield from every_command(below, (*path, name))


ALL = list(every_command(callbank))
PROMISED = {
    "demo", "serve", "worker", "sandbox", "sandbox credentials", "db upgrade", "db current", "gateways list",
    "gateways urls", "gateways doctor", "orders list", "orders show", "orders cancel", "orders ship",
    "orders deliver", "orders complete", "payments list", "payments show", "payments confirm",
    "payments refund", "payments capture", "payments void", "payments reconcile", "callbacks list",
    "callbacks show", "callbacks judge", "callbacks replay", "reviews list", "events list", "events relay",
    "expire", "check", "users create",
}  # fmt: skip
BARE = {"demo", "serve", "sandbox"}
"""Programs that run until they are stopped: they have nothing to print for machines."""


def test_every_promised_command_is_there() -> None:
    assert {" ".join(path) for path in ALL} >= PROMISED


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_explains_itself(path: tuple[str, ...]) -> None:
    told = CliRunner().invoke(callbank, [*path, "--help"])
    assert told.exit_code == 0
    assert told.output.startswith(f"Usage: callbank{' ' if path else ''}{' '.join(path)}")
    first = next(line.strip() for line in told.output.splitlines()[1:] if line.strip())
    assert not first.startswith("Options"), "a command needs a sentence"


@pytest.mark.parametrize("name", sorted(PROMISED - BARE))
def test_every_command_prints_json_for_machines(name: str) -> None:
    assert "--json" in CliRunner().invoke(callbank, [*name.split(), "--help"]).output


def test_an_unknown_command_is_refused() -> None:
    assert CliRunner().invoke(callbank, ["nonsense"]).exit_code == 2
    with pytest.raises(KeyError):
        command("nonsense")
    assert next(iter(COMMANDS)) == "demo"


# --- what stops the start


@pytest.fixture
def configure(tmp_path: Path) -> Any:
    def write_down(**changes: object) -> Path:
        content = settings_content("http://127.0.0.1:8000", tmp_path / "own.db", "http://127.0.0.1:9")
        return write(tmp_path, {**content, **changes})

    return write_down


def refused(config: Path, *arguments: str) -> tuple[int, str]:
    port = ["--port", str(free_port())] if arguments == ("serve",) else []
    told = CliRunner().invoke(callbank, ["--config", str(config), *arguments, *port])
    assert told.stderr.count("\n") == 1, told.output
    return told.exit_code, told.stderr.strip()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"colour": "red"}, "callbank: colour is no setting of Callbank"),
        ({"base_url": ""}, "callbank: base_url is empty or too short"),
        ({"secret_key": ""}, "callbank: secret_key is empty or too short"),
        ({"gateways": {"payu": {}}, "default_account": ""}, "callbank: gateways.payu."),
        (
            {"database": {"url": "mysql://ada:hidden@db/shop"}},
            "callbank: database.url: sqlite and postgresql",
        ),
        ({"environment": "live"}, "callbank: base_url is not https"),
        ({"environment": "live", "base_url": "https://shop.example"}, "callbank: gateways."),
        ({"environment": "live", "base_url": "https://shop.example", "demo": True}, "callbank: demo is on"),
    ],
)
@pytest.mark.parametrize("arguments", [("serve",), ("worker",), ("orders", "list"), ("db", "upgrade")])
def test_a_wrong_setting_stops_every_command_by_its_name(
    configure: Any, changes: dict[str, object], said: str, arguments: tuple[str, ...]
) -> None:
    code, line = refused(configure(**changes), *arguments)
    assert code == 2
    assert line.startswith(said.replace("database.url: ", "database.url "))
    assert "hidden" not in line


@pytest.mark.parametrize("arguments", [("serve",), ("worker",), ("orders", "list"), ("check",)])
def test_missing_tables_stop_everything_but_their_own_command(
    configure: Any, arguments: tuple[str, ...]
) -> None:
    config = configure()
    assert refused(config, *arguments) == (
        2,
        f"callbank: database.url has no tables yet, this program needs {head()}: run `callbank db upgrade`",
    )


def test_a_database_out_of_reach_is_named_without_its_password(configure: Any) -> None:
    config = configure(database={"url": "postgresql://ada:hidden@127.0.0.1:9/shop?connect_timeout=1"})
    code, line = refused(config, "worker", "--once")
    assert code == 1
    assert line.startswith("callbank: the database at database.url (postgresql://127.0.0.1/shop)")
    assert "hidden" not in line


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    code, line = refused(tmp_path / "nothing.toml", "orders", "list")
    assert code == 2
    assert line.startswith(f"callbank: {tmp_path / 'nothing.toml'} cannot be read: No such file")
    assert line.endswith("(named by --config or CALLBANK_CONFIG)")


def test_tables_are_made_once_and_made_again_without_harm(configure: Any) -> None:
    config = str(configure())

    def run(*arguments: str) -> tuple[int, str]:
        told = CliRunner().invoke(callbank, ["--config", config, *arguments])
        return told.exit_code, told.output.strip()

    assert run("db", "current") == (1, f"no tables, needed: {head()}")
    assert run("db", "upgrade") == (0, f"the tables are at {head()}")
    assert run("db", "upgrade") == (0, f"the tables are at {head()} already")
    assert run("db", "current") == (0, head())
    assert json.loads(run("db", "current", "--json")[1]) == {
        "current": head(),
        "head": head(),
        "is_current": True,
    }
    assert run("orders", "list") == (0, "Orders: none")


# --- the sandbox


def test_sandbox_credentials_are_settings_as_they_stand(tmp_path: Path) -> None:
    told = CliRunner().invoke(callbank, ["sandbox", "credentials", "--url", "http://127.0.0.1:9123"])
    blocks = tomllib.loads(told.output)["gateways"]
    assert blocks == credentials("http://127.0.0.1:9123")
    as_json = CliRunner().invoke(
        callbank, ["sandbox", "credentials", "--json", "--url", "http://127.0.0.1:9123"]
    )
    assert json.loads(as_json.output) == blocks
    config = write(tmp_path, {"base_url": "http://127.0.0.1:8000", "gateways": blocks})
    assert load_settings(config).gateways == blocks


def test_the_sandbox_refuses_live(configure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    code, line = refused(configure(environment="live"), "sandbox")
    assert code == 2
    assert "live" in line
    monkeypatch.setenv("CALLBANK_ENVIRONMENT", "production")
    assert CliRunner().invoke(callbank, ["sandbox"]).exit_code == 2


# --- housekeeping


def test_events_are_listed_and_relayed(stand: Stand) -> None:
    stand.paid()
    waiting = stand.json("events", "list", "--undelivered")
    assert waiting
    assert stand.json("events", "relay") == {"delivered": len(waiting), "failed": 0}
    assert stand.json("events", "list", "--undelivered") == []
    assert "OrderPaid" in stand.run("events", "list")


def test_review_items_are_listed_with_their_order(stand: Stand) -> None:
    stand.arm("wrong_amount", on="callback", times=1, delta=1)
    sent = stand.start()
    stand.press(sent)
    stand.eventually(lambda: stand.json("reviews", "list"))
    (item,) = stand.json("reviews", "list")
    assert item["kind"] == "amount_mismatch"
    told = stand.run("reviews", "list")
    assert sent.order.reference in told
    assert "49.91 PLN" in told
    assert stand.json("check")["violations"] == []


def test_orders_past_their_deadline_are_expired_once(stand: Stand) -> None:
    sent = stand.start(account="bank_transfer")
    assert stand.json("expire") == {"expired": [], "kept": 0}
    stand.sql("UPDATE orders SET deadline = '2026-01-01 00:00:00.000000'")
    assert stand.json("expire") == {"expired": [str(sent.order.id)], "kept": 0}
    assert stand.run("expire") == "0 expired, 0 kept\n"
    shown = stand.json("orders", "show", sent.order.reference)["order"]
    assert (shown["status"], shown["closed_by"]) == ("cancelled", "deadline")


def test_an_account_is_made_with_a_password_that_is_told_once(stand: Stand) -> None:
    made = stand.json("users", "create", "--email", "Ada@Example.com", "--role", "staff")
    assert made["email"] == "ada@example.com"
    user = stand.application.use_cases.sign_in.execute("ada@example.com", made["password"])
    assert user.role == "staff"
    assert "cannot be used" in stand.refused("users", "create", "--email", "ada@example.com")
    told = stand.run(
        "users", "create", "--email", "b@example.com", "--password-stdin", typed="long enough 1\n"
    )
    assert told == "customer b@example.com may sign in\n"
    assert stand.application.use_cases.sign_in.execute("b@example.com", "long enough 1")


def test_a_password_that_is_too_short_is_refused_by_its_name(stand: Stand) -> None:
    told = stand.result("users", "create", "--email", "c@example.com", "--password-stdin", typed="short\n")
    assert told.exit_code == 1
    assert told.stderr.startswith("callbank: password: use 10 to 200 characters")


def test_staff_words_are_needed_even_when_they_are_blank(stand: Stand) -> None:
    order = stand.start().order.reference
    assert "reason: missing" in stand.refused("orders", "cancel", order, "--by", "ada", "--reason", " ")
    assert stand.json("orders", "cancel", order, *STAFF)


# --- TOML


@pytest.mark.parametrize(
    "content",
    [
        {"a": 'quoted "text" \\ and ż \n \x7f', "b": True, "c": 3, "d": ["x", 1]},
        {"gateways": {"payu": {"key": "v"}, "odd name": {"n": 1}}},
        {"delivery": {"post": {"name": "Post", "prices": {"PLN": "1", "EUR": "2"}}}},
        {"a": 1, "brand": {"name": "x"}, "z": {}, "gateways": {"pass": {}}},
        {"deep": {"deeper": {"deepest": {"value": "x"}}}},
    ],
)
def test_what_is_written_down_reads_back_as_it_was(content: dict[str, object]) -> None:
    assert tomllib.loads(to_toml(content)) == content


def test_what_toml_cannot_say_is_refused() -> None:
    with pytest.raises(TypeError, match="float"):
        to_toml({"a": 1.5})
