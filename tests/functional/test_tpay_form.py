"""Tpay's classic form without the key of its API: what nobody can ask about is told to a person."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

import pytest

from adapters.sandbox import credentials
from domain.payment import PaymentStatus
from domain.review import ReviewKind
from tests.functional.journey import Stage, a_stage
from tests.functional.roaming import SOON


def blocks(sandbox: str) -> Mapping[str, Mapping[str, object]]:
    known = credentials(sandbox)["tpay"]
    kept = {key: value for key, value in known.items() if key not in ("client_id", "client_secret")}
    return {"tpay": {**kept, "api": "classic"}}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with a_stage(tmp_path_factory.mktemp("form") / "shop.db", blocks) as running:
        yield running


def test_money_given_back_in_the_panel_is_told_to_a_person_once(stage: Stage) -> None:
    journey = stage.send("tpay")
    journey.pay()
    journey.until(lambda order, payment: payment.status is PaymentStatus.PAID)
    stage.pull("tpay", "_faults", kind="duplicate")
    stage.pull("tpay", "_panel/refund", session=journey.session()["id"], amount=1000)
    end = time.monotonic() + SOON
    while not journey.file().reviews and time.monotonic() < end:
        time.sleep(0.05)
        stage.work()
    assert [one.kind for one in journey.file().reviews] == [ReviewKind.REVERSED]
    assert journey.now()[1].captured == journey.order.total
    assert stage.violations() == []
