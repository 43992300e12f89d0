"""Hands callbacks to the shop in the background, repeats what was not accepted, writes down every answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final

import requests

from adapters.sandbox.ledger import Delivery, Ledger, Message

TIMEOUT: Final = (10, 10)
_KEPT_ANSWER: Final = 2000

Accepted = Callable[[int, bytes], bool]


class Notifier:
    """Sends messages, each batch in its own daemon thread. Times are in seconds."""

    def __init__(self, ledger: Ledger, clock: Callable[[], float], retry_delays: Sequence[float]) -> None:
        self._ledger = ledger
        self._clock = clock
        self._retry_delays = tuple(retry_delays)
        self.closing = threading.Event()

    def send(self, batch: Sequence[Message], accepted: Accepted, *, delay: float = 0) -> threading.Event:
        """Deliver the batch in order after `delay`; the event is set once each was tried once.

        What is not accepted is repeated after the configured delays. A forged message is never repeated.
        """
        tried = threading.Event()

        def run() -> None:
            if delay and self.closing.wait(delay):
                return
            refused = [m for m in batch if not self.attempt(m, accepted).accepted and not m.forged]
            tried.set()
            for pause in self._retry_delays:
                if not refused or self.closing.wait(pause):
                    return
                refused = [m for m in refused if not self.attempt(m, accepted).accepted]

        self._start(run)
        return tried

    def later(self, seconds: float, action: Callable[[], object]) -> None:
        """Run `action` once after `seconds`, unless the sandbox stops before."""

        def run() -> None:
            if not self.closing.wait(seconds):
                action()

        self._start(run)

    def attempt(self, message: Message, accepted: Accepted) -> Delivery:
        """Deliver once, now, following no redirect and asking no proxy; no answer is an error text."""
        try:
            with requests.Session() as http:
                http.trust_env = False
                answer = http.request(
                    message.method,
                    message.url,
                    data=message.body,
                    headers=dict(message.headers),
                    timeout=TIMEOUT,
                    allow_redirects=False,
                )
            delivery = Delivery(
                at=self._clock(),
                status=answer.status_code,
                answer=answer.text[:_KEPT_ANSWER],
                accepted=accepted(answer.status_code, answer.content),
            )
        except requests.RequestException as problem:
            delivery = Delivery(at=self._clock(), status=None, error=type(problem).__name__)
        self._ledger.answered(message.id, delivery)
        return delivery

    @staticmethod
    def _start(run: Callable[[], None]) -> None:
        threading.Thread(target=run, name="sandbox-notifier", daemon=True).start()
