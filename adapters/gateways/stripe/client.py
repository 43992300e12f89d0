"""Sends to Stripe and receives, nothing more. Source: Stripe API, errors; idempotent requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from adapters.gateways.stripe.mapping import flat
from adapters.gateways.stripe.settings import Settings
from adapters.wire.http import Answer, HttpClient
from adapters.wire.payloads import NO_CONTENT, as_form, json_object, object_of, objects_of
from application.errors import GatewayProtocolError, GatewayRejected, GatewayUnavailable, OutcomeUnknown

SESSIONS: Final = "/v1/checkout/sessions"
INTENTS: Final = "/v1/payment_intents"
REFUNDS: Final = "/v1/refunds"


class StripeClient:
    """Stripe's calls; each answers the JSON of a success, or raises a GatewayError with Stripe's own code."""

    def __init__(self, settings: Settings, http: HttpClient) -> None:
        self._http, self.operation = http, http.operation
        self._headers = {
            "Authorization": f"Bearer {settings.secret_key}",
            "Stripe-Version": settings.api_version,
        }

    def post(self, path: str, fields: Mapping[str, object], key: str) -> dict[str, Any]:
        """Say something that happens once for ``key``."""
        headers, content = {**self._headers, "Idempotency-Key": key}, as_form(flat(fields))
        answer = self._http.send("POST", path, headers=headers, content=content if fields else NO_CONTENT)
        return _believed(answer)

    def session(self, session_id: str) -> dict[str, Any] | None:
        """The session with its intent inside; None when the key's account has no such session."""
        answer = self._get(f"{SESSIONS}/{session_id}", {"expand[0]": "payment_intent"})
        return None if answer.status == 404 else _believed(answer)

    def refunds(self, intent: str) -> list[dict[str, Any]]:
        """Every refund of an intent."""
        told = _believed(self._get(REFUNDS, {"payment_intent": intent, "limit": "100"}))
        if told.get("has_more"):
            raise OutcomeUnknown("more refunds of one payment than Stripe lists at once")
        return objects_of(told, "data")

    def _get(self, path: str, query: Mapping[str, str]) -> Answer:
        return self._http.send("GET", f"{path}?{urlencode(query)}", headers=self._headers, safe=True)


def _believed(answer: Answer) -> dict[str, Any]:
    if answer.is_success:
        return answer.json()
    try:
        error = object_of(json_object(answer.body), "error")
    except GatewayProtocolError:
        error = {}
    kind, code = error.get("type"), error.get("decline_code") or error.get("code")
    code = str(code or kind or answer.status)
    if answer.status in (401, 403):
        raise GatewayUnavailable("Stripe does not let this key do it", code=str(answer.status))
    again = answer.headers.get("stripe-should-retry") == "true"
    if answer.status == 409 or kind == "idempotency_error" or again:
        raise OutcomeUnknown("another request with this key is, or was, under way", code=code)
    raise GatewayRejected("Stripe refused", code=code)
