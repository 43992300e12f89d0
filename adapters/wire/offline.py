"""Methods with nothing on the wire: a person confirms the money, a refund only records what a person did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from adapters.wire.account import ConfiguredAccount, Profile
from adapters.wire.settings import GatewaySettings
from application.ports.gateway import Brief, Capabilities, Operation, Started, Temperament
from domain.observation import Observation, RefundNews, Source
from domain.order import Order
from domain.payment import NextStep, NextStepKind, Payment
from domain.refund import Refund, RefundStatus

BOOKED = "booked"
_BY_HAND = frozenset({Operation.REFUND, Operation.PARTIAL_REFUND})


def offline_capabilities(
    *, confirmed: bool = True, time_to_pay: timedelta | None = None, ships_before_money: bool = False
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseSettings(GatewaySettings):
    """``days`` is the time to pay; ``auto_approve`` accepts the order before the money is seen."""

    days: Annotated[int, Field(ge=1, le=30)] = 7
    auto_approve: bool = False


class PromisedAccount(OfflineAccount):
    """Nothing is known until a person has seen the money, whole or in parts, before the deadline."""

    CODE: ClassVar[str]
    LABEL: ClassVar[str]

    def __init__(self, settings: PromiseSettings, *, account: str, environment: str) -> None:
        profile = Profile.of(
            settings,
            offline_capabilities(time_to_pay=timedelta(days=settings.days)),
            account=account,
            code=self.CODE,
            label=self.LABEL,
            environment=environment,
        )
        super().__init__(profile)
        self._is_approved = settings.auto_approve

    def start(self, brief: Brief) -> Started:
        return Started(NextStep(NextStepKind.PAGE), approved=self._is_approved)

    def _told(self, order: Order, payment: Payment, **more: str) -> Mapping[str, str]:
        """What is given of ``more``, with what is still due and until when (ISO 8601)."""
        deadline = order.deadline.isoformat() if order.deadline else ""
        told = {**more, "amount": str(payment.outstanding), "deadline": deadline}
        return {name: value for name, value in told.items() if value}
