"""What one observation does to an order and its payment. Pure, total: evidence is never lost or forced.

Every road to a status ends here: callbacks, returns, looks, collects, reconciliation and staff alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from domain.collecting import why_not_collect
from domain.misfit import mismatch, stranger
from domain.observation import Observation, Proof, Source
from domain.order import Order, OrderStatus, StockHold
from domain.payment import CLOSED, Payment, PaymentStatus
from domain.refund import CAME_BACK
from domain.review import Question, ReviewKind
from domain.transaction import FactKind, TransactionStatus


class Verdict(StrEnum):
    """What became of the evidence: applied; kept while a person is asked (REVIEW); or without any effect."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    STALE = "stale"
    IGNORED = "ignored"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a decision needs beside the two aggregates, read after their rows were locked.

    ``others``: the order's other payments. ``fact_known``: the proof is already recorded. ``goods_free``: the
    released goods of the order can be had again. ``twin_known``: the fact is recorded that the news undo, or
    that undoes them (a refund that came back, a dispute that was won).
    """

    now: datetime
    others: Sequence[Payment] = ()
    fact_known: bool = False
    goods_free: bool = False
    twin_known: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The order and payment as they shall be, the proof to record and the questions to open.

    ``proof_is_ours`` false: the proof is recorded without a payment (an orphan). ``code`` is the status of
    the transaction record.
    """

    verdict: Verdict
    order: Order
    payment: Payment
    reason: str
    code: TransactionStatus
    proof: Proof | None = None
    proof_is_ours: bool = True
    questions: tuple[Question, ...] = field(default=())


def decide(order: Order, payment: Payment, seen: Observation, at: Circumstances) -> Decision:
    """What ``seen`` does to ``order`` and ``payment``; never raises.

    A look tells of one movement of money at a time: whatever it found, another one comes next.
    """
    decision = _decide(order, payment, seen, at)
    if seen.source is Source.LOOK and seen.proof and decision.verdict is Verdict.APPLIED:
        return replace(decision, payment=replace(decision.payment, look_at=at.now))
    return decision


def _decide(order: Order, payment: Payment, seen: Observation, at: Circumstances) -> Decision:
    still = _Still(order, payment, seen)
    if seen.proof is not None and at.fact_known:
        return still.unmoved(
            Verdict.DUPLICATE, "this money is already recorded", TransactionStatus.ORDER_NOT_OPEN
        )
    if seen.answer_decides and (why_not := _why_not_take(order, payment, seen, at)):
        return still.unmoved(Verdict.STALE, why_not, TransactionStatus.ORDER_NOT_OPEN)
    if (question := stranger(payment, seen)) is not None:
        return still.disown(question)
    if seen.proof is not None and seen.proof.kind is not FactKind.CAPTURED:
        return _money_back(still, seen.proof, at)
    if (question := mismatch(payment, seen)) is not None:
        return _refuse_amount(still, question)
    if seen.proof is not None:
        return _captured(still, seen.proof, at)
    if seen.refund is not None and seen.refund.status in CAME_BACK and at.twin_known:
        back = f"a refund of {seen.refund.amount} came back, it still counts as given back"
        return still.ask(Question(ReviewKind.REFUND_FAILED, back), order, payment, TransactionStatus.PENDING)
    if seen.refund is not None:
        return still.unmoved(Verdict.IGNORED, "a refund that moved no money", TransactionStatus.PENDING)
    if seen.took_back and seen.took_back == payment.capture_reference:
        taken = Question(ReviewKind.REVERSED, "the gateway gave money back and does not say how much")
        return still.ask(taken, order, payment, TransactionStatus.PENDING)
    if seen.status is None:
        return still.unmoved(Verdict.IGNORED, f"unknown kind {seen.word!r}", TransactionStatus.UNKNOWN)
    return _moved(still, seen.status, at)


@dataclass(frozen=True, slots=True)
class _Still:
    """The starting point, and the ways to answer without moving anything."""

    order: Order
    payment: Payment
    seen: Observation

    def unmoved(self, verdict: Verdict, reason: str, code: TransactionStatus) -> Decision:
        return Decision(verdict, self.order, self.payment, reason, code)

    def disown(self, question: Question) -> Decision:
        """The proof belongs to somebody else: it is kept, without our payment."""
        return replace(self.ask(question, self.order, self.payment), proof_is_ours=False)

    def ask(
        self,
        question: Question,
        order: Order,
        payment: Payment,
        code: TransactionStatus = TransactionStatus.WRONG_CALLBACK,
    ) -> Decision:
        return Decision(
            Verdict.REVIEW, order, payment, question.detail, code, self.seen.proof, questions=(question,)
        )


