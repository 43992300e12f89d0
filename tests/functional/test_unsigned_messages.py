"""Gateways whose messages prove nothing: nobody learns or fills anything by writing them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
import requests

from adapters.sandbox import credentials
from adapters.testing.callbacks import HOSTILE
from application.callbacks import CallbackState
from application.handle_callback import UNPROVEN_A_MINUTE, UNPROVEN_BYTES
from tests.functional.journey import Stage, a_stage
from tests.functional.roaming import SOON


def blocks(sandbox: str) -> Mapping[str, Mapping[str, object]]:
    known = credentials(sandbox)
    return {"moip": {**known["moip"], "api": "v1"}, "paymill": known["paymill"]}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with a_stage(tmp_path_factory.mktemp("unsigned") / "shop.db", blocks) as running:
        yield running


@pytest.mark.parametrize("code", ["moip", "paymill"])
def test_strangers_get_one_answer_and_leave_a_bounded_record(stage: Stage, code: str) -> None:
    bodies = [body for body in HOSTILE.values() if len(body) <= 65_536] * 10
    answers = [requests.post(f"{stage.url}/callbacks/{code}", data=body, timeout=SOON) for body in bodies]
    assert len(bodies) > UNPROVEN_A_MINUTE
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, b"OK")}
    rows = stage.application.use_cases.reads.callbacks(account=code, limit=500)
    assert len(rows) <= 2 * UNPROVEN_A_MINUTE  # the minute may turn while we speak
    assert all(len(row.body) <= UNPROVEN_BYTES for row in rows)
    assert {row.state for row in rows} <= {CallbackState.UNREADABLE, CallbackState.ORPHAN}
