"""The front page: what needs a person, what came in today, and how the gateways are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from babel import dates
from flask import render_template, url_for
from flask_babel import ngettext

from adapters.web.admin_menu import accounts, attention, now, today
from adapters.web.i18n import format_locale
from adapters.web.resources import use_cases
from application.overview import OrderFilter
from application.ports.gateway import PaymentGateway

NEWEST = 8


@dataclass(frozen=True, slots=True)
class Tile:
    """A number and the list behind it."""

    number: int
    label: str
    url: str
    kind: str


@dataclass(frozen=True, slots=True)
class Line:
    """A gateway account at a glance; ``ago`` is empty when it never called."""

    gateway: PaymentGateway
    called_at: datetime | None
    ago: str
    can_call: bool


def home() -> str:
    reads, moment = use_cases().reads, now()
    gateways = use_cases().gateways.all()
    called = reads.last_callbacks([gateway.account for gateway in gateways])
    return render_template(
        "admin/home.html",
        moment=moment,
        tiles=_tiles(),
        takings=reads.takings(today()),
        lines=[_line(gateway, called, moment) for gateway in gateways],
        newest=reads.orders(OrderFilter(limit=NEWEST)),
        accounts=accounts(),
    )


def _tiles() -> list[Tile]:
    seen = attention()
    open_, stuck, silent = seen.open_reviews, seen.orders_in_error, seen.unknown_payments
    later, failed = seen.pending_callbacks, seen.failing_callbacks
    labels = (
        ngettext("question needs a decision", "questions need a decision", open_),
        ngettext("order in error", "orders in error", stuck),
        ngettext("payment with unknown outcome", "payments with unknown outcome", silent),
        ngettext("callback not judged yet", "callbacks not judged yet", later),
        ngettext("callback failed in 24 hours", "callbacks failed in 24 hours", failed),
    )
    return [
        _tile(open_, labels[0], "warn", url_for("admin.reviews")),
        _tile(stuck, labels[1], "bad", url_for("admin.orders", view="error")),
        _tile(silent, labels[2], "warn", url_for("admin.payments", status="unknown")),
        _tile(later, labels[3], "info", url_for("admin.callbacks", state="pending")),
        _tile(failed, labels[4], "bad", url_for("admin.callbacks", state="failing")),
    ]


def _tile(number: int, label: str, kind: str, url: str) -> Tile:
    """Without a number there is nothing to draw attention to."""
    return Tile(number, label, url, kind if number else "")


def _line(gateway: PaymentGateway, called: Mapping[str, datetime], moment: datetime) -> Line:
    at = called.get(gateway.account)
    ago = dates.format_timedelta(at - moment, add_direction=True, locale=format_locale()) if at else ""
    return Line(gateway, at, ago, bool(gateway.capabilities.callback_methods))
