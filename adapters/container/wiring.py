"""The composition root: every object of the application and what it is built from."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from dependency_injector import containers, providers

from adapters.container.ambient import RandomIds, SystemClock
from adapters.container.health import HealthChecks
from adapters.container.shop import CatalogueWithVouchers, ConfiguredDeliveries
from adapters.gateways.registry import load
from adapters.persistence import Database
from adapters.settings import Settings
from adapters.web.passwords import Argon2Hasher
from adapters.wire.errors import SettingsError
from adapters.wire.exchange import recording
from application.accounts import RegisterUseCase, SignInUseCase
from application.ask_gateway import AskGateway
from application.call_gateway import MoneyCall
from application.cancel_return import CancelReturnUseCase
from application.capture_payment import CapturePaymentUseCase, VoidPaymentUseCase
from application.close_order import OrderCloser
from application.collect_payment import Collector
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
from application.reconcile_payments import ReconcilePaymentsUseCase
from application.refund_payment import RefundPaymentUseCase
from application.relay_events import RelayEventsUseCase
from application.settlement import Settlement
from application.staff_moves import AdvanceFulfilmentUseCase, CancelOrderUseCase, ConfirmOfflinePaymentUseCase
from application.start_payment import PaymentStarter
from application.use_cases import UseCases
from application.view_checkout import Pricing, ViewCheckoutUseCase

if TYPE_CHECKING:
    from application.ports.ambient import Clock, Ids
    from application.ports.gateway import Gateways

ASKERS = 8
"""How many returning shoppers may wait for a gateway's answer at once; the others see the waiting page."""


def open_database(settings: Settings, clock: Clock, ids: Ids) -> Database:
    """Raises SettingsError for an address nobody can use, StorageUnavailable."""
    try:
        return Database(settings.database.url, clock=clock, ids=ids)
    except ValueError as error:
        raise SettingsError("database.url", str(error).removeprefix("database.url").lstrip(": ")) from error


def load_gateways(settings: Settings) -> Gateways:
    return load(settings.gateways, environment=settings.environment, base_url=settings.base_url)


def policy_of(settings: Settings) -> Policy:
    return Policy(
        base_url=settings.base_url,
        environment=settings.environment,
        guest_checkout=settings.guest_checkout,
        default_account=settings.default_account,
        allowed_return_hosts=frozenset(settings.allowed_return_hosts),
        default_locale=settings.languages[0],
    )


