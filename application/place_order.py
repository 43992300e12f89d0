"""Basket -> order: one commit that freezes the lines, holds the stock and empties the basket."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from application.again import again
from application.errors import InvalidRequest, OutOfStock, TotalChanged
from application.offer_methods import NOTHING_TO_PAY, OfferMethodsUseCase
from application.points import reach
from application.policy import Policy
from application.ports.ambient import Clock, Ids
from application.ports.persistence import Attempt, UnitOfWork, Units
from application.settlement import Settlement
from application.view_checkout import Pricing, country_of
from domain.basket import Basket
from domain.observation import Observation, Proof, Source
from domain.order import Order
from domain.payment import Payment, PaymentStatus
from domain.transaction import FactKind


@dataclass(frozen=True, slots=True)
class PlaceOrderRequest:
    """``seen_total`` is the total on the page (``49.90 PLN``): an order is never made at another one."""

    basket_id: UUID
    basket_version: int
    seen_total: str
    terms_accepted: bool
    customer_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """``joined``: this version of the basket had become this order already."""

    order: Order
    joined: bool


class PlaceOrderUseCase:
    """Make at most one order of a basket version; asking again answers the same order."""

    def __init__(
        self,
        *,
        units: Units,
        pricing: Pricing,
        offers: OfferMethodsUseCase,
        settlement: Settlement,
        clock: Clock,
        ids: Ids,
        policy: Policy,
    ) -> None:
        self._units, self._pricing, self._offers = units, pricing, offers
        self._settlement, self._clock, self._ids, self._policy = settlement, clock, ids, policy

    def execute(self, request: PlaceOrderRequest) -> PlacedOrder:
        """Raises InvalidRequest (terms, customer, delivery), InvalidOrder, MethodNotOffered, TotalChanged,
        OutOfStock, BasketNotFound. The basket stays as it is after every one of them."""
        if not request.terms_accepted:
            raise InvalidRequest({"terms": "accept the terms to order"})
        if request.customer_id is None and not self._policy.guest_checkout:
            raise InvalidRequest({"customer": "sign in to order"})
        return again(lambda: self._place(request))

    def _place(self, request: PlaceOrderRequest) -> PlacedOrder:
        with self._units(patience=timedelta(seconds=5)) as uow:
            basket = uow.lock_basket(request.basket_id)
            earlier = uow.order_of_basket(request.basket_id, request.basket_version)
            if earlier is not None:
                return PlacedOrder(earlier, joined=True)
            order = self._transform(basket, request)
            uow.add_order(order)
            if not order.total.is_positive:
                order = self._settle_nothing(uow, order)
            uow.save_basket(basket.emptied())
            reach("checkout.before_commit")
            uow.commit()
            reach("checkout.after_commit")
        return PlacedOrder(order, joined=False)

    def _transform(self, basket: Basket, request: PlaceOrderRequest) -> Order:
        today, notices = self._pricing.today(replace(basket, customer_id=request.customer_id))
        gone = next((notice for notice in notices if not notice.new), None)
        if gone is not None:
            raise OutOfStock(gone.sku, gone.name, 0)
        options = self._pricing.options(today)
        delivery = next((option for option in options if option.code == today.choices.delivery), None)
        if today.needs_delivery and delivery is None:
            raise InvalidRequest({"delivery": "choose how to get the goods"})
        if delivery is not None and delivery.needs_address and today.choices.delivery_address is None:
            raise InvalidRequest({"delivery_address": "enter where to deliver"})
        priced = self._pricing.price(today, delivery)
        if str(priced.total) != request.seen_total or basket.version != request.basket_version:
            raise TotalChanged(request.seen_total, str(priced.total))
        if priced.total.is_positive:
            self._offers.require(today.choices.account, priced.total, country_of(today), priced.lines)
        now = self._clock.now()
        return Order.from_basket(
            today,
            priced,
            id=self._ids.new(),
            reference=self._ids.order_reference(now),
            key=self._ids.secret(),
            now=now,
            environment=self._policy.environment,
        )

    def _settle_nothing(self, uow: UnitOfWork, order: Order) -> Order:
        """A zero total needs no gateway: paid once, on the same road as any money."""
        new = self._ids.new()
        payment = Payment.begin(
            id=new,
            order_id=order.id,
            reference=self._ids.payment_reference(new),
            account=NOTHING_TO_PAY,
            gateway=NOTHING_TO_PAY,
            environment=order.environment,
            amount=order.total,
            idempotency_key=f"{order.id}:{NOTHING_TO_PAY}",
            token=self._ids.secret(),
            now=order.placed_at,
        )
        uow.add_payment(payment)
        nothing = Observation(
            account=NOTHING_TO_PAY,
            reference=payment.reference,
            environment=order.environment,
            source=Source.START,
            word="nothing to pay",
            status=PaymentStatus.PAID,
            amount=order.total,
            proof=Proof(FactKind.CAPTURED, payment.reference, order.total),
        )
        return self._settlement.settle(uow, Attempt(order, payment), nothing).order
