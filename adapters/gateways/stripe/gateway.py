"""One Stripe account behind the port: an attempt is a Checkout Session, its money a payment intent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import Any, ClassVar, Final

from adapters.gateways.stripe import mapping
from adapters.gateways.stripe.client import INTENTS, REFUNDS, SESSIONS, StripeClient
from adapters.gateways.stripe.mapping import money_of, note_of
from adapters.gateways.stripe.settings import Settings
from adapters.gateways.stripe.signature import HEADER, require_genuine
from adapters.wire.account import LOOK_AFTER, NO_REFERENCE, Facts
from adapters.wire.errors import unclear_is_unknown
from adapters.wire.hosted import REFUNDS as REFUND_POWERS
from adapters.wire.hosted import HostedAccount, captured
from adapters.wire.links import GIVEN_UP, adding, next_page
from adapters.wire.payloads import json_object, object_of, text_of
from adapters.wire.signing import current_and_previous
from application.errors import GatewayRejected, OutcomeUnknown
from application.ports import gateway as port
from application.ports.gateway import Operation
from domain.money import Money
from domain.observation import Observation, Proof, RefundNews, Source
from domain.payment import NextStep, Payment, PaymentStatus
from domain.quote import OrderLine
from domain.refund import Refund, RefundStatus

TIME_TO_PAY: Final = timedelta(minutes=45)
"""Counted from the attempt, so that a repeated start says the same; Stripe wants 30 minutes from its call."""
_EVENTS: Final = """checkout.session.completed, checkout.session.async_payment_succeeded,
checkout.session.async_payment_failed, checkout.session.expired, payment_intent.amount_capturable_updated,
payment_intent.succeeded, payment_intent.canceled, refund.created, refund.updated, refund.failed,
charge.dispute.created, charge.dispute.updated, charge.dispute.closed""".replace("\n", " ")


class StripeGateway(HostedAccount):
    """Sessions are found by their own id; refunds and disputes name the intent, which proves the capture."""

    CODE, LABEL, CURRENCIES = "stripe", "Stripe", mapping.CURRENCIES
    BASES: ClassVar = dict.fromkeys(("test", "live"), "https://api.stripe.com")
    PAGES = ("https://checkout.stripe.com",)
    HIDDEN = ("client_secret",)
    PANEL = ("Endpoint URL", f"Developers, Webhooks, Add endpoint; events: {_EVENTS}")
    CAPABILITIES = port.Capabilities(
        temperament=port.Temperament.SIGNED_CALLBACK,
        operations=REFUND_POWERS | {Operation.LOOK, Operation.CAPTURE, Operation.VOID, Operation.CLOSE},
        time_to_pay=TIME_TO_PAY,
        repeatable_start=True,
        proof_headers=frozenset({HEADER}),
        locales=mapping.LANGUAGES,
        look_after=LOOK_AFTER,
    )
    _settings: Settings

    @cached_property
    def _stripe(self) -> StripeClient:
        return StripeClient(self._settings, self._client)

    def accepts(self, amount: Money, country: str, basket_lines: Sequence[OrderLine]) -> str:
        if refused := super().accepts(amount, country, basket_lines):
            return refused
        try:
            return "" if mapping.to_wire(amount) <= self._settings.largest else "more than Stripe takes"
        except GatewayRejected as error:
            return str(error)

    def start(self, brief: port.Brief) -> port.Started:
        payment, back = brief.payment, brief.return_url
        ours = {"metadata": {"payment_id": payment.reference}}
        manual = {"capture_method": "manual"} if self._settings.capture == "manual" else {}
        fields = {
            "mode": "payment",
            "success_url": adding(back, "session_id={CHECKOUT_SESSION_ID}"),
            "cancel_url": adding(back, GIVEN_UP),
            "client_reference_id": payment.reference,
            "customer_email": brief.buyer.email or None,
            "line_items": mapping.line_items(brief),
            **ours,
            "payment_intent_data": {**manual, **ours},
            "expires_at": int((payment.created_at + TIME_TO_PAY).timestamp()),
            "locale": self._language(brief.locale, self._settings.lang),
        }
        told = self._stripe.post(SESSIONS, fields, payment.idempotency_key)
        with unclear_is_unknown():
            self._require_ours(told, client_reference_id=payment.reference)
            page = next_page(told.get("url"), self.origins, self.environment)
            return port.Started(NextStep.redirect(page), text_of(told, "id"))

    def read_callback(self, message: port.InboundMessage) -> tuple[Observation, ...] | port.NeedsProof:
        event = self._genuine(message)
        kind, data = text_of(event, "type"), object_of(event, "data")
        told = object_of(data, "object")
        intent = mapping.id_of(told.get("payment_intent"))
        by_intent = intent and kind.startswith(("charge.", "refund."))
        if event.get("account") or not (by_intent or mapping.is_ours(told)):
            return ()
        if kind == "charge.refunded":  # a running total: ask for the refunds behind it
            return port.NeedsProof({"payment_intent": intent})
        seen = self._event_seen(kind, told)
        if not seen.reference and not seen.gateway_reference:
            return ()
        if seen.refund and mapping.came_back(data):
            seen = replace(seen, refund=replace(seen.refund, status=RefundStatus.FAILED_LATER))
        environment = "live" if event.get("livemode") is True else "test"
        return (replace(seen, event_id=text_of(event, "id"), environment=environment),)

    def prove(self, message: port.InboundMessage, hint: Mapping[str, str]) -> tuple[Observation, ...]:
        self._genuine(message)
        seen = [self._refund_told(told) for told in self._stripe.refunds(hint["payment_intent"])]
        return tuple(replace(one, event_id=f"{one.event_id}:{one.word}") for one in seen)

    def look(self, payment: Payment) -> Observation:
        if not payment.gateway_reference:
            return self._seen(payment.reference, Source.LOOK, NO_REFERENCE)
        told = self._session(payment)
        if told is None:
            return self._not_found(payment)
        with unclear_is_unknown():
            return self._session_seen(told, Source.LOOK)

    def capture(self, payment: Payment, amount: Money, key: str) -> Observation:
        self._require_whole(payment, amount)
        wish = {"amount_to_capture": mapping.to_wire(amount)}
        return self._act_on_intent(payment, "capture", wish, key, Source.CAPTURE)

    def void(self, payment: Payment, key: str) -> Observation:
        with self._stripe.operation():
            if (self._session(payment) or {}).get("status") != "open":
                return self._act_on_intent(payment, "cancel", {}, key, Source.VOID)
            told = self._stripe.post(f"{SESSIONS}/{self._reference(payment)}/expire", {}, f"{key}:expire")
        with unclear_is_unknown():
            seen = self._session_seen(self._require_ours(told, id=payment.gateway_reference), Source.VOID)
        return replace(seen, status=PaymentStatus.CANCELLED) if seen.word == "expired" else seen

    def refund(self, payment: Payment, refund: Refund) -> Observation:
        with self._stripe.operation():
            wish = {
                "payment_intent": self._intent(payment),
                "amount": mapping.to_wire(refund.amount),
                "metadata": {"payment_id": payment.reference, "refund_key": refund.key},
            }
            told = self._stripe.post(REFUNDS, wish, refund.key)
        return self._refund_answered(payment, refund, Source.REFUND, told)

    def look_refund(self, payment: Payment, refund: Refund) -> Observation:
        with self._stripe.operation(), unclear_is_unknown():
            for told in self._stripe.refunds(self._intent(payment)):
                if refund.key == note_of(told, "refund_key"):
                    return self._refund_answered(payment, refund, Source.LOOK, told)
        return self._not_found(payment)

    def _genuine(self, message: port.InboundMessage) -> dict[str, Any]:
        secrets = current_and_previous(self._settings.webhook_secret, self._settings.webhook_secret_previous)
        require_genuine(message, secrets, message.received_at or self._now())
        return json_object(message.body)

    def _event_seen(self, kind: str, told: Mapping[str, Any]) -> Observation:
        match kind.split("."):
            case ["checkout", "session", "async_payment_failed"] if told.get("payment_status") == "unpaid":
                seen = self._session_seen(told, Source.CALLBACK)
                return replace(seen, word=kind, status=PaymentStatus.FAILED, failure="async_payment_failed")
            case ["checkout", "session", "completed" | "async_payment_succeeded" | "expired"]:
                return self._session_seen(told, Source.CALLBACK)
            case ["payment_intent", *_]:
                return self._intent_seen(told, Source.CALLBACK)
            case ["refund", *_] | ["charge", "refund", *_]:
                return self._refund_told(told)
            case ["charge", "dispute", *_]:
                return self._dispute_told(told)
            case _:
                return self._seen(mapping.reference_of(told), Source.CALLBACK, kind)

    def _session_seen(self, told: Mapping[str, Any], source: Source) -> Observation:
        """A session; while it is complete but unpaid, its intent says why, if it stands inside."""
        state, word = str(told.get("status") or "complete"), text_of(told, "payment_status")
        status, intent = mapping.SESSIONS.get((state, word)), told.get("payment_intent")
        amount, failure = money_of(told, "amount_total"), ""
        if word == "no_payment_required":
            amount = Money.zero(amount.currency)
        if (state, word) == ("complete", "unpaid") and isinstance(intent, dict):
            word = text_of(intent, "status")
            status, failure = mapping.COMPLETE.get(word), mapping.failure_of(intent)
        if status is PaymentStatus.PAID and isinstance(intent, dict):
            amount = money_of(intent, "amount_received")
        reference, session = str(told.get("client_reference_id") or ""), text_of(told, "id")
        word = word if state == "complete" else state
        facts: Facts = {"gateway_reference": session, "failure": failure}
        if status is PaymentStatus.FAILED:
            facts["receipt"] = mapping.receipt_of(failure)
        paid_by = mapping.id_of(intent) or session
        return self._money_seen(reference, source, word, status, amount, paid_by, **facts)

    def _intent_seen(self, told: Mapping[str, Any], source: Source) -> Observation:
        word, reference = text_of(told, "status"), note_of(told, "payment_id")
        status = mapping.INTENTS.get(word)
        amount = money_of(told, "amount_received" if status is PaymentStatus.PAID else "amount")
        proof = captured(status, text_of(told, "id"), amount)
        return self._seen(reference, source, word, status=status, amount=amount, proof=proof)

    def _refund_told(self, told: Mapping[str, Any]) -> Observation:
        """Ours is addressed by what we wrote into it, one of the dashboard by its intent."""
        word, status, made, amount = mapping.refund_of(told)
        reference, key = note_of(told, "payment_id"), note_of(told, "refund_key")
        intent = None if reference else mapping.id_of(told.get("payment_intent"))
        news = RefundNews(status, amount, made, key) if status else None
        failure = str(told.get("failure_reason") or "")
        return self._news_seen(reference, word, news, intent, event_id=made, failure=failure)

    def _refund_answered(
        self, payment: Payment, refund: Refund, source: Source, told: Mapping[str, Any]
    ) -> Observation:
        with unclear_is_unknown():
            return self._refund_seen(payment, refund, source, *mapping.refund_of(told))

    def _dispute_told(self, told: Mapping[str, Any]) -> Observation:
        word, amount = text_of(told, "status"), money_of(told, "amount")
        kind, intent = mapping.DISPUTES.get(word), mapping.id_of(told.get("payment_intent"))
        proof = Proof(kind, text_of(told, "id"), amount) if kind else None
        return self._seen("", Source.CALLBACK, word, gateway_reference=intent, proof=proof)

    def _act_on_intent(
        self, payment: Payment, act: str, wish: Mapping[str, object], key: str, source: Source
    ) -> Observation:
        with self._stripe.operation():
            intent = self._intent(payment)
            told = self._stripe.post(f"{INTENTS}/{intent}/{act}", wish, f"{key}:{act}")
        with unclear_is_unknown():
            seen = self._intent_seen(self._require_ours(told, id=intent), source)
        if seen.reference != payment.reference:
            raise OutcomeUnknown("Stripe answered about another payment")
        return seen

    def _session(self, payment: Payment) -> dict[str, Any] | None:
        told = self._stripe.session(self._reference(payment))
        ours = {"id": payment.gateway_reference, "client_reference_id": payment.reference}
        return told and self._require_ours(told, **ours)

    def _intent(self, payment: Payment) -> str:
        """The id of the intent that holds the money. Raises GatewayRejected when there is none yet."""
        known = payment.capture_reference or ""
        if not known.startswith("pi_"):
            known = mapping.id_of((self._session(payment) or {}).get("payment_intent"))
        if not known:
            raise GatewayRejected("nobody has paid this session", code="no_payment_intent")
        return known

    def _require_ours(self, told: dict[str, Any], **expected: object) -> dict[str, Any]:
        """Raises OutcomeUnknown for an answer about something else, or of the other environment."""
        live = told.get("livemode") is True
        if live != (self.environment == "live") or any(told.get(k) != v for k, v in expected.items()):
            raise OutcomeUnknown("Stripe answered about another payment, or in the other mode")
        return told
