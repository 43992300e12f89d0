"""The composition root builds everything, and what it builds keeps its word."""

from __future__ import annotations

import io
import json
import logging
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from dependency_injector import providers

from adapters.container import Application, build, configure_logs
from adapters.container.ambient import CROCKFORD, RandomIds, SystemClock, id_of_reference
from adapters.container.application import sandbox_origin, secret_key_of
from adapters.container.wiring import Container
from adapters.settings import settings_of
from adapters.wire.errors import SettingsError
from application.errors import StorageUnavailable
from domain.basket import Basket
from domain.money import Currency
from domain.quote import Voucher
from tests.builders import a_basket, a_product, money

DUMMY = {"base_url": "http://127.0.0.1:9/dummy", "secret": "a secret for tests"}


def content(folder: Path, **more: Any) -> dict[str, Any]:
    return {
        "base_url": "http://127.0.0.1:8000",
        "secret_key": "a secret key for the tests",
        "database": {"url": f"sqlite:///{folder / 'shop.db'}"},
        "gateways": {"dummy": DUMMY},
        **more,
    }


@pytest.fixture
def application(tmp_path: Path) -> Iterator[Application]:
    with build(content(tmp_path)) as built:
        built.database.upgrade()
        yield built


def test_every_provider_builds(tmp_path: Path) -> None:
    container = Container(settings=providers.Object(settings_of(content(tmp_path))))
    container.check_dependencies()
    names = [name for name, provider in container.providers.items() if provider() is not None]
    assert len(names) == len(container.providers) > 30
    container.askers().shutdown()


def test_a_container_without_settings_is_refused() -> None:
    with pytest.raises(Exception, match="settings"):
        Container().check_dependencies()


def test_use_cases_share_one_of_each(application: Application) -> None:
    assert application.container.use_cases() is application.use_cases
    assert application.use_cases.reads is application.database.reads
    assert application.use_cases.health()["database"] == "ok"


def test_health_names_what_is_missing(tmp_path: Path) -> None:
    with build(content(tmp_path)) as built:
        assert built.use_cases.health() == {
            "database": "ok",
            "migrations": "not at head",
            "worker": "not known",
        }
        with pytest.raises(SettingsError, match=r"database\.url has no tables yet.*callbank db upgrade"):
            built.require_ready()
        built.database.upgrade()
        built.require_ready()
        assert built.use_cases.health()["worker"] == "none has run yet"
        now = built.use_cases.clock.now()
        built.use_cases.work.heartbeat("old", now - timedelta(seconds=90))
        assert built.use_cases.health()["worker"] in ("silent for 90 s", "silent for 91 s")
        built.use_cases.work.heartbeat("new", now)
        assert set(built.use_cases.health().values()) == {"ok"}


def test_health_survives_a_database_that_does_not_answer(tmp_path: Path) -> None:
    address = "postgresql://ada:hidden@127.0.0.1:9/shop?connect_timeout=1"
    with build(content(tmp_path, database={"url": address})) as built:
        assert built.use_cases.health()["database"] == "does not answer"
        with pytest.raises(StorageUnavailable) as caught:
            built.require_ready()
    assert "database.url" in str(caught.value)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("address", ["nonsense", "mysql://db/shop", "sqlite://"])
def test_an_address_nobody_can_use_is_named(tmp_path: Path, address: str) -> None:
    with pytest.raises(SettingsError) as caught:
        build(content(tmp_path, database={"url": address}))
    assert caught.value.key == "database.url"


@pytest.mark.parametrize(
    ("block", "key"),
    [
        ({"base_url": "http://127.0.0.1:9", "secret": ""}, "gateways.dummy.secret"),
        ({"base_url": "http://127.0.0.1:9"}, "gateways.dummy.secret"),
        ({**DUMMY, "colour": "red"}, "gateways.dummy.colour"),
        ({**DUMMY, "base_url": "http://gateway.example"}, "gateways.dummy.base_url"),
        ({**DUMMY, "adapter": "nobody"}, "gateways.dummy.adapter"),
    ],
)
def test_a_gateway_that_cannot_work_stops_the_start(tmp_path: Path, block: dict[str, str], key: str) -> None:
    with pytest.raises(SettingsError) as caught:
        build(content(tmp_path, gateways={"dummy": block}))
    assert caught.value.key == key


