"""The use cases over the fakes: one shop with a counted mug, a clock that stands still and fake gateways."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from application.ask_gateway import AskGateway
from application.call_gateway import MoneyCall
from application.cancel_return import CancelReturnUseCase
from application.capture_payment import CapturePaymentUseCase, VoidPaymentUseCase
from application.close_order import OrderCloser
from application.collect_payment import Collector
from application.confirm_return import ConfirmReturnUseCase
from application.expire_orders import ExpireOrdersUseCase
from application.freeze_order import OrderFreezer
from application.get_redirect_url import GetRedirectUrlRequest, GetRedirectUrlUseCase
from application.handle_callback import HandleCallbackRequest, HandleCallbackUseCase
from application.hooks import Hooks
from application.judge_callbacks import JudgeCallbacksUseCase
from application.judgement import Judgement
from application.offer_methods import OfferMethodsUseCase
from application.place_order import PlacedOrder, PlaceOrderRequest, PlaceOrderUseCase
from application.policy import Policy
from application.ports.gateway import InboundMessage, Operation, Reply, Temperament
from application.ports.persistence import OrderFile
from application.reconcile_payments import ReconcilePaymentsUseCase
from application.refund_payment import RefundPaymentUseCase
from application.relay_events import RelayEventsUseCase
from application.settlement import Settlement
from application.staff_moves import (
    AdvanceFulfilmentUseCase,
    CancelOrderUseCase,
    ConfirmOfflinePaymentUseCase,
)
from application.start_payment import PaymentStarter
from application.view_checkout import Pricing
from domain.basket import Basket, Choices, DeliveryOption
from domain.order import Order
from domain.payment import Payment
from domain.quote import Voucher
from tests.application.fake_gateway import FakeGateway, FakeGateways, signed, told
from tests.builders import ADDRESS, BUYER, a_basket, a_product, money
from tests.fakes import FrozenClock, MemoryDatabase, SequentialIds

COURIER = DeliveryOption("courier", "Courier", money("10.10 PLN"), Decimal(23))
TOTAL = "60.00 PLN"


class Deliveries:
    """One courier, everywhere but on the moon."""

    def options(self, basket: Basket, country: str) -> tuple[DeliveryOption, ...]:
        return () if country == "MOON" else (COURIER,)


class Shop:
    """Ten mugs at 49.90 PLN, one courier at 10.10 PLN; accounts ``fake``, ``other`` and ``promise``."""

    def __init__(self, **policy: Any) -> None:
        self.clock, self.ids, self.hooks = FrozenClock(), SequentialIds(), Hooks()
        self.database = MemoryDatabase(clock=self.clock, ids=self.ids, busy_timeout=timedelta(seconds=5))
        self.gateway, self.other = FakeGateway(), FakeGateway("other")
        self.promise = FakeGateway(
            "promise",
            Temperament.DIRECT,
            frozenset({Operation.CONFIRM, Operation.REFUND, Operation.PARTIAL_REFUND}),
            callback_methods=frozenset(),
        )
        self.gateways = FakeGateways(self.gateway, self.other, self.promise)
        usual = {"base_url": "https://shop.example", "environment": "test", "guest_checkout": True}
        self.policy = Policy(**(usual | policy))
        self.askers = ThreadPoolExecutor(max_workers=2)
        self.database.catalogue.load_products(
            [a_product("mug"), a_product("gift", "25.00 PLN", needs_delivery=False, available=None)],
            [Voucher("FREE", percent=Decimal(100)), Voucher("TEN", percent=Decimal(10))],
        )
        self._wire()

    def _wire(self) -> None:
        units, reads, work = self.database.units, self.database.reads, self.database.work
        catalogue, gateways, clock, ids = self.database.catalogue, self.gateways, self.clock, self.ids
        settlement = Settlement(clock=clock, ids=ids)
        offers = OfferMethodsUseCase(gateways=gateways)
        judgement = Judgement(settlement=settlement, clock=clock, ids=ids)
        closer = OrderCloser(clock=clock, ids=ids)
        call = MoneyCall(units=units, settlement=settlement, clock=clock)
        collector = Collector(gateways=gateways, units=units, settlement=settlement, clock=clock, ids=ids)
        ask = AskGateway(
            gateways=gateways, units=units, settlement=settlement, collector=collector, clock=clock
        )
        self.place_order = PlaceOrderUseCase(
            units=units,
            pricing=Pricing(catalogue=catalogue, deliveries=Deliveries(), gateways=gateways),
            offers=offers,
            settlement=settlement,
            clock=clock,
            ids=ids,
            policy=self.policy,
        )
        self.get_redirect_url = GetRedirectUrlUseCase(
            units=units,
            reads=reads,
            offers=offers,
            freezer=OrderFreezer(hooks=self.hooks, clock=clock, ids=ids, policy=self.policy),
            starter=PaymentStarter(units=units, settlement=settlement, clock=clock),
            hooks=self.hooks,
            clock=clock,
            ids=ids,
            policy=self.policy,
        )
        self.handle_callback = HandleCallbackUseCase(
            gateways=gateways,
            units=units,
            reads=reads,
            judgement=judgement,
            hooks=self.hooks,
            clock=clock,
            ids=ids,
            askers=self.askers,
        )
        self.judge_callbacks = JudgeCallbacksUseCase(
            work=work,
            reads=reads,
            units=units,
            gateways=gateways,
            judgement=judgement,
            ask=ask,
            clock=clock,
            ids=ids,
        )
        self.confirm_return = ConfirmReturnUseCase(
            gateways=gateways,
            units=units,
            reads=reads,
            ask=ask,
            collector=collector,
            clock=clock,
            ids=ids,
            askers=self.askers,
        )
        self.cancel_return = CancelReturnUseCase(
            units=units, reads=reads, catalogue=catalogue, closer=closer, ids=ids
        )
        self.expire_orders = ExpireOrdersUseCase(
            work=work, reads=reads, units=units, ask=ask, closer=closer, clock=clock
        )
        self.reconcile = ReconcilePaymentsUseCase(work=work, reads=reads, ask=ask)
        self.relay = RelayEventsUseCase(work=work, reads=reads, hooks=self.hooks, clock=clock)
        self.refund_payment = RefundPaymentUseCase(
            reads=reads, units=units, gateways=gateways, settlement=settlement, clock=clock, ids=ids
        )
        self.capture = CapturePaymentUseCase(reads=reads, gateways=gateways, call=call)
        self.void = VoidPaymentUseCase(reads=reads, gateways=gateways, call=call)
        self.confirm_offline = ConfirmOfflinePaymentUseCase(
            reads=reads, units=units, gateways=gateways, settlement=settlement
        )
        self.cancel_order = CancelOrderUseCase(units=units, closer=closer)
        self.advance = AdvanceFulfilmentUseCase(units=units, gateways=gateways, clock=clock)

    # -- the shopper

    def basket(self, *skus: str, account: str = "fake", **changes: Any) -> Basket:
        """A stored basket that lacks nothing."""
        basket = a_basket(id=self.ids.new(), **changes).emptied()
        for sku in skus or ("mug",):
            product = self.database.catalogue.find(sku)
            assert product is not None
            basket = basket.put(product, basket.quantity_of(sku) + 1)
        choices = Choices(BUYER, ADDRESS, None, "courier", account)
        basket = replace(basket.choose(choices), voucher=changes.get("voucher", ""))
        with self.database.units() as uow:
            uow.add_basket(basket)
            uow.commit()
        return basket

    def edit(self, basket: Basket, change: Callable[[Basket], Basket]) -> Basket:
        with self.database.units() as uow:
            changed = change(uow.lock_basket(basket.id))
            uow.save_basket(changed)
            uow.commit()
        return changed

    def place(self, basket: Basket, total: str = TOTAL, **changes: Any) -> PlacedOrder:
        asked = PlaceOrderRequest(basket.id, basket.version, total, terms_accepted=True)
        return self.place_order.execute(replace(asked, **changes))

    def order(self, account: str = "fake") -> Order:
        return self.place(self.basket(account=account)).order

    def started(self, account: str = "fake") -> tuple[Order, Payment]:
        """An order whose shopper was sent to the gateway."""
        order = self.order(account)
        self.get_redirect_url.execute(GetRedirectUrlRequest(order_id=order.id))
        return self.now(order)

    def paid(self) -> tuple[Order, Payment]:
        """An order that a callback said is paid."""
        order, payment = self.started()
        self.tell(signed(told(payment, "paid")))
        return self.now(order)

    def authorized(self) -> tuple[Order, Payment]:
        order, payment = self.started()
        self.tell(signed(told(payment, "authorized")))
        return self.now(order)

    # -- the gateway

    def tell(self, message: InboundMessage, account: str = "fake") -> Reply:
        return self.handle_callback.execute(HandleCallbackRequest(account, message))

    # -- what is true now

    def now(self, order: Order) -> tuple[Order, Payment]:
        """The order and its newest payment as stored."""
        stored, payments = self.database.reads.order_by_id(order.id)
        return stored, payments[-1]

    def stored(self, order: Order) -> Order:
        return self.database.reads.order_by_id(order.id)[0]

    def state(self, order: Order) -> tuple[str, ...]:
        stored, payments = self.database.reads.order_by_id(order.id)
        return (stored.status.value, *(payment.status.value for payment in payments))

    def file(self, order: Order) -> OrderFile:
        return self.database.reads.order_file(order.id)

    def events(self, order: Order) -> list[str]:
        return [event.name for event in self.file(order).events]

    def reviews(self) -> list[str]:
        return [item.kind.value for item in self.database.reads.reviews()]

    def callbacks(self) -> list[str]:
        """The states of the stored callbacks, oldest first."""
        return [raw.state.value for raw in sorted(self.database.state.callbacks.values(), key=lambda r: r.id)]

    def left(self, sku: str = "mug") -> int:
        return self.database.state.stock[sku]

    def pass_time(self, **by: float) -> None:
        self.clock.advance(timedelta(**by))

    def rewrite(self, order_id: UUID, **changes: Any) -> None:
        """Put a stored order's newest payment where a test wants it."""
        with self.database.units() as uow:
            order, payments = uow.lock_order(order_id)
            uow.save_payment(replace(payments[-1], **changes))
            uow.save_order(order)
            uow.commit()
