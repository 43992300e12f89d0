"""Send a shopper to a gateway: intent first, then the call, then what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

from application.again import again
from application.errors import AlreadyPaid, InvalidRequest, KeyReused, NotPayable
from application.freeze_order import OrderFreezer
from application.hooks import Hooks
from application.offer_methods import OfferMethodsUseCase
from application.points import reach
from application.policy import Policy
from application.ports.ambient import Clock, Ids
from application.ports.gateway import Brief, PaymentGateway
from application.ports.persistence import Reads, Units
from application.start_payment import PaymentStarter, Sent
from domain.order import Order
from domain.payment import NextStepKind, Payment, PaymentStatus

STARTING = timedelta(seconds=15)
"""How long an attempt without a next step is believed to be on its way in another process; then it is
asked about, like any other whose outcome nobody knows."""


@dataclass(frozen=True, slots=True)
class Shopper:
    """Who is being sent: the address and browser that some gateways demand; empty from a script."""

    ip: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class GetRedirectUrlRequest:
    """``order_id`` of an Order of ours, or ``source``: a host's Payable or a mapping of plain data.

    ``account`` overrides the order's choice; ``currency`` is for sources that name none.
    """

    order_id: UUID | None = None
    source: object = None
    account: str = ""
    currency: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    shopper: Shopper = field(default_factory=Shopper)


@dataclass(frozen=True, slots=True)
class Redirection:
    """Where to send the shopper. ``next_step`` None: the attempt is being started by another request."""

    order: Order
    payment: Payment
    redirect_url: str
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.redirect_url


class GetRedirectUrlUseCase:
    """Open at most one session per order and account; asking again answers the same next step."""

    def __init__(
        self,
        *,
        units: Units,
        reads: Reads,
        offers: OfferMethodsUseCase,
        freezer: OrderFreezer,
        starter: PaymentStarter,
        hooks: Hooks,
        clock: Clock,
        ids: Ids,
        policy: Policy,
    ) -> None:
        self._units, self._reads, self._offers, self._freezer = units, reads, offers, freezer
        self._starter, self._hooks = starter, hooks
        self._clock, self._ids, self._policy = clock, ids, policy

    def execute(self, request: GetRedirectUrlRequest | Mapping[str, object]) -> Redirection:
        """Raises InvalidRequest, OrderNotFound, KeyReused, AlreadyPaid, NotPayable, MethodNotOffered, Vetoed,
        and every GatewayError; after one of those the order stays payable with any method."""
        if isinstance(request, Mapping):
            request = GetRedirectUrlRequest(source=request)
        order, warnings = self._order_of(request)
        account = request.account or order.account or self._policy.default_account
        if not account:
            raise InvalidRequest({"account": "no gateway account was named and there is no default"})
        gateway = self._offers.require(account, order.total, _country(order), order.lines)
        self._hooks.tell("order_additional_validation", order, account)
        sent = again(lambda: self._intend(order.id, gateway, request))
        if sent.to_start:
            sent = self._starter.start(gateway, self._brief(sent, request), resumed=sent.resumed)
        return Redirection(sent.order, sent.payment, self._url(sent), warnings)

    def _order_of(self, request: GetRedirectUrlRequest) -> tuple[Order, tuple[str, ...]]:
        if request.order_id is not None:
            return self._reads.order_by_id(request.order_id)[0], ()
        account = request.account or self._policy.default_account
        source, currency = request.source, request.currency or self._offers.only_currency(account)
        frozen = (
            self._freezer.plain(source, account=account, currency=currency)
            if isinstance(source, Mapping)
            else self._freezer.payable(source, account=account, currency=currency)
        )
        return again(lambda: self._store(frozen.order)), frozen.warnings

    def _store(self, order: Order) -> Order:
        """The host's order under its own number, once; the same number with another content is refused."""
        with self._units() as uow:
            known = uow.order_of_source(order.source, order.source_reference or "")
            if known is None:
                uow.add_order(order)
                uow.commit()
                return order
        if known.source_digest != order.source_digest:
            raise KeyReused(f"order {order.source_reference} was started with another content")
        return known

    def _intend(self, order_id: UUID, gateway: PaymentGateway, request: GetRedirectUrlRequest) -> Sent:
        """Commit the intent, or join the attempt that is out already."""
        now = self._clock.now()
        with self._units(patience=timedelta(seconds=5)) as uow:
            order, payments = uow.lock_order(order_id)
            if order.is_paid or any(payment.status is PaymentStatus.PAID for payment in payments):
                raise AlreadyPaid("this order is paid already")
            if not order.is_payable:
                raise NotPayable(f"this order is {order.status} and cannot be paid")
            mine = [item for item in payments if item.account == gateway.account and item.holds_order]
            if mine:
                running = mine[-1]
                over = running.status is PaymentStatus.UNKNOWN or now - running.updated_at > STARTING
                stuck = running.next_step is None and running.is_out and over
                resume = stuck and gateway.capabilities.repeatable_start
                return Sent(order, running, to_start=resume, resumed=resume)
            new = self._ids.new()
            payment = Payment.begin(
                id=new,
                order_id=order.id,
                reference=self._ids.payment_reference(new),
                account=gateway.account,
                gateway=gateway.code,
                environment=gateway.environment,
                amount=order.total,
                idempotency_key=self._ids.secret(),
                token=self._ids.secret(),
                now=now,
                extra={**order.options, **request.options},
            )
            self._hooks.tell("redirecting_to_payment_gateway", order, payment)
            waiting = order.await_payment().extend(gateway.capabilities.time_to_pay, now)
            uow.save_order(waiting)
            uow.add_payment(replace(payment, look_at=now + STARTING))
            reach("start.before_intent_commit")
            uow.commit()
        reach("start.after_intent_commit")
        return Sent(waiting, payment, to_start=True)

    def _brief(self, sent: Sent, request: GetRedirectUrlRequest) -> Brief:
        order, payment = sent.order, sent.payment
        return Brief(
            payment=payment,
            order_reference=order.reference,
            description=order.description or f"Order {order.reference}",
            lines=order.lines,
            buyer=order.buyer,
            billing_address=order.billing_address,
            delivery_address=order.delivery_address,
            locale=order.locale,
            deadline=order.deadline,
            callback_url=self._policy.callback_url(payment.account, payment.id),
            return_url=self._policy.return_url(payment.account, payment.token),
            customer_ip=request.shopper.ip,
            user_agent=request.shopper.user_agent,
            options=payment.extra,
        )

    def _url(self, sent: Sent) -> str:
        """The gateway's page itself for a plain redirect; ours for a form, a promise or nothing to do."""
        step = sent.payment.next_step
        if step is not None and step.kind is NextStepKind.REDIRECT:
            return step.url
        if step is None or step.leads_on:
            return self._policy.redirect_url(sent.order.key, sent.payment.id)
        return self._policy.order_url(sent.order.key)


def _country(order: Order) -> str:
    address = order.delivery_address or order.billing_address
    return address.country if address else ""
