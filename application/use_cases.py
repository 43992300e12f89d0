"""Everything the application can do, wired: what web, worker, command line and scripts are given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from application.accounts import RegisterUseCase, SignInUseCase
from application.cancel_return import CancelReturnUseCase
from application.capture_payment import CapturePaymentUseCase, VoidPaymentUseCase
from application.confirm_return import ConfirmReturnUseCase
from application.edit_basket import EditBasketUseCase
from application.expire_orders import ExpireOrdersUseCase
from application.get_redirect_url import GetRedirectUrlUseCase
from application.handle_callback import HandleCallbackUseCase
from application.hooks import Hooks
from application.judge_callbacks import JudgeCallbacksUseCase
from application.offer_methods import OfferMethodsUseCase
from application.place_order import PlaceOrderUseCase
from application.policy import Policy
from application.ports.ambient import Clock
from application.ports.gateway import Gateways
from application.ports.people import Users
from application.ports.persistence import Reads, Units, Work
from application.ports.shop import Catalogue, Deliveries
from application.reconcile_payments import ReconcilePaymentsUseCase
from application.refund_payment import RefundPaymentUseCase
from application.relay_events import RelayEventsUseCase
from application.staff_moves import (
    AdvanceFulfilmentUseCase,
    CancelOrderUseCase,
    ConfirmOfflinePaymentUseCase,
)
from application.view_checkout import ViewCheckoutUseCase

Health = Callable[[], Mapping[str, str]]
"""Checks by name, each ``ok`` or what is wrong."""


@dataclass(frozen=True, slots=True)
class UseCases:
    """One object per use case, safe to share between threads; and the reads beside them."""

    edit_basket: EditBasketUseCase
    view_checkout: ViewCheckoutUseCase
    offer_methods: OfferMethodsUseCase
    place_order: PlaceOrderUseCase
    get_redirect_url: GetRedirectUrlUseCase
    handle_callback: HandleCallbackUseCase
    confirm_return: ConfirmReturnUseCase
    cancel_return: CancelReturnUseCase
    judge_callbacks: JudgeCallbacksUseCase
    reconcile_payments: ReconcilePaymentsUseCase
    expire_orders: ExpireOrdersUseCase
    relay_events: RelayEventsUseCase
    refund_payment: RefundPaymentUseCase
    capture_payment: CapturePaymentUseCase
    void_payment: VoidPaymentUseCase
    confirm_offline_payment: ConfirmOfflinePaymentUseCase
    cancel_order: CancelOrderUseCase
    advance_fulfilment: AdvanceFulfilmentUseCase
    register: RegisterUseCase
    sign_in: SignInUseCase
    reads: Reads
    units: Units
    work: Work
    catalogue: Catalogue
    deliveries: Deliveries
    gateways: Gateways
    users: Users
    hooks: Hooks
    clock: Clock
    policy: Policy
    health: Health
