"""Every component on one page, and a small shop around the shell to show it in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import cast

from flask import Flask, Response, jsonify, render_template
from jinja2 import ChoiceLoader, FileSystemLoader

from adapters.web.app import create_app
from adapters.web.settings import WebSettings
from application.offer_methods import Method
from application.use_cases import UseCases
from domain.basket import Address
from domain.money import Currency, Money
from domain.quote import LineKind, OrderLine

TEMPLATES = Path(__file__).parent / "templates"
PLN = Currency.of("PLN")
NOW = datetime(2026, 11, 20, 16, 5, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Nothing:
    """Use cases of a shop that only shows its shell."""

    def health(self) -> Mapping[str, str]:
        return {"database": "ok"}


def settings(**changes: object) -> WebSettings:
    known: dict[str, object] = {
        "base_url": "http://localhost",
        "secret_key": "a secret of the tests",
        "brand_name": "Callbank Demo",
        "brand_contact": "help@shop.example",
        "region": "PL",
        "currencies": ("PLN",),
    }
    return WebSettings(**(known | changes))  # type: ignore[arg-type]


def a_shell(**changes: object) -> Flask:
    """The shell over nothing, with the style guide at ``/styleguide``."""
    app = create_app(cast(UseCases, Nothing()), settings(**changes))
    app.jinja_loader = ChoiceLoader([app.jinja_loader, FileSystemLoader(TEMPLATES)])  # type: ignore[list-item]
    app.add_url_rule("/styleguide", "styleguide", lambda: render_template("styleguide.html", **sample()))
    app.add_url_rule("/window", "window", lambda: render_template("window.html", **sample()))
    return app


def add_moving_parts(app: Flask) -> Flask:
    """Pages that the script has work on: counters count what really arrived."""
    arrived: dict[str, int] = {"sent": 0, "asked": 0}

    def count() -> tuple[str, int]:
        arrived["sent"] += 1
        return "", 204

    def ask() -> Response:
        arrived["asked"] += 1
        state = "paid" if arrived["asked"] > 1 else "waiting"
        return jsonify(state=state, text="Paid. Thank you.")

    def arrived_so_far() -> Response:
        return jsonify(arrived)

    def gateway() -> str:
        arrived["sent"] += 1
        return "the gateway"

    app.add_url_rule("/favicon.ico", "no_icon", lambda: ("", 204))
    app.add_url_rule("/sent", "sent", count, methods=["POST"])
    app.add_url_rule("/asked", "asked", ask)
    app.add_url_rule("/arrived", "arrived", arrived_so_far)
    app.add_url_rule("/gateway", "gateway", gateway, methods=["POST"])
    app.add_url_rule("/moving", "moving", lambda: render_template("moving.html"), methods=["GET", "POST"])
    app.add_url_rule("/leave", "leave", lambda: render_template("leave.html"))
    return app


def sample() -> dict[str, object]:
    """What the style guide shows."""
    lines = tuple(
        OrderLine(
            sku=sku,
            name=name,
            unit_price=Money.of(minor, "PLN"),
            quantity=quantity,
            discount=Money.zero(PLN),
            tax_rate=Decimal(23),
            kind=LineKind.GOODS,
            tax=Money.zero(PLN),
        )
        for sku, name, minor, quantity in (
            ("mug", "Blue mug", 4990, 1),
            ("notebook", "Dotted notebook with a very long name that has to wrap somewhere", 3250, 2),
            ("tea", "Assam tea, 100 g", 2400, 1),
        )
    )
    products = [
        ("mug", "Blue mug", "Stoneware, 350 ml. Keeps tea warm for the length of a good chapter.", 4990),
        ("notebook", "Dotted notebook", "160 pages of 90 g paper that takes ink without bleeding.", 3250),
        ("lamp", "Desk lamp", "Warm light, three joints, one switch where your hand expects it.", 24900),
        ("tea", "Assam tea", "Whole leaf, 100 g, malty. Good with milk, good without.", 2400),
        ("poster", "Mountain poster", "Screen print, 50 x 70 cm, sent flat.", 8900),
        ("gift-card", "Gift card", "Sent by e-mail, valid for three years.", 10000),
    ]
    return {
        "now": NOW,
        "lines": lines,
        "total": Money.of(13890 + 499, "PLN"),
        "rows": [("Goods", Money.of(13890, "PLN")), ("Courier", Money.of(499, "PLN"))],
        "products": [(sku, name, text, Money.of(minor, "PLN")) for sku, name, text, minor in products],
        "address": Address("Anna Kowalska", "ul. Prosta 51", "Warszawa", "PL", "00-838"),
        "methods": [
            Method("payu", "payu", "PayU", "Card, BLIK or bank. You go to PayU and come back", True),
            Method("bank_transfer", "bank_transfer", "Bank transfer", "Arrives in 1-2 days", False),
            Method("cod", "cash_on_delivery", "Cash on delivery", "You pay the courier, + 5,00 zł", False),
        ],
    }
