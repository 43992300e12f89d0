"""The registry: blocks become accounts, and what is wrong is named but never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

import adapters.gateways
from adapters.gateways.registry import installed, load
from adapters.wire.errors import SettingsError
from application.errors import UnknownAccount

SHOP = "https://shop.example"
TRANSFER = {"recipient": "Shop Ltd", "account_number": "PL61109010140000071219812874"}
PAYU = {"pos_id": 300746, "client_secret": "canary-client-secret", "second_key": "canary-second-key"}


def test_accounts_stand_in_the_merchants_order() -> None:
    blocks = {"pass": {"order": 3}, "bank_transfer": {**TRANSFER, "order": "1"}, "payu": {**PAYU, "order": 2}}
    gateways = load(blocks, environment="test", base_url=SHOP)
    assert [gateway.account for gateway in gateways.all()] == ["bank_transfer", "payu", "pass"]
    assert gateways.get("payu") is gateways.all()[1]


def test_several_accounts_can_share_an_adapter() -> None:
    blocks = {
        "payu": PAYU,
        "payu_eur": {**PAYU, "adapter": "payu", "currencies": "EUR", "label": "PayU (EUR)"},
    }
    second = load(blocks, environment="test", base_url=SHOP).get("payu_eur")
    assert (second.code, second.account, second.label) == ("payu", "payu_eur", "PayU (EUR)")
    assert second.currencies == {"EUR"}


def test_a_retired_account_stays_but_is_not_offered() -> None:
    gateways = load({"pass": {"offer": "false"}}, environment="test", base_url=SHOP)
    assert not gateways.get("pass").offer


def test_an_account_that_is_not_configured_is_unknown() -> None:
    with pytest.raises(UnknownAccount):
        load({}, environment="test", base_url=SHOP).get("payu")


@pytest.mark.parametrize(
    ("blocks", "named"),
    [
        ({"payu": {}}, "gateways.payu.pos_id is missing"),
        ({"payu": {**PAYU, "second_key": ""}}, "gateways.payu.second_key is empty"),
        ({"payu": {**PAYU, "secondkey": "x"}}, "gateways.payu.secondkey is no setting"),
        ({"payu": {**PAYU, "pos_id": "12a"}}, "gateways.payu.pos_id is not valid"),
        ({"payu": {**PAYU, "capture": "canary"}}, "gateways.payu.capture is not valid"),
        ({"payu": {**PAYU, "accept_md5": "canary"}}, "gateways.payu.accept_md5 is not valid"),
        ({"payu": {**PAYU, "currencies": ["PLN", "canary"]}}, "gateways.payu.currencies is not valid"),
        ({"payu": {**PAYU, "timeout": 0}}, "gateways.payu.timeout is not valid"),
        ({"payu": {**PAYU, "base_url": "http://canary.example"}}, "gateways.payu.base_url is not https"),
        ({"payu": {**PAYU, "base_url": "https://u:canary@x"}}, "gateways.payu.base_url is not https"),
        ({"shop2": PAYU}, "gateways.shop2 names no gateway: there is no 'shop2'; there are bank_transfer, "),
        ({"shop2": {**PAYU, "adapter": "zip"}}, "gateways.shop2.adapter names no gateway: there is no 'zip'"),
        ({"Shop/2": {**PAYU, "adapter": "payu"}}, "gateways names an account"),
    ],
)
def test_what_is_wrong_is_named_but_never_shown(blocks: dict[str, dict[str, object]], named: str) -> None:
    with pytest.raises(SettingsError) as stopped:
        load(blocks, environment="test", base_url=SHOP)
    assert str(stopped.value).startswith(named)
    assert "canary" not in str(stopped.value)


@pytest.mark.parametrize(
    ("blocks", "said"),
    [
        (
            {"bank_transfer": {"recipient": "Shop Ltd", "acount_number": "canary"}},
            "acount_number is no setting of this gateway; did you mean account_number?",
        ),
        ({"pass": {"adaptor": "pass"}}, "is no setting of this gateway; did you mean adapter?"),
        ({"pay": {**PAYU, "adapter": "pay-u"}}, "; did you mean payu?"),
        ({"zip": {}}, '(an account of another name says which it uses: adapter = "...")'),
    ],
)
def test_the_name_that_was_meant_is_told(blocks: dict[str, dict[str, object]], said: str) -> None:
    with pytest.raises(SettingsError) as stopped:
        load(blocks, environment="test", base_url=SHOP)
    assert str(stopped.value).endswith(said)


@pytest.mark.parametrize(
    ("environment", "base_url", "key"),
    [("prod", SHOP, "environment"), ("live", "http://shop.example", "base_url"), ("live", "", "base_url")],
)
def test_live_wants_https(environment: str, base_url: str, key: str) -> None:
    with pytest.raises(SettingsError) as stopped:
        load({}, environment=environment, base_url=base_url)
    assert stopped.value.key == key


def test_loopback_over_http_is_for_tests_only() -> None:
    block = {**PAYU, "base_url": "http://127.0.0.1:9000/payu"}
    assert load({"payu": block}, environment="test", base_url=SHOP).get("payu").origins == (
        "http://127.0.0.1:9000",
    )
    with pytest.raises(SettingsError, match="base_url"):
        load({"payu": block}, environment="live", base_url=SHOP)


def test_secrets_do_not_show_in_settings() -> None:
    from adapters.gateways.payu import Settings

    shown = repr(Settings(pos_id="1", client_secret="canary-a", second_key="canary-b"))
    assert "canary" not in shown


def test_every_gateway_folder_is_installed_and_has_its_suite_and_its_page() -> None:
    here = Path(__file__).parent
    suites = " ".join(path.read_text(encoding="utf-8") for path in here.glob("test_*.py"))
    (root,) = adapters.gateways.__path__
    folders = sorted(path.parent.name for path in Path(root).glob("*/__init__.py"))
    assert folders
    for folder in folders:
        code = folder.rstrip("_")
        assert code in installed()
        assert f"class Test{code.title().replace('_', '')}(" in suites, f"no contract suite for {code}"
        assert (here.parents[1] / "docs" / "gateways" / f"{code}.md").is_file(), f"no page for {code}"
