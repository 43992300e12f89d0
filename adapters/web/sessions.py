"""Who is signed in, as Flask-Login knows it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import Flask, current_app
from flask_login import LoginManager, UserMixin, current_user

from adapters.web.resources import use_cases
from application.ports.people import User

STAFF = frozenset({"staff", "admin"})


@dataclass(frozen=True)
class SignedIn(UserMixin):  # type: ignore[misc]
    """An account in the words of Flask-Login."""

    user: User

    def get_id(self) -> str:
        return str(self.user.id)


def init_app(app: Flask) -> None:
    """Recognise our accounts in ``app``; a host's own login manager is left alone, and so are its people."""
    if hasattr(app, "login_manager"):
        return
    manager = LoginManager(app)
    manager.login_view = "accounts.sign_in"
    manager.user_loader(_load)


def signed_in() -> User | None:
    """The account behind this request, when it is one of ours."""
    if not hasattr(current_app, "login_manager"):
        return None
    person = current_user._get_current_object()
    return person.user if isinstance(person, SignedIn) else None


def customer_id() -> UUID | None:
    user = signed_in()
    return user.id if user else None


def _load(user_id: str) -> SignedIn | None:
    try:
        user = use_cases().users.by_id(UUID(user_id))
    except ValueError:
        return None
    return SignedIn(user) if user else None
