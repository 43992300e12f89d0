"""One PayPal account behind the port: Orders v2. A shopper's yes is money once we capture it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from adapters.gateways.paypal import mapping
from adapters.gateways.paypal.client import UNHEARD_OF, PaypalClient
from adapters.gateways.paypal.settings import Settings
from adapters.gateways.paypal.signature import PROOF_HEADERS, Webhooks
from adapters.wire.account import LOOK_AFTER, NO_REFERENCE, Facts, utc_now
from adapters.wire.certificates import Certificates
from adapters.wire.errors import SettingsError, unclear_is_unknown
from adapters.wire.hosted import REFUNDS, HostedAccount, refunded
from adapters.wire.links import next_page
from adapters.wire.payloads import json_object, object_of, text_of
from application.errors import GatewayError, GatewayRejected, OutcomeUnknown
from application.ports import gateway as port
from application.ports.gateway import Operation
from domain.money import Money
from domain.observation import Observation, RefundNews, Source
from domain.payment import NextStep, Payment, PaymentStatus
from domain.quote import OrderLine
from domain.refund import Refund, RefundStatus


class PaypalGateway(HostedAccount):
    """Orders are found by PayPal's id, which only an answer tells; a start is repeated by our key."""

    CODE, LABEL, CURRENCIES = "paypal", "PayPal", mapping.CURRENCIES
    BASES: ClassVar[Mapping[str, str]] = {
        "live": "https://api-m.paypal.com",
        "test": "https://api-m.sandbox.paypal.com",
    }
    PAGES = ("https://www.paypal.com", "https://www.sandbox.paypal.com")
    HOSTS: ClassVar[Mapping[str, Sequence[str]]] = {
        "live": ("api.paypal.com",),
        "test": ("api.sandbox.paypal.com",),
    }
    CAPABILITIES = port.Capabilities(
        temperament=port.Temperament.CONFIRM_TO_COLLECT,
        operations=REFUNDS | {Operation.LOOK, Operation.COLLECT},
        repeatable_start=True,
        proof_headers=PROOF_HEADERS,
        locales=mapping.LANGUAGES,
        look_after=LOOK_AFTER,
    )
    PANEL = (
        "Webhook URL",
        f"Developer dashboard, your app, Webhooks. Events: {', '.join(mapping.EVENTS)}.",
    )
    REPLY = port.Reply()
    _settings: Settings

    def __init__(
        self, settings: Settings, *, account: str, environment: str, now: Callable[[], datetime] = utc_now
    ) -> None:
        super().__init__(settings, account=account, environment=environment, now=now)
        self._paypal = PaypalClient(settings, self._client)
        try:
            certificates = Certificates(
                self._client,
                pinned=settings.certificates,
                roots=settings.roots,
                subject=".paypal.com",
                chained=environment == "live" or self._base in self.BASES.values(),
            )
        except ValueError as error:
            raise SettingsError(f"gateways.{account}.certificates", "or roots are no PEM") from error
        self._webhooks = Webhooks(settings, certificates, self._paypal.verify)

    def accepts(self, amount: Money, country: str, basket_lines: Sequence[OrderLine]) -> str:
        return super().accepts(amount, country, basket_lines) or mapping.misfit(amount)

    def start(self, brief: port.Brief) -> port.Started:
        payment = brief.payment
        language = self._language(brief.locale, self._settings.lang)
        body = mapping.order_body(brief, self._settings, language)
        told = self._paypal.create(body, payment.idempotency_key)
        with unclear_is_unknown():
            order_id, word = text_of(told, "id"), text_of(told, "status")
            if word in ("APPROVED", "COMPLETED"):  # the first answer was lost, its page was not
                return port.Started(NextStep.nothing(), order_id)
            page = mapping.link_of(told, "payer-action", "approve")
            return port.Started(NextStep.redirect(next_page(page, self.origins, self.environment)), order_id)

    def read_callback(self, message: port.InboundMessage) -> tuple[Observation, ...] | port.NeedsProof:
        at = message.received_at or self._now()
        return self._hints(message) if self._webhooks.is_proven(message, at) else port.NeedsProof()

    def prove(self, message: port.InboundMessage, hint: Mapping[str, str]) -> tuple[Observation, ...]:
        self._webhooks.require_genuine(message, message.received_at or self._now())
        return self._hints(message)

    def _hints(self, message: port.InboundMessage) -> tuple[Observation, ...]:
        """Whom to ask about: what a webhook says of money is never taken from it."""
        told = json_object(message.body)
        event = text_of(told, "event_type")
        if event not in mapping.EVENTS:
            return ()
        ours, theirs = mapping.whose(object_of(told, "resource"))
        event_id = text_of(told, "id")
        return (
            self._seen(ours, Source.CALLBACK, event, gateway_reference=theirs or None, event_id=event_id),
        )

    def look(self, payment: Payment) -> Observation:
        if not payment.gateway_reference:
            return self._seen(payment.reference, Source.LOOK, NO_REFERENCE)
        try:
            return self._told(payment, self._paypal.order(payment.gateway_reference), Source.LOOK)
        except GatewayRejected as refused:
            if refused.code != UNHEARD_OF:
                raise
        if payment.capture_reference:  # PayPal forgets orders, never money
            with unclear_is_unknown():
                capture = self._paypal.capture_made(payment.capture_reference)
                return self._captured(payment, capture, [], Source.LOOK)
        return self._not_found(payment)

    def collect(self, payment: Payment, key: str) -> Observation:
        order_id = self._reference(payment)
        try:
            return self._told(payment, self._paypal.capture(order_id, key), Source.COLLECT)
        except GatewayRejected as refused:
            word, status = refused.code, mapping.ISSUES.get(refused.code)
            if status is not None:
                return self._seen(payment.reference, Source.COLLECT, word, status=status, failure=word)
            if word != "ORDER_ALREADY_CAPTURED":
                raise
        try:
            return self._told(payment, self._paypal.order(order_id), Source.COLLECT)
        except GatewayError as error:
            raise OutcomeUnknown("captured before, but the order could not be read") from error

    def _told(self, payment: Payment, order: Mapping[str, Any], source: Source) -> Observation:
        """The capture decides; the order's own word counts only while there is none."""
        with unclear_is_unknown():
            unit, order_id = mapping.unit_of(order), text_of(order, "id")
            ours = unit.get("custom_id", payment.reference)
            if (order_id, ours) != (payment.gateway_reference, payment.reference):
                raise OutcomeUnknown("PayPal answered about another order")
            capture = mapping.capture_of(mapping.made(unit, "captures"), payment.capture_reference)
            if not capture:
                return self._uncaptured(payment, order, unit, source)
            return self._captured(payment, capture, mapping.made(unit, "refunds"), source)

    def _captured(
        self,
        payment: Payment,
        capture: Mapping[str, Any],
        refunds: Sequence[Mapping[str, Any]],
        source: Source,
    ) -> Observation:
        """What a capture proves: money that came, or money that went back at PayPal since."""
        word, capture_id = text_of(capture, "status"), text_of(capture, "id")
        more = mapping.returned_outside(payment, capture, refunds)
        if more is not None:
            return self._given_back(payment, capture_id, word, more, source)
        amount, status = mapping.amount_of(capture), mapping.CAPTURES.get(word)
        why, paid_at = capture.get("status_details"), capture.get("create_time")
        reason = why.get("reason") if isinstance(why, dict) else None
        facts: Facts = {"gateway_reference": payment.gateway_reference}
        if status is PaymentStatus.FAILED:
            facts["failure"] = str(reason or word)
        if isinstance(paid_at, str):
            facts["receipt"] = {"paid_at": paid_at}
        return self._money_seen(payment.reference, source, word, status, amount, capture_id, **facts)

    def _uncaptured(
        self, payment: Payment, order: Mapping[str, Any], unit: Mapping[str, Any], source: Source
    ) -> Observation:
        word, amount = text_of(order, "status"), mapping.amount_of(unit)
        if amount != payment.amount:
            raise OutcomeUnknown("PayPal's order is over another amount", code="amount")
        return self._seen(
            payment.reference,
            source,
            word,
            status=mapping.ORDERS.get(word),
            gateway_reference=payment.gateway_reference,
            collectable=word == "APPROVED",
        )

    def _given_back(
        self, payment: Payment, capture_id: str, word: str, more: Money, source: Source
    ) -> Observation:
        """The difference to what we know, under the sum that PayPal knows."""
        total = payment.refunded + payment.refunded_outside + payment.charged_back + more
        news = RefundNews(RefundStatus.DONE, more, f"{capture_id}:refunded:{mapping.value_of(total)}")
        return self._seen(
            payment.reference,
            source,
            word,
            gateway_reference=payment.gateway_reference,
            proof=refunded(news),
            refund=news,
        )

    def refund(self, payment: Payment, refund: Refund) -> Observation:
        body = {
            "amount": mapping.money_json(refund.amount),
            "custom_id": payment.reference,
            "invoice_id": mapping.fitting(refund.key),
        }
        capture_id = payment.capture_reference
        if not capture_id:
            capture_id = str(mapping.capture_of(self._made(payment, "captures"), None).get("id"))
        try:
            told = self._paypal.refund(capture_id, body, refund.key)
        except GatewayRejected as refused:
            if refused.code != "DUPLICATE_INVOICE_ID":
                raise
            raise OutcomeUnknown("PayPal has a refund of this key already", code=refused.code) from refused
        return self._refund_told(payment, refund, told, Source.REFUND)

    def look_refund(self, payment: Payment, refund: Refund) -> Observation:
        if refund.gateway_id:
            told = self._paypal.refund_made(refund.gateway_id)
            return self._refund_told(payment, refund, told, Source.LOOK)
        for told in self._made(payment, "refunds"):
            if told.get("invoice_id") == mapping.fitting(refund.key):
                return self._refund_told(payment, refund, told, Source.LOOK)
        return self._not_found(payment)

    def _made(self, payment: Payment, kind: str) -> list[dict[str, Any]]:
        """The captures or refunds of the payment's order."""
        with unclear_is_unknown():
            return mapping.made(mapping.unit_of(self._paypal.order(self._reference(payment))), kind)

    def _refund_told(
        self, payment: Payment, refund: Refund, told: Mapping[str, Any], source: Source
    ) -> Observation:
        with unclear_is_unknown():
            return self._refund_seen(payment, refund, source, *mapping.refund_of(told))
