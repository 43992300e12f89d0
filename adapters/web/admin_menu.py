"""What every page of the back office shares: who looks, the menu with its counts, names of accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import g, request, url_for
from flask_babel import gettext as _

from adapters.web.i18n import shop_zone
from adapters.web.resources import use_cases
from adapters.web.sessions import signed_in
from application.overview import Attention
from application.ports.gateway import PaymentGateway, Temperament

FAILING_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu; ``count`` is said aloud as ``counted``."""

    label: str
    url: str
    is_here: bool
    count: int = 0
    counted: str = ""


@dataclass(frozen=True, slots=True)
class Menu:
    """Read by the templates as ``office``."""

    @property
    def entries(self) -> list[Entry]:
        seen = attention()
        failing = seen.failing_callbacks
        return [
            _entry(_("Home"), "admin.home"),
            _entry(_("Orders"), "admin.orders", "admin.order"),
            _entry(_("Payments"), "admin.payments"),
            _entry(_("Reviews"), "admin.reviews", count=seen.open_reviews, counted=_("open")),
            _entry(_("Callbacks"), "admin.callbacks", "admin.callback", count=failing, counted=_("failed")),
        ]

    @property
    def who(self) -> str:
        user = signed_in()
        return (user.name or user.email) if user else ""

    @property
    def zone(self) -> str:
        """The zone that every time of the back office is told in, by its IANA name."""
        return shop_zone().key

    @property
    def typed(self) -> str:
        return request.args.get("q", "").strip()


@dataclass(frozen=True, slots=True)
class Account:
    """A gateway account as staff calls it."""

    label: str
    is_offline: bool = False
    is_known: bool = True


def _entry(label: str, endpoint: str, *below: str, count: int = 0, counted: str = "") -> Entry:
    return Entry(label, url_for(endpoint), request.endpoint in (endpoint, *below), count, counted)


def now() -> datetime:
    return use_cases().clock.now()


def today() -> datetime:
    """The last midnight of the shop's zone."""
    return now().astimezone(shop_zone()).replace(hour=0, minute=0, second=0, microsecond=0)


def attention() -> Attention:
    """What waits, asked once per request."""
    if "admin_attention" not in g:
        g.admin_attention = use_cases().reads.attention(now() - FAILING_FOR)
    known: Attention = g.admin_attention
    return known


def accounts() -> dict[str, Account]:
    """Every configured account by name; the account is named beside a label that several share."""
    known = use_cases().gateways.all()
    labels = [gateway.label for gateway in known]
    return {gateway.account: _account(gateway, labels.count(gateway.label) > 1) for gateway in known}


def account(known: dict[str, Account], name: str) -> Account:
    """An account; one that is not configured any more keeps its name."""
    return known.get(name) or Account(name or _("no method"), is_known=False)


def _account(gateway: PaymentGateway, shared: bool) -> Account:
    label = f"{gateway.label} ({gateway.account})" if shared else gateway.label
    return Account(label, gateway.capabilities.temperament is Temperament.DIRECT)
