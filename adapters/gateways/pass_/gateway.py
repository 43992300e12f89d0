"""A payment that is done the moment it is started (the ``pass`` method of Sonata ecommerce)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from adapters.wire.account import Profile
from adapters.wire.offline import OfflineAccount, offline_capabilities
from adapters.wire.settings import GatewaySettings
from application.errors import GatewayRejected
from application.ports.gateway import Brief, PaymentGateway, Started
from domain.money import Money
from domain.observation import Proof, Source
from domain.payment import NextStep, PaymentStatus
from domain.quote import OrderLine
from domain.transaction import FactKind

CODE: Final = "pass"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(GatewaySettings):
    """In live only totals of zero pass, unless ``any_amount`` says that the money is seen to elsewhere."""

    any_amount: bool = False


def build(settings: Settings, *, account: str, environment: str) -> PaymentGateway:
    """The account these settings describe."""
    profile = Profile.of(
        settings,
        offline_capabilities(confirmed=False),
        account=account,
        code=CODE,
        label="Nothing to pay",
        environment=environment,
    )
    return PassGateway(profile, any_amount=settings.any_amount or environment != "live")


class PassGateway(OfflineAccount):
    """The proof of payment is our own reference: there is nobody else to give one."""

    def __init__(self, profile: Profile, *, any_amount: bool) -> None:
        super().__init__(profile)
        self._any_amount = any_amount

    def accepts(self, amount: Money, country: str, basket_lines: Sequence[OrderLine]) -> str:
        return "" if self._any_amount or not amount else "only for orders that cost nothing"

    def start(self, brief: Brief) -> Started:
        payment = brief.payment
        if reason := self.accepts(payment.amount, "", brief.lines):
            raise GatewayRejected(reason, code="amount")
        paid = self._seen(
            payment.reference,
            Source.START,
            "passed",
            status=PaymentStatus.PAID,
            amount=payment.amount,
            proof=Proof(FactKind.CAPTURED, payment.reference, payment.amount),
        )
        return Started(NextStep.nothing(), observation=paid)
