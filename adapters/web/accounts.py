"""Register, sign in, sign out, and the orders of an account."""

from __future__ import annotations

from typing import Any, cast

from flask import Blueprint, Flask, current_app, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_login import login_user, logout_user
from flask_wtf import FlaskForm
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField

from adapters.web import sessions
from adapters.web.baskets import BASKET, CURRENCY, basket_id, current_basket
from adapters.web.guesses import Guesses
from adapters.web.resources import use_cases, web_settings
from adapters.web.security import safe_next
from adapters.web.sessions import SignedIn, customer_id, signed_in
from application.accounts import LONGEST_PASSWORD, SHORTEST_PASSWORD, Registration, SignInRefused
from application.errors import BasketNotFound, ConcurrentUpdate, InvalidRequest
from application.ports.people import User
from domain.basket import Buyer, Choices

bp = Blueprint("accounts", __name__, url_prefix="/account")
bp.record_once(lambda state: sessions.init_app(cast("Flask", state.app)))

_KEPT = (BASKET, CURRENCY)
Answer = Response | str | tuple[str, int]


class SignInForm(FlaskForm):  # type: ignore[misc]
    email = StringField(lazy_gettext("E-mail"))
    password = PasswordField(lazy_gettext("Password"))


class RegisterForm(SignInForm):
    name = StringField(lazy_gettext("Full name"))


@bp.get("")
def show() -> Response:
    return redirect(url_for("accounts.sign_in" if customer_id() is None else "accounts.orders"), 303)


@bp.get("/sign-in")
def sign_in() -> Answer:
    return _page("accounts/sign_in.html", SignInForm())


@bp.post("/sign-in")
def enter() -> Answer:
    """Sign in; an unknown e-mail and a wrong password are answered alike."""
    form = SignInForm()
    if not form.email.data:
        form.email.errors = [_("Enter your e-mail address")]
    if not form.password.data:
        form.password.errors = [_("Enter your password")]
    if form.email.errors or form.password.errors:
        return _page("accounts/sign_in.html", form), 400
    email = form.email.data or ""
    tries = (request.remote_addr or "", email.strip().lower())
    if any(_guesses().is_exhausted(key) for key in tries):
        raise TooManyRequests(retry_after=60)
    try:
        user = use_cases().sign_in.execute(email, form.password.data or "")
    except SignInRefused:
        for key in tries:
            _guesses().count(key)
        form.password.errors = [_("This e-mail and password do not fit together")]
        return _page("accounts/sign_in.html", form), 400
    return _begin(user)


@bp.get("/register")
def register() -> Answer:
    return _page("accounts/register.html", RegisterForm())


@bp.post("/register")
def join() -> Answer:
    """Make an account and sign in with it."""
    form = RegisterForm()
    wanted = Registration(form.email.data or "", form.password.data or "", (form.name.data or "")[:100])
    words = {
        "email": _("Enter an e-mail address like name@example.com"),
        "password": _("Use %(least)s to %(most)s characters", least=SHORTEST_PASSWORD, most=LONGEST_PASSWORD),
    }
    taken = _("This e-mail cannot be used for a new account")
    try:
        user = use_cases().register.execute(wanted)
    except InvalidRequest as wrong:
        known = list(wrong.fields) == ["email"] and use_cases().users.by_email(wanted.email.strip().lower())
        for name in wrong.fields:
            form[name].errors = [taken if known else words[name]]
        return _page("accounts/register.html", form), 400
    except ConcurrentUpdate:
        form.email.errors = [taken]
        return _page("accounts/register.html", form), 400
    return _begin(user)


@bp.post("/sign-out")
def leave() -> Response:
    """Forget who was here, their basket included: the next person at this browser may be another one."""
    logout_user()
    session.clear()
    return redirect(safe_next(""), 303)


@bp.get("/orders")
def orders() -> Answer:
    """The orders of this account, newest first."""
    user = signed_in()
    if user is None:
        return redirect(url_for("accounts.sign_in", next=url_for("accounts.orders")), 303)
    found = use_cases().reads.orders_of_customer(user.id)
    return render_template("accounts/orders.html", user=user, orders=found)


def known_choices() -> Choices | None:
    """Who and where to as this customer's newest order says; None for a guest."""
    user = signed_in()
    if user is None:
        return None
    buyer = Buyer(user.email, user.name)
    newest = next(iter(use_cases().reads.orders_of_customer(user.id, 1)), None)
    if newest is None:
        return Choices(buyer)
    return Choices(Buyer(user.email, newest.buyer.name), newest.delivery_address, newest.billing_address)


def _guesses() -> Guesses:
    """Wrong passwords, counted per address and per account."""
    guesses: Guesses = current_app.extensions.setdefault("callbank_sign_ins", Guesses())
    return guesses


def _begin(user: User) -> Response:
    """A session that shares nothing with the one before but the basket, which becomes the customer's."""
    kept = {name: session[name] for name in _KEPT if name in session}
    session.clear()
    session.update(kept)
    session.permanent = True
    login_user(SignedIn(user))
    _hand_over(user)
    return redirect(safe_next(request.form.get("next", ""), url_for("accounts.orders")), 303)


def _hand_over(user: User) -> None:
    basket, known = current_basket(), basket_id()
    if basket is None or known is None:
        return
    if basket.customer_id not in (None, user.id):
        session.pop(BASKET)
        return
    try:
        use_cases().edit_basket.hand_over(known, user.id)
    except BasketNotFound:
        session.pop(BASKET)


def _page(template: str, form: Any) -> str:
    """The form with where to go afterwards; guests are offered to go on when they may."""
    after = request.form.get("next") or request.args.get("next", "")
    checkout = url_for("checkout.start") if web_settings().shop_enabled else ""
    errors = [(field.id, str(error)) for field in form for error in field.errors if field.id != "csrf_token"]
    return render_template(
        template,
        form=form,
        after=after,
        guest_url=checkout
        if checkout and after.startswith(checkout) and web_settings().guest_checkout
        else "",
        errors=errors,
        has_errors=bool(errors),
    )
