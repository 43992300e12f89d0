"""An observation without its proof cannot claim money; a fact without an id cannot be kept."""

from __future__ import annotations

import pytest

from domain.payment import PaymentStatus
from domain.transaction import FactKind
from tests.builders import a_fact, a_payment, a_proof, an_observation, money

PAID = [PaymentStatus.PAID, PaymentStatus.PARTIALLY_PAID]


@pytest.mark.parametrize("status", PAID)
def test_a_paid_word_needs_the_capture_that_proves_it(status: PaymentStatus) -> None:
    with pytest.raises(ValueError, match="proves"):
        an_observation(status=status, proof=None)


@pytest.mark.parametrize("status", PAID)
@pytest.mark.parametrize("kind", [kind for kind in FactKind if kind is not FactKind.CAPTURED])
def test_money_that_left_proves_no_payment(status: PaymentStatus, kind: FactKind) -> None:
    with pytest.raises(ValueError, match="proves"):
        an_observation(status=status, proof=a_proof(money("1.00 PLN"), kind=kind))


@pytest.mark.parametrize("status", [None, *(status for status in PaymentStatus if status not in PAID)])
def test_any_other_word_stands_without_proof(status: PaymentStatus | None) -> None:
    assert an_observation(status=status, proof=None).status is status


def test_a_money_fact_has_the_gateway_s_id() -> None:
    with pytest.raises(ValueError, match="id"):
        a_fact(a_payment(), gateway_id="")
