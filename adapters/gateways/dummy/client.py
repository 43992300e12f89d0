"""Sends to the test gateway and receives, nothing more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from adapters.gateways.dummy.signature import signed_headers
from adapters.wire.http import Answer, HttpClient
from adapters.wire.payloads import as_json
from application.errors import GatewayRejected


class DummyClient:
    """The test gateway's calls; each answers the JSON of a success, or raises a GatewayError."""

    def __init__(self, secret: str, http: HttpClient, now: Callable[[], datetime]) -> None:
        self._secret, self._http, self._now = secret, http, now

    def post(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        """Say something that changes the gateway's ledger; a ``key`` in ``body`` makes it happen once."""
        content = as_json(body)
        return _believed(self._http.send("POST", path, headers=self._signed(content.data), content=content))

    def get(self, path: str, **query: str) -> dict[str, Any] | None:
        """Ask; None when the gateway has no such thing."""
        asked = f"{path}?{urlencode(query)}" if query else path
        answer = self._http.send("GET", asked, headers=self._signed(asked.encode()), safe=True)
        return None if answer.status == 404 else _believed(answer)

    def _signed(self, signed: bytes) -> dict[str, str]:
        return signed_headers(self._secret, signed, self._now())


def _believed(answer: Answer) -> dict[str, Any]:
    if not answer.is_success:
        raise GatewayRejected("the test gateway refused", code=str(answer.status))
    return answer.json()
