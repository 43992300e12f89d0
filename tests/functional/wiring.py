"""The use cases wired by hand over a real database and real gateways."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from adapters.persistence import Database
from adapters.web.settings import WebSettings
from application.accounts import RegisterUseCase, SignInUseCase
from application.ask_gateway import AskGateway
from application.call_gateway import MoneyCall
from application.cancel_return import CancelReturnUseCase
from application.capture_payment import CapturePaymentUseCase, VoidPaymentUseCase
from application.close_order import OrderCloser
from application.confirm_return import ConfirmReturnUseCase
from application.edit_basket import EditBasketUseCase
from application.expire_orders import ExpireOrdersUseCase
from application.freeze_order import OrderFreezer
from application.get_redirect_url import GetRedirectUrlUseCase
from application.handle_callback import HandleCallbackUseCase
from application.hooks import Hooks
from application.judge_callbacks import JudgeCallbacksUseCase
from application.judgement import Judgement
from application.offer_methods import OfferMethodsUseCase
from application.place_order import PlaceOrderUseCase
from application.policy import Policy
from application.ports.ambient import Clock, Ids
from application.ports.gateway import Gateways
from application.ports.shop import Deliveries
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
from application.use_cases import UseCases
from application.view_checkout import Pricing, ViewCheckoutUseCase


class PlainHasher:
    """Quick, so that tests are; the real one has tests of its own."""

    def hash(self, password: str) -> str:
        return f"hash of {password}"

    def verify(self, known_hash: str, password: str) -> bool:
        return known_hash == self.hash(password)


def wire(
    database: Database,
    gateways: Gateways,
    *,
    clock: Clock,
    ids: Ids,
    askers: ThreadPoolExecutor,
    settings: WebSettings,
    deliveries: Deliveries,
) -> UseCases:
    """Everything the web is given."""
    units, reads, work, catalogue = database.units, database.reads, database.work, database.catalogue
    hooks, hasher = Hooks(), PlainHasher()
    policy = Policy(
        base_url=settings.base_url,
        environment=settings.environment,
        guest_checkout=settings.guest_checkout,
        allowed_return_hosts=frozenset(settings.allowed_return_hosts),
    )
    settlement = Settlement(clock=clock, ids=ids)
    offers = OfferMethodsUseCase(gateways=gateways)
    judgement = Judgement(settlement=settlement, clock=clock, ids=ids)
    pricing = Pricing(catalogue=catalogue, deliveries=deliveries, gateways=gateways)
    closer = OrderCloser(clock=clock, ids=ids)
    call = MoneyCall(units=units, settlement=settlement, clock=clock)
    ask = AskGateway(gateways=gateways, units=units, settlement=settlement, clock=clock)
    return UseCases(
        edit_basket=EditBasketUseCase(units=units, catalogue=catalogue, ids=ids),
        view_checkout=ViewCheckoutUseCase(reads=reads, pricing=pricing, offers=offers),
        offer_methods=offers,
        place_order=PlaceOrderUseCase(
            units=units,
            pricing=pricing,
            offers=offers,
            settlement=settlement,
            clock=clock,
            ids=ids,
            policy=policy,
        ),
        get_redirect_url=GetRedirectUrlUseCase(
            units=units,
            reads=reads,
            offers=offers,
            freezer=OrderFreezer(hooks=hooks, clock=clock, ids=ids, policy=policy),
            starter=PaymentStarter(units=units, settlement=settlement, clock=clock),
            hooks=hooks,
            clock=clock,
            ids=ids,
            policy=policy,
        ),
        handle_callback=HandleCallbackUseCase(
            gateways=gateways, units=units, judgement=judgement, hooks=hooks, clock=clock, ids=ids
        ),
        confirm_return=ConfirmReturnUseCase(
            gateways=gateways, units=units, reads=reads, ask=ask, clock=clock, ids=ids, askers=askers
        ),
        cancel_return=CancelReturnUseCase(
            units=units, reads=reads, catalogue=catalogue, closer=closer, ids=ids
        ),
        judge_callbacks=JudgeCallbacksUseCase(
            work=work,
            reads=reads,
            units=units,
            gateways=gateways,
            judgement=judgement,
            ask=ask,
            clock=clock,
            ids=ids,
        ),
        reconcile_payments=ReconcilePaymentsUseCase(work=work, reads=reads, ask=ask),
        expire_orders=ExpireOrdersUseCase(
            work=work, reads=reads, units=units, ask=ask, closer=closer, clock=clock
        ),
        relay_events=RelayEventsUseCase(work=work, reads=reads, hooks=hooks, clock=clock),
        refund_payment=RefundPaymentUseCase(
            reads=reads, units=units, gateways=gateways, settlement=settlement, clock=clock, ids=ids
        ),
        capture_payment=CapturePaymentUseCase(reads=reads, gateways=gateways, call=call),
        void_payment=VoidPaymentUseCase(reads=reads, gateways=gateways, call=call),
        confirm_offline_payment=ConfirmOfflinePaymentUseCase(
            reads=reads, units=units, gateways=gateways, settlement=settlement
        ),
        cancel_order=CancelOrderUseCase(units=units, closer=closer),
        advance_fulfilment=AdvanceFulfilmentUseCase(units=units, gateways=gateways, clock=clock),
        register=RegisterUseCase(users=database.users, hasher=hasher, clock=clock, ids=ids),
        sign_in=SignInUseCase(users=database.users, hasher=hasher),
        reads=reads,
        units=units,
        work=work,
        catalogue=catalogue,
        deliveries=deliveries,
        gateways=gateways,
        users=database.users,
        hooks=hooks,
        clock=clock,
        policy=policy,
        health=lambda: {"database": "ok"},
    )
