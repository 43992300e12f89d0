"""Details, delivery, payment, review: the pages between a basket and an order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from adapters.web import checkout_steps as steps
from adapters.web.accounts import known_choices
from adapters.web.baskets import current_view, likely_country, owned
from adapters.web.checkout_forms import DeliveryForm, DetailsForms
from adapters.web.checkout_steps import Journey, arrival, price_words
from adapters.web.payments_form import method_form
from adapters.web.resources import use_cases, web_settings
from adapters.web.review import place, review_page
from adapters.web.sessions import customer_id
from application.view_checkout import CheckoutView
from domain.basket import Choices

bp = Blueprint("checkout", __name__, url_prefix="/checkout")

Answer = Response | str | tuple[str, int]


@bp.get("")
def start() -> Response:
    """To the first step that lacks an answer."""
    view = current_view()
    if view is None or view.basket.is_empty:
        return redirect(url_for("basket.show"), 303)
    return redirect(steps.step_url(steps.first_open(view)), 303)


@bp.route("/<code>", methods=["GET", "POST"])
def step(code: str) -> Answer:
    """One step; a step that cannot be entered yet leads to the one that is missing."""
    if code not in _PAGES:
        abort(404)
    if code == "review" and request.method == "POST":
        return place()
    view = _enter(code)
    return view if isinstance(view, Response) else _PAGES[code](view)


def _enter(code: str) -> CheckoutView | Response:
    """The basket as it is today, when this step may be taken; else the way to where the shopper has to be."""
    view = current_view()
    if view is None or view.basket.is_empty:
        return redirect(url_for("basket.show"), 303)
    if customer_id() is None and not web_settings().guest_checkout:
        return redirect(url_for("accounts.sign_in", next=steps.step_url(code)), 303)
    if not steps.may_enter(view, code):
        return redirect(steps.step_url(steps.first_open(view)), 303)
    return view


def _details(view: CheckoutView) -> Answer:
    known = view.basket.choices
    if known.buyer is None:
        known = known_choices() or known
    forms = DetailsForms(view.basket, known, likely_country(view.basket.currency.code))
    sign_in = "" if customer_id() else url_for("accounts.sign_in", next=steps.step_url("details"))
    shown: dict[str, Any] = {"details": forms, "sign_in_url": sign_in}
    if request.method == "GET" or "update" in request.form:
        return _page(view, "details", **shown)
    found = forms.check()
    if found is None:
        return _page(view, "details", **shown, errors=forms.errors)
    kept = view.basket.choices
    return _chosen(view, replace(found, delivery=kept.delivery, account=kept.account, options=kept.options))


def _delivery(view: CheckoutView) -> Answer:
    form = DeliveryForm.of(view.deliveries, view.basket.choices.delivery)
    options = [(option, arrival(option), price_words(option.price)) for option in view.deliveries]
    if request.method == "POST" and (code := form.check()):
        return _chosen(view, replace(view.basket.choices, delivery=code))
    return _page(view, "delivery", form=form, options=options, errors=_first_radio(form.delivery))


def _payment(view: CheckoutView) -> Answer:
    form, chosen = method_form(view.methods), view.method
    if request.method == "POST" and form.validate():
        answer = replace(view.basket.choices, account=form.account.data, options=form.options)
        return _chosen(view, answer)
    if request.method == "GET" and chosen is not None:
        form.choose(chosen.account, view.basket.choices.options)
    return _page(view, "payment", form=form, errors=_first_radio(form.account))


def _review(view: CheckoutView) -> Answer:
    if owned(view.basket) is not view.basket:
        view = current_view() or view
    return review_page(view)


_PAGES: dict[str, Callable[[CheckoutView], Answer]] = {
    "details": _details,
    "delivery": _delivery,
    "payment": _payment,
    "review": _review,
}


def _chosen(view: CheckoutView, choices: Choices) -> Response:
    """Keep what was chosen and go on to what is still missing."""
    use_cases().edit_basket.choose(view.basket.id, choices)
    return start()


def _page(
    view: CheckoutView, code: str, *, errors: list[tuple[str, str]] | None = None, **shown: Any
) -> Answer:
    page = render_template(
        f"checkout/{code}.html",
        journey=Journey(view, code),
        view=view,
        errors=errors or [],
        has_errors=bool(errors),
        **shown,
    )
    return (page, 400) if errors else page


def _first_radio(field: Any) -> list[tuple[str, str]]:
    return [(f"{field.id}-0", str(error)) for error in field.errors]
