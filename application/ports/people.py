"""Who has an account here: customers and staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class User:
    """An account; ``email`` is lower-case and unique, ``password_hash`` an encoded Argon2 hash."""

    id: UUID
    email: str
    name: str
    role: str
    password_hash: str
    created_at: datetime


class Users(Protocol):
    """Where accounts are kept. Raises StorageUnavailable everywhere."""

    def add(self, user: User) -> None:
        """Raises ConcurrentUpdate when the e-mail has an account already."""
        ...

    def by_email(self, email: str) -> User | None:
        """The account of this e-mail, compared in lower case."""
        ...

    def by_id(self, user_id: UUID) -> User | None: ...
