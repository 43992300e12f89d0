"""One account at the test gateway behind the port: the shape to copy for a gateway with signed callbacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from adapters.gateways.dummy import mapping
from adapters.gateways.dummy.settings import Settings
from adapters.gateways.dummy.signature import SIGNATURE, TIMESTAMP, require_genuine, signed_headers
from adapters.wire.account import LOOK_AFTER, NOT_FOUND, Facts
from adapters.wire.errors import unclear_is_unknown
from adapters.wire.hosted import REFUNDS, HostedAccount
from adapters.wire.links import next_page
from adapters.wire.payloads import NO_CONTENT, as_json, json_object, object_of, text_of
from adapters.wire.signing import REFUSED, current_and_previous
from application.errors import GatewayRejected, InvalidSignature
from application.ports import gateway as port
from application.ports.gateway import Operation
from domain.money import Money
from domain.observation import Observation, Source
from domain.payment import NextStep, Payment, PaymentStatus
from domain.refund import Refund


class DummyGateway(HostedAccount):
    """Sessions are found by our reference or by their own id; everything that moves money takes a key."""

    CODE, LABEL, BASES = "dummy", "Test gateway", {"test": "http://127.0.0.1:9000/dummy"}
    CAPABILITIES = port.Capabilities(
        temperament=port.Temperament.SIGNED_CALLBACK,
        operations=REFUNDS | {Operation.LOOK, Operation.CAPTURE, Operation.VOID, Operation.CLOSE},
        repeatable_start=True,
        proof_headers=frozenset({TIMESTAMP.lower(), SIGNATURE.lower()}),
        look_after=LOOK_AFTER,
    )
    GAVE_UP = ("result=cancelled",)
    _settings: Settings

    def start(self, brief: port.Brief) -> port.Started:
        told = self._post("/sessions", mapping.session_body(brief, self.account, self._settings.capture))
        with unclear_is_unknown():
            page = next_page(told.get("url"), self.origins, self.environment)
            return port.Started(NextStep.redirect(page), text_of(told, "id"))

    def read_callback(self, message: port.InboundMessage) -> tuple[Observation, ...]:
        secrets = current_and_previous(self._settings.secret, self._settings.secret_previous)
        require_genuine(message, secrets, message.received_at or self._now())
        told = json_object(message.body)
        if told.get("account") != self.account:
            raise InvalidSignature(REFUSED)
        match told.get("type"):
            case "session.updated":
                return (self._told(told, Source.CALLBACK, text_of(told, "event_id")),)
            case "refund.updated":
                refund, session = object_of(told, "refund"), text_of(told, "id")
                word, news = text_of(refund, "status"), mapping.refund_news(refund, told.get("currency"))
                event_id = text_of(told, "event_id")
                return (self._news_seen(text_of(told, "reference"), word, news, session, event_id=event_id),)
            case _:
                return (self._seen(str(told.get("reference") or ""), Source.CALLBACK, "unknown kind"),)

    def _told(self, told: Mapping[str, Any], source: Source, event_id: str = "") -> Observation:
        word, amount = text_of(told, "status"), mapping.amount_of(told)
        status, session = mapping.STATUSES.get(word), text_of(told, "id")
        capture = text_of(told, "capture_id") if status is PaymentStatus.PAID else ""
        more: Facts = {"gateway_reference": session, "event_id": event_id}
        return self._money_seen(text_of(told, "reference"), source, word, status, amount, capture, **more)

    def look(self, payment: Payment) -> Observation:
        if payment.gateway_reference:
            told = self._get(f"/sessions/{payment.gateway_reference}")
        else:
            told = self._get("/sessions", reference=payment.reference)
        return self._not_found(payment) if told is None else self._answered(payment, told, Source.LOOK)

    def capture(self, payment: Payment, amount: Money, key: str) -> Observation:
        self._require_whole(payment, amount)
        told = self._post(f"/sessions/{self._session(payment)}/capture", mapping.wish(key, amount))
        return self._answered(payment, told, Source.CAPTURE)

    def void(self, payment: Payment, key: str) -> Observation:
        told = self._post(f"/sessions/{self._session(payment)}/void", mapping.wish(key, payment.amount))
        return self._answered(payment, told, Source.VOID)

    def refund(self, payment: Payment, refund: Refund) -> Observation:
        wish = mapping.wish(refund.key, refund.amount)
        told = self._post(f"/sessions/{self._session(payment)}/refunds", wish)
        with unclear_is_unknown():
            return self._refund_seen(payment, refund, Source.REFUND, *mapping.refund_of(told, refund))

    def look_refund(self, payment: Payment, refund: Refund) -> Observation:
        told = self._get("/refunds", key=refund.key)
        if told is None:
            return self._not_found(payment)
        with unclear_is_unknown():
            return self._refund_seen(payment, refund, Source.LOOK, *mapping.refund_of(told, refund))

    def _session(self, payment: Payment) -> str:
        """The session's id, asked for by our reference when its first answer was lost."""
        known = payment.gateway_reference or self.look(payment).gateway_reference
        if not known:
            raise GatewayRejected("the test gateway has no such session", code=NOT_FOUND)
        return known

    def _answered(self, payment: Payment, told: Mapping[str, Any], source: Source) -> Observation:
        self._require_about(told, reference=payment.reference)
        with unclear_is_unknown():
            return self._told(told, source)

    def _post(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        """Say something that changes the gateway's ledger; a ``key`` in ``body`` makes it happen once."""
        told = self._call("POST", path, body)
        if told is None:
            raise GatewayRejected("the test gateway knows no such thing", code="404")
        return told

    def _get(self, path: str, **query: str) -> dict[str, Any] | None:
        """Ask; None when the gateway has no such thing."""
        return self._call("GET", f"{path}?{urlencode(query)}" if query else path)

    def _call(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> dict[str, Any] | None:
        content = as_json(body) if body is not None else NO_CONTENT
        signed = content.data if body is not None else path.encode()
        headers = signed_headers(self._settings.secret, signed, self._now())
        answer = self._client.send(method, path, headers=headers, content=content, safe=body is None)
        if answer.status == 404:
            return None
        if not answer.is_success:
            raise GatewayRejected("the test gateway refused", code=str(answer.status))
        return answer.json()
