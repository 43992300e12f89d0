"""The list of orders: views, one search box over everything, and which field matched."""

from __future__ import annotations

from flask import redirect as see
from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from adapters.web.admin_menu import accounts
from adapters.web.admin_paging import PAGE, Tab, asked, asked_mark, here, newest, older, split
from adapters.web.resources import use_cases
from application.errors import OrderNotFound
from application.overview import OrderFilter, OrderView
from domain.order import Order
from domain.payment import Payment, order_payment_status

LONGEST = 200
Found = tuple[Order, tuple[Payment, ...]]


def orders() -> str | Response:
    """Raises nothing for what was typed: an unknown view is named, a wildcard is a plain character."""
    typed = request.args.get("q", "").strip()[:LONGEST]
    before = asked_mark()
    if typed and before is None:
        exact = _exact(typed)
        if exact is not None:
            return see(url_for("admin.order", order_id=exact.id), 303)
    view, unknown = asked(OrderView, "view")
    wanted = OrderFilter(text=typed, limit=PAGE + 1, before=before, view=view or OrderView.ALL)
    rows, more = split(use_cases().reads.orders(wanted))
    if len(rows) == 1 and before is None and _id_that_matched(rows[0], typed):
        return see(url_for("admin.order", order_id=rows[0][0].id), 303)
    last = rows[-1][0] if more else None
    return render_template(
        "admin/orders.html",
        rows=[(order, order_payment_status(payments), _method(order, payments)) for order, payments in rows],
        matched={order.id: matched(typed, (order, payments)) for order, payments in rows},
        typed=typed,
        unknown=unknown,
        view=view or OrderView.ALL,
        tabs=_tabs(view or OrderView.ALL),
        accounts=accounts(),
        older=older((last.placed_at, last.id) if last else None),
        newest=newest(),
    )


def matched(typed: str, found: Found) -> str:
    """Which field of a found order holds what was typed; empty without a search."""
    if not typed:
        return ""
    part, buyer = typed.casefold(), found[0].buyer
    if by_id := _id_that_matched(found, typed):
        return by_id
    if part in buyer.email.casefold():
        return str(_("matches the e-mail"))
    if part in buyer.name.casefold():
        return str(_("matches the name"))
    return (
        str(_("matches the phone number")) if part in buyer.phone else str(_("matches an id at the gateway"))
    )


def _id_that_matched(found: Found, typed: str) -> str:
    order, payments = found
    if not typed:
        return ""
    if typed == order.source_reference:
        return str(_("matches the shop's own reference"))
    if any(typed == payment.reference for payment in payments):
        return str(_("matches the reference of a payment"))
    if any(typed in (payment.gateway_reference, payment.capture_reference) for payment in payments):
        return str(_("matches an id at the gateway"))
    return ""


def _exact(typed: str) -> Order | None:
    """The order whose reference or key this is."""
    reads = use_cases().reads
    for ask in (reads.order_by_reference, reads.order_by_key):
        try:
            return ask(typed)[0]
        except OrderNotFound:
            continue
    return None


def _method(order: Order, payments: tuple[Payment, ...]) -> str:
    """The account that was paid through, else tried last, else chosen."""
    paying = [payment.account for payment in payments if payment.id == order.paid_by]
    return (paying or [payment.account for payment in payments[-1:]] or [order.account])[0]


def _tabs(view: OrderView) -> list[Tab]:
    labels = {
        OrderView.ALL: _("All"),
        OrderView.WAITING: _("Waiting"),
        OrderView.PAID: _("Paid"),
        OrderView.ERROR: _("Error"),
        OrderView.CLOSED: _("Closed"),
    }
    return [
        Tab(label, here(view="" if one is OrderView.ALL else one.value), one is view)
        for one, label in labels.items()
    ]
