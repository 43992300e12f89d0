"""The session cookie: made and read with one signer, and not at all where gateways speak."""

from __future__ import annotations

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer

SESSIONLESS = ("/callbacks/", "/healthz", "/readyz")
"""What begins like this is asked by machines, which keep no cookie."""


class SessionCookie(SecureCookieSessionInterface):
    """Flask's own signed cookies. The keys are read once: set them before the first request."""

    def __init__(self) -> None:
        self._signer: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        if self._signer is None:
            self._signer = super().get_signing_serializer(app)
        return self._signer

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """None makes Flask hand out a session that can be read and never written."""
        if request.path.startswith(SESSIONLESS):
            return None
        return super().open_session(app, request)
