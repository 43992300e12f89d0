"""Sends to PayPal and receives, nothing more. Source: Orders v2, Payments v2 (sheet, sections 1, 2 and 9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from adapters.gateways.paypal import mapping
from adapters.gateways.paypal.settings import Settings
from adapters.wire.errors import unclear_is_unknown
from adapters.wire.http import Answer, HttpClient
from adapters.wire.payloads import NO_CONTENT, Content, as_form, as_json, basic_auth
from adapters.wire.tokens import Token, TokenCache, token_granted
from application.errors import GatewayRejected, OutcomeUnknown

TOKEN: Final = "/v1/oauth2/token"  # noqa: S105 -- an address
VERIFY: Final = "/v1/notifications/verify-webhook-signature"
ORDERS, CAPTURES, REFUNDS = "/v2/checkout/orders", "/v2/payments/captures", "/v2/payments/refunds"
UNHEARD_OF: Final = "RESOURCE_NOT_FOUND"
_UNDECIDED: Final = "ORDER_COMPLETION_IN_PROGRESS"


class PaypalClient:
    """PayPal's calls by name; each answers the JSON of a success.

    Raises GatewayUnreachable, GatewayUnavailable, OutcomeUnknown, and GatewayRejected with PayPal's issue.
    """

    def __init__(self, settings: Settings, http: HttpClient) -> None:
        self._settings, self._http = settings, http
        self._tokens = TokenCache(self._fetch_token)

    def create(self, body: Mapping[str, object], key: str) -> dict[str, Any]:
        """A new order, or the one this key opened."""
        return self._say(ORDERS, as_json(body), key)

    def order(self, order_id: str) -> dict[str, Any]:
        """The order as it stands."""
        return self._ask(ORDERS, order_id)

    def capture(self, order_id: str, key: str) -> dict[str, Any]:
        """Take the whole of an approved order; answers the order with its capture."""
        return self._say(f"{ORDERS}/{quote(order_id, safe='')}/capture", as_json({}), key)

    def capture_made(self, capture_id: str) -> dict[str, Any]:
        """A capture by its id."""
        return self._ask(CAPTURES, capture_id)

    def refund(self, capture_id: str, body: Mapping[str, object], key: str) -> dict[str, Any]:
        """The refund as PayPal took it."""
        return self._say(f"{CAPTURES}/{quote(capture_id, safe='')}/refund", as_json(body), key)

    def refund_made(self, refund_id: str) -> dict[str, Any]:
        """A refund by its id."""
        return self._ask(REFUNDS, refund_id)

    def verify(self, question: Content) -> dict[str, Any]:
        """What PayPal says about a message that claims to be its own."""
        return self._send("POST", VERIFY, question, {}, safe=True)

    def _say(self, path: str, content: Content, key: str) -> dict[str, Any]:
        once = {"PayPal-Request-Id": mapping.fitting(key), "Prefer": "return=representation"}
        return self._send("POST", path, content, once)

    def _ask(self, path: str, name: str) -> dict[str, Any]:
        return self._send("GET", f"{path}/{quote(name, safe='')}", NO_CONTENT, {}, safe=True)

    def _send(
        self, method: str, path: str, content: Content, headers: Mapping[str, str], *, safe: bool = False
    ) -> dict[str, Any]:
        def send(token: str) -> Answer:
            sent = {**headers, "Accept": "application/json", "Authorization": f"Bearer {token}"}
            return self._http.send(method, path, headers=sent, content=content, safe=safe)

        with self._http.operation():
            return _believed(self._tokens.send(send))

    def _fetch_token(self) -> Token:
        who = basic_auth(self._settings.client_id, self._settings.client_secret)
        asked = as_form({"grant_type": "client_credentials"})
        return token_granted(self._http.send("POST", TOKEN, headers=who, content=asked, safe=True), "PayPal")


def _believed(answer: Answer) -> dict[str, Any]:
    told = answer.json()
    if answer.is_success:
        return told
    with unclear_is_unknown():
        details = mapping.listed(told, "details")
    issue = str((details[0] if details else {}).get("issue") or told.get("name") or answer.status)
    if answer.status == 409 or issue == _UNDECIDED:
        raise OutcomeUnknown("PayPal is at work on this already", code=issue)
    code = UNHEARD_OF if answer.status == 404 else issue
    raise GatewayRejected(f"PayPal refused: {issue} (debug id {told.get('debug_id')})", code=code)