def _why_not_take(order: Order, payment: Payment, seen: Observation, at: Circumstances) -> str:
    """Why we say no to money that waits for our yes; it then goes back by itself."""
    question = stranger(payment, seen) or mismatch(payment, seen)
    return question.detail if question else why_not_collect(order, payment, at.others)


def _refuse_amount(still: _Still, question: Question) -> Decision:
    """Wrong amount or currency never pays; captured money closes the order to further tries until decided."""
    order, why = still.order, question.kind.value
    if still.seen.proof is None and still.payment.failure == why:
        return still.unmoved(Verdict.DUPLICATE, "asked already", TransactionStatus.WRONG_CALLBACK)
    if still.seen.proof and order.can_move(OrderStatus.ERROR):
        order = order.move(OrderStatus.ERROR)
    return still.ask(question, order, replace(still.payment, look_at=None, failure=why))


def _captured(still: _Still, proof: Proof, at: Circumstances) -> Decision:
    order, payment = still.order, _learn(still.payment, still.seen)
    if not payment.can_move(PaymentStatus.PAID) and payment.status is not PaymentStatus.PAID:
        return still.unmoved(Verdict.STALE, "the table lists no such move", TransactionStatus.ORDER_NOT_OPEN)
    if payment.status is PaymentStatus.PAID or (order.is_paid and order.paid_by != payment.id):
        return _surplus(still, payment, proof, at)
    paid = payment.capture(proof.amount, proof.gateway_id, at.now)
    if paid.is_gone:
        return _came_and_went(still, paid, proof)
    questions = _receipt_question(still.seen) + _overpaid_question(paid)
    code = TransactionStatus.ERROR_VALIDATION if still.seen.receipt_failed else TransactionStatus.VALIDATED
    if paid.status is not PaymentStatus.PAID:
        waiting = order.await_payment() if order.is_payable else order
        late = () if order.is_payable or order.is_promised else (_late(order, proof),)
        return _applied(waiting, paid, "part of the amount", TransactionStatus.PENDING, proof, late)
    if order.status is OrderStatus.VALIDATED:
        settled = replace(order, paid_by=paid.id)
        return _applied(settled, paid, "the promise was kept", code, proof, questions)
    if order.is_payable or (order.is_closed and not order.is_final and _goods_ok(order, at)):
        settled = replace(order.validate(at.now), paid_by=paid.id)
        return _applied(settled, paid, "paid", code, proof, questions)
    if order.is_closed and not order.is_final:
        order = order.move(OrderStatus.ERROR)
    return _applied(order, paid, "late money", code, proof, (*questions, _late(order, proof)))


def _came_and_went(still: _Still, paid: Payment, proof: Proof) -> Decision:
    """The refund was told before the capture: both are kept, and nothing is left to settle the order with."""
    kept = replace(paid, status=still.payment.status)
    return _applied(still.order, kept, "all of it went back before", TransactionStatus.CANCELLED, proof, ())


def _goods_ok(order: Order, at: Circumstances) -> bool:
    return at.goods_free or order.stock is not StockHold.RELEASED


def _late(order: Order, proof: Proof) -> Question:
    return Question(ReviewKind.LATE, f"{proof.amount} arrived when the order was {order.status}")


def _receipt_question(seen: Observation) -> tuple[Question, ...]:
    if not seen.receipt_failed:
        return ()
    return (Question(ReviewKind.RECEIPT_FAILED, "the money is captured, our receipt to the gateway failed"),)


def _overpaid_question(paid: Payment) -> tuple[Question, ...]:
    if paid.captured <= paid.amount:
        return ()
    return (Question(ReviewKind.SURPLUS, f"{paid.captured} was confirmed for {paid.amount}"),)


def _surplus(still: _Still, payment: Payment, proof: Proof, at: Circumstances) -> Decision:
    """Paid already, by another transaction: the money is kept in sight, nothing moves twice."""
    question = Question(ReviewKind.SURPLUS, f"a second payment of {proof.amount} arrived")
    if payment.status is not PaymentStatus.PAID:
        payment = payment.capture(proof.amount, proof.gateway_id, at.now)
    return still.ask(question, still.order, payment, TransactionStatus.ORDER_NOT_OPEN)


