"""A host's own page embeds our payment form; a browser can name one of the host's orders, never an amount."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response as AnyResponse

from adapters.web.inbound import shopper
from adapters.web.orders import conflict, gateway_down
from adapters.web.payments_form import PaymentMethodForm, form_for
from adapters.web.resources import use_cases, web_settings
from application.errors import GatewayError, InvalidRequest, NotFound, NotPayable, OrderNotFound
from application.get_redirect_url import GetRedirectUrlRequest
from application.hooks import PaymentQuery
from domain.money import Currency, Money
from domain.order import Order
from domain.payment import Payment
from domain.quote import OrderLine

bp = Blueprint("host", __name__)

SALT = "callbank payable"
GOOD_FOR = 24 * 60 * 60
"""Seconds a form on a host's page can be sent after the page was made."""

LoadPayable = Callable[[str], object]
"""Finds a host's order by its reference; None when there is no such order."""


class UnknownPayable(NotFound):
    """No order of the host under this reference, or a link that nobody signed."""


@dataclass(frozen=True, slots=True)
class PayableForm:
    """For ``payment_form(form, action)`` of ``macros/payment_form.html`` on the host's page."""

    form: PaymentMethodForm
    action: str


def payment_form_for(payable: object, *, currency: str = "") -> PayableForm:
    """The form over the methods that take this order of the host, and where it posts to.

    Raises InvalidRequest for an order without a reference or a total.
    """
    token = _serializer().dumps([_reference(payable), currency])
    return PayableForm(_form(payable, currency), url_for("host.pay", token=token))


@bp.post("/payables/<token>/pay")
def pay(token: str) -> AnyResponse | tuple[str, int]:
    """Freeze the host's order and lead to the chosen gateway."""
    payable, currency = _load(token)
    form = _form(payable, currency)
    if not form.validate():
        return render_template("orders/choose.html", form=form, action=request.path, has_errors=True), 400
    wanted = GetRedirectUrlRequest(
        source=payable,
        account=form.account.data,
        currency=currency,
        options=form.options,
        shopper=shopper(),
    )
    try:
        sent = use_cases().get_redirect_url.execute(wanted)
    except NotPayable:
        return conflict(*_known(payable))
    except GatewayError as error:
        return gateway_down(_known(payable)[0], form, error)
    key, payment_id = sent.order.key, sent.payment.id
    return redirect(url_for("orders.redirect_page", key=key, payment_id=payment_id), 303)


def _known(payable: object) -> tuple[Order, tuple[Payment, ...]]:
    """The order this one of the host's became, with its payments. Raises OrderNotFound."""
    with use_cases().units() as uow:
        known = uow.order_of_source(type(payable).__name__, _reference(payable))
    if known is None:
        raise OrderNotFound
    return use_cases().reads.order_by_id(known.id)


def _load(token: str) -> tuple[object, str]:
    """The host's order that a token of ours names, and its currency. Raises UnknownPayable."""
    load = cast("LoadPayable | None", current_app.extensions.get("payables"))
    try:
        reference, currency = _serializer().loads(token, max_age=GOOD_FOR)
    except BadSignature as error:
        raise UnknownPayable from error
    payable = load(str(reference)) if load else None
    if payable is None:
        raise UnknownPayable
    return payable, str(currency)


def _form(payable: object, currency: str) -> PaymentMethodForm:
    amount = amount_of(payable, currency)
    nothing = Money.zero(amount.currency)
    whole = OrderLine("total", "Order", amount, 1, nothing, nothing.decimal, nothing)
    return form_for(amount, "", (whole,))


def amount_of(payable: object, currency: str = "") -> Money:
    """What the host's order costs, by itself or by the ``new_payment_query``. Raises InvalidRequest."""
    total = getattr(payable, "total", None)
    code = str(getattr(payable, "currency", "") or currency)
    query = PaymentQuery(payable, _exact(total, code))
    use_cases().hooks.tell("new_payment_query", query)
    if query.amount is None:
        raise InvalidRequest({"total": "the order has no total and no currency"})
    return query.amount


def _exact(total: object, code: str) -> Money | None:
    if isinstance(total, Money):
        return total
    return Money.parse(str(total), Currency.of(code)) if total is not None and code else None


def _reference(payable: object) -> str:
    names = ("reference", "pk", "id")
    found = next((value for name in names if (value := getattr(payable, name, None))), None)
    if not found:
        raise InvalidRequest({"reference": "the order has no reference"})
    return str(found)


def _serializer() -> URLSafeTimedSerializer:
    settings = web_settings()
    return URLSafeTimedSerializer([*settings.secret_key_fallbacks, settings.secret_key], salt=SALT)
