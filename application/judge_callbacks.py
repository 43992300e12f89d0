"""The worker's half of callbacks: what was stored and acknowledged, but not judged yet."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from application.again import again
from application.ask_gateway import AskGateway
from application.callbacks import NOT_ADMITTED, CallbackState, RawCallback
from application.errors import (
    GatewayProtocolError,
    GatewayUnavailable,
    GatewayUnreachable,
    InvalidSignature,
    OutcomeUnknown,
    UnknownAccount,
)
from application.judgement import MAX_TRIES, Judgement, addressed, backoff
from application.messages import message_of
from application.points import reach
from application.ports.ambient import Clock, Ids
from application.ports.gateway import (
    Gateways,
    InboundMessage,
    NeedsProof,
    Operation,
    PaymentGateway,
    Temperament,
)
from application.ports.persistence import Reads, Units, Work
from domain.observation import Observation, Source
from domain.review import ReviewItem, ReviewKind

log = logging.getLogger(__name__)

Looks = dict[tuple[str, str], Observation]
"""What was found out in one run, by account and our reference."""

LEASE = timedelta(seconds=60)
_NOBODY_KNOWS = (GatewayUnreachable, GatewayUnavailable, OutcomeUnknown)
_TOO_LATE = "only its own answer could have taken this money"
PATIENCE = timedelta(milliseconds=500)
"""How long the other rows wait for one whose order is busy; that one comes again."""


@dataclass(frozen=True, slots=True)
class Judged:
    """How many rows were judged, and how many have to wait or were given up."""

    done: int = 0
    later: int = 0


class JudgeCallbacksUseCase:
    """Judge the pending callbacks that are due, once each; any number of workers may run it."""

    def __init__(
        self,
        *,
        work: Work,
        reads: Reads,
        units: Units,
        gateways: Gateways,
        judgement: Judgement,
        ask: AskGateway,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._work, self._reads, self._units, self._gateways = work, reads, units, gateways
        self._judgement, self._ask, self._clock, self._ids = judgement, ask, clock, ids

    def execute(self, *, owner: str = "worker", limit: int = 50) -> Judged:
        done = later = 0
        looks: Looks = {}
        for raw in self._work.claim_callbacks(owner, LEASE, limit):
            if self._judge_safely(raw, looks):
                done += 1
            else:
                later += 1
        return Judged(done, later)

    def replay(self, callback_id: UUID) -> bool:
        """Judge one stored message again, whatever became of it. Raises CallbackNotFound."""
        return self._judge_safely(self._reads.callback(callback_id), {})

    def _judge_safely(self, raw: RawCallback, looks: Looks) -> bool:
        """One sick row never stops the others: it backs off, then becomes a question for a person.

        So does one that was proven when it came and is not any more (a secret was changed meanwhile).
        """
        try:
            return self._judge(raw, looks)
        except Exception as error:
            why, patient = type(error).__name__, isinstance(error, _NOBODY_KNOWS)
            log.exception("callback not judged", extra={"account": raw.account, "callback": str(raw.id)})
            again(lambda: self._put_off(raw, why, patient=patient))
            return False

    def _judge(self, raw: RawCallback, looks: Looks) -> bool:
        try:
            gateway = self._gateways.get(raw.account)
        except UnknownAccount:
            again(lambda: self._put_off(raw, "account unknown"))
            return False
        if raw.state is CallbackState.REFUSED and not gateway.admits(raw.remote):
            self._write(replace(raw, due_at=None, note=NOT_ADMITTED))
            return True
        try:
            seen = gateway.read_callback(message_of(raw))
        except (InvalidSignature, GatewayProtocolError) as error:
            if raw.state is CallbackState.PENDING:
                raise
            self._write(replace(raw, state=CallbackState.REFUSED, due_at=None, note=type(error).__name__))
            return True
        try:
            observations = self._proven(gateway, message_of(raw), seen, looks)
        except InvalidSignature:
            self._write(replace(raw, state=CallbackState.REFUSED, due_at=None, note="not the gateway's"))
            return True
        reach("judge.before_settle")
        for part, observation in enumerate(observations):
            if observation.answer_decides:
                self._write(replace(raw, state=CallbackState.IGNORED, due_at=None, note=_TOO_LATE))
                continue
            again(lambda: self._settle(gateway, raw, observation, part))  # noqa: B023
            if observation.source is Source.LOOK:
                self._ask.follow_up(observation)
        if not observations:
            self._write(replace(raw, state=CallbackState.IGNORED, due_at=None, note="nothing in it"))
        return True

    def _proven(
        self,
        gateway: PaymentGateway,
        message: InboundMessage,
        seen: tuple[Observation, ...] | NeedsProof,
        looks: Looks,
    ) -> tuple[Observation, ...]:
        """A signed message proves itself; any other is a hint that the gateway is asked about, and so is one
        that was proven later and does not tell what happened.

        One look serves all hints about an attempt that were stored before it: nobody can make us ask without
        end.
        """
        later = isinstance(seen, NeedsProof)
        if isinstance(seen, NeedsProof):
            seen = gateway.prove(message, seen.hint)
        known = tuple(addressed(self._reads, one) for one in seen)
        if gateway.capabilities.temperament is Temperament.SIGNED_CALLBACK:
            hints = [one for one in known if later and _leaves_open(gateway, one)]
        else:
            hints = list(known)
        for hint in hints:
            if (hint.account, hint.reference) not in looks:
                looks[hint.account, hint.reference] = self._ask.about(gateway, hint)
        return tuple(looks[one.account, one.reference] if one in hints else one for one in known)

    def _settle(self, gateway: PaymentGateway, raw: RawCallback, seen: Observation, part: int) -> None:
        with self._units(patience=PATIENCE) as uow:
            self._judgement.judge(uow, gateway, raw, seen, fresh=False, part=part)
            reach("judge.before_commit")
            uow.commit()

    def _put_off(self, raw: RawCallback, why: str, *, patient: bool = False) -> None:
        """``patient``: the gateway was silent, so it is asked again for as long as it takes."""
        tries = min(raw.tries + 1, MAX_TRIES - 1) if patient else raw.tries + 1
        poisoned = tries >= MAX_TRIES
        with self._units() as uow:
            uow.save_callback(
                replace(
                    raw,
                    tries=tries,
                    note=why,
                    state=CallbackState.POISON if poisoned else CallbackState.PENDING,
                    due_at=None if poisoned else self._clock.now() + backoff(tries),
                )
            )
            if poisoned:
                uow.add_review(
                    ReviewItem(
                        id=self._ids.new(),
                        kind=ReviewKind.POISON,
                        account=raw.account,
                        opened_at=self._clock.now(),
                        detail=f"callback {raw.id} could not be judged: {why}",
                    )
                )
            uow.commit()

    def _write(self, raw: RawCallback) -> None:
        with self._units() as uow:
            uow.save_callback(replace(raw, judged_at=self._clock.now()))
            uow.commit()


def _leaves_open(gateway: PaymentGateway, seen: Observation) -> bool:
    """Whether ``seen`` tells neither a status nor money, and its gateway can be asked."""
    told = seen.status or seen.proof or seen.refund
    return told is None and Operation.LOOK in gateway.capabilities.operations
