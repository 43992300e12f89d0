"""A promise good enough to ship on: the order is accepted at once, the money is confirmed on hand-over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from adapters.wire.account import Profile
from adapters.wire.offline import OfflineAccount, offline_capabilities
from adapters.wire.settings import GatewaySettings
from application.phrases import Phrase
from application.ports.gateway import Brief, PaymentGateway, Started
from domain.money import Money
from domain.order import Order
from domain.payment import NextStep, NextStepKind, Payment
from domain.quote import LineKind, OrderLine

CODE: Final = "cash_on_delivery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(GatewaySettings):
    """``max_items`` bounds the pieces of one order; 0: no bound."""

    max_items: Annotated[int, Field(ge=0)] = 0


def build(settings: Settings, *, account: str, environment: str) -> PaymentGateway:
    """The account these settings describe."""
    profile = Profile.of(
        settings,
        offline_capabilities(ships_before_money=True),
        account=account,
        code=CODE,
        label="Cash on delivery",
        environment=environment,
    )
    return CashOnDeliveryGateway(profile, settings.max_items)


class CashOnDeliveryGateway(OfflineAccount):
    """Only for goods that somebody brings; there is no deadline to pay by."""

    HINT = Phrase("You pay when the goods arrive")

    def __init__(self, profile: Profile, max_items: int) -> None:
        super().__init__(profile)
        self._max_items = max_items

    def accepts(self, amount: Money, country: str, basket_lines: Sequence[OrderLine]) -> str:
        if reason := super().accepts(amount, country, basket_lines):
            return reason
        if not any(line.kind is LineKind.DELIVERY for line in basket_lines):
            return "nothing is delivered"
        pieces = sum(line.quantity for line in basket_lines if line.kind is LineKind.GOODS)
        if self._max_items and pieces > self._max_items:
            return f"more than {self._max_items} items"
        return ""

    def start(self, brief: Brief) -> Started:
        return Started(NextStep(NextStepKind.PAGE), approved=True)

    def instructions(self, order: Order, payment: Payment) -> Mapping[str, str]:
        """What to have ready for the courier."""
        return {"amount": str(payment.outstanding)}
