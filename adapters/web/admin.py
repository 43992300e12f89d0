"""The back office: read-only, for staff, every list and page with an address of its own."""

from __future__ import annotations

import structlog
from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from adapters.web import admin_home, admin_lists, admin_order, admin_search, admin_styleguide
from adapters.web.admin_menu import Menu
from adapters.web.sessions import signed_in

log = structlog.get_logger("callbank.web")

MAY_LOOK = frozenset({"viewer", "staff", "admin"})
"""The roles that see everything here; nothing here changes anything."""
NEEDED = "viewer"

bp = Blueprint("admin", __name__, url_prefix="/admin")


@bp.before_request
def let_in() -> Response | tuple[str, int] | None:
    """Staff only: nobody is sent to sign in, a customer is told which role it takes."""
    user = signed_in()
    if user is None:
        here = request.script_root + request.full_path.rstrip("?")
        return redirect(url_for("accounts.sign_in", next=here), 303)
    if user.role not in MAY_LOOK:
        log.warning("denied", user=str(user.id), role=user.role, route=request.endpoint)
        return render_template("admin/forbidden.html", role=user.role, needed=NEEDED), 403
    return None


@bp.context_processor
def office() -> dict[str, object]:
    return {"office": Menu()}


bp.add_url_rule("/", "home", admin_home.home)
bp.add_url_rule("/orders", "orders", admin_search.orders)
bp.add_url_rule("/orders/<uuid:order_id>", "order", admin_order.order)
bp.add_url_rule("/payments", "payments", admin_lists.payments)
bp.add_url_rule("/callbacks", "callbacks", admin_lists.callbacks)
bp.add_url_rule("/callbacks/<uuid:callback_id>", "callback", admin_lists.callback)
bp.add_url_rule("/reviews", "reviews", admin_lists.reviews)
bp.add_url_rule("/styleguide", "styleguide", admin_styleguide.styleguide)
