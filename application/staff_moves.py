"""What staff does by hand: confirm money, cancel, ship; each with a name, a reason and the usual rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from application.again import again
from application.call_gateway import named, require
from application.close_order import OrderCloser
from application.errors import ConcurrentUpdate, InvalidRequest, KeyReused, NotCancellable, NotPayable
from application.points import reach
from application.ports.ambient import Clock
from application.ports.gateway import Gateways, Operation
from application.ports.persistence import Reads, Units
from application.settlement import Settled, Settlement
from domain.events import StaffActed
from domain.money import Money
from domain.observation import Observation, Proof, Source
from domain.order import ClosedBy, Fulfilment, Order, OrderStatus
from domain.payment import Payment, PaymentStatus
from domain.transaction import FactKind

PATIENCE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class ConfirmOfflinePaymentRequest:
    """``receipt`` names the money seen (a statement line): confirming it twice books it once."""

    payment_id: UUID
    amount: Money
    receipt: str
    by: str
    reason: str


class ConfirmOfflinePaymentUseCase:
    """A person saw money for a promise: a part, the whole, or more than was due."""

    def __init__(self, *, reads: Reads, units: Units, gateways: Gateways, settlement: Settlement) -> None:
        self._reads, self._units, self._gateways = reads, units, gateways
        self._settlement = settlement

    def execute(self, request: ConfirmOfflinePaymentRequest) -> Settled:
        """Raises PaymentNotFound, InvalidRequest (amount, receipt, by, reason), UnsupportedOperation,
        KeyReused (the receipt was booked with another amount)."""
        named(request.by, request.reason)
        order, payment = self._reads.payment(request.payment_id)
        require(self._gateways.get(payment.account), Operation.CONFIRM)
        if request.amount.currency != payment.amount.currency or not request.amount.is_positive:
            raise InvalidRequest({"amount": f"more than zero, in {payment.amount.currency}"})
        if not request.receipt.strip():
            raise InvalidRequest({"receipt": "missing"})
        return again(lambda: self._confirm(request, order.id, payment.account))

    def _confirm(self, request: ConfirmOfflinePaymentRequest, order_id: UUID, account: str) -> Settled:
        receipt = request.receipt.strip()
        proof_id = f"{request.payment_id}:{receipt}"
        booked = self._booked(order_id, account, proof_id)
        if booked is not None and booked != request.amount:
            raise KeyReused(f"receipt {receipt!r} was booked with {booked} before; name another one")
        with self._units(patience=PATIENCE) as uow:
            fact = (account, FactKind.CAPTURED.value, proof_id)
            attempt = uow.lock_payment(request.payment_id, fact=fact)
            if attempt.fact_known and booked is None:
                raise ConcurrentUpdate("this receipt was booked at this moment")
            seen = _confirmed(attempt.payment, request.amount, proof_id)
            settled = self._settlement.settle(uow, attempt, seen)
            uow.add_event(StaffActed(attempt.order.id, "confirm", request.by, request.reason))
            reach("confirm.before_commit")
            uow.commit()
        return settled

    def _booked(self, order_id: UUID, account: str, proof_id: str) -> Money | None:
        """The amount that this receipt was booked with before."""
        wanted = (account, FactKind.CAPTURED, proof_id)
        facts = self._reads.order_file(order_id).facts
        return next((one.amount for one in facts if (one.account, one.kind, one.gateway_id) == wanted), None)


def receipt_of(proof_id: str, payment_id: object) -> str:
    """What a person typed as the receipt, or the gateway's own id as it is."""
    return proof_id.removeprefix(f"{payment_id}:")


def _confirmed(payment: Payment, amount: Money, proof_id: str) -> Observation:
    whole = payment.captured + amount >= payment.amount
    return Observation(
        account=payment.account,
        reference=payment.reference,
        environment=payment.environment,
        source=Source.CONFIRM,
        word="confirmed by staff",
        status=PaymentStatus.PAID if whole else PaymentStatus.PARTIALLY_PAID,
        amount=amount,
        proof=Proof(FactKind.CAPTURED, proof_id, amount),
    )


class CancelOrderUseCase:
    """Staff ends an order for good: an unpaid one, a promise, or one whose money went back completely."""

    def __init__(self, *, units: Units, closer: OrderCloser) -> None:
        self._units, self._closer = units, closer

    def execute(self, order_id: UUID, *, by: str, reason: str) -> Order:
        """Raises OrderNotFound, InvalidRequest (by, reason), NotCancellable."""
        named(by, reason)
        return again(lambda: self._cancel(order_id, by, reason))

    def _cancel(self, order_id: UUID, by: str, reason: str) -> Order:
        with self._units(patience=PATIENCE) as uow:
            order, payments = uow.lock_order(order_id)
            if not order.can_move(OrderStatus.CANCELLED):
                raise NotCancellable(f"this order is {order.status}")
            if any(payment.captured > payment.returned for payment in payments):
                raise NotCancellable("refund everything that was captured first")
            closed = self._closer.close(uow, order, payments, ClosedBy.STAFF, reason)
            uow.add_event(StaffActed(order_id, "cancel", by, reason))
            reach("staff.before_commit")
            uow.commit()
        return closed


class AdvanceFulfilmentUseCase:
    """The merchant's moves: shipped, delivered, completed."""

    def __init__(self, *, units: Units, gateways: Gateways, clock: Clock) -> None:
        self._units, self._gateways, self._clock = units, gateways, clock

    def execute(self, order_id: UUID, to: Fulfilment, *, by: str, reason: str) -> Order:
        """Raises OrderNotFound, InvalidRequest, InvalidTransition, NotPayable (no money and no promise)."""
        named(by, reason)
        if to not in (Fulfilment.SHIPPED, Fulfilment.DELIVERED, Fulfilment.COMPLETED):
            raise InvalidRequest({"to": "shipped, delivered or completed"})
        return again(lambda: self._advance(order_id, to, by, reason))

    def _advance(self, order_id: UUID, to: Fulfilment, by: str, reason: str) -> Order:
        with self._units(patience=PATIENCE) as uow:
            order, payments = uow.lock_order(order_id)
            if to is Fulfilment.SHIPPED and not self._may_ship(order, payments):
                raise NotPayable("nothing was paid, and the way to pay does not ship before money")
            moved = order.fulfil(to)
            uow.save_order(moved)
            uow.add_event(StaffActed(order_id, to.value, by, reason))
            uow.commit()
        return moved

    def _may_ship(self, order: Order, payments: tuple[Payment, ...]) -> bool:
        if any(payment.receipt_failed for payment in payments):
            return False
        if order.is_paid:
            return not any(payment.id == order.paid_by and payment.is_leaving for payment in payments)
        return any(
            payment.holds_order and self._gateways.get(payment.account).capabilities.ships_before_money
            for payment in payments
        )
