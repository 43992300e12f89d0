"""Gateway -> us: prove the raw bytes, store, settle, answer in the gateway's own words."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlencode

from application.again import again
from application.callbacks import NOT_ADMITTED, CallbackState, RawCallback
from application.errors import (
    CallbackRefused,
    CallbackUnreadable,
    GatewayProtocolError,
    InvalidSignature,
    MethodNotAllowed,
    StorageUnavailable,
    UnknownAccount,
)
from application.hooks import Hooks
from application.judgement import Judgement, addressed
from application.points import reach
from application.ports.ambient import Clock, Ids
from application.ports.gateway import (
    Gateways,
    InboundMessage,
    NeedsProof,
    PaymentGateway,
    Reply,
    Temperament,
)
from application.ports.persistence import Reads, Units
from domain.observation import Observation
from domain.settlement import Verdict
from domain.transaction import TransactionStatus

log = logging.getLogger(__name__)

PATIENCE = timedelta(milliseconds=400)
TRIES = 2
"""How long, and how often, a sender waits for a busy order; then the message is judged by the worker."""

KEPT_HEADERS = frozenset({"content-type", "content-length", "user-agent", "x-request-id"})
UNPROVEN_BYTES = 4096
UNPROVEN_A_MINUTE = 60
"""How much of what nobody proved a process keeps of each account, and of each attempt named in it; the answer
is the same beyond."""


@dataclass(frozen=True, slots=True)
class HandleCallbackRequest:
    account: str
    message: InboundMessage


class HandleCallbackUseCase:
    """Turn one message from a gateway into at most one effect per fact it proves."""

    def __init__(
        self,
        *,
        gateways: Gateways,
        units: Units,
        reads: Reads,
        judgement: Judgement,
        hooks: Hooks,
        clock: Clock,
        ids: Ids,
        askers: Executor,
    ) -> None:
        self._gateways, self._units, self._reads = gateways, units, reads
        self._judgement, self._askers = judgement, askers
        self._hooks, self._clock, self._ids = hooks, clock, ids
        self._unproven: Counter[tuple[str, int, str]] = Counter()

    def execute(self, request: HandleCallbackRequest) -> Reply:
        """Raises CallbackRefused (uniform, also for an unknown account or one without callbacks),
        MethodNotAllowed, CallbackUnreadable,
        StorageUnavailable. Whatever is acknowledged is stored."""
        message = request.message
        try:
            gateway = self._gateways.get(request.account)
        except UnknownAccount as error:
            raise CallbackRefused from error
        if not gateway.capabilities.callback_methods:
            raise CallbackRefused
        if message.method not in gateway.capabilities.callback_methods:
            raise MethodNotAllowed
        message = replace(message, received_at=self._clock.now())
        raw = self._raw(gateway, message)
        if not gateway.admits(message.remote):
            self._refuse(raw, NOT_ADMITTED)
            raise CallbackRefused
        try:
            seen = gateway.read_callback(message)
        except InvalidSignature as error:
            self._refuse(raw, "not authenticated")
            raise CallbackRefused from error
        except GatewayProtocolError as error:
            unreadable = replace(raw, state=CallbackState.UNREADABLE, note=str(error)[:200])
            if gateway.capabilities.unsigned:
                return self._answer(gateway, self._overhear(unreadable))
            self._keep(unreadable)
            raise CallbackUnreadable(str(error)) from error
        if isinstance(seen, NeedsProof):
            return self._prove_later(gateway, raw, message, seen)
        if gateway.capabilities.unsigned:
            return self._answer(gateway, self._overhear(raw, *seen))
        if gateway.capabilities.temperament is not Temperament.SIGNED_CALLBACK:
            return self._answer(gateway, self._postpone(raw))
        if not seen:
            return self._answer(gateway, self._ignore(raw))
        known = [addressed(self._reads, one) for one in seen]
        verdicts = [self._judge_now(gateway, raw, one, part) for part, one in enumerate(known)]
        return self._answer(gateway, verdicts[-1], known[-1])

    @staticmethod
    def _answer(gateway: PaymentGateway, verdict: Verdict, seen: Observation | None = None) -> Reply:
        reach("callback.before_answer")
        return gateway.acknowledge(verdict, seen)

    def _prove_later(
        self, gateway: PaymentGateway, raw: RawCallback, message: InboundMessage, seen: NeedsProof
    ) -> Reply:
        """The worker proves it. Where a yes would take money there is none: what the proof wants is fetched
        now, in the background, and the message comes again."""
        if not seen.answer_decides:
            return self._answer(gateway, self._postpone(raw))
        self._askers.submit(gateway.prove, message, seen.hint)
        raise StorageUnavailable("this message cannot be judged yet")

    def _judge_now(self, gateway: PaymentGateway, raw: RawCallback, seen: Observation, part: int) -> Verdict:
        """One transaction holds the raw row, the effects and the events; when it cannot, the row alone."""
        row = raw if part == 0 else replace(raw, id=self._ids.new())
        try:
            return self._settle(gateway, row, seen, part)
        except StorageUnavailable:
            raise
        except Exception as error:
            log.exception("callback postponed", extra={"account": row.account, "callback": str(row.id)})
            if seen.answer_decides:
                raise StorageUnavailable("this message cannot be settled now") from error
            return self._postpone(row)

    def _settle(self, gateway: PaymentGateway, raw: RawCallback, seen: Observation, part: int) -> Verdict:
        def once() -> Verdict:
            with self._units(patience=PATIENCE) as uow:
                verdict = self._judgement.judge(uow, gateway, raw, seen, fresh=True, part=part)
                reach("callback.before_commit")
                uow.commit()
            reach("callback.after_commit")
            return verdict

        return again(once, tries=TRIES)

    def _postpone(self, raw: RawCallback) -> Verdict:
        self._keep(replace(raw, state=CallbackState.PENDING, due_at=self._clock.now()))
        return Verdict.APPLIED

    def _ignore(self, raw: RawCallback) -> Verdict:
        self._keep(replace(raw, state=CallbackState.IGNORED, note="nothing in it"))
        return Verdict.IGNORED

    def _overhear(self, raw: RawCallback, *hints: Observation) -> Verdict:
        """Anybody could have said it: only what is about an attempt of ours is worth a question, and of
        neither more is kept than a minute may bring."""
        told = (one.reference or one.gateway_reference or "" for one in hints)
        known = next(filter(None, (self._reads.payment_reference(raw.account, name) for name in told)), "")
        if known and self._may_keep(raw, known):
            return self._postpone(raw)
        if not known and self._may_keep(raw):
            unknown = raw if raw.note else replace(raw, state=CallbackState.ORPHAN, note="unknown order")
            self._keep(replace(unknown, body=raw.body[:UNPROVEN_BYTES]))
        return Verdict.APPLIED

    def _refuse(self, raw: RawCallback, why: str) -> None:
        """An unauthenticated caller leaves a bounded record and learns nothing."""
        if self._may_keep(raw):
            self._keep(
                replace(
                    raw,
                    body=raw.body[:UNPROVEN_BYTES],
                    state=CallbackState.REFUSED,
                    code=TransactionStatus.WRONG_REQUEST,
                    note=why,
                )
            )
        self._hooks.tell("callback_refused", raw.account)

    def _may_keep(self, raw: RawCallback, about: str = "") -> bool:
        """``about``: the reference of the attempt, if it is one of ours."""
        minute = int(raw.received_at.timestamp() // 60)
        for account, earlier, reference in list(self._unproven):
            if account == raw.account and earlier != minute:
                self._unproven.pop((account, earlier, reference), None)
        self._unproven[raw.account, minute, about] += 1
        return self._unproven[raw.account, minute, about] <= UNPROVEN_A_MINUTE

    def _keep(self, raw: RawCallback) -> None:
        with self._units() as uow:
            uow.add_callback(raw)
            uow.commit()

    def _raw(self, gateway: PaymentGateway, message: InboundMessage) -> RawCallback:
        kept = KEPT_HEADERS | gateway.capabilities.proof_headers
        return RawCallback(
            id=self._ids.new(),
            account=gateway.account,
            received_at=message.received_at or self._clock.now(),
            method=message.method,
            body=message.body,
            digest=hashlib.sha256(message.body + urlencode(message.query).encode()).hexdigest(),
            headers={name: value for name, value in message.headers.items() if name in kept},
            query=message.query,
            remote=message.remote,
            payment_hint=message.payment_id[:64],
        )
