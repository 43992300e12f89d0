"""One order: why it is where it is, its money, its people, and everything that happened to it."""

from __future__ import annotations

from uuid import UUID

from flask import current_app, render_template, request, url_for

from adapters.web.admin_menu import accounts, now
from adapters.web.admin_money import money_rows
from adapters.web.admin_paging import here
from adapters.web.admin_reason import reason_of
from adapters.web.admin_timeline import timeline
from adapters.web.receipts import plan_of, receipt_of
from adapters.web.resources import use_cases
from domain.order import Order
from domain.payment import order_payment_status


def order(order_id: UUID) -> str:
    """Raises OrderNotFound."""
    file = use_cases().reads.order_file(order_id)
    known, ascending = accounts(), request.args.get("order") == "asc"
    return render_template(
        "admin/order.html",
        file=file,
        order=file.order,
        payments=file.payments,
        payment_status=order_payment_status(file.payments),
        reason=reason_of(file, known, now()),
        money_rows=money_rows(file.order, file.payments, file.facts),
        entries=timeline(file, known, ascending=ascending),
        ascending=ascending,
        turned=here(order="" if ascending else "asc"),
        accounts=known,
        as_customer=_as_customer(file.order),
        taxed=file.order.tax,
        plan_of=plan_of,
        receipt_of=receipt_of,
    )


def _as_customer(order: Order) -> str:
    return url_for("orders.page", key=order.key) if "orders.page" in current_app.view_functions else ""
