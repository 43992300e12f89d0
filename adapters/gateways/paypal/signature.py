"""How a webhook proves itself. Source: PayPal, webhook integration, self-verification (sheet, section 7)."""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from adapters.gateways.paypal.settings import Settings
from adapters.wire.certificates import Certificates, require_rsa_signed
from adapters.wire.payloads import JSON_TYPE, Content, as_json, json_object
from adapters.wire.signing import REFUSED, current_and_previous, require_match, unreadable_is_refused
from application.errors import InvalidSignature, OutcomeUnknown
from application.ports.gateway import InboundMessage

PREFIX: Final = "paypal-"
HEADERS: Final = {
    "transmission_id": 50,
    "transmission_time": 100,
    "transmission_sig": 500,
    "cert_url": 500,
    "auth_algo": 100,
}
"""The headers as the API calls them, without their prefix, and how long each may be."""
PROOF_HEADERS: Final = frozenset(PREFIX + name.replace("_", "-") for name in HEADERS)


def proof_of(message: InboundMessage) -> dict[str, str]:
    """The values of the five headers. Raises InvalidSignature unless all are there and name SHA256withRSA."""
    told = {name: message.headers.get(PREFIX + name.replace("_", "-"), "") for name in HEADERS}
    fits = all(0 < len(value) <= HEADERS[name] for name, value in told.items())
    if not fits or told["auth_algo"] != "SHA256withRSA":
        raise InvalidSignature(REFUSED)
    return told


class Webhooks:
    """Judges messages by their signature, or asks PayPal where the account is set so.

    ``ask`` posts a question about a message and answers PayPal's JSON.
    """

    def __init__(
        self, settings: Settings, certificates: Certificates, ask: Callable[[Content], dict[str, Any]]
    ) -> None:
        self._asks, self._certificates, self._ask = settings.proof == "api", certificates, ask
        self._ids = current_and_previous(settings.webhook_id, settings.webhook_id_previous)

    def is_proven(self, message: InboundMessage, at: datetime) -> bool:
        """False while something has to be fetched first. Raises InvalidSignature for what never can be."""
        proof = proof_of(message)
        known = self._certificates.known(proof["cert_url"])
        if self._asks:
            json_object(message.body, InvalidSignature)
        elif known:
            self._require_signed(message, at)
        return bool(known) and not self._asks

    def require_genuine(self, message: InboundMessage, at: datetime) -> None:
        """Fetch what it takes. Raises InvalidSignature for a lie, and what a call raises."""
        if self._asks:
            self._require_success(message)
        else:
            self._certificates.fetch(proof_of(message)["cert_url"], at)
            self._require_signed(message, at)

    def _require_signed(self, message: InboundMessage, at: datetime) -> None:
        proof = proof_of(message)
        certificates = self._certificates.known(proof["cert_url"])
        with unreadable_is_refused():
            given = b64decode(proof["transmission_sig"], validate=True)
        require_match(proof["transmission_sig"], [b64encode(given).decode()])  # one spelling only
        refusal = InvalidSignature(REFUSED)
        for webhook_id in self._ids:
            parts = (proof["transmission_id"], proof["transmission_time"], webhook_id)
            signed = f"{'|'.join(parts)}|{zlib.crc32(message.body)}".encode("utf-8", "surrogatepass")
            try:
                return require_rsa_signed(given, signed, certificates, at)
            except InvalidSignature as error:
                refusal = error
        raise refusal

    def _require_success(self, message: InboundMessage) -> None:
        json_object(message.body, InvalidSignature)
        for webhook_id in self._ids:
            match self._ask(question(message, webhook_id)).get("verification_status"):
                case "SUCCESS":
                    return
                case "FAILURE":
                    continue
                case _:
                    raise OutcomeUnknown("PayPal does not say whether it sent this", code="verification")
        raise InvalidSignature(REFUSED)


def question(message: InboundMessage, webhook_id: str) -> Content:
    """What PayPal is asked about a message: its own bytes stand inside, as another spelling breaks the proof.

    The body must be known to be one JSON object, or it could add fields of its own.
    """
    fields = as_json({**proof_of(message), "webhook_id": webhook_id}).data
    return Content(fields[:-1] + b',"webhook_event":' + message.body + b"}", JSON_TYPE)
