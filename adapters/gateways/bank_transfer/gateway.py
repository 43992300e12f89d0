"""A promise to transfer the money: instructions for the shopper, confirmation by a person, in parts too."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.gateways.bank_transfer.settings import Settings
from adapters.wire.offline import PromisedAccount
from application.phrases import Phrase
from application.ports.gateway import PaymentGateway
from domain.order import Order
from domain.payment import Payment


def build(settings: Settings, *, account: str, environment: str) -> PaymentGateway:
    """The account these settings describe."""
    return BankTransferGateway(settings, account=account, environment=environment)


class BankTransferGateway(PromisedAccount):
    """Nothing is known until a person has seen the money on the account."""

    CODE, LABEL = "bank_transfer", "Bank transfer"
    HINT = Phrase("You transfer the money yourself. The next page tells you the account")

    def __init__(self, settings: Settings, *, account: str, environment: str) -> None:
        super().__init__(settings, account=account, environment=environment)
        self._settings = settings

    def instructions(self, order: Order, payment: Payment) -> Mapping[str, str]:
        """Recipient, account in groups of four, what is still due, title to quote, deadline (ISO 8601)."""
        number = self._settings.account_number
        return self._told(
            order,
            payment,
            recipient=self._settings.recipient,
            account=" ".join(number[start : start + 4] for start in range(0, len(number), 4)),
            bank=self._settings.bank,
            bic=self._settings.bic,
            title=order.reference,
        )
