"""Lock, decide, apply: the one road from an observation to a status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from application.errors import ConcurrentUpdate
from application.ports.ambient import Clock, Ids
from application.ports.persistence import Attempt, UnitOfWork
from domain.events import MoneyMoved
from domain.misfit import stranger
from domain.money import Money
from domain.observation import Observation, Proof, RefundNews, Source
from domain.order import Order, StockHold
from domain.payment import Payment
from domain.refund import CAME_BACK, Refund, RefundStatus
from domain.refunding import decide_refund
from domain.review import Question, ReviewItem, ReviewKind
from domain.settlement import Circumstances, Verdict, decide
from domain.transaction import (
    FactKind,
    MoneyFact,
    Transaction,
    TransactionKind,
    TransactionState,
    TransactionStatus,
)

LONGEST_CALL = timedelta(minutes=1)
"""After this no money call of ours is under way."""

_KIND: Mapping[Source, TransactionKind] = {
    Source.START: TransactionKind.START,
    Source.CALLBACK: TransactionKind.CALLBACK,
    Source.RETURN: TransactionKind.RETURN,
    Source.LOOK: TransactionKind.LOOK,
    Source.COLLECT: TransactionKind.COLLECT,
    Source.CAPTURE: TransactionKind.CAPTURE,
    Source.VOID: TransactionKind.VOID,
    Source.REFUND: TransactionKind.REFUND,
    Source.CONFIRM: TransactionKind.CONFIRM,
}


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was said on the wire, redacted; ``parameters`` have POST over GET."""

    parameters: Mapping[str, str] = field(default_factory=dict)
    request: str = ""
    answer: str = ""


NOTHING_SAID = Exchange()


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of an observation."""

    verdict: Verdict
    order: Order
    payment: Payment
    reason: str
    code: TransactionStatus


def fact_key(seen: Observation) -> tuple[str, str, str] | None:
    """What makes the money of ``seen`` unique: account, kind and the gateway's id."""
    proof = seen.proof
    return (seen.account, proof.kind.value, proof.gateway_id) if proof else None


