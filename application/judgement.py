"""What becomes of one stored, authenticated message: shared by the callback route and the worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from application.callbacks import CallbackState, RawCallback
from application.messages import message_of
from application.ports.ambient import Clock, Ids
from application.ports.gateway import PaymentGateway, Temperament
from application.ports.persistence import Reads, UnitOfWork
from application.settlement import Exchange, Settlement, fact_key
from domain.events import CallbackAccepted
from domain.observation import Observation
from domain.payment import PaymentStatus
from domain.review import ReviewItem, ReviewKind
from domain.settlement import Verdict
from domain.transaction import TransactionStatus

MAX_TRIES = 8
FIRST_DELAY = timedelta(seconds=2)
LONGEST_DELAY = timedelta(hours=1)
PARAMETERS_KEPT = 100

_STATES: Mapping[Verdict, CallbackState] = {
    Verdict.APPLIED: CallbackState.APPLIED,
    Verdict.DUPLICATE: CallbackState.DUPLICATE,
    Verdict.STALE: CallbackState.STALE,
    Verdict.IGNORED: CallbackState.IGNORED,
    Verdict.REVIEW: CallbackState.REVIEW,
}


def event_key(gateway: PaymentGateway, seen: Observation, digest: str, part: int) -> str | None:
    """What tells one signed message of an account from another: the gateway's id for it, else its bytes and
    the place in them. A mere hint has none: the same words may mean something new each time."""
    if gateway.capabilities.temperament is not Temperament.SIGNED_CALLBACK:
        return None
    return seen.event_id or (f"{digest}:{part}" if part else digest)


def addressed(reads: Reads, seen: Observation) -> Observation:
    """What was told about the gateway's own id of a session or capture, as told about our attempt."""
    if seen.reference or not seen.gateway_reference:
        return seen
    reference = reads.payment_reference(seen.account, seen.gateway_reference)
    return replace(seen, reference=reference, gateway_reference=None) if reference else seen


class Judgement:
    """Judges a message inside the caller's unit of work; the row and its effects commit together."""

    def __init__(self, *, settlement: Settlement, clock: Clock, ids: Ids) -> None:
        self._settlement, self._clock, self._ids = settlement, clock, ids

    def judge(
        self,
        uow: UnitOfWork,
        gateway: PaymentGateway,
        raw: RawCallback,
        seen: Observation,
        *,
        fresh: bool,
        part: int = 0,
    ) -> Verdict:
        """``fresh``: the row is not stored yet. ``part``: the place of ``seen`` in a batch. Answers what the
        gateway is to be told."""
        write = uow.add_callback if fresh else uow.save_callback
        key = event_key(gateway, seen, raw.digest, part)
        attempt = uow.lock_attempt(seen.reference, account=seen.account, event_key=key, fact=fact_key(seen))
        if attempt is not None and attempt.seen_before not in (None, raw.id):
            write(self._judged(raw, CallbackState.DUPLICATE, "seen before", duplicate_of=attempt.seen_before))
            return Verdict.DUPLICATE
        if attempt is None and _is_about_nobody(seen):
            write(self._judged(raw, CallbackState.IGNORED, f"unknown kind {seen.word!r}"))
            return Verdict.IGNORED
        if attempt is None:
            proves = gateway.capabilities.temperament is not Temperament.GO_AND_LOOK
            write(self._orphan(uow, raw, seen, ask=proves))
            return Verdict.IGNORED
        settled = self._settlement.settle(uow, attempt, seen, Exchange(parameters=_parameters(raw)))
        if settled.verdict is Verdict.APPLIED:
            uow.add_event(_accepted(settled.payment.id, settled.order.id, seen))
        write(
            replace(
                self._judged(raw, _STATES[settled.verdict], settled.reason),
                event_key=key,
                code=int(settled.code),
                order_id=settled.order.id,
                payment_id=settled.payment.id,
            )
        )
        return settled.verdict

    def _judged(
        self, raw: RawCallback, state: CallbackState, note: str, *, duplicate_of: UUID | None = None
    ) -> RawCallback:
        return replace(
            raw,
            state=state,
            note=note[:200],
            judged_at=self._clock.now(),
            due_at=None,
            duplicate_of=duplicate_of,
        )

    def _orphan(self, uow: UnitOfWork, raw: RawCallback, seen: Observation, *, ask: bool) -> RawCallback:
        """Nobody knows this order yet: judged again with back-off, then a question for a person.

        Not ``ask``: anybody could have sent it, so it only stays on record.
        """
        tries = raw.tries + 1
        if tries < MAX_TRIES:
            return replace(
                raw,
                state=CallbackState.PENDING,
                note="unknown order",
                code=int(TransactionStatus.ORDER_UNKNOWN),
                tries=tries,
                due_at=self._clock.now() + backoff(tries),
            )
        if ask:
            uow.add_review(self._question(seen))
        return replace(self._judged(raw, CallbackState.ORPHAN, "unknown order"), tries=tries)

    def _question(self, seen: Observation) -> ReviewItem:
        return ReviewItem(
            id=self._ids.new(),
            kind=ReviewKind.ORPHAN,
            account=seen.account,
            opened_at=self._clock.now(),
            detail=f"{seen.word} for an order nobody knows",
            gateway_id=seen.proof.gateway_id if seen.proof else "",
            amount=seen.proof.amount if seen.proof else seen.amount,
        )


def _is_about_nobody(seen: Observation) -> bool:
    """Whether it names no attempt and tells of no money: no order will ever fit it."""
    return seen.says_nothing and seen.refund is None and not (seen.reference or seen.gateway_reference)


def _parameters(raw: RawCallback) -> Mapping[str, str]:
    """POST over GET, bounded."""
    return dict(list(message_of(raw).parameters().items())[:PARAMETERS_KEPT])


def backoff(tries: int) -> timedelta:
    """2, 4, 8 ... seconds, at most an hour."""
    return min(FIRST_DELAY * (1 << min(tries - 1, 16)), LONGEST_DELAY)


def _accepted(payment_id: UUID, order_id: UUID, seen: Observation) -> CallbackAccepted:
    return CallbackAccepted(
        order_id=order_id,
        payment_id=payment_id,
        status=seen.status,
        is_success=seen.status is PaymentStatus.PAID,
        is_failed=seen.status in (PaymentStatus.FAILED, PaymentStatus.EXPIRED),
        is_cancelled=seen.status is PaymentStatus.CANCELLED,
    )
