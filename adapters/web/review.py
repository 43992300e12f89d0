"""Check and pay: the last page before an order, and what pressing its button does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import structlog
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from adapters.web import checkout_steps as steps
from adapters.web.baskets import amount_of, basket_id, current_view
from adapters.web.checkout_forms import ReviewForm
from adapters.web.checkout_steps import Journey
from adapters.web.formats import money
from adapters.web.resources import use_cases
from adapters.web.sessions import customer_id
from application.errors import (
    BasketNotFound,
    InvalidRequest,
    MethodNotOffered,
    OutOfStock,
    TotalChanged,
    UnknownAccount,
    Vetoed,
)
from application.get_redirect_url import GetRedirectUrlRequest, Shopper
from application.place_order import PlaceOrderRequest
from application.view_checkout import CheckoutView
from domain.errors import CheckoutError, InvalidOrder
from domain.money import Money
from domain.order import Order

log = structlog.get_logger("callbank.web")
Answer = Response | str | tuple[str, int]

_LONGEST_USER_AGENT = 400
_WHERE = {"delivery": "delivery", "delivery_address": "details", "buyer": "details", "account": "payment"}
"""The step that settles what an order was found to lack."""


@dataclass(frozen=True, slots=True)
class Change:
    """A total that is not the one on the page. ``seen`` None: what was sent is no amount."""

    seen: Money | None
    current: Money

    @property
    def is_same(self) -> bool:
        """Something else of the order changed, in another tab, say."""
        return self.seen == self.current


def review_page(
    view: CheckoutView, *, status: int = 200, change: Change | None = None, terms_error: str = ""
) -> Answer:
    errors = [("terms", terms_error)] if terms_error else []
    page = render_template(
        "checkout/review.html",
        journey=Journey(view, "review"),
        view=view,
        change=change,
        button=pay_words(view),
        tax_rows=_tax_rows(view),
        accepted=bool(request.form.get("terms")),
        terms_error=terms_error,
        errors=errors,
        has_errors=bool(errors),
    )
    return page, status


def _tax_rows(view: CheckoutView) -> list[tuple[str, Money]]:
    """The VAT inside the total, by rate."""
    rates = view.priced.taxes.per_rate if view.priced else ()
    known = [row for row in rates if row.vat]
    return [(_("of which %(rate)s %% VAT", rate=f"{row.rate.normalize():f}"), row.vat) for row in known]


def pay_words(view: CheckoutView) -> str:
    """The act in the button's own words: what is paid now, what is owed later, or that nothing is."""
    if not view.total.is_positive:
        return str(_("Place the order"))
    amount = money(view.total)
    if view.method is not None and view.method.is_online:
        return str(_("Pay %(amount)s", amount=amount))
    return str(_("Order with obligation to pay %(amount)s", amount=amount))


def place() -> Answer:
    """Make the order of this page and send its shopper on; pressed twice, both arrive at the same place."""
    known = basket_id()
    if known is None:
        return redirect(url_for("basket.show"), 303)
    version = request.form.get("version", "")
    wanted = PlaceOrderRequest(
        basket_id=known,
        basket_version=int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0,
        seen_total=request.form.get("expected_total", ""),
        terms_accepted=bool(ReviewForm().terms.data),
        customer_id=customer_id(),
    )
    try:
        placed = use_cases().place_order.execute(wanted)
    except OutOfStock as short:
        return render_template("checkout/out_of_stock.html", short=short), 409
    except (
        InvalidRequest,
        InvalidOrder,
        TotalChanged,
        MethodNotOffered,
        UnknownAccount,
        BasketNotFound,
    ) as refusal:
        return _refused(refusal)
    return send(placed.order)


def send(order: Order) -> Response:
    """On to the gateway, or to the order's page when there is nowhere to go or the gateway failed."""
    page = url_for("orders.page", key=order.key)
    if not order.total.is_positive:
        return redirect(page, 303)
    shopper = Shopper(request.remote_addr or "", request.user_agent.string[:_LONGEST_USER_AGENT])
    try:
        sent = use_cases().get_redirect_url.execute(GetRedirectUrlRequest(order.id, shopper=shopper))
    except Vetoed as veto:
        flash(str(veto), "warn")
        return redirect(page, 303)
    except CheckoutError as error:
        log.warning("payment not started", order=order.reference, error=type(error).__name__)
        return redirect(page, 303)
    following = sent.payment.next_step
    if following is not None and not following.leads_on:
        return redirect(page, 303)
    return redirect(url_for("orders.redirect_page", key=order.key, payment_id=sent.payment.id), 303)


def _refused(refusal: CheckoutError) -> Answer:
    """No order was made: the page again with the reason, or the step that lacks an answer."""
    view = current_view()
    if view is None or view.basket.is_empty:
        return redirect(url_for("basket.show"), 303)
    if isinstance(refusal, InvalidRequest) and "customer" in refusal.fields:
        return redirect(url_for("accounts.sign_in", next=steps.step_url("review")), 303)
    if not steps.may_enter(view, "review"):
        return redirect(steps.step_url(steps.first_open(view)), 303)
    if isinstance(refusal, InvalidRequest) and "terms" in refusal.fields:
        return review_page(view, status=400, terms_error=_("Accept the terms to order"))
    if isinstance(refusal, TotalChanged):
        return review_page(view, status=409, change=Change(amount_of(refusal.seen), view.total))
    flash(_("Something about this order changed. Check it again."), "warn")
    return redirect(steps.step_url(_culprit(refusal)), 303)


def _culprit(refusal: Any) -> str:
    if isinstance(refusal, MethodNotOffered | UnknownAccount):
        return "payment"
    names = list(refusal.fields) if isinstance(refusal, InvalidRequest) else [getattr(refusal, "field", "")]
    return next((_WHERE[name] for name in names if name in _WHERE), "review")
