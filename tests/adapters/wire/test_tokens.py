"""Access tokens: one fetch for many callers, one renewal, and what their absence means."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.wire.http import Answer
from adapters.wire.tokens import Token, TokenCache
from application.errors import GatewayUnavailable, GatewayUnreachable, OutcomeUnknown


class Mint:
    """Hands out numbered tokens, slowly enough for callers to collide."""

    def __init__(self, seconds: int = 3600) -> None:
        self.made, self._seconds, self._lock = 0, seconds, threading.Lock()

    def __call__(self) -> Token:
        time.sleep(0.02)
        with self._lock:
            self.made += 1
            return Token(f"t{self.made}", self._seconds)


def refusing(*dead: str) -> tuple[list[str], object]:
    used: list[str] = []

    def call(token: str) -> Answer:
        used.append(token)
        return Answer(401 if token in dead else 200, {}, b"{}")

    return used, call


def test_many_callers_cause_one_fetch() -> None:
    mint = Mint()
    cache = TokenCache(mint)
    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(lambda _: cache.get(), range(10))) == {"t1"}
    assert mint.made == 1


def test_ten_refused_callers_cause_one_renewal() -> None:
    mint = Mint()
    cache = TokenCache(mint)
    cache.get()
    _, call = refusing("t1")
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: cache.send(call), range(10)))  # type: ignore[arg-type]
    assert {answer.status for answer in answers} == {200}
    assert mint.made == 2


def test_a_second_refusal_is_unknown_and_raises_an_alarm(caplog: pytest.LogCaptureFixture) -> None:
    used, call = refusing("t1", "t2")
    with pytest.raises(OutcomeUnknown):
        TokenCache(Mint()).send(call)  # type: ignore[arg-type]
    assert used == ["t1", "t2"]
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_a_token_is_renewed_shortly_before_its_end() -> None:
    now, mint = [0.0], Mint(seconds=100)
    cache = TokenCache(mint, clock=lambda: now[0])
    cache.get()
    now[0] = 39.0
    assert cache.get() == "t1"
    now[0] = 40.0
    assert cache.get() == "t2"


def test_a_renewed_token_is_not_dropped_by_a_latecomer() -> None:
    mint = Mint()
    cache = TokenCache(mint)
    cache.drop(cache.get())
    assert cache.get() == "t2"
    cache.drop("t1")
    assert cache.get() == "t2"


@pytest.mark.parametrize(
    ("problem", "raised"),
    [
        (OutcomeUnknown("late"), GatewayUnreachable),
        (GatewayUnreachable("gone"), GatewayUnreachable),
        (GatewayUnavailable("refused"), GatewayUnavailable),
    ],
)
def test_without_a_token_the_call_itself_was_not_sent(problem: Exception, raised: type[Exception]) -> None:
    def fail() -> Token:
        raise problem

    used, call = refusing()
    with pytest.raises(raised):
        TokenCache(fail).send(call)  # type: ignore[arg-type]
    assert not used


def test_a_token_does_not_show_in_its_text() -> None:
    assert "canary" not in repr(Token("canary", 1))
