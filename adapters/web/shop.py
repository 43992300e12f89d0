"""The shop window: goods, one of them closely, and the terms."""

from __future__ import annotations

from flask import Blueprint, abort, render_template

from adapters.web.baskets import currency_choices, current_basket, shown_currency
from adapters.web.resources import use_cases

bp = Blueprint("shop", __name__)


@bp.get("/")
def index() -> str:
    """Goods in the shopper's currency; those not sold in it come last and say so."""
    currency = shown_currency(current_basket())
    products = [product for product in use_cases().catalogue.products() if product.enabled]
    products.sort(key=lambda product: currency not in product.prices)
    return render_template(
        "shop/index.html", products=products, currency=currency, currencies=currency_choices()
    )


@bp.get("/products/<sku>")
def product(sku: str) -> str:
    found = use_cases().catalogue.find(sku)
    if found is None or not found.enabled:
        abort(404)
    return render_template(
        "shop/product.html",
        product=found,
        currency=shown_currency(current_basket()),
        currencies=currency_choices(),
        typed="1",
        errors=[],
    )


@bp.get("/terms")
def terms() -> str:
    return render_template("shop/terms.html")
