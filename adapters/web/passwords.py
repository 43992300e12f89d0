"""Passwords as Argon2id hashes."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class Argon2Hasher:
    """Implements ``application.accounts.PasswordHasher`` with the library's current defaults (RFC 9106)."""

    def __init__(self) -> None:
        self._argon2 = PasswordHasher()

    def hash(self, password: str) -> str:
        return self._argon2.hash(password)

    def verify(self, known_hash: str, password: str) -> bool:
        try:
            return self._argon2.verify(known_hash, password)
        except (VerificationError, InvalidHashError):
            return False
