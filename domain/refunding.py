"""What a gateway's word about one of our refunds does to the refund and the payment it came from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from domain.observation import Proof, RefundNews
from domain.payment import Payment
from domain.refund import Refund, RefundStatus
from domain.review import Question, ReviewKind
from domain.settlement import Verdict
from domain.transaction import FactKind


@dataclass(frozen=True, slots=True)
class RefundDecision:
    verdict: Verdict
    refund: Refund
    payment: Payment
    reason: str
    proof: Proof | None = None
    questions: tuple[Question, ...] = ()


def decide_refund(
    refund: Refund, payment: Payment, news: RefundNews, now: datetime, *, fact_known: bool = False
) -> RefundDecision:
    """What ``news`` does to our own ``refund``; never raises. The reserve ends exactly once.

    ``fact_known``: the money is on record already, as given back by somebody else.
    """
    if news.amount != refund.amount:
        question = Question(ReviewKind.AMOUNT_MISMATCH, f"{news.amount} told for a refund of {refund.amount}")
        return RefundDecision(Verdict.REVIEW, refund, payment, question.detail, questions=(question,))
    if refund.status is RefundStatus.DONE and news.status is RefundStatus.REFUSED:
        news = replace(news, status=RefundStatus.FAILED_LATER)
    if news.status is refund.status:
        return RefundDecision(Verdict.DUPLICATE, refund, payment, "nothing new")
    if refund.status is RefundStatus.REFUSED and news.status is RefundStatus.DONE and not fact_known:
        return _left_after_all(refund, payment, news, now)
    if not refund.can_move(news.status):
        return RefundDecision(Verdict.STALE, refund, payment, f"{news.status} came after {refund.status}")
    moved = refund.move(news.status, news.gateway_id)
    payment = replace(payment, updated_at=now)
    proof: Proof | None = None
    questions: tuple[Question, ...] = ()
    match news.status:
        case RefundStatus.DONE:
            payment = replace(
                payment.reclaim(refund.amount) if fact_known else payment,
                reserved=payment.reserved - refund.amount,
                refunded=payment.refunded + refund.amount,
            )
            proof = Proof(FactKind.REFUNDED, moved.gateway_id or refund.key, refund.amount)
            if payment.is_double_loss:
                questions = (Question(ReviewKind.DOUBLE_LOSS, "more went back than ever came in"),)
        case RefundStatus.REFUSED:
            payment = replace(payment, reserved=payment.reserved - refund.amount)
            questions = (Question(ReviewKind.REFUND_REFUSED, f"a refund of {refund.amount} was refused"),)
        case RefundStatus.FAILED_LATER:
            payment = replace(payment, refunded=payment.refunded - refund.amount)
            questions = (Question(ReviewKind.REFUND_FAILED, f"a refund of {refund.amount} came back"),)
        case _:
            pass
    if not moved.is_open:
        moved = replace(moved, look_at=None)
    return RefundDecision(Verdict.APPLIED, moved, payment, news.status.value, proof, questions)


def _left_after_all(refund: Refund, payment: Payment, news: RefundNews, now: datetime) -> RefundDecision:
    """We were told no before and the reserve is gone, so the money counts like somebody else's refund."""
    payment = replace(payment.part_with(FactKind.REFUNDED, refund.amount), updated_at=now)
    proof = Proof(FactKind.REFUNDED, news.gateway_id or refund.key, refund.amount)
    questions = [Question(ReviewKind.REFUND_FAILED, f"a refund of {refund.amount} was made after all")]
    if payment.is_double_loss:
        questions.append(Question(ReviewKind.DOUBLE_LOSS, "more went back than ever came in"))
    return RefundDecision(Verdict.APPLIED, refund, payment, "made after all", proof, tuple(questions))