def test_live_refuses_the_test_gateway_and_the_sandbox(tmp_path: Path) -> None:
    live = content(tmp_path, base_url="https://shop.example", environment="live")
    with pytest.raises(SettingsError, match=r"gateways\.dummy"):
        build(live)
    with pytest.raises(SettingsError, match=r"gateways\.dummy.*refuses live"):
        build(live | {"gateways": {"dummy": {**DUMMY, "base_url": "https://sandbox.example"}}})


def test_handlers_are_connected_when_the_container_is_built(tmp_path: Path) -> None:
    told: list[object] = []
    with build(content(tmp_path), handlers={"order_placed": told.append}) as built:
        built.database.upgrade()
        assert built.use_cases.hooks.wants("order_placed")
        built.use_cases.hooks.tell("order_placed", "a fact")
    assert told == ["a fact"]
    with pytest.raises(ValueError, match="no hook is called"):
        build(content(tmp_path), handlers={"nonsense": told.append})


def test_pages_are_told_what_was_configured(tmp_path: Path) -> None:
    wanted = content(
        tmp_path, brand={"name": "Ada's"}, region="PL", currencies=["PLN", "EUR"], trusted_proxies=1
    )
    with build(wanted) as built:
        web = built.web_settings()
    assert (web.brand_name, web.region, web.currencies, web.trusted_proxies) == (
        "Ada's",
        "PL",
        ("PLN", "EUR"),
        1,
    )
    assert web.sandbox_origin == "http://127.0.0.1:9"
    with build(wanted | {"brand": {"accent": "nonsense"}}) as built, pytest.raises(SettingsError) as caught:
        built.web_settings()
    assert caught.value.key.startswith("brand")


def test_live_pages_know_of_no_sandbox(tmp_path: Path) -> None:
    live = content(tmp_path, base_url="https://shop.example", environment="live")
    assert sandbox_origin(settings_of(live)) == ""


def test_a_secret_key_is_made_once_and_kept_for_its_owner_only(tmp_path: Path) -> None:
    settings = settings_of({"base_url": "http://127.0.0.1:8000"})
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: secret_key_of(settings, tmp_path / "instance"), range(16)))
    assert len(keys) == 1
    assert len(keys.pop()) >= 32
    (kept,) = (tmp_path / "instance").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_secret_key_that_cannot_be_kept_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(SettingsError, match="secret_key"):
        secret_key_of(settings_of({"base_url": "http://127.0.0.1:8000"}), tmp_path / "taken" / "instance")


# --- the shop


def test_deliveries_fit_the_country_and_the_currency(tmp_path: Path) -> None:
    ways = {
        "courier": {"name": "Courier", "prices": {"PLN": "14.99"}, "countries": ["PL"], "tax_rate": "23"},
        "post": {"name": "Post", "prices": {"PLN": "29.90", "EUR": "6.90"}, "days": [3, 6]},
        "pickup": {"name": "Pickup", "prices": {"EUR": "0"}, "needs_address": False},
    }
    with build(content(tmp_path, delivery=ways)) as built:
        options = built.use_cases.deliveries.options

        def codes(basket: Basket, country: str) -> list[str]:
            return [option.code for option in options(basket, country)]

        zloty, euro = a_basket(), a_basket(currency=Currency.of("EUR"), lines=())
        assert codes(zloty, "PL") == ["courier", "post"]
        assert codes(zloty, "DE") == ["post"]
        assert codes(zloty, "") == ["courier", "post"]
        assert codes(euro, "PL") == ["post", "pickup"]
        first = options(zloty, "PL")[0]
        assert (first.price, str(first.tax_rate)) == (money("14.99 PLN"), "23")


