"""One Mollie account behind the port. Source: Mollie API reference v2, Payments and Refunds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

from adapters.wire.account import LOOK_AFTER
from adapters.wire.errors import success_of, unclear_is_unknown
from adapters.wire.hosted import REFUNDS, HostedAccount
from adapters.wire.links import GIVEN_UP, adding, next_page
from adapters.wire.payloads import NO_CONTENT, as_json, form_fields, object_of, text_of
from adapters.wire.settings import require_own
from application.errors import OutcomeUnknown
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

    def __init__(self, settings: Settings, *, account: str, environment: str) -> None:
        require_own(account, "api_key", settings.api_key[:4], environment)
        super().__init__(settings, account=account, environment=environment)
        self._settings = settings

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
        told = self._payment(payment)
        return self._told(payment, told) if told else self._not_found(payment)

    def void(self, payment: Payment, key: str) -> Observation:
        """Cancel it. Raises GatewayRejected unless ``isCancelable``, which Mollie decides at that moment."""
        told = self._ours(payment, self._call("DELETE", self._path(payment), key=key))
        return replace(self._told(payment, told), source=Source.VOID)

    def refund(self, payment: Payment, refund: Refund) -> Observation:
        wish = {"amount": mapping.to_wire(refund.amount), "metadata": {"refund": refund.key}}
        told = self._call("POST", f"{self._path(payment)}/refunds", wish, refund.key)
        return self._refund_told(payment, refund, told, Source.REFUND)

    def look_refund(self, payment: Payment, refund: Refund) -> Observation:
        with unclear_is_unknown():
            listed = mapping.refunds_of(self._payment(payment))
        ours = [one for one in listed if mapping.inside(one, "metadata", "refund") == refund.key]
        return self._refund_told(payment, refund, ours[0], Source.LOOK) if ours else self._not_found(payment)

    def _told(self, payment: Payment, told: Told) -> Observation:
        with unclear_is_unknown():
            word, taken = text_of(told, "status"), told.get("amountCaptured") and "amountCaptured"
            money = mapping.money_of(told, taken or "amount"), text_of(told, "id")
            gone = mapping.gone(told, payment.amount.currency)
        status, why = mapping.STATUSES.get(word), mapping.inside(told, "details", "failureReason")
        return self._standing(payment, word, status, money, gone, failure=str(why or ""))

    def _refund_told(self, payment: Payment, refund: Refund, told: Told, source: Source) -> Observation:
        with unclear_is_unknown():
            word, made = text_of(told, "status"), text_of(told, "id")
            amount, key = mapping.money_of(told, "amount"), mapping.inside(told, "metadata", "refund")
        if key != refund.key:
            raise OutcomeUnknown("Mollie answered about another refund")
        status = mapping.REFUNDS.get(word)
        return self._refund_seen(payment, refund, source, word, status, gateway_id=made, amount=amount)

    def _path(self, payment: Payment) -> str:
        return f"payments/{quote(self._reference(payment), safe='')}"

    def _payment(self, payment: Payment) -> Told:
        """The payment with its refunds; empty when Mollie knows none of that id."""
        told = self._call("GET", f"{self._path(payment)}?embed=refunds")
        return self._ours(payment, told) if told else {}

    def _ours(self, payment: Payment, told: Told) -> Told:
        theirs = told.get("id"), told.get("mode"), mapping.inside(told, "metadata", "reference")
        if theirs != (payment.gateway_reference or theirs[0], self.environment, payment.reference):
            raise OutcomeUnknown("Mollie answered about another payment, or in the other mode")
        return told

    def _call(self, method: str, path: str, wish: Told | None = None, key: str = "") -> Told:
        headers = {"Authorization": f"Bearer {self._settings.api_key}"}
        headers |= {"Idempotency-Key": key} if key else {}
        content = as_json(wish) if wish else NO_CONTENT
        answer = self._client.send(method, path, headers=headers, content=content, safe=method == "GET")
        return {} if (method, answer.status) == ("GET", 404) else success_of(answer, self.LABEL)
