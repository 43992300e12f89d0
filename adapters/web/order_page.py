"""Everything the template of an order page shows, gathered from the ledger; changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from flask import request, session, url_for
from flask_babel import format_decimal
from flask_babel import gettext as _

from adapters.web.order_sentences import sentences
from adapters.web.order_state import (
    Situation,
    State,
    changed_at,
    nothing_was_charged,
    situation,
    takes_payment,
)
from adapters.web.order_told import Told
from adapters.web.order_words import heading
from adapters.web.payments_form import PaymentMethodForm
from adapters.web.receipts import Fact, plan_of, receipt_of
from adapters.web.resources import use_cases, web_settings
from application.errors import UnknownAccount
from application.offer_methods import NOTHING_TO_PAY
from application.ports.gateway import Temperament
from application.ports.persistence import OrderFile
from domain.money import Money
from domain.order import Order
from domain.payment import Payment
from domain.quote import LineKind
from domain.refund import Refund
from domain.transaction import FactKind, MoneyFact

MOST_REFRESHES = 30
NOT_SENT = ("GatewayUnreachable", "GatewayUnavailable")
"""How the record of a start names a gateway that was never reached."""


@dataclass(frozen=True, slots=True)
class Row:
    """One movement of money, or a refund on its way: ``status`` has a word."""

    at: datetime
    status: FactKind | object
    method: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Rate:
    """What one VAT rate contributes to the total."""

    percent: str
    gross: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class OrderPage:
    """The template's one argument. ``refresh`` is the address of the next automatic look, or empty."""

    order: Order
    situation: Situation
    heading: str
    sentences: tuple[str, ...]
    method: str
    now: datetime
    form: PaymentMethodForm | None
    instructions: Mapping[str, str]
    rows: tuple[Row, ...]
    rates: tuple[Rate, ...]
    plan: tuple[str, ...]
    receipt: tuple[Fact, ...]
    refresh: str
    is_watched: bool
    is_choosing: bool
    skipped: tuple[str, ...]

    @property
    def state(self) -> State:
        return self.situation.state

    @property
    def payment(self) -> Payment | None:
        return self.situation.payment

    @property
    def leads_on(self) -> bool:
        """Whether the gateway's page is known and may still be open."""
        payment = self.payment
        if payment is None or not payment.is_out or payment.next_step is None:
            return False
        return payment.next_step.leads_on

    @property
    def subtotals(self) -> list[tuple[str, Money]]:
        """What stands between the goods and the total."""
        rows = [(_("Goods"), self._sum(LineKind.GOODS))]
        rows += [(line.name, line.gross) for line in self.order.lines if line.kind is LineKind.DELIVERY]
        return rows if len(rows) > 1 else []

    def _sum(self, kind: LineKind) -> Money:
        return Money.sum((line.gross for line in self.order.lines if line.kind is kind), self.order.currency)


def order_page(order: Order, payments: Sequence[Payment], form: PaymentMethodForm | None) -> OrderPage:
    """The page of this order as it stands now; ``form`` is offered only while it can be paid."""
    now = use_cases().clock.now()
    seen = situation(order, payments, now, is_offline)
    file = _file(order, payments, seen)
    told = told_of(order, payments, seen, file)
    return OrderPage(
        order=order,
        situation=seen,
        heading=heading(told),
        sentences=tuple(sentences(told)),
        method=told.method,
        now=now,
        form=form if takes_payment(order, payments) else None,
        instructions=_instructions(order, seen),
        rows=_rows(file) if file else (),
        rates=_rates(order),
        plan=plan_of(seen.payment) if seen.state.is_waiting or seen.state.is_paid else (),
        receipt=receipt_of(next((one for one in payments if one.id == order.paid_by), None)),
        refresh=_refresh(order, seen.state),
        is_watched=seen.state.is_waiting and _may_refresh(),
        is_choosing="choose" in request.args,
        skipped=_skipped(order),
    )


def told_of(order: Order, payments: Sequence[Payment], seen: Situation, file: OrderFile | None) -> Told:
    """What the sentences may mention."""
    payment = seen.payment
    last_change = changed_at(order, payments)
    return Told(
        state=seen.state,
        order=order,
        payment=payment,
        method=label_of(payment.account if payment else order.account),
        received_at=_last_fact(file, payment, FactKind.CAPTURED) or order.validated_at or last_change,
        refunded_at=_last_fact(file, payment, FactKind.REFUNDED) or last_change,
        was_sent=_was_sent(file, payment),
        nothing_charged=nothing_was_charged(payments),
        sends_mail=web_settings().sends_mail,
        by_post="payee" in _instructions(order, seen),
    )


