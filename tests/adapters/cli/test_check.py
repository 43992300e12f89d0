"""``check`` finds nothing in a busy shop, and names each kind of violation when one is planted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, text

from adapters.container import build
from adapters.persistence.check import RULES, Violation, violations
from application.place_order import PlaceOrderRequest
from application.refund_payment import RefundPaymentRequest
from application.use_cases import UseCases
from domain.basket import Choices
from tests.adapters.cli.stand import Stand
from tests.builders import BUYER, a_product
from tests.postgres import PostgresServer

DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]

_HEADING = re.compile(r"^-- (I\d+): (.+)$", re.MULTILINE)


def _plants() -> list[tuple[str, str, str]]:
    """Invariant, words of the line it must give, and the SQL that plants it; see ``plants.sql``."""
    whole = Path(__file__).with_name("plants.sql").read_text(encoding="utf-8")
    parts = _HEADING.split(whole)[1:]
    return [tuple(parts[start : start + 3]) for start in range(0, len(parts), 3)]  # type: ignore[misc]


PLANTS = _plants()
CALLBACK = text(
    """INSERT INTO callbacks (id, account, received_at, method, body, digest, headers, query, remote,
    payment_hint, state, note, event_key, order_id, payment_id, tries, judged_at)
    SELECT id, 'pass', created_at, 'POST', '', '', '{}', '[]', '', '', 'applied', '', :key, order_id,
    (SELECT id FROM payments WHERE order_id = :paid), 0, created_at FROM payments WHERE order_id = :which"""
)


def _plant(connection: Connection, sql: str) -> None:
    for name in ("paid", "waiting", "stopped"):
        sql = sql.replace(f":{name}", f"(SELECT id FROM orders WHERE description = '{name}')")  # noqa: S608
    one = (
        "(SELECT p.id FROM payments AS p JOIN orders AS o ON o.id = p.order_id WHERE o.description = 'paid')"
    )
    connection.exec_driver_sql(sql.replace(":payment", one).strip().rstrip(";"))


@pytest.fixture(scope="module", params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A busy shop: paid and partly refunded, waiting, stopped, free; then every constraint is taken away."""
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        address = server.new_database()
    else:
        address = f"sqlite:///{tmp_path_factory.mktemp('check') / 'shop.db'}"
    with build(_settings(address)) as application:
        application.database.upgrade()
        application.database.catalogue.load_products([a_product()])
        _be_busy(application.use_cases)
        assert application.database.checks.violations() == ()
    return address.replace("postgresql://", "postgresql+psycopg://")


def _settings(address: str) -> dict[str, object]:
    return {
        "base_url": "http://127.0.0.1:8000",
        "guest_checkout": True,
        "database": {"url": address},
        "vouchers": {"FREE": {"percent": "100"}},
        "delivery": {"pickup": {"name": "Pickup", "prices": {"PLN": "0"}, "needs_address": False}},
        "gateways": {
            "pass": {},
            "bank": {"adapter": "bank_transfer", "recipient": "Sklep", "account_number": "1"},
        },
    }


def _be_busy(use_cases: UseCases) -> None:
    from application.cancel_return import CancelReturnRequest
    from application.get_redirect_url import GetRedirectUrlRequest

    paid = _order(use_cases, 2, "pass")
    sent = use_cases.get_redirect_url.execute(GetRedirectUrlRequest(order_id=paid))
    use_cases.refund_payment.execute(
        RefundPaymentRequest(
            sent.payment.id, by="ada", reason="a scratch", key="k", amount=sent.order.total.share(10)[0]
        )
    )
    waiting = _order(use_cases, 1, "bank")
    use_cases.get_redirect_url.execute(GetRedirectUrlRequest(order_id=waiting))
    stopped = _order(use_cases, 1, "bank")
    use_cases.get_redirect_url.execute(GetRedirectUrlRequest(order_id=stopped))
    key = use_cases.reads.order_by_id(stopped)[0].key
    use_cases.cancel_return.execute(CancelReturnRequest(order_key=key))
    _order(use_cases, 1, "bank", voucher="FREE")


def _order(use_cases: UseCases, quantity: int, account: str, voucher: str = "") -> Any:
    basket = use_cases.edit_basket.put(None, "mug", quantity, currency="PLN", locale="en")
    if voucher:
        basket = use_cases.edit_basket.use_voucher(basket.id, voucher)
    basket = use_cases.edit_basket.choose(basket.id, Choices(buyer=BUYER, delivery="pickup", account=account))
    total = use_cases.view_checkout.execute(basket.id).priced
    assert total is not None
    return use_cases.place_order.execute(
        PlaceOrderRequest(
            basket_id=basket.id,
            basket_version=basket.version,
            seen_total=str(total.total),
            terms_accepted=True,
        )
    ).order.id


@pytest.fixture(scope="module")
def engine(url: str) -> Iterator[Engine]:
    made = create_engine(url)
    with made.begin() as connection:
        _name_orders(connection)
        _loosen(connection)
        assert violations(connection) == ()
    yield made
    made.dispose()


