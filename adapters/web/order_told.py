"""What the sentences of an order page may mention."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from adapters.web.order_state import State, waits_since
from domain.money import Money
from domain.order import Order
from domain.payment import Payment


@dataclass(frozen=True, slots=True)
class Told:
    """What the sentences of one state may mention; ``received_at`` and ``returned_at`` are ledger times."""

    state: State
    order: Order
    payment: Payment | None
    method: str
    received_at: datetime
    refunded_at: datetime
    was_sent: bool = True
    nothing_charged: bool = False
    sends_mail: bool = False
    by_post: bool = False
    """The promise is a cheque, not a transfer."""

    @property
    def email(self) -> str:
        """Where mails go; empty when nobody sends any."""
        return self.order.buyer.email if self.sends_mail else ""

    @property
    def captured(self) -> Money:
        return self.payment.captured if self.payment else self.order.total

    @property
    def returned(self) -> Money:
        return self.payment.returned if self.payment else Money.zero(self.order.currency)

    @property
    def since(self) -> datetime:
        return waits_since(self.payment) if self.payment else self.order.placed_at
