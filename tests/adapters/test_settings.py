"""What is wrong with the configuration is said in one line that names the key, never its value."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.settings import Settings, environment_of, load_settings, settings_of
from adapters.wire.errors import SettingsError
from domain.money import Currency, Money

SECRET = "a canary that nobody may ever read"
LIVE = {"base_url": "https://shop.example", "environment": "live", "secret_key": SECRET}


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in list(os.environ):
        if name.startswith("CALLBANK_") or name == "FLASK_DEBUG":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return


def configured(text: str, path: str = "callbank.toml") -> None:
    Path(path).write_text(text, encoding="utf-8")


BASE = 'base_url = "https://shop.example/"\n'


def test_the_environment_wins_over_the_file_key_by_key(monkeypatch: pytest.MonkeyPatch) -> None:
    configured(BASE + 'region = "PL"\n[gateways.payu]\npos_id = "1"\nsecond_key = "from the file"\n')
    monkeypatch.setenv("CALLBANK_GATEWAYS__PAYU__SECOND_KEY", "from the environment")
    monkeypatch.setenv("CALLBANK_DATABASE__URL", "postgresql://db.example/shop")
    monkeypatch.setenv("CALLBANK_LANGUAGES", "pl, pt-BR")
    monkeypatch.setenv("CALLBANK_TRUSTED_PROXIES", "2")
    settings = load_settings()
    assert settings.gateways["payu"] == {"pos_id": "1", "second_key": "from the environment"}
    assert settings.database.url == "postgresql://db.example/shop"
    assert settings.languages == ("pl", "pt_BR")
    assert settings.trusted_proxies == 2
    assert settings.region == "PL"
    assert settings.base_url == "https://shop.example"


def test_the_file_is_the_named_one_else_the_one_here(monkeypatch: pytest.MonkeyPatch) -> None:
    configured(BASE)
    configured('base_url = "https://other.example"\n', "other.toml")
    assert load_settings().base_url == "https://shop.example"
    monkeypatch.setenv("CALLBANK_CONFIG", "other.toml")
    assert load_settings().base_url == "https://other.example"
    assert load_settings("callbank.toml").base_url == "https://shop.example"


def test_the_environment_alone_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLBANK_BASE_URL", "https://shop.example")
    assert load_settings().environment == "test"


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ("", "base_url"),
        ('base_url = ""', "base_url"),
        ('base_url = "http://shop.example"', "base_url"),
        ('base_url = "shop.example"', "base_url"),
        ('base_url = "https://shop.example/?a=b"', "base_url"),
        ('base_url = "https://ada:x@shop.example"', "base_url"),
        (BASE + 'environment = "production"', "environment"),
        (BASE + "colour = 1", "colour"),
        (BASE + "[brand]\ncolour = 1", "brand.colour"),
        (BASE + "[database]\nurl = 1", "database.url"),
        (BASE + '[database]\nurl = ""', "database.url"),
        (BASE + 'secret_key = ""', "secret_key"),
        (BASE + 'secret_key = "short"', "secret_key"),
        (BASE + 'secret_key_fallbacks = [""]', "secret_key_fallbacks.0"),
        (BASE + 'trusted_proxies = "many"', "trusted_proxies"),
        (BASE + "retention_days = 0", "retention_days"),
        (BASE + 'currencies = ["XAU"]', "currencies.0"),
        (BASE + 'region = "Poland"', "region"),
        (BASE + 'default_account = "payu"', "default_account"),
        (BASE + "gateways = 3", "gateways"),
        (BASE + '[delivery.post]\nprices = { PLN = "1" }', "delivery.post.name"),
        (BASE + '[delivery.post]\nname = "Post"\nprices = { PLN = "1.999" }', "delivery.post"),
        (BASE + '[delivery.post]\nname = "Post"\nprices = { PLN = "-1.00" }', "delivery.post"),
        (BASE + '[delivery.post]\nname = "Post"\nprices = {}\ntax_rate = 5.5', "delivery.post.tax_rate"),
        (BASE + '[delivery.post]\nname = "Post"\nprices = {}\ndays = [3, 1]', "delivery.post"),
        (
            BASE + '[delivery.post]\nname = "Post"\nprices = {}\ncountries = ["PLN"]',
            "delivery.post.countries.0",
        ),
        (BASE + "[vouchers.V]", "vouchers.V"),
        (BASE + '[vouchers.V]\npercent = "10"\namount = "1.00 EUR"', "vouchers.V"),
        (BASE + '[vouchers.V]\namount = "1.00"', "vouchers.V"),
        (BASE + '[vouchers.V]\namount = "0.00 EUR"', "vouchers.V"),
        (BASE + '[vouchers.V]\npercent = "101"', "vouchers.V.percent"),
        ("base_url = ", "callbank.toml"),
    ],
)
def test_a_wrong_key_is_named(content: str, key: str) -> None:
    configured(content)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert caught.value.key == key
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "key"),
    [
        ("CALLBANK_SECOND_KEY", SECRET, "CALLBANK_SECOND_KEY"),
        ("CALLBANK_DATABASE__PASSWORD", SECRET, "database.password"),
        ("CALLBANK_ENVIRONMENT", SECRET, "environment"),
        ("CALLBANK_TRUSTED_PROXIES", SECRET, "trusted_proxies"),
        ("CALLBANK_REGION", SECRET, "region"),
        ("CALLBANK_DELIVERY__POST__PRICES", SECRET, "delivery"),
        ("CALLBANK_GATEWAYS", SECRET, "gateways"),
    ],
)
def test_a_value_is_never_told(monkeypatch: pytest.MonkeyPatch, name: str, value: str, key: str) -> None:
    configured(BASE)
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert caught.value.key == key
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"secret_key": None}, "secret_key"),
        ({"demo": True}, "demo"),
        ({"base_url": "http://127.0.0.1:8000"}, "base_url"),
    ],
)
def test_live_refuses_what_is_only_for_tests(change: dict[str, Any], key: str) -> None:
    assert settings_of(LIVE).is_live
    with pytest.raises(SettingsError) as caught:
        settings_of(LIVE | change)
    assert caught.value.key == key


@pytest.mark.parametrize("switch", ["1", "true", "yes"])
def test_live_refuses_debug_mode(monkeypatch: pytest.MonkeyPatch, switch: str) -> None:
    monkeypatch.setenv("FLASK_DEBUG", switch)
    with pytest.raises(SettingsError, match="FLASK_DEBUG"):
        settings_of(LIVE)
    assert settings_of(LIVE | {"environment": "test"})
    monkeypatch.setenv("FLASK_DEBUG", "0")
    assert settings_of(LIVE)


def test_http_is_for_this_machine_in_test_only() -> None:
    for address in ("http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"):
        assert settings_of({"base_url": address})
    with pytest.raises(SettingsError, match="base_url"):
        settings_of({"base_url": "http://10.0.0.1"})


def test_what_is_printed_of_settings_has_no_secret() -> None:
    content = LIVE | {
        "database": {"url": f"postgresql://ada:{SECRET}@db/shop"},
        "gateways": {"payu": {"second_key": SECRET}},
    }
    settings = settings_of(content)
    assert SECRET not in repr(settings) + str(settings)
    assert set(settings.secrets()) == {SECRET}


def test_deliveries_and_vouchers_are_exact() -> None:
    settings = settings_of(
        {
            "base_url": "https://shop.example",
            "delivery": {
                "post": {"name": "Post", "prices": {"PLN": "14.99", "JPY": "600"}, "tax_rate": "23"}
            },
            "vouchers": {"FIVE": {"amount": "5.00 EUR"}},
        }
    )
    post = settings.delivery["post"]
    assert post.price_in(Currency.of("PLN")) == Money.of(1499, "PLN")
    assert post.price_in(Currency.of("JPY")) == Money.of(600, "JPY")
    assert post.price_in(Currency.of("EUR")) is None
    assert settings.vouchers["FIVE"].money == Money.of(500, "EUR")


def test_settings_do_not_change_once_they_are_read() -> None:
    settings = Settings(base_url="https://shop.example")
    with pytest.raises(ValueError, match="frozen"):
        settings.base_url = "https://other.example"


def test_the_environment_is_known_before_everything_else_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    assert environment_of() == "test"
    configured('environment = "live"\nnonsense = 1')
    assert environment_of() == "live"
    monkeypatch.setenv("CALLBANK_ENVIRONMENT", "test")
    assert environment_of() == "test"


@pytest.mark.parametrize("named_by_variable", [True, False])
def test_a_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, named_by_variable: bool) -> None:
    monkeypatch.setenv("CALLBANK_CONFIG", "nope.toml" if named_by_variable else "other.toml")
    with pytest.raises(SettingsError, match=r"^nope\.toml cannot be read: No such file") as caught:
        load_settings(None if named_by_variable else "nope.toml")
    assert "CALLBANK_CONFIG" in str(caught.value)


def test_without_any_file_the_missing_file_is_told_of() -> None:
    with pytest.raises(
        SettingsError, match=r"^base_url is missing: there is no callbank\.toml here"
    ) as caught:
        load_settings()
    assert "CALLBANK_BASE_URL" in str(caught.value)
    configured("")
    with pytest.raises(SettingsError, match=r"^base_url is missing \(callbank\.toml or CALLBANK_BASE_URL\)$"):
        load_settings()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('guest_checkout = "yes"', "guest_checkout is true or false, without quotes"),
        ("demo = 1", "demo is true or false, without quotes"),
        ('trusted_proxies = "1"', "trusted_proxies is a whole number, without quotes"),
        ("retention_days = true", "retention_days is a whole number, without quotes"),
        ("trusted_proxies = 1.0", "trusted_proxies is a whole number, without quotes"),
        (
            '[delivery.post]\nname = "Post"\nprices = {}\nneeds_address = "no"',
            "delivery.post.needs_address is true or false, without quotes",
        ),
        (
            '[delivery.post]\nname = "Post"\nprices = {}\ndays = ["1", "2"]',
            "delivery.post.days.0 is not valid",
        ),
    ],
)
def test_a_file_says_true_and_numbers_without_quotes(content: str, said: str) -> None:
    configured(BASE + content)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith(said)


def test_the_environment_has_only_text(monkeypatch: pytest.MonkeyPatch) -> None:
    configured(BASE + '[delivery.post]\nname = "Post"\nprices = {}\n')
    monkeypatch.setenv("CALLBANK_GUEST_CHECKOUT", "yes")
    monkeypatch.setenv("CALLBANK_RETENTION_DAYS", "30")
    monkeypatch.setenv("CALLBANK_DELIVERY__POST__NEEDS_ADDRESS", "no")
    settings = load_settings()
    assert (settings.guest_checkout, settings.retention_days) == (True, 30)
    assert not settings.delivery["post"].needs_address


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("guest_checkouts = true", "guest_checkouts is no setting of Callbank; did you mean guest_checkout?"),
        ('[brand]\nlogos = ""', "brand.logos is no setting of Callbank; did you mean logo?"),
        (
            '[delivery.post]\nname = "Post"\nprice = { PLN = "1" }',
            "delivery.post.price is no setting of Callbank; did you mean prices?",
        ),
        ("colour = 1", "colour is no setting of Callbank"),
    ],
)
def test_the_key_that_was_meant_is_told_before_one_that_is_missing(content: str, said: str) -> None:
    for before in (BASE, ""):
        configured(before + content)
        with pytest.raises(SettingsError) as caught:
            load_settings()
        assert str(caught.value) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("CALLBANK_DATABASE_URL", "; did you mean CALLBANK_DATABASE__URL?"),
        ("CALLBANK_BASEURL", "; did you mean CALLBANK_BASE_URL?"),
        ("CALLBANK_GATEWAYS_PAYU_SECOND_KEY", "; did you mean CALLBANK_GATEWAYS__<NAME>__<KEY>, with two"),
        ("CALLBANK_COLOUR", ""),
    ],
)
def test_the_variable_that_was_meant_is_told(monkeypatch: pytest.MonkeyPatch, name: str, said: str) -> None:
    configured(BASE)
    monkeypatch.setenv(name, SECRET)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith(f"{name} is no setting of Callbank{said}")
    assert said or str(caught.value).endswith("of Callbank")
    assert SECRET not in str(caught.value)
