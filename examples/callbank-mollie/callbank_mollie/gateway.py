"""One Mollie account behind the port. Source: Mollie API reference v2, Payments and Refunds."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

from adapters.wire.account import LOOK_AFTER
from adapters.wire.errors import unclear_is_unknown
from adapters.wire.hosted import REFUNDS, HostedAccount, receipt
from adapters.wire.links import GIVEN_UP, adding, next_page
from adapters.wire.payloads import NO_CONTENT, as_json, form_fields, object_of, text_of
from application.ports.gateway import Brief, Capabilities, InboundMessage, Operation, Started, Temperament
from domain.observation import Observation, Source
from domain.payment import NextStep, Payment
from domain.refund import Refund

from callbank_mollie import mapping
from callbank_mollie.mapping import Told
from callbank_mollie.settings import Settings


class Mollie(HostedAccount):
    """A webhook brings the id of a payment and nothing else, so each makes us look."""

    CODE, LABEL, CURRENCIES = "mollie", "Mollie", mapping.CURRENCIES
    BASES = dict.fromkeys(("live", "test"), "https://api.mollie.com/v2")
    PAGES = ("https://*.mollie.com",)
    CAPABILITIES = Capabilities(
        temperament=Temperament.GO_AND_LOOK,
        operations=REFUNDS | {Operation.LOOK, Operation.VOID},
        time_to_pay=timedelta(hours=1),
        repeatable_start=True,
        locales=frozenset(mapping.LOCALES),
        look_after=LOOK_AFTER,
    )
    _settings: Settings

    def start(self, brief: Brief) -> Started:
        wish = {
            "amount": mapping.to_wire(brief.payment.amount),
            "description": brief.description[:255],
            "redirectUrl": brief.return_url,
            "cancelUrl": adding(brief.return_url, GIVEN_UP),
            "webhookUrl": brief.callback_url,
            "locale": mapping.LOCALES.get(self._language(brief.locale, self._settings.lang)),
            "metadata": {"reference": brief.payment.reference},
        }
        told = self._call("POST", "payments", wish, brief.payment.idempotency_key)
        with unclear_is_unknown():
            links = object_of(self._ours(brief.payment, told), "_links")
            page = next_page(object_of(links, "checkout").get("href"), self.origins, self.environment)
            return Started(NextStep.redirect(page), text_of(told, "id"))

    def read_callback(self, message: InboundMessage) -> tuple[Observation, ...]:
        named = text_of(form_fields(message.body), "id")
        return (self._seen("", Source.CALLBACK, "webhook", gateway_reference=named),)

    def look(self, payment: Payment) -> Observation:
        return self._unless_unheard(payment, lambda: self._told(payment, self._payment(payment)), "404")

    def void(self, payment: Payment, key: str) -> Observation:
        """Cancel it. Raises GatewayRejected unless ``isCancelable``, which Mollie decides at that moment."""
        told = self._ours(payment, self._call("DELETE", self._path(payment), key=key))
        return self._told(payment, told, Source.VOID)

    def refund(self, payment: Payment, refund: Refund) -> Observation:
        wish = {"amount": mapping.to_wire(refund.amount), "metadata": {"refund": refund.key}}
        told = self._call("POST", f"{self._path(payment)}/refunds", wish, refund.key)
        return self._refund_told(payment, refund, told, Source.REFUND)

    def look_refund(self, payment: Payment, refund: Refund) -> Observation:
        with unclear_is_unknown():
            listed = mapping.refunds_of(self._payment(payment))
        ours = [one for one in listed if mapping.inside(one, "metadata", "refund") == refund.key]
        return self._refund_told(payment, refund, ours[0], Source.LOOK) if ours else self._not_found(payment)

    def _told(self, payment: Payment, told: Told, source: Source = Source.LOOK) -> Observation:
        with unclear_is_unknown():
            word, taken = text_of(told, "status"), told.get("amountCaptured") and "amountCaptured"
            money = mapping.money_of(told, taken or "amount"), text_of(told, "id")
            gone = mapping.gone(told, payment.amount.currency)
        status, why = mapping.STATUSES.get(word), str(mapping.inside(told, "details", "failureReason") or "")
        shown = receipt(mapping.inside(told, "details", "cardNumber"), paid_at=told.get("paidAt"))
        return self._standing(payment, word, status, money, gone, source=source, failure=why, receipt=shown)

    def _refund_told(self, payment: Payment, refund: Refund, told: Told, source: Source) -> Observation:
        with unclear_is_unknown():
            seen = mapping.refund_of(told)
        self._require_about(told, metadata={"refund": refund.key})
        return self._refund_seen(payment, refund, source, *seen)

    def _path(self, payment: Payment) -> str:
        return f"payments/{quote(self._reference(payment), safe='')}"

    def _payment(self, payment: Payment) -> Told:
        """The payment with its refunds inside."""
        return self._ours(payment, self._call("GET", f"{self._path(payment)}?embed=refunds"))

    def _ours(self, payment: Payment, told: Told) -> Told:
        """Raises OutcomeUnknown for an answer about another payment, or in the other mode."""
        known = payment.gateway_reference or told.get("id")
        ours = {"reference": payment.reference}
        self._require_about(told, mode=self.environment, id=known, metadata=ours)
        return told

    def _call(self, method: str, path: str, wish: Told | None = None, key: str = "") -> Told:
        headers = {"Authorization": f"Bearer {self._settings.api_key}"}
        headers |= {"Idempotency-Key": key} if key else {}
        return self._json(method, path, headers, as_json(wish) if wish else NO_CONTENT)
