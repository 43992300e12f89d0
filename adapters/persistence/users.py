"""Accounts of customers and staff."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import bindparam, insert, select

from adapters.persistence.channel import Link
from adapters.persistence.compiled import Row
from adapters.persistence.shop_tables import users
from application.ports.people import User

SELECT = select(*users.columns)
BY_EMAIL = SELECT.where(users.c.email == bindparam("b_email"))
BY_ID = SELECT.where(users.c.id == bindparam("b_id"))
INSERT = insert(users)


class SqlUsers:
    """See ``application.ports.people.Users``."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def add(self, user: User) -> None:
        """Raises ConcurrentUpdate when the e-mail has an account already."""
        row = {
            "id": user.id,
            "email": user.email.lower(),
            "name": user.name,
            "role": user.role,
            "password_hash": user.password_hash,
            "created_at": user.created_at,
        }
        self._link.rows(INSERT, row)

    def by_email(self, email: str) -> User | None:
        """The account of this e-mail, compared in lower case."""
        return _first(self._link.rows(BY_EMAIL, {"b_email": email.lower()}))

    def by_id(self, user_id: UUID) -> User | None:
        return _first(self._link.rows(BY_ID, {"b_id": user_id}))


def _first(rows: list[Row]) -> User | None:
    return User(*rows[0]) if rows else None
