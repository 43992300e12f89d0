"""Access tokens: fetched once for many callers, dropped once when the gateway refuses them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from adapters.wire.http import Answer
from application.errors import GatewayUnavailable, GatewayUnreachable, OutcomeUnknown

log = logging.getLogger("callbank.wire")
_MARGIN: Final = 60.0
_PATIENCE: Final = 10.0


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token and how many seconds it is good for."""

    value: str = field(repr=False)
    seconds: int


class TokenCache:
    """Keeps one token until shortly before its end. ``fetch`` asks the gateway for a new one."""

    def __init__(self, fetch: Callable[[], Token], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch, self._clock = fetch, clock
        self._lock = threading.Lock()
        self._value, self._ends = "", 0.0

    def get(self) -> str:
        """A token that should be good; many callers cause one fetch.

        Raises GatewayUnreachable or GatewayUnavailable: whatever it was wanted for has not been sent.
        """
        if not self._lock.acquire(timeout=_PATIENCE):
            raise GatewayUnavailable("another call is still waiting for an access token", code="token")
        try:
            if not self._value or self._clock() >= self._ends:
                token = self._fetched()
                self._value, self._ends = token.value, self._clock() + max(token.seconds - _MARGIN, 0)
            return self._value
        finally:
            self._lock.release()

    def drop(self, refused: str) -> None:
        """Forget ``refused``, unless somebody has already fetched another."""
        with self._lock:
            if self._value == refused:
                self._value = ""

    def send(self, call: Callable[[str], Answer]) -> Answer:
        """Make ``call`` with a token; on a 401 once more with a fresh one. A second 401 is OutcomeUnknown."""
        token = self.get()
        answer = call(token)
        if answer.status != 401:
            return answer
        self.drop(token)
        answer = call(self.get())
        if answer.status == 401:
            log.error("gateway refuses fresh access tokens")
            raise OutcomeUnknown("the gateway refuses even a fresh access token", code="401")
        return answer

    def _fetched(self) -> Token:
        try:
            return self._fetch()
        except OutcomeUnknown as error:
            raise GatewayUnreachable("no access token was to be had", code=error.code) from error


def token_granted(answer: Answer, label: str) -> Token:
    """The token in an OAuth answer (RFC 6749, section 5.1); its seconds may be digits in a text.

    Raises GatewayUnavailable when the credentials are not taken, OutcomeUnknown for another answer.
    """
    if not answer.is_success:
        raise GatewayUnavailable(f"{label} does not take these credentials", code=str(answer.status))
    told = answer.json()
    value, seconds = told.get("access_token"), str(told.get("expires_in"))
    if not isinstance(value, str) or not value or not (seconds.isascii() and seconds.isdigit()):
        raise OutcomeUnknown(f"{label} answered without an access token", code="token")
    return Token(value, int(seconds))
