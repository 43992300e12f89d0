"""A promise to post a cheque: instructions for the shopper, confirmation by a person, in parts too.

The ``check`` method of Sonata ecommerce, without its call to itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from adapters.wire.offline import PromisedAccount, PromiseSettings
from adapters.wire.settings import Text
from application.phrases import Phrase
from application.ports.gateway import PaymentGateway
from domain.order import Order
from domain.payment import Payment


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(PromiseSettings):
    """Whom the cheque is made out to, and the postal address it goes to, by lines or commas.

    ``note`` is shown with them. ``days`` leave time for the post and for the bank.
    """

    payee: Text
    address: Text
    note: str = ""
    days: Annotated[int, Field(ge=1, le=60)] = 14


def build(settings: Settings, *, account: str, environment: str) -> PaymentGateway:
    """The account these settings describe."""
    return ChequeGateway(settings, account=account, environment=environment)


class ChequeGateway(PromisedAccount):
    """Nothing is known until a person has seen the cheque clear."""

    CODE, LABEL = "cheque", "Cheque"
    HINT = Phrase("You post a cheque. The next page tells you where to")

    def __init__(self, settings: Settings, *, account: str, environment: str) -> None:
        super().__init__(settings, account=account, environment=environment)
        self._settings = settings

    def instructions(self, order: Order, payment: Payment) -> Mapping[str, str]:
        """Payee, postal address with a line break between its lines, what is due, number to write on it."""
        lines = self._settings.address.replace(",", "\n").splitlines()
        return self._told(
            order,
            payment,
            payee=self._settings.payee,
            address="\n".join(line.strip() for line in lines if line.strip()),
            note=self._settings.note,
            title=order.reference,
        )
