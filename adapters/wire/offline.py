"""Methods with nothing on the wire: a person confirms the money, a refund only records what a person did."""

from __future__ import annotations

from datetime import timedelta

from adapters.wire.account import ConfiguredAccount
from application.ports.gateway import Capabilities, Operation, Temperament
from domain.observation import Observation, RefundNews, Source
from domain.payment import Payment
from domain.refund import Refund, RefundStatus

BOOKED = "booked"
_BY_HAND = frozenset({Operation.REFUND, Operation.PARTIAL_REFUND})


def offline_capabilities(
    *,
    confirmed: bool = True,
    time_to_pay: timedelta | None = None,
    ships_before_money: bool = False,
) -> Capabilities:
    """No callbacks, refunds by hand; ``confirmed``: the money, too, is seen by a person."""
    return Capabilities(
        temperament=Temperament.DIRECT,
        operations=_BY_HAND | ({Operation.CONFIRM} if confirmed else set()),
        callback_methods=frozenset(),
        time_to_pay=time_to_pay,
        repeatable_start=True,
        ships_before_money=ships_before_money,
    )


class OfflineAccount(ConfiguredAccount):
    """A promise to pay, or a payment that needs nobody. Raises no gateway error: nobody is called."""

    def refund(self, payment: Payment, refund: Refund) -> Observation:
        news = RefundNews(RefundStatus.DONE, refund.amount, key=refund.key)
        return self._seen(payment.reference, Source.REFUND, BOOKED, refund=news)
