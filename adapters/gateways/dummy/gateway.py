"""One account at the test gateway behind the port: the shape to copy for a gateway with signed callbacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from adapters.gateways.dummy import mapping
from adapters.gateways.dummy.client import DummyClient
from adapters.gateways.dummy.settings import Settings
from adapters.gateways.dummy.signature import SIGNATURE, TIMESTAMP, require_genuine
from adapters.wire.account import LOOK_AFTER, NOT_FOUND, ConfiguredAccount, Profile, http_client, utc_now
from adapters.wire.errors import SettingsError, unclear_is_unknown
from adapters.wire.http import HttpClient
from adapters.wire.links import next_page, origin
from adapters.wire.payloads import json_object, object_of, text_of
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
from domain.payment import NextStep, Payment
from domain.refund import Refund

CODE: Final = "dummy"
CAPABILITIES: Final = Capabilities(
    temperament=Temperament.SIGNED_CALLBACK,
    operations=frozenset(
        {
            Operation.LOOK,
            Operation.CAPTURE,
            Operation.VOID,
            Operation.REFUND,
            Operation.PARTIAL_REFUND,
            Operation.LOOK_REFUND,
            Operation.CLOSE,
        }
    ),
    repeatable_start=True,
    proof_headers=frozenset({TIMESTAMP.lower(), SIGNATURE.lower()}),
    look_after=LOOK_AFTER,
)


def build(
    settings: Settings, *, account: str, environment: str, now: Callable[[], datetime] = utc_now
) -> PaymentGateway:
    """The account these settings describe. Raises SettingsError in live: this gateway moves no money."""
    if environment == "live":
        raise SettingsError(f"gateways.{account}.adapter", "is the test gateway, which refuses live")
    profile = Profile.of(
        settings,
        CAPABILITIES,
        account=account,
        code=CODE,
        label="Test gateway",
        environment=environment,
        origins=(origin(settings.base_url),),
    )
    http = http_client(settings, account=account, base_url=settings.base_url, environment=environment)
    return DummyGateway(profile, settings, http, now)


class DummyGateway(ConfiguredAccount):
    """Sessions are found by our reference or by their own id; everything that moves money takes a key."""

    def __init__(
        self, profile: Profile, settings: Settings, http: HttpClient, now: Callable[[], datetime]
    ) -> None:
        super().__init__(profile, http)
        self._settings, self._now = settings, now
        self._dummy = DummyClient(settings.secret, http, now)

    def start(self, brief: Brief) -> Started:
        told = self._dummy.post(
            "/sessions", mapping.session_body(brief, self.account, self._settings.capture)
        )
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
                refund = object_of(told, "refund")
                return (self._refund_told(told, refund, Source.CALLBACK, text_of(told, "event_id")),)
            case _:
                reference = str(told.get("reference") or "")
                return (self._seen(reference, Source.CALLBACK, "unknown kind"),)

    def _told(self, told: Mapping[str, Any], source: Source, event_id: str = "") -> Observation:
        word = text_of(told, "status")
        return self._seen(
            text_of(told, "reference"),
            source,
            word,
            status=mapping.STATUSES.get(word),
            amount=mapping.amount_of(told),
            gateway_reference=text_of(told, "id"),
            event_id=event_id,
            proof=mapping.capture_of(told),
        )

    def _refund_told(
        self, session: Mapping[str, Any], refund: Mapping[str, Any], source: Source, event_id: str = ""
    ) -> Observation:
        news = mapping.refund_news(refund, session.get("currency"))
        return self._seen(
            text_of(session, "reference"),
            source,
            text_of(refund, "status"),
            gateway_reference=text_of(session, "id"),
            event_id=event_id,
            proof=mapping.refund_proof(news),
            refund=news,
        )

    def read_return(self, message: InboundMessage) -> ReturnHint:
        carried = message.parameters()
        return ReturnHint(aborted=carried.get("result") == "cancelled", parameters=carried)

    def look(self, payment: Payment) -> Observation:
        if payment.gateway_reference:
            told = self._dummy.get(f"/sessions/{payment.gateway_reference}")
        else:
            told = self._dummy.get("/sessions", reference=payment.reference)
        if told is None:
            return self._seen(payment.reference, Source.LOOK, NOT_FOUND)
        return self._answered(payment, told, Source.LOOK)

    def capture(self, payment: Payment, amount: Money, key: str) -> Observation:
        self._require_whole(payment, amount)
        wish = {"key": key, "amount": str(amount.minor)}
        told = self._dummy.post(f"/sessions/{self._session(payment)}/capture", wish)
        return self._answered(payment, told, Source.CAPTURE)

    def void(self, payment: Payment, key: str) -> Observation:
        wish = {"key": key, "amount": str(payment.amount.minor)}
        told = self._dummy.post(f"/sessions/{self._session(payment)}/void", wish)
        return self._answered(payment, told, Source.VOID)

    def refund(self, payment: Payment, refund: Refund) -> Observation:
        wish = {"key": refund.key, "amount": str(refund.amount.minor)}
        told = self._dummy.post(f"/sessions/{self._session(payment)}/refunds", wish)
        return self._refund_answered(payment, refund, told, Source.REFUND)

    def look_refund(self, payment: Payment, refund: Refund) -> Observation:
        told = self._dummy.get("/refunds", key=refund.key)
        if told is None:
            return self._seen(payment.reference, Source.LOOK, NOT_FOUND)
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
        session = {
            "reference": payment.reference,
            "id": payment.gateway_reference,
            "currency": payment.amount.currency.code,
        }
        with unclear_is_unknown():
            seen = self._refund_told(session, told, source)
        if seen.refund is None or seen.refund.key != refund.key:
            raise OutcomeUnknown("the answer does not say what became of the refund")
        return seen