def _moved(still: _Still, status: PaymentStatus, at: Circumstances) -> Decision:
    """A status without money: authorised, on its way, unknown, or over."""
    payment = _learn(still.payment, still.seen)
    if status in CLOSED:  # an attempt that was over before has no money call any more, either
        intent = "" if payment.status in CLOSED else payment.intent
        payment = replace(payment, look_at=None, intent=intent)
    if not payment.can_move(status):
        known = status is payment.status
        verdict = Verdict.DUPLICATE if known else Verdict.STALE
        reason = "nothing new" if known else f"{status} came after {payment.status}"
        return replace(still.unmoved(verdict, reason, TransactionStatus.ORDER_NOT_OPEN), payment=payment)
    moved = payment.move(status, at.now)
    order = still.order
    questions: tuple[Question, ...] = ()
    if moved.holds_order and order.is_payable:
        order = order.await_payment()
    elif status is PaymentStatus.AUTHORIZED:
        held = f"{moved.amount} is held for an order that is {order.status}"
        questions = (Question(ReviewKind.LATE, held),)
    if status in CLOSED:
        moved = replace(moved, failure=still.seen.failure)
        if order.status is OrderStatus.PENDING and not any(other.holds_order for other in at.others):
            order = order.reopen()
    code = {
        PaymentStatus.AUTHORIZED: TransactionStatus.PENDING,
        PaymentStatus.IN_PROGRESS: TransactionStatus.PENDING,
        PaymentStatus.UNKNOWN: TransactionStatus.UNKNOWN,
    }.get(status, TransactionStatus.CANCELLED)
    return _applied(order, moved, status.value, code, None, questions)


def _learn(payment: Payment, seen: Observation) -> Payment:
    """What any believed message may add: the gateway's reference, a lapse date, the failed receipt."""
    return replace(
        payment,
        gateway_reference=payment.gateway_reference or seen.gateway_reference,
        capture_before=seen.capture_before or payment.capture_before,
        receipt_failed=payment.receipt_failed or seen.receipt_failed,
        extra={**payment.extra, **seen.receipt} if seen.receipt else payment.extra,
    )


def _money_back(still: _Still, proof: Proof, at: Circumstances) -> Decision:
    """Refunds of a panel, reversals, disputes: always recorded; they never un-pay an order."""
    payment = still.payment
    if still.seen.sums not in ((), payment.sums):
        counted = still.unmoved(Verdict.STALE, "money moved while we asked", TransactionStatus.PENDING)
        return replace(counted, payment=replace(payment, look_at=at.now))
    if not proof.amount.is_positive:
        return still.disown(Question(ReviewKind.AMOUNT_MISMATCH, f"{proof.amount} cannot go back"))
    if proof.amount.currency != payment.amount.currency:
        mixed = f"{proof.amount} went back of {payment.amount}"
        return still.disown(Question(ReviewKind.CURRENCY_MISMATCH, mixed))
    if proof.kind is FactKind.CHARGED_BACK and at.twin_known:
        won = "this dispute was won already"
        return _applied(still.order, payment, won, TransactionStatus.PENDING, proof, ())
    payment = payment.part_with(proof.kind, proof.amount)
    questions: list[Question] = []
    if proof.kind is FactKind.REVERSED:
        questions.append(Question(ReviewKind.REVERSED, f"the gateway took {proof.amount} back"))
    if proof.kind is FactKind.CHARGED_BACK:
        questions.append(Question(ReviewKind.CHARGEBACK, f"{proof.amount} is disputed"))
    order = still.order
    unseen = not payment.captured.is_positive and payment.can_move(PaymentStatus.CANCELLED)
    if unseen and proof.kind is not FactKind.DISPUTE_WON:
        payment = payment.move(PaymentStatus.CANCELLED, at.now)
        if order.status is OrderStatus.PENDING and not any(other.holds_order for other in at.others):
            order = order.reopen()
    elif payment.is_double_loss:
        questions.append(Question(ReviewKind.DOUBLE_LOSS, "more went back than ever came in"))
    payment = replace(payment, updated_at=at.now)
    return _applied(order, payment, proof.kind.value, TransactionStatus.PENDING, proof, tuple(questions))


def _applied(
    order: Order,
    payment: Payment,
    reason: str,
    code: TransactionStatus,
    proof: Proof | None,
    questions: tuple[Question, ...],
) -> Decision:
    return Decision(Verdict.APPLIED, order, payment, reason, code, proof=proof, questions=questions)
