"""Whether what was told fits the attempt it was told about: who speaks, and of which sum."""

from __future__ import annotations

from domain.observation import Observation, Source
from domain.payment import Payment, PaymentStatus
from domain.review import Question, ReviewKind

OWN_ACTS = frozenset({Source.CAPTURE, Source.CONFIRM})
"""Only here may a part of the amount be right: a partial capture, a part sum that staff confirms."""


def stranger(payment: Payment, seen: Observation) -> Question | None:
    """What to ask when ``seen`` was told by another account, environment or session than this attempt's own:
    a proof settles only the attempt it was made for."""
    if seen.environment != payment.environment:
        return Question(
            ReviewKind.ENVIRONMENT_MISMATCH,
            f"a {seen.environment} message for a {payment.environment} payment",
        )
    if seen.account != payment.account:
        return Question(
            ReviewKind.ACCOUNT_MISMATCH, f"account {seen.account} spoke for a payment of {payment.account}"
        )
    known, told = payment.gateway_reference, seen.gateway_reference
    if known and told and known != told:
        return Question(
            ReviewKind.REFERENCE_MISMATCH, f"session {told} spoke for a payment of session {known}"
        )
    return None


def mismatch(payment: Payment, seen: Observation) -> Question | None:
    """What to ask when another sum was captured or is held than the attempt was to bring."""
    if seen.proof is None and seen.status is not PaymentStatus.AUTHORIZED:
        return None
    told = seen.proof.amount if seen.proof else seen.amount
    if told is None:
        return None
    if told.currency != payment.amount.currency:
        return Question(ReviewKind.CURRENCY_MISMATCH, f"{told} arrived for {payment.amount}")
    counted = seen.source is Source.CONFIRM and told.is_positive
    ours = seen.source in OWN_ACTS or payment.is_capturing
    part_is_right = counted or (ours and told.is_positive and told <= payment.outstanding)
    if told != payment.amount and not part_is_right:
        return Question(ReviewKind.AMOUNT_MISMATCH, f"{told} arrived for {payment.amount}")
    return None