def label_of(account: str) -> str:
    """The public name of an account; the account's own where it is not configured any more."""
    try:
        return use_cases().gateways.get(account).label
    except UnknownAccount:
        return "" if account == NOTHING_TO_PAY else account


def is_offline(payment: Payment) -> bool:
    """Nothing goes over the wire: a person sees the money."""
    try:
        capabilities = use_cases().gateways.get(payment.account).capabilities
    except UnknownAccount:
        return False
    return capabilities.temperament is Temperament.DIRECT


def remember_skipped(order: Order, names: Sequence[str]) -> None:
    """Keep what could not go back into the basket, for the page that says so."""
    session["skipped"] = [order.reference, *names]


def _skipped(order: Order) -> tuple[str, ...]:
    kept = session.get("skipped") or [""]
    return tuple(kept[1:]) if kept[0] == order.reference else ()


def _file(order: Order, payments: Sequence[Payment], seen: Situation) -> OrderFile | None:
    """The whole file, only where there is money to list or a failed start to explain."""
    moved = any(payment.captured or payment.returned for payment in payments)
    if moved or seen.state is State.NOT_STARTED:
        return use_cases().reads.order_file(order.id)
    return None


def _last_fact(file: OrderFile | None, payment: Payment | None, kind: FactKind) -> datetime | None:
    if file is None or payment is None:
        return None
    times = [fact.at for fact in file.facts if fact.kind is kind and fact.payment_id == payment.id]
    return max(times, default=None)


def _was_sent(file: OrderFile | None, payment: Payment | None) -> bool:
    if file is None or payment is None:
        return True
    mine = [one.message for one in file.transactions if one.payment_id == payment.id]
    return not any(message.startswith(NOT_SENT) for message in mine)


def _instructions(order: Order, seen: Situation) -> Mapping[str, str]:
    if seen.payment is None or not seen.state.is_promise:
        return {}
    try:
        gateway = use_cases().gateways.get(seen.payment.account)
    except UnknownAccount:
        return {}
    return gateway.instructions(order, seen.payment)


def _rows(file: OrderFile) -> tuple[Row, ...]:
    """Oldest first: what moved, and the refunds that may still move."""
    accounts = {payment.id: payment.account for payment in file.payments}
    moved = [_moved(fact) for fact in file.facts if fact.amount.is_positive]
    waiting = [_asked(refund, accounts) for refund in file.refunds if refund.is_open]
    return tuple(sorted([*moved, *waiting], key=lambda row: row.at))


def _moved(fact: MoneyFact) -> Row:
    return Row(fact.at, fact.kind, label_of(fact.account), fact.amount)


def _asked(refund: Refund, accounts: Mapping[UUID, str]) -> Row:
    return Row(refund.created_at, refund.status, label_of(accounts[refund.payment_id]), refund.amount)


def _rates(order: Order) -> tuple[Rate, ...]:
    """What each VAT rate contributes, lowest first; a rate of nothing is left out."""
    rates = sorted({line.tax_rate for line in order.lines if line.tax_rate})
    return tuple(_rate(order, rate) for rate in rates)


def _rate(order: Order, rate: Decimal) -> Rate:
    lines = [line for line in order.lines if line.tax_rate == rate]
    gross = Money.sum((line.gross for line in lines), order.currency)
    return Rate(format_decimal(rate), gross, Money.sum((line.tax for line in lines), order.currency))


def _refresh(order: Order, state: State) -> str:
    """The next look of a browser without scripts; after many of them the reader has to ask."""
    count = request.args.get("n", "0")
    done = int(count) if count.isascii() and count.isdigit() and len(count) < 4 else 0
    if not state.is_waiting or not _may_refresh() or done >= MOST_REFRESHES:
        return ""
    return url_for("orders.page", key=order.key, n=done + 1)


def _may_refresh() -> bool:
    """Not when the reader stopped it, nor while they are choosing or correcting something."""
    stopped = request.args.get("auto") == "off" or "choose" in request.args
    return request.method == "GET" and not stopped
