"""Which basket belongs to this browser, and in which currency it shops."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from babel.numbers import get_currency_name, get_territory_currencies
from flask import g, session

from adapters.web.i18n import format_locale, page_language, speak
from adapters.web.resources import use_cases, web_settings
from adapters.web.sessions import customer_id
from application.errors import BasketNotFound
from application.view_checkout import CheckoutView
from domain.basket import Basket
from domain.errors import CheckoutError, InvalidMoney, UnknownCurrency
from domain.money import Currency, Money

BASKET, CURRENCY = "basket_id", "currency"
HOME_COUNTRIES = {"PLN": "PL", "CLP": "CL", "UAH": "UA", "BRL": "BR", "GBP": "GB", "USD": "US", "JPY": "JP"}


@dataclass(frozen=True, slots=True)
class Preview:
    """What the header says of the basket."""

    count: int
    total: Money


def basket_id() -> UUID | None:
    try:
        return UUID(session.get(BASKET, ""))
    except (ValueError, TypeError, AttributeError):
        return None


def remember(basket: Basket) -> None:
    """Keep the basket's id in this browser for a month."""
    session.permanent = True
    session[BASKET] = str(basket.id)


def current_view() -> CheckoutView | None:
    """Today's view of this browser's basket, in the formats of its country; None when there is no basket."""
    known = basket_id()
    if known is None:
        return None
    try:
        view = use_cases().view_checkout.execute(known)
    except BasketNotFound:
        session.pop(BASKET, None)
        return None
    if view.country:
        speak(page_language(), view.country)
    return view


def current_basket() -> Basket | None:
    known = basket_id()
    if known is None:
        return None
    try:
        return use_cases().reads.basket(known)
    except BasketNotFound:
        return None


def preview() -> Preview | None:
    """The header's view of the basket, read at most once per page; None when there is nothing to show."""
    if "callbank_preview" not in g:
        g.callbank_preview = None
        try:
            basket = current_basket()
        except CheckoutError:
            basket = None
        if basket is not None and not basket.is_empty:
            count = sum(line.quantity for line in basket.lines)
            g.callbank_preview = Preview(count, basket.goods_total)
    found: Preview | None = g.callbank_preview
    return found


def offered_currencies() -> tuple[str, ...]:
    """The configured currencies, else every one that something is sold in."""
    configured = web_settings().currencies
    products = () if configured else use_cases().catalogue.products()
    return configured or tuple(sorted({code for product in products for code in product.prices}))


def currency_choices() -> list[tuple[str, str]]:
    """Code and name of each currency, for a select."""
    return [(code, get_currency_name(code, locale=format_locale())) for code in offered_currencies()]


def shown_currency(basket: Basket | None) -> str:
    """The basket's currency, else the chosen one, else that of the shop's region, else the first."""
    if basket is not None:
        return basket.currency.code
    offered = offered_currencies()
    chosen = session.get(CURRENCY, "")
    if chosen in offered or not offered:
        return str(chosen) or "EUR"
    local = get_territory_currencies(web_settings().region) if web_settings().region else []
    return next((code for code in local if code in offered), offered[0])


def likely_country(currency: str) -> str:
    """Where a shopper probably lives: the shop's region when it uses this currency, else its home."""
    region = web_settings().region.upper()
    if region and currency in get_territory_currencies(region):
        return region
    return HOME_COUNTRIES.get(currency, region or "DE")


def amount_of(text: str) -> Money | None:
    """The amount that text like ``49.90 PLN`` states."""
    number, _space, code = text.partition(" ")
    try:
        return Money.parse(number, Currency.of(code))
    except (InvalidMoney, UnknownCurrency):
        return None


def owned(basket: Basket) -> Basket:
    """The basket as its shopper's own, in the language of the page."""
    edit, customer = use_cases().edit_basket, customer_id()
    if customer is not None and basket.customer_id != customer:
        basket = edit.hand_over(basket.id, customer)
    return basket if basket.locale == page_language() else edit.speak(basket.id, page_language())