def _name_orders(connection: Connection) -> None:
    """Order descriptions tell the plants which is which; a callback is stored beside the paid one."""
    paid, waiting, stopped = (
        connection.execute(text(f"SELECT id FROM orders WHERE {which}")).scalar_one()  # noqa: S608
        for which in ("paid_by IS NOT NULL AND total > 0", "status = 'pending'", "status = 'stopped'")
    )
    for name, id in (("paid", paid), ("waiting", waiting), ("stopped", stopped)):
        connection.execute(
            text("UPDATE orders SET description = :name WHERE id = :id"), {"name": name, "id": id}
        )
    for number in (1, 2):
        connection.execute(
            CALLBACK, {"key": f"key {number}", "paid": paid, "which": (paid, waiting)[number - 1]}
        )


def _loosen(connection: Connection) -> None:
    """Take every constraint away: the plants are what a bug would write if nothing stopped it."""
    if connection.dialect.name == "sqlite":
        tables = connection.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        ).scalars()
        for name in tables.all():
            connection.execute(text(f"CREATE TABLE loose AS SELECT * FROM {name}"))  # noqa: S608
            connection.execute(text(f"DROP TABLE {name}"))
            connection.execute(text(f"ALTER TABLE loose RENAME TO {name}"))
        return
    found = connection.execute(
        text(
            """SELECT conrelid::regclass AS place, conname AS name FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'u', 'f', 'p')
            ORDER BY contype = 'p', contype = 'u'"""
        )
    )
    for place, name in found.all():
        connection.execute(text(f"ALTER TABLE {place} DROP CONSTRAINT {name} CASCADE"))


@pytest.mark.parametrize(("invariant", "words", "plant"), PLANTS, ids=[words for _, words, _ in PLANTS])
def test_a_planted_violation_is_named(engine: Engine, invariant: str, words: str, plant: str) -> None:
    with engine.connect() as connection:
        _plant(connection, plant)
        found = violations(connection)
        connection.rollback()
    assert [one for one in found if one.invariant == invariant and words in one.text], found


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_payment_that_never_settled_because_all_went_back_first_is_no_contradiction(engine: Engine) -> None:
    with engine.connect() as connection, connection.begin() as planted:
        _plant(
            connection,
            "UPDATE payments SET status = 'cancelled', refunded_outside = captured - refunded"
            " WHERE id = :payment",
        )
        told = [violation.text for violation in violations(connection)]
        planted.rollback()
    assert told, "the plant contradicts the history and the facts"
    assert not [text for text in told if "captured (minor units)" in text and "is cancelled" in text]


def test_every_rule_has_a_plant_that_breaks_it(engine: Engine) -> None:
    """A rule that nothing can break is no rule."""
    seen: set[str] = set()
    with engine.connect() as connection:
        for _, _, plant in PLANTS:
            _plant(connection, plant)
            for rule in RULES:
                if connection.execute(rule.broken.limit(1)).first() is not None:
                    seen.add(rule.sentence)
            connection.rollback()
    unseen = sorted({rule.sentence for rule in RULES} - seen)
    assert unseen == []


def test_an_amount_that_is_no_whole_number_is_seen(tmp_path: Path) -> None:
    """SQLite alone would store one; PostgreSQL's columns cannot."""
    address = f"sqlite:///{tmp_path / 'shop.db'}"
    with build(_settings(address)) as application:
        application.database.upgrade()
        application.database.catalogue.load_products([a_product()])
        _order(application.use_cases, 1, "bank")
        engine = create_engine(address)
        with engine.begin() as connection:
            connection.execute(text("PRAGMA ignore_check_constraints = ON"))
            connection.execute(text("UPDATE orders SET tax = 9.33"))
        engine.dispose()
        found = application.database.checks.violations()
    assert [one.invariant for one in found] == ["I18"]


def test_the_command_prints_a_line_per_violation_and_fails(stand: Stand) -> None:
    order = stand.paid().order.reference
    assert stand.run("check") == "every invariant holds\n"
    assert stand.json("check") == {"violations": []}
    stand.sql("UPDATE orders SET total = 4991, status = 'open'")
    told = stand.run("check", code=1).splitlines()
    assert f"I4 order {order}: its lines add up to 4990, its total is 4991 (minor units)" in told
    assert told[-1] == f"{len(told) - 1} violations"
    assert {found["invariant"] for found in stand.json("check", code=1)["violations"]} >= {"I1", "I4", "I5"}


def test_checking_writes_nothing(stand: Stand) -> None:
    stand.paid()
    before = stand.sql("SELECT total(changes.n) FROM (SELECT count(*) AS n FROM events) AS changes")
    stamp = stand.sql("PRAGMA data_version")
    stand.run("check")
    assert stand.sql("PRAGMA data_version") == stamp
    assert stand.sql("SELECT total(changes.n) FROM (SELECT count(*) AS n FROM events) AS changes") == before


def test_a_violation_reads_as_a_line() -> None:
    assert str(Violation("I3", "7", "order 7 is paid and told so 2 times")).startswith("I3 order 7")
