"""A foreign Flask shop with its own order class, which lets Callbank collect the money.

callbank sandbox --port 9000
CALLBANK_CONFIG=examples/host_shop/callbank.toml callbank db upgrade
CALLBANK_CONFIG=examples/host_shop/callbank.toml python -m examples.host_shop
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from flask import Flask, abort, render_template
from flask.typing import ResponseReturnValue

from adapters.container import Application, Settings, build
from adapters.web import signals
from adapters.web.app import mount
from adapters.web.host import payment_form_for


@dataclass
class Ticket:
    """The host's own order: nothing of Callbank in it but the few names that it is asked for."""

    reference: str
    title: str
    total: Decimal
    currency: str = "PLN"
    customer_email: str = "ada@example.com"
    paid: bool = False

    def __str__(self) -> str:
        return f"{self.title} ({self.reference})"

    def get_absolute_url(self) -> str:
        return f"/tickets/{self.reference}"


def on_status_changed(
    sender: object, instance: signals.Instance, old_status: str, new_status: str, **_: object
) -> None:
    """The listener of django-chile-payments' manual; it may be told twice and does the same again."""
    if old_status != "paid" and new_status == "paid" and isinstance(instance.order, Ticket):
        instance.order.paid = True


def create_app(settings: Settings | Mapping[str, object] | None = None) -> Flask:
    """The host's application. Callbank's pages stand below ``/pay``, as ``base_url`` says."""
    callbank = build(settings)
    callbank.require_ready()
    tickets = {
        "T-1": Ticket("T-1", "Evening concert", Decimal("49.90")),
        "T-2": Ticket("T-2", "Morning concert", Decimal("39.00")),
    }
    app = Flask(__name__)
    web = callbank.web_settings()
    app.secret_key = web.secret_key
    app.extensions["callbank"] = callbank
    app.extensions["tickets"] = tickets

    signals.payment_status_changed.connect(on_status_changed)
    signals.connect(callbank.use_cases.hooks, find_order=tickets.get)
    mount(app, callbank.use_cases, web, url_prefix="/pay", payables=tickets.get)

    @app.get("/tickets/<reference>")
    def ticket(reference: str) -> ResponseReturnValue:
        found = tickets.get(reference) or abort(404)
        form = None if found.paid else payment_form_for(found)
        return render_template("ticket.html", ticket=found, payment=form)

    return app


def tell_facts(callbank: Application) -> None:
    """Deliver every fact that waits to the listeners of this very process, where the tickets live."""
    while callbank.use_cases.relay_events.execute(owner="host shop").delivered:
        pass


def keep_telling(callbank: Application, stopped: threading.Event) -> None:
    while not stopped.wait(0.5):
        tell_facts(callbank)