def test_configured_vouchers_stand_beside_those_of_the_tables(tmp_path: Path) -> None:
    with build(content(tmp_path, vouchers={"Spring": {"percent": "10"}})) as built:
        built.database.upgrade()
        built.database.catalogue.load_products([a_product()], [Voucher("OLD", amount=money("5.00 PLN"))])
        catalogue = built.use_cases.catalogue
        spring, old = catalogue.voucher("spring"), catalogue.voucher("OLD")
        assert spring is not None
        assert str(spring.percent) == "10"
        assert old is not None
        assert old.amount == money("5.00 PLN")
        assert catalogue.voucher("nothing") is None
        assert [product.sku for product in catalogue.products()] == ["mug"]
        assert catalogue.find("mug") is not None


# --- time, ids, chance


class FixedClock:
    def __init__(self, now: datetime) -> None:
        self.moment = now

    def now(self) -> datetime:
        return self.moment


def test_the_clock_is_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_ids_are_version_7_in_order_of_time() -> None:
    moment = datetime(2026, 11, 20, 12, 0, 0, 123_456, tzinfo=UTC)
    clock = FixedClock(moment)
    ids = RandomIds(clock)
    first = ids.new()
    assert (first.version, first.variant) == (7, "specified in RFC 4122")
    assert first.int >> 80 == int(moment.timestamp() * 1000)
    made = [first]
    for _ in range(500):
        clock.moment += timedelta(microseconds=7)
        made.append(ids.new())
    assert made == sorted(made)
    clock.moment = moment
    assert len({ids.new() for _ in range(1000)}) == 1000


def test_payment_references_are_26_letters_that_lead_back() -> None:
    ids = RandomIds(SystemClock())
    for _ in range(200):
        made = ids.new()
        reference = ids.payment_reference(made)
        assert len(reference) == 26
        assert set(reference) <= set(CROCKFORD)
        assert id_of_reference(reference) == made
        assert id_of_reference(f" {reference.lower().replace('0', 'o').replace('1', 'l')} ") == made


@pytest.mark.parametrize("typed", ["", "0" * 25, "0" * 27, "U" * 26, "8" + "0" * 25, "é" * 26])
def test_what_is_no_payment_reference_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="payment reference"):
        id_of_reference(typed)


def test_order_references_have_the_date_and_secrets_have_enough_chance() -> None:
    ids = RandomIds(SystemClock())
    now = datetime(2026, 1, 2, tzinfo=UTC)
    made = {ids.order_reference(now) for _ in range(50)}
    assert len(made) > 40
    assert all(len(reference) == 12 and reference.startswith("260102") for reference in made)
    secret = ids.secret()
    assert len(secret) * 6 >= 128
    assert ids.secret() != secret


# --- logs


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_live_logs_are_json_without_secrets_and_card_numbers(logged: io.StringIO) -> None:
    configure_logs("live", secrets=["hunter2hunter2"], stream=logged)
    structlog.get_logger("callbank.web").info(
        "request", password="pa55", nested={"second_key": "xyz"}, note="it is hunter2hunter2", order=7
    )
    logging.getLogger("callbank.wire").warning(
        "paid with 4111 1111 1111 1111", extra={"token": "t0ken", "account": "payu"}
    )
    first, second = (json.loads(line) for line in logged.getvalue().splitlines())
    assert first["password"] == "***"
    assert first["nested"] == {"second_key": "***"}
    assert first["note"] == "it is ***"
    assert (first["order"], first["logger"], first["level"]) == (7, "callbank.web", "info")
    assert first["timestamp"].endswith("Z")
    assert second["event"] == "paid with ***1111"
    assert (second["token"], second["account"]) == ("***", "payu")


def test_a_traceback_keeps_its_secrets(logged: io.StringIO) -> None:
    configure_logs("live", secrets=["hunter2hunter2"], stream=logged)
    try:
        raise ValueError("the key hunter2hunter2 is wrong")
    except ValueError:
        logging.getLogger("application").exception("job failed")
    (line,) = logged.getvalue().splitlines()
    assert "hunter2" not in line
    assert "ValueError: the key *** is wrong" in json.loads(line)["exception"]


def test_logs_in_test_are_for_people(logged: io.StringIO) -> None:
    configure_logs("test", stream=logged)
    structlog.get_logger("callbank.worker").info("worker started", owner="me", secret="x")
    (line,) = logged.getvalue().splitlines()
    assert "worker started" in line
    assert "owner=me" in line
    assert "secret=***" in line
