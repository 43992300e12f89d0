"""Deliver the outbox: at least once, in order per order; a failing subscriber cannot undo a payment."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from application.hooks import FACTS, Fact, Hooks
from application.judgement import backoff
from application.points import reach
from application.ports.ambient import Clock
from application.ports.persistence import EventRecord, Reads, Work

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
MAX_TRIES = 12


@dataclass(frozen=True, slots=True)
class Relayed:
    delivered: int = 0
    failed: int = 0


class RelayEventsUseCase:
    """Tell the facts of undelivered events to their handlers; any number of workers may run it."""

    def __init__(self, *, work: Work, reads: Reads, hooks: Hooks, clock: Clock) -> None:
        self._work, self._reads, self._hooks, self._clock = work, reads, hooks, clock

    def execute(self, *, owner: str = "worker", limit: int = 200) -> Relayed:
        delivered = failed = 0
        for event in self._work.claim_events(owner, LEASE, limit):
            try:
                self._deliver(event)
            except Exception as error:
                log.exception("event not delivered", extra={"event": str(event.id), "name_": event.name})
                self._fail(event, owner, f"{type(error).__name__}: {error}"[:300])
                failed += 1
            else:
                reach("relay.before_mark")
                self._work.event_delivered(event.id, owner)
                delivered += 1
        return Relayed(delivered, failed)

    def _deliver(self, event: EventRecord) -> None:
        wanted = [name for name in FACTS.get(event.name, ()) if self._hooks.wants(name)]
        if not wanted:
            return
        order, payments = self._reads.order_by_id(event.order_id)
        payment_id = event.payload.get("payment_id")
        instance = next((item for item in payments if item.id == _uuid(payment_id)), None)
        for name in wanted:
            self._hooks.tell(
                name,
                Fact(
                    name=name,
                    event_id=str(event.id),
                    seq=event.seq,
                    payload=event.payload,
                    order=order,
                    instance=instance,
                    old_status=str(event.payload.get("old") or ""),
                    new_status=str(event.payload.get("new") or ""),
                ),
            )

    def _fail(self, event: EventRecord, owner: str, error: str) -> None:
        tries = event.attempts + 1
        retry_at = None if tries >= MAX_TRIES else self._clock.now() + backoff(tries)
        self._work.event_failed(event.id, owner, error, retry_at)


def _uuid(value: object) -> UUID | None:
    return UUID(value) if isinstance(value, str) else None
