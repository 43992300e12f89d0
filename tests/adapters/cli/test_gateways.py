"""``callbank gateways list`` and ``urls``: what there is, what is missing, what to type where."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pytest

from adapters.gateways import registry
from adapters.gateways.registry import installed
from adapters.sandbox import credentials
from tests.adapters.cli.stand import Stand, settings_content, write

ALL_CODES = {
    "bank_transfer", "cash_on_delivery", "cheque", "dotpay", "dummy", "moip", "ogone", "pass", "paymill",
    "paypal", "payparts", "payu", "przelewy24", "stripe", "tpay", "webpay",
}  # fmt: skip


def configure(stand: Stand, blocks: dict[str, dict[str, object]], **changes: object) -> None:
    """Another configuration for the same database."""
    content = settings_content(stand.url, stand.database, stand.sandbox)
    write(stand.folder, {**content, "default_account": "", "gateways": blocks, **changes})


def by_account(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["account"]: row for row in rows if row["account"]}


# --- list


def test_gateways_are_listed_with_what_they_can(stand: Stand) -> None:
    listed = by_account(stand.json("gateways", "list"))
    assert "refund" in listed["dummy"]["can"]
    assert listed["dummy"]["currencies"] == ["any"]
    assert "PLN" in listed["payu"]["currencies"]
    assert (listed["manual"]["code"], listed["manual"]["ready"], listed["manual"]["why"]) == (
        "dummy",
        True,
        "",
    )
    assert {row["environment"] for row in listed.values()} == {"test"}
    assert "bank_transfer" in stand.run("gateways", "list")


def test_every_installed_code_is_listed_with_or_without_an_account(stand: Stand) -> None:
    rows = stand.json("gateways", "list")
    assert {row["code"] for row in rows} == set(installed()) >= ALL_CODES
    configure(stand, {})
    bare = {row["code"]: row for row in stand.json("gateways", "list")}
    assert set(bare) == set(installed())
    assert bare["payu"]["ready"] is False
    told = bare["payu"]["why"]
    assert told == "no account: write a block [gateways.payu] with pos_id, client_secret, second_key"
    assert bare["pass"]["why"] == "no account: write a block [gateways.pass]"


def test_a_block_that_is_wrong_is_named_and_does_not_hide_the_others(stand: Stand) -> None:
    configure(stand, {"payu": {"pos_id": "1", "client_secret": "canary-secret"}, "pass": {}})
    listed = by_account(stand.json("gateways", "list", code=1))
    assert listed["pass"]["ready"] is True
    assert (listed["payu"]["ready"], listed["payu"]["why"]) == (False, "gateways.payu.second_key is missing")
    told = stand.run("gateways", "list", code=1)
    assert "second_key is missing" in told
    assert "canary" not in told


def test_an_adapter_that_does_not_exist_is_named(stand: Stand) -> None:
    configure(stand, {"shop2": {"adapter": "zip"}})
    (row,) = by_account(stand.json("gateways", "list", code=1)).values()
    assert row["why"].startswith("gateways.shop2.adapter names no gateway: there is no 'zip'")


def test_an_adapter_that_does_not_load_is_named_among_the_others(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = EntryPoint("zip", "no.such.adapter", registry.GROUP)

    def found(*, group: str, name: str = "") -> tuple[EntryPoint, ...]:
        known = (*entry_points(group=group), broken)
        return tuple(point for point in known if name in ("", point.name))

    monkeypatch.setattr(registry, "entry_points", found)
    configure(stand, {"pass": {}})
    rows = {row["code"]: row for row in stand.json("gateways", "list")}
    told = "gateways.zip cannot be used, its adapter does not load: No module named 'no'"
    assert rows["zip"]["why"] == told
    assert rows["pass"]["ready"] is True


def test_a_retired_account_is_not_ready_and_says_what_goes_on(stand: Stand) -> None:
    configure(stand, {"pass": {"offer": False}})
    (row,) = by_account(stand.json("gateways", "list")).values()
    assert (row["offer"], row["ready"]) == (False, False)
    assert row["why"] == "retired (offer = false): callbacks, refunds and questions go on"


# --- urls


def test_panel_addresses_come_from_the_configured_base(stand: Stand) -> None:
    panels = by_account(stand.json("gateways", "urls"))
    (address,) = panels["payu"]["addresses"]
    assert address["field"] == "notifyUrl"
    assert address["url"] == address["http"] == f"{stand.url}/callbacks/payu"
    assert address["https"] == f"{stand.url}/callbacks/payu".replace("http://", "https://")
    assert panels["manual"]["addresses"][0]["url"].endswith("/callbacks/manual")
    assert panels["bank_transfer"]["addresses"] == []


def test_the_addresses_of_one_account_are_printed_as_they_are_typed(stand: Stand) -> None:
    told = stand.run("gateways", "urls", "payu")
    assert "payu (PayU, test)" in told
    assert f"{stand.url}/callbacks/payu " in told
    assert f"{stand.url}/callbacks/payu".replace("http://", "https://") in told
    assert "Its messages are signed" in told
    assert "Messages come by POST." in told
    assert "Test: use the gateway's test panel." in told
    assert "known to this machine only" in told
    assert "dummy" not in told
    assert "Nothing to type" in stand.run("gateways", "urls", "bank_transfer")


def test_a_public_shop_hears_no_word_about_this_machine(stand: Stand) -> None:
    configure(
        stand,
        {"dummy": {"base_url": f"{stand.sandbox}/dummy", "secret": "s"}},
        base_url="https://shop.example",
    )
    told = stand.run("gateways", "urls", "dummy")
    assert "https://shop.example/callbacks/dummy" in told
    assert "this machine" not in told


def test_the_networks_messages_are_heard_from_are_told(stand: Stand) -> None:
    block = {"base_url": f"{stand.sandbox}/dummy", "secret": "s", "allowed_ips": ["203.0.113.0/24", "::1"]}
    configure(stand, {"dummy": block})
    assert "(allowed_ips): 203.0.113.0/24, ::1." in stand.run("gateways", "urls", "dummy")
    configure(stand, {"dummy": {**block, "allowed_ips": "203.0.113.0/24, 2001:db8::/32"}})
    assert "(allowed_ips): 203.0.113.0/24, 2001:db8::/32." in stand.run("gateways", "urls", "dummy")


def test_a_gateway_without_messages_wants_nothing_and_says_why(stand: Stand) -> None:
    configure(stand, {"webpay": credentials(stand.sandbox)["webpay"]})
    assert "this gateway sends no messages" in stand.run("gateways", "urls", "webpay")
    assert "none: it sends no messages" in stand.run("gateways", "doctor")


def test_a_long_list_of_currencies_is_counted_for_people_and_listed_for_machines(stand: Stand) -> None:
    configure(stand, {"stripe": credentials(stand.sandbox)["stripe"]})
    (row,) = by_account(stand.json("gateways", "list")).values()
    assert f"{len(row['currencies'])} currencies" in stand.run("gateways", "list")
    assert len(row["currencies"]) > 100


def test_an_account_nobody_configured_is_refused_with_a_guess(stand: Stand) -> None:
    assert stand.refused("gateways", "urls", "nowhere") == "callbank: there is no gateway account 'nowhere'"
    assert stand.refused("gateways", "urls", "dumy").endswith("'dumy'; did you mean dummy?")


def test_the_addresses_of_a_wrong_block_are_refused_by_its_key(stand: Stand) -> None:
    configure(stand, {"payu": {"pos_id": "1"}, "pass": {}})
    line = stand.refused("gateways", "urls", "payu", code=2)
    assert line.startswith("callbank: gateways.payu.")
    everybody = stand.result("gateways", "urls")
    assert everybody.exit_code == 1
    assert "pass" in everybody.stdout
    assert "gateways.payu." in everybody.stderr


@pytest.mark.parametrize("command", [("list",), ("urls",), ("doctor",)])
def test_what_is_wrong_outside_the_blocks_stops_every_command(stand: Stand, command: tuple[str, ...]) -> None:
    configure(stand, {"pass": {}}, environment="live")
    assert stand.refused("gateways", *command, code=2).startswith("callbank: base_url is not https")
