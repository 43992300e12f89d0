"""A promise to transfer the money: instructions for the shopper, confirmation by a person, in parts too."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from adapters.gateways.bank_transfer.settings import Settings
from adapters.wire.account import Profile
from adapters.wire.offline import OfflineAccount, offline_capabilities
from application.ports.gateway import Brief, PaymentGateway, Started
from domain.order import Order
from domain.payment import NextStep, NextStepKind, Payment

CODE: Final = "bank_transfer"


def build(settings: Settings, *, account: str, environment: str) -> PaymentGateway:
    """The account these settings describe."""
    profile = Profile.of(
        settings,
        offline_capabilities(time_to_pay=timedelta(days=settings.days)),
        account=account,
        code=CODE,
        label="Bank transfer",
        environment=environment,
    )
    return BankTransferGateway(profile, settings)


class BankTransferGateway(OfflineAccount):
    """Nothing is known until a person has seen the money on the account."""

    def __init__(self, profile: Profile, settings: Settings) -> None:
        super().__init__(profile)
        self._settings = settings

    def start(self, brief: Brief) -> Started:
        return Started(NextStep(NextStepKind.PAGE), approved=self._settings.auto_approve)

    def instructions(self, order: Order, payment: Payment) -> Mapping[str, str]:
        """Recipient, account in groups of four, what is still due, title to quote, deadline (ISO 8601)."""
        number = self._settings.account_number
        told = {
            "recipient": self._settings.recipient,
            "account": " ".join(number[start : start + 4] for start in range(0, len(number), 4)),
            "bank": self._settings.bank,
            "bic": self._settings.bic,
            "amount": str(payment.outstanding),
            "title": order.reference,
            "deadline": order.deadline.isoformat() if order.deadline else "",
        }
        return {name: value for name, value in told.items() if value}
