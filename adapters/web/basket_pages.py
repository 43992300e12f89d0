"""The basket page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from adapters.web.baskets import (
    CURRENCY,
    Preview,
    amount_of,
    basket_id,
    currency_choices,
    current_basket,
    current_view,
    likely_country,
    offered_currencies,
    preview,
    remember,
    shown_currency,
)
from adapters.web.formats import money
from adapters.web.i18n import page_language
from adapters.web.resources import use_cases
from adapters.web.security import safe_next
from application.errors import BasketNotFound, OutOfStock
from application.view_checkout import CheckoutView, Notice
from domain.basket import MAX_QUANTITY, Basket, parse_quantity
from domain.errors import InvalidBasket
from domain.money import Money

bp = Blueprint("basket", __name__, url_prefix="/basket")


@dataclass(frozen=True, slots=True)
class Row:
    """A line as the page shows it, ``typed`` in its field. ``gross`` None: it is not sold any more."""

    sku: str
    name: str
    unit_price: Money | None
    gross: Money | None
    typed: str
    news: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


@bp.app_context_processor
def _preview() -> dict[str, Callable[[], Preview | None]]:
    return {"basket_preview": preview}


@bp.get("")
def show() -> str:
    return _page(current_view())


@bp.post("")
def update() -> Response | tuple[str, int]:
    """Take all typed quantities, or none of them when one cannot be."""
    view = current_view()
    if view is None:
        return redirect(url_for("basket.show"), 303)
    typed = {
        line.sku: request.form.get(f"quantity-{line.sku}", str(line.quantity)) for line in view.basket.lines
    }
    wanted, errors = _read_quantities(view, typed)
    if not errors:
        errors = _put_all(view, wanted)
    if errors:
        return _page(current_view(), typed, errors), 400
    return redirect(url_for("checkout.start" if "checkout" in request.form else "basket.show"), 303)


@bp.post("/add")
def add() -> Response | tuple[str, int]:
    """Put goods in and go back to where they were seen; a fault is said on the product's own page."""
    sku = request.form.get("sku", "")
    typed = request.form.get("quantity", "1")
    product = use_cases().catalogue.find(sku)
    name = product.name if product else ""
    try:
        quantity = parse_quantity(typed)
        if not quantity:
            raise InvalidBasket("nothing to add", field="quantity")
        remember(_add(sku, quantity))
    except OutOfStock as short:
        return _refused(sku, typed, left_words(name, short.available))
    except InvalidBasket as wrong:
        if product is None or wrong.field != "quantity":
            raise
        return _refused(sku, typed, quantity_words(name))
    flash(name, "added")
    return redirect(safe_next(request.form.get("next", ""), url_for("basket.show")), 303)


@bp.post("/remove")
def remove() -> Response:
    known = basket_id()
    if known is not None:
        use_cases().edit_basket.remove(known, request.form.get("sku", ""))
    return redirect(url_for("basket.show"), 303)


@bp.post("/voucher")
def voucher() -> Response | tuple[str, int]:
    """Take a voucher's code, or take it away when nothing was entered."""
    known, code = basket_id(), request.form.get("code", "").strip().upper()[:40]
    if known is None:
        return redirect(url_for("basket.show"), 303)
    if not code and "remove" not in request.form:
        return _page(current_view(), voucher_error=_("Enter the code of the voucher")), 400
    try:
        use_cases().edit_basket.use_voucher(known, "" if "remove" in request.form else code)
    except InvalidBasket:
        sentence = _("We do not know the voucher %(code)s", code=code)
        return _page(current_view(), voucher_error=sentence), 400
    return redirect(url_for("basket.show"), 303)


@bp.post("/currency")
def currency() -> Response:
    """Show prices in another currency; goods that are not sold in it leave the basket and are named."""
    wanted, basket = request.form.get("currency", ""), current_basket()
    if wanted in offered_currencies():
        session[CURRENCY] = wanted
        if basket is not None and basket.currency.code != wanted:
            _basket, lost = use_cases().edit_basket.switch_currency(basket.id, wanted)
            for name in lost:
                flash(
                    _(
                        "%(name)s is not sold in %(currency)s: it left the basket.",
                        name=name,
                        currency=wanted,
                    ),
                    "warn",
                )
    return redirect(safe_next(request.form.get("next", "")), 303)


def quantity_words(name: str) -> str:
    return str(_("Enter a whole number from 1 to %(most)s for %(name)s", most=MAX_QUANTITY, name=name))


