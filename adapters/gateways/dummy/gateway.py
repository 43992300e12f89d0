"""One account at the test gateway behind the port: the shape to copy for a gateway with signed callbacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlencode

from adapters.gateways.dummy import mapping
from adapters.gateways.dummy.settings import Settings
from adapters.gateways.dummy.signature import SIGNATURE, TIMESTAMP, require_genuine, signed_headers
from adapters.wire.account import LOOK_AFTER, NOT_FOUND, utc_now
from adapters.wire.amounts import from_digits
from adapters.wire.errors import SettingsError, unclear_is_unknown
from adapters.wire.hosted import REFUNDS, HostedAccount, captured, refunded
from adapters.wire.links import next_page
from adapters.wire.payloads import NO_CONTENT, as_json, json_object, object_of, text_of
from adapters.wire.signing import REFUSED, current_and_previous
from application.errors import GatewayRejected, InvalidSignature, OutcomeUnknown
from application.ports.gateway import (
    Brief,
    Capabilities,
    InboundMessage,
    Operation,
    PaymentGateway,
    ReturnHint,
    Started,
    Temperament,
)
from domain.money import Money
from domain.observation import Observation, Source
from domain.payment import NextStep, Payment, PaymentStatus
from domain.refund import Refund


def build(
    settings: Settings, *, account: str, environment: str, now: Callable[[], datetime] = utc_now
) -> PaymentGateway:
    """The account these settings describe. Raises SettingsError in live: this gateway moves no money."""
    if environment == "live":
        raise SettingsError(f"gateways.{account}.adapter", "is the test gateway, which refuses live")
    return DummyGateway(settings, account=account, environment=environment, now=now)


class DummyGateway(HostedAccount):
    """Sessions are found by our reference or by their own id; everything that moves money takes a key."""

    CODE, LABEL = "dummy", "Test gateway"
    CAPABILITIES = Capabilities(
        temperament=Temperament.SIGNED_CALLBACK,
        operations=REFUNDS | {Operation.LOOK, Operation.CAPTURE, Operation.VOID, Operation.CLOSE},
        repeatable_start=True,
        proof_headers=frozenset({TIMESTAMP.lower(), SIGNATURE.lower()}),
        look_after=LOOK_AFTER,
    )
    BASES: ClassVar[Mapping[str, str]] = {"test": "http://127.0.0.1:9000/dummy"}

    def __init__(
        self, settings: Settings, *, account: str, environment: str, now: Callable[[], datetime] = utc_now
    ) -> None:
        super().__init__(settings, account=account, environment=environment, now=now)
        self._settings = settings

    def start(self, brief: Brief) -> Started:
        told = self._post("/sessions", mapping.session_body(brief, self.account, self._settings.capture))
        with unclear_is_unknown():
            page = next_page(told.get("url"), self.origins, self.environment)
            return Started(NextStep.redirect(page), text_of(told, "id"))

    def read_callback(self, message: InboundMessage) -> tuple[Observation, ...]:
        secrets = current_and_previous(self._settings.secret, self._settings.secret_previous)
        require_genuine(message, secrets, message.received_at or self._now())
        told = json_object(message.body)
        if told.get("account") != self.account:
            raise InvalidSignature(REFUSED)
        match told.get("type"):
            case "session.updated":
                return (self._told(told, Source.CALLBACK, text_of(told, "event_id")),)
            case "refund.updated":
                return (self._refund_told(told, text_of(told, "event_id")),)
            case _:
                return (self._seen(str(told.get("reference") or ""), Source.CALLBACK, "unknown kind"),)

    def _told(self, told: Mapping[str, Any], source: Source, event_id: str = "") -> Observation:
        word, amount = text_of(told, "status"), mapping.amount_of(told)
        status = mapping.STATUSES.get(word)
        capture_id = text_of(told, "capture_id") if status is PaymentStatus.PAID else ""
        return self._seen(
            text_of(told, "reference"),
            source,
            word,
            status=status,
            amount=amount,
            gateway_reference=text_of(told, "id"),
            event_id=event_id,
            proof=captured(status, capture_id, amount),
        )

    def _refund_told(self, told: Mapping[str, Any], event_id: str) -> Observation:
        refund = object_of(told, "refund")
        news = mapping.refund_news(refund, told.get("currency"))
        return self._seen(
            text_of(told, "reference"),
            Source.CALLBACK,
            text_of(refund, "status"),
            gateway_reference=text_of(told, "id"),
            event_id=event_id,
            proof=refunded(news),
            refund=news,
        )

    def read_return(self, message: InboundMessage) -> ReturnHint:
        carried = message.parameters()
        return ReturnHint(aborted=carried.get("result") == "cancelled", parameters=carried)

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
        return self._refund_answered(payment, refund, told, Source.REFUND)

    def look_refund(self, payment: Payment, refund: Refund) -> Observation:
        told = self._get("/refunds", key=refund.key)
        if told is None:
            return self._not_found(payment)
        return self._refund_answered(payment, refund, told, Source.LOOK)

    def _session(self, payment: Payment) -> str:
        """The session's id, asked for by our reference when its first answer was lost."""
        known = payment.gateway_reference or self.look(payment).gateway_reference
        if not known:
            raise GatewayRejected("the test gateway has no such session", code=NOT_FOUND)
        return known

    def _answered(self, payment: Payment, told: Mapping[str, Any], source: Source) -> Observation:
        with unclear_is_unknown():
            if text_of(told, "reference") != payment.reference:
                raise OutcomeUnknown("the gateway answered about another payment")
            return self._told(told, source)

    def _refund_answered(
        self, payment: Payment, refund: Refund, told: Mapping[str, Any], source: Source
    ) -> Observation:
        with unclear_is_unknown():
            word, gateway_id = text_of(told, "status"), text_of(told, "id")
            amount = from_digits(told.get("amount"), refund.amount.currency.code)
        status = mapping.REFUNDS.get(word) if told.get("key") == refund.key else None
        return self._refund_seen(payment, refund, source, word, status, gateway_id=gateway_id, amount=amount)

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