class Container(containers.DeclarativeContainer):
    """Built once per process; nothing connects before it is used."""

    settings: providers.Dependency[Settings] = providers.Dependency(instance_of=Settings)

    clock = providers.Singleton(SystemClock)
    ids = providers.Singleton(RandomIds, clock)
    hooks = providers.Singleton(Hooks)
    hasher = providers.Singleton(Argon2Hasher)
    askers = providers.Singleton(ThreadPoolExecutor, max_workers=ASKERS, thread_name_prefix="asker")
    recorder = providers.Object(recording)
    policy = providers.Singleton(policy_of, settings)
    database = providers.Singleton(open_database, settings, clock, ids)
    gateways = providers.Singleton(load_gateways, settings)

    units, reads, work = database.provided.units, database.provided.reads, database.provided.work
    users = database.provided.users
    catalogue = providers.Singleton(
        CatalogueWithVouchers, database.provided.catalogue, settings.provided.vouchers
    )
    deliveries = providers.Singleton(ConfiguredDeliveries, settings.provided.delivery)
    health = providers.Singleton(HealthChecks, database, clock)

    settlement = providers.Singleton(Settlement, clock=clock, ids=ids)
    judgement = providers.Singleton(Judgement, settlement=settlement, clock=clock, ids=ids)
    closer = providers.Singleton(OrderCloser, clock=clock, ids=ids)
    freezer = providers.Singleton(OrderFreezer, hooks=hooks, clock=clock, ids=ids, policy=policy)
    pricing = providers.Singleton(Pricing, catalogue=catalogue, deliveries=deliveries, gateways=gateways)
    offers = providers.Singleton(OfferMethodsUseCase, gateways=gateways)
    starter = providers.Singleton(
        PaymentStarter, units=units, settlement=settlement, clock=clock, recorder=recorder
    )
    money_call = providers.Singleton(
        MoneyCall, units=units, settlement=settlement, clock=clock, recorder=recorder
    )
    collector = providers.Singleton(
        Collector,
        gateways=gateways,
        units=units,
        settlement=settlement,
        clock=clock,
        ids=ids,
        recorder=recorder,
    )
    ask = providers.Singleton(
        AskGateway,
        gateways=gateways,
        units=units,
        settlement=settlement,
        collector=collector,
        clock=clock,
        recorder=recorder,
    )

    edit_basket = providers.Singleton(EditBasketUseCase, units=units, catalogue=catalogue, ids=ids)
    view_checkout = providers.Singleton(ViewCheckoutUseCase, reads=reads, pricing=pricing, offers=offers)
    place_order = providers.Singleton(
        PlaceOrderUseCase,
        units=units,
        pricing=pricing,
        offers=offers,
        settlement=settlement,
        clock=clock,
        ids=ids,
        policy=policy,
    )
    get_redirect_url = providers.Singleton(
        GetRedirectUrlUseCase,
        units=units,
        reads=reads,
        offers=offers,
        freezer=freezer,
        starter=starter,
        hooks=hooks,
        clock=clock,
        ids=ids,
        policy=policy,
    )
    handle_callback = providers.Singleton(
        HandleCallbackUseCase,
        gateways=gateways,
        units=units,
        reads=reads,
        judgement=judgement,
        hooks=hooks,
        clock=clock,
        ids=ids,
        askers=askers,
    )
    confirm_return = providers.Singleton(
        ConfirmReturnUseCase,
        gateways=gateways,
        units=units,
        reads=reads,
        ask=ask,
        collector=collector,
        clock=clock,
        ids=ids,
        askers=askers,
    )
    cancel_return = providers.Singleton(
        CancelReturnUseCase, units=units, reads=reads, catalogue=catalogue, closer=closer, ids=ids
    )
    judge_callbacks = providers.Singleton(
        JudgeCallbacksUseCase,
        work=work,
        reads=reads,
        units=units,
        gateways=gateways,
        judgement=judgement,
        ask=ask,
        clock=clock,
        ids=ids,
    )
    reconcile_payments = providers.Singleton(ReconcilePaymentsUseCase, work=work, reads=reads, ask=ask)
    expire_orders = providers.Singleton(
        ExpireOrdersUseCase, work=work, reads=reads, units=units, ask=ask, closer=closer, clock=clock
    )
    relay_events = providers.Singleton(RelayEventsUseCase, work=work, reads=reads, hooks=hooks, clock=clock)
    refund_payment = providers.Singleton(
        RefundPaymentUseCase,
        reads=reads,
        units=units,
        gateways=gateways,
        settlement=settlement,
        clock=clock,
        ids=ids,
        recorder=recorder,
    )
    capture_payment = providers.Singleton(
        CapturePaymentUseCase, reads=reads, gateways=gateways, call=money_call
    )
    void_payment = providers.Singleton(VoidPaymentUseCase, reads=reads, gateways=gateways, call=money_call)
    confirm_offline_payment = providers.Singleton(
        ConfirmOfflinePaymentUseCase, reads=reads, units=units, gateways=gateways, settlement=settlement
    )
    cancel_order = providers.Singleton(CancelOrderUseCase, units=units, closer=closer)
    advance_fulfilment = providers.Singleton(
        AdvanceFulfilmentUseCase, units=units, gateways=gateways, clock=clock
    )
    register = providers.Singleton(RegisterUseCase, users=users, hasher=hasher, clock=clock, ids=ids)
    sign_in = providers.Singleton(SignInUseCase, users=users, hasher=hasher)

    use_cases = providers.Singleton(
        UseCases,
        edit_basket=edit_basket,
        view_checkout=view_checkout,
        offer_methods=offers,
        place_order=place_order,
        get_redirect_url=get_redirect_url,
        handle_callback=handle_callback,
        confirm_return=confirm_return,
        cancel_return=cancel_return,
        judge_callbacks=judge_callbacks,
        reconcile_payments=reconcile_payments,
        expire_orders=expire_orders,
        relay_events=relay_events,
        refund_payment=refund_payment,
        capture_payment=capture_payment,
        void_payment=void_payment,
        confirm_offline_payment=confirm_offline_payment,
        cancel_order=cancel_order,
        advance_fulfilment=advance_fulfilment,
        register=register,
        sign_in=sign_in,
        reads=reads,
        units=units,
        work=work,
        catalogue=catalogue,
        deliveries=deliveries,
        gateways=gateways,
        users=users,
        hooks=hooks,
        clock=clock,
        policy=policy,
        health=health,
    )
