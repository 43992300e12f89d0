"""The shopper gives up: the order is STOPPED while it still can be, and the basket comes back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from application.again import again
from application.close_order import OrderCloser
from application.errors import AlreadyPaid, BasketNotFound, NotCancellable
from application.points import reach
from application.ports.ambient import Ids
from application.ports.persistence import Reads, UnitOfWork, Units
from application.ports.shop import Catalogue
from domain.basket import Basket
from domain.order import ClosedBy, Order


@dataclass(frozen=True, slots=True)
class CancelReturnRequest:
    """``basket_id`` is the shopper's live basket, if they have one: the goods are merged into it."""

    order_key: str
    basket_id: UUID | None = None
    reason: str = "cancelled by the shopper"


@dataclass(frozen=True, slots=True)
class Stopped:
    """``basket`` None: nothing came back (a host's order, or it came back before)."""

    order: Order
    basket: Basket | None
    skipped: tuple[str, ...] = ()


class CancelReturnUseCase:
    """Stop an order on its buyer's word, once; a paid one is left alone."""

    def __init__(
        self, *, units: Units, reads: Reads, catalogue: Catalogue, closer: OrderCloser, ids: Ids
    ) -> None:
        self._units, self._reads, self._catalogue = units, reads, catalogue
        self._closer, self._ids = closer, ids

    def execute(self, request: CancelReturnRequest) -> Stopped:
        """Raises OrderNotFound, AlreadyPaid, NotCancellable (validated, closed, collecting, money held)."""
        order, _ = self._reads.order_by_key(request.order_key)
        return again(lambda: self._stop(order.id, request))

    def _stop(self, order_id: UUID, request: CancelReturnRequest) -> Stopped:
        with self._units(patience=timedelta(seconds=5)) as uow:
            live, known = self._live(uow, request.basket_id)
            order, payments = uow.lock_order(order_id)
            if order.is_paid:
                raise AlreadyPaid("this order is paid")
            if not order.is_cancellable:
                raise NotCancellable(f"this order is {order.status}")
            closed = self._closer.close(uow, order, payments, ClosedBy.BUYER, request.reason)
            if closed.source != "basket" or closed.basket_restored:
                uow.commit()
                return Stopped(closed, None)
            basket = live or Basket(self._ids.new(), closed.currency, customer_id=closed.customer_id)
            restored = closed.to_basket(basket, self._catalogue.find)
            uow.save_order(restored.order)
            if known:
                uow.save_basket(restored.basket)
            else:
                uow.add_basket(restored.basket)
            reach("cancel.before_commit")
            uow.commit()
        return Stopped(restored.order, restored.basket, restored.skipped)

    @staticmethod
    def _live(uow: UnitOfWork, basket_id: UUID | None) -> tuple[Basket | None, bool]:
        if basket_id is None:
            return None, False
        try:
            return uow.lock_basket(basket_id), True
        except BasketNotFound:
            return None, False
