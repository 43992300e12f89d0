"""Customers and staff sign in here; nobody learns whether an e-mail is known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from application.errors import ApplicationError, InvalidRequest
from application.ports.ambient import Clock, Ids
from application.ports.people import User, Users

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class PasswordHasher(Protocol):
    def hash(self, password: str) -> str: ...

    def verify(self, known_hash: str, password: str) -> bool:
        """In the same time whether it fits or not."""
        ...


class SignInRefused(ApplicationError):
    """Wrong e-mail or wrong password: the same words for both."""


@dataclass(frozen=True, slots=True)
class Registration:
    email: str
    password: str
    name: str = ""
    role: str = "customer"


class RegisterUseCase:
    """Make an account."""

    def __init__(self, *, users: Users, hasher: PasswordHasher, clock: Clock, ids: Ids) -> None:
        self._users, self._hasher, self._clock, self._ids = users, hasher, clock, ids

    def execute(self, wanted: Registration) -> User:
        """Raises InvalidRequest naming ``email`` or ``password``."""
        email = wanted.email.strip().lower()
        wrong = {}
        if not _EMAIL.fullmatch(email) or len(email) > 254:
            wrong["email"] = "enter an e-mail address like name@example.com"
        if not SHORTEST_PASSWORD <= len(wanted.password) <= LONGEST_PASSWORD:
            wrong["password"] = f"use {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters"
        if wrong:
            raise InvalidRequest(wrong)
        if self._users.by_email(email) is not None:
            raise InvalidRequest({"email": "this e-mail cannot be used for a new account"})
        user = User(
            id=self._ids.new(),
            email=email,
            name=wanted.name.strip(),
            role=wanted.role,
            password_hash=self._hasher.hash(wanted.password),
            created_at=self._clock.now(),
        )
        self._users.add(user)
        return user


class SignInUseCase:
    """Answer who signs in, or refuse alike."""

    def __init__(self, *, users: Users, hasher: PasswordHasher) -> None:
        self._users, self._hasher = users, hasher
        self._nobody = ""

    def execute(self, email: str, password: str) -> User:
        """Raises SignInRefused; a missing account costs as much time as a wrong password.

        The first call of a process makes one hash more, whoever signs in.
        """
        self._nobody = self._nobody or self._hasher.hash("a password that nobody has")
        user = self._users.by_email(email.strip().lower())
        known = user.password_hash if user else self._nobody
        fits = self._hasher.verify(known, password[: LONGEST_PASSWORD + 1])
        if user is None or not fits:
            raise SignInRefused("the e-mail and the password do not belong together")
        return user
