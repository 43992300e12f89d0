"""Sends to PayU and receives, nothing more. Source: PayU REST API 2.1, authorisation and status codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from adapters.gateways.payu.settings import Settings
from adapters.wire.http import Answer, HttpClient
from adapters.wire.payloads import NO_CONTENT, as_form, as_json, json_object
from adapters.wire.tokens import Token, TokenCache
from application.errors import GatewayProtocolError, GatewayRejected, GatewayUnavailable, OutcomeUnknown

OAUTH: Final = "/pl/standard/user/oauth/authorize"
ORDERS: Final = "/api/v2_1/orders"
NOT_UNIQUE: Final = "ERROR_ORDER_NOT_UNIQUE"
NOT_FOUND: Final = "DATA_NOT_FOUND"
_GOOD: Final = frozenset({"SUCCESS", "WARNING_CONTINUE_REDIRECT"})


class PayuClient:
    """PayU's calls by name; each answers the JSON of a success.

    Raises GatewayUnreachable, GatewayUnavailable, OutcomeUnknown, and Refused with PayU's own code.
    """

    def __init__(self, settings: Settings, http: HttpClient) -> None:
        self._settings, self._http = settings, http
        self._tokens = TokenCache(self._fetch_token)
        self.operation = http.operation

    def authorise(self) -> None:
        """Fetch an access token, or keep the one that is good."""
        with self.operation():
            self._tokens.get()

    def create(self, body: Mapping[str, object]) -> tuple[dict[str, Any], str]:
        """The JSON of a new order, and where the ``Location`` of its 302 points: data, never followed."""
        answer = self._send("POST", ORDERS, body, redirects=True)
        location = answer.headers.get("location", "")
        if answer.status == 302 and location and not answer.body.lstrip().startswith(b"{"):
            return {}, location
        return _successful(answer), location

    def order(self, order_id: str) -> dict[str, Any]:
        """The order as it stands."""
        found = _successful(self._send("GET", f"{ORDERS}/{order_id}", safe=True)).get("orders")
        if not isinstance(found, list) or len(found) != 1 or not isinstance(found[0], dict):
            raise OutcomeUnknown("PayU answered with another number of orders than one")
        return found[0]

    def capture(self, order_id: str) -> None:
        """Ask to collect the whole of an authorised order; the outcome is told by its status."""
        _successful(self._send("POST", f"{ORDERS}/{order_id}/captures"))

    def cancel(self, order_id: str) -> None:
        """Drop an order that is not completed: nobody can pay it any more."""
        _successful(self._send("DELETE", f"{ORDERS}/{order_id}"))

    def refund(self, order_id: str, body: Mapping[str, object]) -> dict[str, Any]:
        """The refund as PayU took it."""
        made = _successful(self._send("POST", f"{ORDERS}/{order_id}/refunds", body)).get("refund")
        if not isinstance(made, dict):
            raise OutcomeUnknown("PayU answered without a refund")
        return made

    def refunds(self, order_id: str) -> list[dict[str, Any]]:
        """Every refund of an order."""
        found = self._send("GET", f"{ORDERS}/{order_id}/refunds", safe=True)
        refunds = _believed(found).get("refunds")
        if not isinstance(refunds, list) or not all(isinstance(refund, dict) for refund in refunds):
            raise OutcomeUnknown("PayU answered without a list of refunds")
        return refunds

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        safe: bool = False,
        redirects: bool = False,
    ) -> Answer:
        content = as_json(body) if body is not None else NO_CONTENT
        with self.operation():
            return self._tokens.send(
                lambda token: self._http.send(
                    method,
                    path,
                    headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
                    content=content,
                    safe=safe,
                    redirects=redirects,
                )
            )

    def _fetch_token(self) -> Token:
        asked = {
            "grant_type": "client_credentials",
            "client_id": self._settings.client_id or self._settings.pos_id,
            "client_secret": self._settings.client_secret,
        }
        answer = self._http.send("POST", OAUTH, content=as_form(asked), safe=True)
        if not answer.is_success:
            raise GatewayUnavailable("PayU does not take these OAuth credentials", code=str(answer.status))
        told = answer.json()
        value, seconds = told.get("access_token"), told.get("expires_in")
        if not isinstance(value, str) or not value or type(seconds) is not int:
            raise OutcomeUnknown("PayU answered without an access token", code="token")
        return Token(value, seconds)


class Refused(GatewayRejected):
    """PayU said no; ``told`` is what stood beside its status, like the id of an order it already has."""

    def __init__(self, code: str, told: Mapping[str, Any]) -> None:
        super().__init__("PayU refused", code=code)
        self.told = told


def _believed(answer: Answer) -> dict[str, Any]:
    if answer.is_success:
        return answer.json()
    try:
        told = json_object(answer.body)
    except GatewayProtocolError:
        told = {}
    status = told.get("status")
    words = status if isinstance(status, dict) else {}
    literal = words.get("codeLiteral") if words.get("statusCode") != NOT_UNIQUE else ""
    raise Refused(str(literal or words.get("statusCode") or answer.status), told)


def _successful(answer: Answer) -> dict[str, Any]:
    told = _believed(answer)
    status = told.get("status")
    if not isinstance(status, dict) or status.get("statusCode") not in _GOOD:
        raise OutcomeUnknown("PayU answered without saying SUCCESS")
    return told
