"""An order: what was agreed, frozen; and the four fields that move as money and goods do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from domain.basket import MAX_LINES, MAX_QUANTITY, Address, Basket, Buyer, Product
from domain.errors import InvalidOrder, InvalidTransition
from domain.money import Currency, Money
from domain.moves import Moves, require
from domain.quote import LineKind, OrderLine, Quote

BASE_TIME_TO_PAY = timedelta(minutes=30)
LONGEST_TIME_TO_PAY = timedelta(days=30)


class OrderStatus(StrEnum):
    OPEN = "open"
    PENDING = "pending"
    VALIDATED = "validated"
    CANCELLED = "cancelled"
    ERROR = "error"
    STOPPED = "stopped"

    @property
    def code(self) -> int:
        """The number Sonata ecommerce gives it."""
        return list(OrderStatus).index(self)


class ClosedBy(StrEnum):
    """Who ended an unpaid order: a deadline can be overtaken by late money, staff cannot."""

    BUYER = "buyer"
    STAFF = "staff"
    DEADLINE = "deadline"


class Fulfilment(StrEnum):
    NEW = "new"
    HOLD = "hold"
    PROCESSING = "processing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    FAILED = "failed"


class StockHold(StrEnum):
    """Where the goods of an order stand; each hold ends exactly once."""

    NONE = "none"
    HELD = "held"
    COMMITTED = "committed"
    RELEASED = "released"


_O, _F, _H = OrderStatus, Fulfilment, StockHold

MOVES: Moves[OrderStatus] = {
    _O.OPEN: frozenset({_O.PENDING, _O.VALIDATED, _O.STOPPED, _O.CANCELLED, _O.ERROR}),
    _O.PENDING: frozenset({_O.OPEN, _O.VALIDATED, _O.STOPPED, _O.CANCELLED, _O.ERROR}),
    _O.STOPPED: frozenset({_O.VALIDATED, _O.ERROR}),
    _O.CANCELLED: frozenset({_O.VALIDATED, _O.ERROR}),
    _O.ERROR: frozenset({_O.OPEN, _O.VALIDATED, _O.CANCELLED}),
    _O.VALIDATED: frozenset({_O.CANCELLED}),
}
"""Legal moves; an order that staff cancelled has none (``Order.is_final``)."""

FULFILMENT_MOVES: Moves[Fulfilment] = {
    _F.NEW: frozenset({_F.HOLD, _F.PROCESSING, _F.FAILED}),
    _F.HOLD: frozenset({_F.PROCESSING, _F.FAILED}),
    _F.FAILED: frozenset({_F.HOLD, _F.PROCESSING}),
    _F.PROCESSING: frozenset({_F.SHIPPED, _F.FAILED}),
    _F.SHIPPED: frozenset({_F.DELIVERED}),
    _F.DELIVERED: frozenset({_F.COMPLETED}),
    _F.COMPLETED: frozenset(),
}

STOCK_MOVES: Moves[StockHold] = {
    _H.NONE: frozenset(),
    _H.HELD: frozenset({_H.COMMITTED, _H.RELEASED}),
    _H.COMMITTED: frozenset({_H.RELEASED}),
    _H.RELEASED: frozenset({_H.COMMITTED}),
}
"""RELEASED to COMMITTED is late money that found the goods again; COMMITTED to RELEASED a staff cancel."""


def _complete(basket: Basket, priced: Quote) -> Buyer:
    """The buyer of a basket that lacks nothing; raises InvalidOrder naming what it lacks."""
    choices = basket.choices
    if choices.buyer is None:
        raise InvalidOrder("an order needs a buyer", field="buyer")
    if not choices.account and priced.total.is_positive:
        raise InvalidOrder("an order needs a way to pay", field="account")
    return choices.buyer


@dataclass(frozen=True, slots=True)
class Order:
    """What was agreed. Lines, totals and addresses never change; times are UTC.

    ``source`` is ``basket`` or the name of a host, ``source_reference`` the host's own number, and
    ``source_digest`` proves that the same number still means the same order. ``paid_by`` is the payment
    that settled it. ``event_seq`` numbers its events; ``version`` guards against concurrent writers.
    """

    id: UUID
    reference: str
    key: str
    source: str
    currency: Currency
    lines: tuple[OrderLine, ...]
    total: Money
    tax: Money
    buyer: Buyer
    placed_at: datetime
    environment: str
    deadline: datetime | None
    delivery_address: Address | None = None
    billing_address: Address | None = None
    locale: str = "en"
    description: str = ""
    account: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    voucher: str = ""
    customer_id: UUID | None = None
    source_reference: str | None = None
    source_digest: str = ""
    return_url: str = ""
    basket_id: UUID | None = None
    basket_version: int | None = None
    basket_restored: bool = False
    status: OrderStatus = OrderStatus.OPEN
    closed_by: ClosedBy | None = None
    close_reason: str = ""
    fulfilment: Fulfilment = Fulfilment.NEW
    stock: StockHold = StockHold.NONE
    paid_by: UUID | None = None
    validated_at: datetime | None = None
    event_seq: int = 0
    version: int = 1

    def __post_init__(self) -> None:
        if Money.sum((line.gross for line in self.lines), self.currency) != self.total:
            raise InvalidOrder("the lines do not add up to the total", field="total")
        if self.total.minor < 0:
            raise InvalidOrder("a total is not negative", field="total")

    @classmethod
    def from_basket(
        cls,
        basket: Basket,
        priced: Quote,
        *,
        id: UUID,
        reference: str,
        key: str,
        now: datetime,
        environment: str,
        tracks_stock: bool = True,
    ) -> Order:
        """The transformation: a basket and its quote become an OPEN order, fulfilment NEW, stock held.

        Raises InvalidOrder naming what is missing: ``lines``, ``buyer`` or ``account``.
        """
        choices, buyer = basket.choices, _complete(basket, priced)
        return cls(
            id=id,
            reference=reference,
            key=key,
            source="basket",
            currency=basket.currency,
            lines=priced.lines,
            total=priced.total,
            tax=priced.taxes.total,
            buyer=buyer,
            placed_at=now,
            environment=environment,
            deadline=now + BASE_TIME_TO_PAY,
            delivery_address=choices.delivery_address,
            billing_address=choices.billing_address or choices.delivery_address,
            locale=basket.locale,
            account=choices.account,
            options=dict(choices.options),
            voucher=basket.voucher,
            customer_id=basket.customer_id,
            basket_id=basket.id,
            basket_version=basket.version,
            stock=StockHold.HELD if tracks_stock else StockHold.NONE,
        )

    @property
    def goods(self) -> tuple[OrderLine, ...]:
        return tuple(line for line in self.lines if line.kind is LineKind.GOODS)

    @property
    def is_payable(self) -> bool:
        return self.status in (OrderStatus.OPEN, OrderStatus.PENDING) and self.paid_by is None

    @property
    def is_cancellable(self) -> bool:
        return self.is_payable

    @property
    def is_final(self) -> bool:
        return self.status is OrderStatus.CANCELLED and self.closed_by is ClosedBy.STAFF

    @property
    def is_closed(self) -> bool:
        return self.status in (OrderStatus.CANCELLED, OrderStatus.STOPPED)

    @property
    def is_paid(self) -> bool:
        return self.paid_by is not None

    @property
    def is_promised(self) -> bool:
        """Accepted before any money was seen."""
        return self.status is OrderStatus.VALIDATED and self.paid_by is None

    def can_move(self, status: OrderStatus) -> bool:
        return not self.is_final and status in MOVES[self.status]

    def move(self, status: OrderStatus) -> Order:
        """Raises InvalidTransition when the table does not list the move."""
        if self.is_final:
            raise InvalidTransition("order.status", "cancelled by staff", status)
        require("order.status", MOVES, self.status, status)
        return replace(self, status=status, closed_by=None, close_reason="")

    def close(self, by: ClosedBy, reason: str) -> Order:
        """End an order: STOPPED by its buyer, else CANCELLED; fulfilment FAILED, goods free.

        Raises InvalidTransition: only staff ends an order that is not payable any more.
        """
        if by is not ClosedBy.STAFF and not self.is_payable:
            raise InvalidTransition("order.status", self.status, f"closed by {by}")
        status = OrderStatus.STOPPED if by is ClosedBy.BUYER else OrderStatus.CANCELLED
        closed = replace(self.move(status), closed_by=by, close_reason=reason)
        if Fulfilment.FAILED in FULFILMENT_MOVES[closed.fulfilment]:
            closed = closed.fulfil(Fulfilment.FAILED)
        unsent = closed.stock is StockHold.COMMITTED and closed.fulfilment is Fulfilment.FAILED
        holds = closed.stock is StockHold.HELD or unsent
        return closed.hold_stock(StockHold.RELEASED) if holds else closed

    def validate(self, now: datetime) -> Order:
        """Accept the order: PROCESSING, and the goods are its own."""
        moved = replace(self.move(OrderStatus.VALIDATED), validated_at=now)
        if moved.fulfilment is not Fulfilment.PROCESSING:
            moved = moved.fulfil(Fulfilment.PROCESSING)
        free = moved.stock in (StockHold.HELD, StockHold.RELEASED)
        return moved.hold_stock(StockHold.COMMITTED) if free else moved

    def await_payment(self) -> Order:
        """An attempt is out, or a promise was made: PENDING and on HOLD."""
        moved = self if self.status is OrderStatus.PENDING else self.move(OrderStatus.PENDING)
        return moved if moved.fulfilment is Fulfilment.HOLD else moved.fulfil(Fulfilment.HOLD)

    def reopen(self) -> Order:
        """No attempt is out any more: OPEN again, payable with any method; fulfilment FAILED."""
        moved = self.move(OrderStatus.OPEN)
        return moved.fulfil(Fulfilment.FAILED) if moved.fulfilment is Fulfilment.HOLD else moved

    def fulfil(self, fulfilment: Fulfilment) -> Order:
        """Raises InvalidTransition when the table does not list the move."""
        return replace(
            self,
            fulfilment=require("order.fulfilment", FULFILMENT_MOVES, self.fulfilment, fulfilment),
        )

    def hold_stock(self, stock: StockHold) -> Order:
        """Raises InvalidTransition when the table does not list the move."""
        return replace(self, stock=require("order.stock", STOCK_MOVES, self.stock, stock))

    def extend(self, time_to_pay: timedelta | None, now: datetime) -> Order:
        """Another attempt has ``time_to_pay`` from now (None: no deadline); never shorter, capped."""
        if time_to_pay is None or self.deadline is None:
            return replace(self, deadline=None)
        latest = self.placed_at + LONGEST_TIME_TO_PAY
        return replace(self, deadline=max(self.deadline, min(now + time_to_pay, latest)))

    def to_basket(self, live: Basket, find: Callable[[str], Product | None]) -> Restored:
        """The way back: lines at today's prices merged into ``live``, keeping currency and locale.

        What is not sold any more, or finds no room, is skipped and named. Acts once: raises InvalidTransition
        the second time, and for an order that no basket became.
        """
        if self.basket_restored or self.source != "basket":
            raise InvalidTransition("order.basket_restored", self.source, "restored")
        if live.currency != self.currency and live.is_empty:
            live = replace(live, currency=self.currency)
        basket, skipped = replace(live, locale=self.locale), []
        for line in self.goods:
            product = find(line.sku)
            held = basket.quantity_of(line.sku)
            sold = product is not None and product.enabled and product.price_in(basket.currency) is not None
            if product is None or not sold or (not held and len(basket.lines) >= MAX_LINES):
                skipped.append(line.name)
                continue
            basket = basket.put(product, min(held + line.quantity, MAX_QUANTITY))
        return Restored(replace(self, basket_restored=True), basket, tuple(skipped))


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of the way back: the order (marked), the basket, the names of products that vanished."""

    order: Order
    basket: Basket
    skipped: tuple[str, ...] = ()