class Settlement:
    """Applies observations to attempts that a unit of work has locked. Commits nothing itself."""

    def __init__(self, *, clock: Clock, ids: Ids) -> None:
        self._clock, self._ids = clock, ids

    def settle(
        self, uow: UnitOfWork, attempt: Attempt, seen: Observation, said: Exchange = NOTHING_SAID
    ) -> Settled:
        """Decide what ``seen`` does to the locked ``attempt`` and collect it in ``uow``."""
        refund = self._our_refund(uow, attempt, seen)
        settled = (
            self._settle_refund(uow, attempt, refund, seen)
            if refund is not None
            else self._settle_payment(uow, attempt, seen)
        )
        self._record(uow, settled, seen, said)
        return settled

    def ask_about_silence(self, uow: UnitOfWork, payment: Payment, about: str, amount: Money) -> None:
        """Open a question for a person: the gateway was asked for long, and ``about`` nobody knows."""
        uow.add_review(
            ReviewItem(
                id=self._ids.new(),
                kind=ReviewKind.UNKNOWN_TOO_LONG,
                account=payment.account,
                opened_at=self._clock.now(),
                detail=f"nobody knows what became of {about}",
                order_id=payment.order_id,
                payment_id=payment.id,
                amount=amount,
            )
        )

    def _our_refund(self, uow: UnitOfWork, attempt: Attempt, seen: Observation) -> Refund | None:
        """The refund of this very payment that the news are about, told by the account it was asked of."""
        news, payment = seen.refund, attempt.payment
        if news is None or stranger(payment, seen):
            return None
        refund = uow.lock_refund(key=news.key, account=seen.account, gateway_id=news.gateway_id)
        if refund is None and news.nameless and not attempt.fact_known:
            return self._lost_refund(uow.refunds_of(payment.id), news)
        return refund if refund is not None and refund.payment_id == payment.id else None

    def _lost_refund(self, refunds: Sequence[Refund], news: RefundNews) -> Refund | None:
        """The oldest that nobody told the gateway's id of. Raises ConcurrentUpdate while one is asked for."""
        for refund in refunds:
            if not refund.is_open or refund.gateway_id or refund.amount != news.amount:
                continue
            is_asked = refund.status is RefundStatus.REQUESTED
            if is_asked and self._clock.now() - refund.created_at <= LONGEST_CALL:
                raise ConcurrentUpdate("a refund of ours is being asked for")
            return refund
        return None

    def _settle_payment(self, uow: UnitOfWork, attempt: Attempt, seen: Observation) -> Settled:
        now = self._clock.now()
        captured = seen.proof is not None and seen.proof.kind is FactKind.CAPTURED
        looking_for_goods = captured and attempt.order.stock is StockHold.RELEASED
        decision = decide(
            attempt.order,
            attempt.payment,
            seen,
            Circumstances(
                now=now,
                others=attempt.others,
                fact_known=attempt.fact_known,
                goods_free=looking_for_goods and uow.goods_free(attempt.order),
                twin_known=_twin_known(uow, attempt.payment, seen),
            ),
        )
        uow.save_payment(decision.payment)
        uow.save_order(decision.order)
        if decision.proof is not None:
            owner = decision.payment if decision.proof_is_ours else None
            self._keep_proof(uow, decision.order, owner, seen.account, decision.proof, now)
        self._ask(uow, decision.order, decision.payment, seen, decision.questions, now)
        return Settled(decision.verdict, decision.order, decision.payment, decision.reason, decision.code)

    def _settle_refund(self, uow: UnitOfWork, attempt: Attempt, refund: Refund, seen: Observation) -> Settled:
        now = self._clock.now()
        assert seen.refund is not None  # noqa: S101 - narrows the type; ``settle`` looked it up by this news
        news, fact_known = seen.refund, attempt.fact_known
        if _is_anothers(uow.refunds_of(refund.payment_id), refund, news):
            news, fact_known = replace(news, gateway_id=""), False
        decision = decide_refund(refund, attempt.payment, news, now, fact_known=fact_known)
        payment = decision.payment
        if payment.look_at is not None and not payment.reserved.is_positive:
            payment = replace(payment, look_at=now)  # a look could not tell other refunds from this one
        uow.save_refund(decision.refund)
        uow.save_payment(payment)
        uow.save_order(attempt.order)
        if decision.proof is not None and not fact_known:
            self._keep_proof(uow, attempt.order, payment, seen.account, decision.proof, now)
        self._ask(uow, attempt.order, payment, seen, decision.questions, now)
        return Settled(decision.verdict, attempt.order, payment, decision.reason, TransactionStatus.PENDING)

    def _keep_proof(
        self,
        uow: UnitOfWork,
        order: Order,
        payment: Payment | None,
        account: str,
        proof: Proof,
        now: datetime,
    ) -> None:
        fact = MoneyFact(
            id=self._ids.new(),
            account=account,
            kind=proof.kind,
            gateway_id=proof.gateway_id,
            amount=proof.amount,
            at=now,
            order_id=order.id,
            payment_id=payment.id if payment else None,
        )
        uow.add_fact(fact)
        uow.add_event(MoneyMoved(order.id, fact.payment_id, fact.kind, fact.gateway_id, fact.amount))

    def _ask(
        self,
        uow: UnitOfWork,
        order: Order,
        payment: Payment,
        seen: Observation,
        questions: tuple[Question, ...],
        now: datetime,
    ) -> None:
        for question in questions:
            uow.add_review(
                ReviewItem(
                    id=self._ids.new(),
                    kind=question.kind,
                    account=seen.account,
                    opened_at=now,
                    detail=question.detail,
                    order_id=order.id,
                    payment_id=payment.id,
                    gateway_id=seen.proof.gateway_id if seen.proof else "",
                    amount=seen.proof.amount if seen.proof else seen.amount,
                )
            )

    def _record(self, uow: UnitOfWork, settled: Settled, seen: Observation, said: Exchange) -> None:
        ok = settled.verdict is not Verdict.REVIEW
        uow.add_transaction(
            Transaction(
                id=self._ids.new(),
                order_id=settled.order.id,
                payment_id=settled.payment.id,
                kind=_KIND[seen.source],
                state=TransactionState.OK if ok else TransactionState.KO,
                status=settled.code,
                at=self._clock.now(),
                message=f"{seen.word}: {settled.reason}",
                parameters=dict(said.parameters),
                request=said.request,
                answer=said.answer,
            )
        )


def _is_anothers(refunds: Sequence[Refund], refund: Refund, news: RefundNews) -> bool:
    """Whether the gateway's id belongs to another refund of ours: a look could not tell them apart."""
    others = (one for one in refunds if one.id != refund.id)
    return bool(news.gateway_id) and any(one.gateway_id == news.gateway_id for one in others)


def _twin_known(uow: UnitOfWork, payment: Payment, seen: Observation) -> bool:
    """Whether the fact is recorded that ``seen`` undoes, or that undoes it."""
    if seen.proof is not None and seen.proof.kind is FactKind.CHARGED_BACK:
        twin = (seen.account, FactKind.DISPUTE_WON.value, seen.proof.gateway_id)
    elif seen.proof is None and seen.refund is not None and seen.refund.status in CAME_BACK:
        twin = (seen.account, FactKind.REFUNDED.value, seen.refund.gateway_id)
    else:
        return False
    return uow.lock_payment(payment.id, fact=twin).fact_known


def watched(payment: Payment, schedule: tuple[timedelta, ...], now: datetime) -> Payment:
    """Plan the next look by the gateway's growing schedule; a closed attempt is watched to its end only,
    unless money may be on its way still."""
    last, moving = len(schedule) - 1, payment.holds_order or payment.intent or payment.reserved.is_positive
    if last < 0 or (not moving and payment.looks > last):
        return replace(payment, look_at=None)
    return replace(payment, look_at=now + schedule[min(payment.looks, last)])