def left_words(name: str, left: int) -> str:
    if left < 1:
        return str(_("%(name)s is sold out", name=name))
    sentence = ngettext(
        "Only %(num)s of %(name)s is left", "Only %(num)s of %(name)s are left", left, name=name
    )
    return str(sentence)


def news_words(notice: Notice) -> str:
    """What changed about a line since it was put in."""
    if notice.new.startswith("x "):
        return left_words(notice.name, int(notice.new[2:]))
    if not notice.new:
        return str(_("%(name)s is not sold any more. It is left out of the total.", name=notice.name))
    old, new = amount_of(notice.old), amount_of(notice.new)
    return str(_("The price was %(old)s, it is %(new)s now.", old=_text(old), new=_text(new)))


def _text(amount: Money | None) -> str:
    return money(amount) if amount else ""


def _add(sku: str, quantity: int) -> Basket:
    """Into this browser's basket, or into a new one when it has none or its own is gone."""
    known, currency = basket_id(), shown_currency(current_basket())
    edit, locale = use_cases().edit_basket, page_language()
    try:
        return edit.add(known, sku, quantity, currency=currency, locale=locale)
    except BasketNotFound:
        return edit.add(None, sku, quantity, currency=currency, locale=locale)


def _refused(sku: str, typed: str, sentence: str) -> Response | tuple[str, int]:
    """The product's page again with what was typed."""
    product = use_cases().catalogue.find(sku)
    shown = shown_currency(current_basket())
    page = render_template(
        "shop/product.html",
        product=product,
        currency=shown,
        currencies=currency_choices(),
        typed=typed,
        errors=[sentence],
        has_errors=True,
    )
    return page, 400


def _read_quantities(view: CheckoutView, typed: Mapping[str, str]) -> tuple[dict[str, int], dict[str, str]]:
    """The quantities by sku, and a sentence for each that is no quantity or more than there is."""
    wanted: dict[str, int] = {}
    errors: dict[str, str] = {}
    for line in view.basket.lines:
        try:
            wanted[line.sku] = parse_quantity(typed[line.sku])
        except InvalidBasket:
            errors[line.sku] = quantity_words(line.name)
            continue
        product = use_cases().catalogue.find(line.sku)
        left = product.available if product else 0
        if left is not None and wanted[line.sku] > left:
            errors[line.sku] = left_words(line.name, left)
    return wanted, errors


def _put_all(view: CheckoutView, wanted: Mapping[str, int]) -> dict[str, str]:
    """Hold the wanted quantities at today's prices; lines without any news are left as they are."""
    edit, basket = use_cases().edit_basket, view.basket
    news = {notice.sku for notice in view.notices}
    for line in basket.lines:
        if wanted[line.sku] == line.quantity and line.sku not in news:
            continue
        try:
            edit.put(
                basket.id, line.sku, wanted[line.sku], currency=basket.currency.code, locale=basket.locale
            )
        except OutOfStock as short:
            return {line.sku: left_words(line.name, short.available)}
    return {}


def rows_of(view: CheckoutView, typed: Mapping[str, str], errors: Mapping[str, str]) -> list[Row]:
    """Today's lines, then those that are not sold any more."""
    news: dict[str, list[str]] = {}
    for notice in view.notices:
        news.setdefault(notice.sku, []).append(news_words(notice))
    rows = [
        Row(
            sku=line.sku,
            name=line.name,
            unit_price=line.unit_price,
            gross=line.gross,
            typed=typed.get(line.sku, str(line.quantity)),
            news=tuple(news.get(line.sku, ())),
            errors=(errors[line.sku],) if line.sku in errors else (),
        )
        for line in view.basket.lines
    ]
    gone = [notice for notice in view.notices if not notice.new]
    return rows + [Row(one.sku, one.name, None, None, "", (news_words(one),)) for one in gone]


def _page(
    view: CheckoutView | None,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    voucher_error: str = "",
) -> str:
    found = errors or {}
    listed = [(f"quantity-{sku}", sentence) for sku, sentence in found.items()]
    if voucher_error:
        listed.append(("code", voucher_error))
    country = likely_country(view.basket.currency.code) if view else ""
    options = (
        use_cases().deliveries.options(view.basket, country) if view and view.basket.needs_delivery else ()
    )
    return render_template(
        "shop/basket.html",
        view=view,
        rows=rows_of(view, typed or {}, found) if view else [],
        errors=listed,
        has_errors=bool(listed),
        voucher_error=voucher_error,
        voucher_typed=request.form.get("code", ""),
        delivery_from=min((option.price for option in options), default=None),
    )
