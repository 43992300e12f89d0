"""The order page: waiting page, receipt and retry page in turn. GET changes nothing."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, jsonify, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from adapters.web.baskets import basket_id, remember
from adapters.web.formats import utc
from adapters.web.guesses import KEY, count_wrong_key, refuse_guessers
from adapters.web.i18n import speak
from adapters.web.inbound import shopper
from adapters.web.order_page import is_offline, label_of, order_page, remember_skipped, told_of
from adapters.web.order_state import changed_at, nothing_was_charged, situation, takes_payment
from adapters.web.order_words import heading
from adapters.web.payments_form import PaymentMethodForm, form_for_order
from adapters.web.resources import use_cases, web_settings
from application.cancel_return import CancelReturnRequest
from application.errors import (
    AlreadyPaid,
    GatewayError,
    GatewayRejected,
    NotCancellable,
    NotPayable,
    OrderNotFound,
    UnknownAccount,
)
from application.get_redirect_url import GetRedirectUrlRequest
from domain.order import Order
from domain.payment import NextStep, NextStepKind, Payment, PaymentStatus

bp = Blueprint("orders", __name__, url_prefix="/orders")

ONE_MOMENT = timedelta(seconds=20)
"""How long another request may take to open a gateway's session."""

Known = tuple[Order, tuple[Payment, ...]]


def order_of(key: str) -> Known:
    """The order under this key, in its own language from here on. Raises OrderNotFound, TooManyRequests."""
    refuse_guessers()
    try:
        if not KEY.fullmatch(key):
            raise OrderNotFound
        order, payments = use_cases().reads.order_by_key(key)
    except OrderNotFound:
        count_wrong_key()
        raise
    address = order.delivery_address or order.billing_address
    speak(order.locale, address.country if address else "")
    return order, payments


@bp.get("/<key>")
def page(key: str) -> str:
    """What is true of the order now."""
    order, payments = order_of(key)
    return _page(order, payments)


@bp.get("/<key>/status")
def status(key: str) -> Response:
    """The state in one word and one sentence; one query, for a page that waits."""
    order, payments = order_of(key)
    seen = situation(order, payments, use_cases().clock.now(), is_offline)
    return jsonify(
        state=seen.state.value,
        changed_at=utc(changed_at(order, payments)),
        text=heading(told_of(order, payments, seen, None)),
        url=url_for("orders.page", key=key),
    )


@bp.post("/<key>/pay")
def pay(key: str) -> AnyResponse | tuple[str, int]:
    """Open a session with the chosen method, or join the one that is open, and lead there."""
    order, payments = order_of(key)
    form = form_for_order(order)
    if not takes_payment(order, payments):
        return conflict(order, payments)
    if not form.validate():
        return _page(order, payments, form), 400
    wanted = GetRedirectUrlRequest(
        order.id, account=form.account.data, options=form.options, shopper=shopper()
    )
    try:
        sent = use_cases().get_redirect_url.execute(wanted)
    except NotPayable:
        return conflict(*order_of(key))
    except GatewayError as error:
        return gateway_down(order, form, error)
    return redirect(url_for("orders.redirect_page", key=key, payment_id=sent.payment.id), 303)


def gateway_down(order: Order, form: PaymentMethodForm, error: GatewayError) -> AnyResponse:
    """The order is safe; the same press may be tried again, or another method chosen."""
    refused = isinstance(error, GatewayRejected)
    answer = Response(
        render_template("orders/gateway_down.html", order=order, form=form, refused=refused), 503
    )
    answer.headers["Retry-After"] = "15"
    return answer


@bp.get("/<key>/payments/<payment_id>/redirect")
def redirect_page(key: str, payment_id: str) -> AnyResponse | str:
    """The one page that leads away from here: by refresh, or by a form that is sent once."""
    order, payments = order_of(key)
    payment = next((item for item in payments if str(item.id) == payment_id), None)
    if payment is None:
        raise OrderNotFound
    step = payment.next_step
    if order.is_payable and payment.is_out:
        if step is None and _is_starting(payment):
            return render_template("orders/one_moment.html", order=order, method=label_of(payment.account))
        if step is not None and step.kind is NextStepKind.PAGE and step.leads_on:
            return _card_page(order, payment, step)
        if step is not None and step.leads_on:
            g.form_action_origins = _origins(payment)
            return render_template(
                "orders/redirect.html",
                order=order,
                step=step,
                host=urlsplit(step.url).netloc,
                method=label_of(payment.account),
            )
    return redirect(url_for("orders.page", key=key), 303)


def _card_page(order: Order, payment: Payment, step: NextStep) -> str:
    """A form for the card, which a script of the gateway's reads; we only ever see its token."""
    g.script_origins = tuple(source for source in _origins(payment) if step.url.startswith(source))
    return render_template(
        "orders/card.html",
        order=order,
        step=step,
        method=label_of(payment.account),
        back=url_for("returns.arrive", account=payment.account, token=payment.token),
    )


@bp.get("/<key>/cancel")
def cancel_page(key: str) -> str:
    """What cancelling does, before anybody presses anything."""
    order, payments = order_of(key)
    is_collecting = any(payment.intent for payment in payments)
    out = next((payment for payment in payments if payment.holds_order), None)
    return render_template(
        "orders/cancel.html",
        view=order_page(order, payments, None),
        can_cancel=takes_payment(order, payments) and not is_collecting,
        is_collecting=is_collecting,
        may_be_taken=label_of(out.account) if out else "",
        nothing_charged=nothing_was_charged(payments),
    )


@bp.post("/<key>/cancel")
def cancel(key: str) -> AnyResponse | tuple[str, int]:
    """Stop the order, if it still can be, and put its goods back into this browser's basket."""
    order_of(key)
    wish = CancelReturnRequest(key, basket_id())
    try:
        stopped = use_cases().cancel_return.execute(wish)
    except (AlreadyPaid, NotCancellable):
        return conflict(*order_of(key))
    if stopped.basket is not None:
        remember(stopped.basket)
        remember_skipped(stopped.order, stopped.skipped)
    return redirect(url_for("orders.page", key=key), 303)


def _page(order: Order, payments: tuple[Payment, ...], form: PaymentMethodForm | None = None) -> str:
    offered = form or (form_for_order(order) if order.is_payable else None)
    view = order_page(order, payments, offered)
    errors = bool(form and form.errors)
    return render_template("orders/page.html", view=view, settings=web_settings(), has_errors=errors)


def conflict(order: Order, payments: tuple[Payment, ...]) -> tuple[str, int]:
    """409 with the truth of the order instead of what was asked for."""
    collecting = any(payment.intent for payment in payments)
    view = order_page(order, payments, None)
    first = _("This cannot be done for a moment.") if collecting else view.heading
    if order.is_paid:
        first = _("This order is already paid.")
    return render_template("orders/conflict.html", view=view, first=first, collecting=collecting), 409


def _is_starting(payment: Payment) -> bool:
    """Another request is talking to the gateway at this moment."""
    age = use_cases().clock.now() - payment.updated_at
    return payment.status is PaymentStatus.NEW and age < ONE_MOMENT


def _origins(payment: Payment) -> tuple[str, ...]:
    """Where the form of this page may go: the gateway's hosts, and the sandbox in test."""
    try:
        origins = use_cases().gateways.get(payment.account).origins
    except UnknownAccount:
        origins = ()
    settings = web_settings()
    sandbox = (settings.sandbox_origin,) if settings.is_test and settings.sandbox_origin else ()
    return tuple(dict.fromkeys((*origins, *sandbox)))
