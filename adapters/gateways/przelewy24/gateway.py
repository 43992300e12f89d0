"""One account at Przelewy24 behind the port. Source: P24 REST API v1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from adapters.gateways.przelewy24 import mapping
from adapters.gateways.przelewy24.settings import BASES, Settings
from adapters.gateways.przelewy24.signature import NOTICE, REFUND, REGISTER, VERIFY, require_genuine, sign
from adapters.wire import payloads
from adapters.wire.account import LOOK_AFTER
from adapters.wire.amounts import from_digits
from adapters.wire.errors import success_of, unclear_is_unknown
from adapters.wire.hosted import REFUNDS, HostedAccount, captured
from adapters.wire.links import join, next_page
from adapters.wire.payloads import json_object, object_of, text_of
from adapters.wire.signing import current_and_previous, unreadable_is_refused
from application.errors import GatewayRejected, OutcomeUnknown
from application.phrases import Phrase
from application.ports import gateway as port
from application.ports.gateway import Operation
from domain.money import Money
from domain.observation import Observation, Proof, Source
from domain.payment import NextStep, Payment, PaymentStatus
from domain.refund import Refund, RefundStatus
from domain.transaction import FactKind

STATUS_URL: Final = "status_url"
KNOWN: Final = ("Request already exists", "Concurrent call")
"""P24's words for a refund that was asked for before."""


class Przelewy24(HostedAccount):
    """Attempts are found by our reference (sessionId); P24's own orderId is told once somebody has paid."""

    CODE, LABEL, CURRENCIES = "przelewy24", "Przelewy24", mapping.CURRENCIES
    HINT = Phrase("Card, bank transfer or, in PLN, BLIK. You go to %(method)s and come back", method="")
    CAPABILITIES = port.Capabilities(
        temperament=port.Temperament.CONFIRM_TO_COLLECT,
        operations=REFUNDS | {Operation.LOOK, Operation.COLLECT},
        locales=mapping.LANGUAGES,
        look_after=LOOK_AFTER,
    )
    BASES, HIDDEN = BASES, ("accountMD5",)
    _settings: Settings

    @property
    def hint(self) -> str:
        narrowed = self._settings.method or self._settings.channel
        return self._profile.hint if narrowed else super().hint

    def start(self, brief: port.Brief) -> port.Started:
        language = self._language(brief.locale, self._settings.lang)
        fields = mapping.registration(brief, self._settings, language, self._now())
        told = self._call("POST", "transaction/register", fields, REGISTER)
        with unclear_is_unknown():
            token = mapping.token_of(object_of(told or {}, "data"))
        page = next_page(join(self._base, f"trnRequest/{token}"), self.origins, self.environment)
        return port.Started(NextStep.redirect(page), extra={STATUS_URL: brief.callback_url})

    def read_callback(self, message: port.InboundMessage) -> tuple[Observation, ...]:
        with unreadable_is_refused():
            told = json_object(message.body)
        names = REFUND if "refundsUuid" in told else NOTICE
        crcs = current_and_previous(self._settings.crc, self._settings.crc_previous)
        require_genuine(told, names, self._settings.shop, crcs)
        order_id, word = mapping.order_id_of(told), "paid"
        if names is REFUND:
            word = f"refund {told['refundsUuid']}:{told['status']}"
        reference, event_id = text_of(told, "sessionId"), f"{order_id}:{word}"
        seen = self._seen(reference, Source.CALLBACK, word, gateway_reference=order_id, event_id=event_id)
        return (seen,)

    def look(self, payment: Payment) -> Observation:
        return self._looked(payment, Source.LOOK)

    def collect(self, payment: Payment, key: str) -> Observation:
        """Verify what the shopper paid, with our own amount and currency; never what is verified already."""
        with self._client.operation():
            seen, why = self._looked(payment, Source.COLLECT), ""
            if seen.collectable:
                try:
                    return self._verified(payment, seen, str(seen.gateway_reference))
                except GatewayRejected as refused:
                    seen, why = self._looked(payment, Source.COLLECT), refused.code
        if seen.status is not PaymentStatus.PAID or seen.amount != payment.amount:
            raise GatewayRejected("Przelewy24 does not confirm this payment", code=why or seen.word)
        return seen

    def _verified(self, payment: Payment, seen: Observation, order_id: str) -> Observation:
        ours = {**mapping.priced(payment, payment.amount), "currency": payment.amount.currency.code}
        fields = {**self._settings.shop, **ours, "orderId": int(order_id)}
        told = self._call("PUT", "transaction/verify", fields, VERIFY)
        with unclear_is_unknown():
            word = text_of(object_of(told or {}, "data"), "status")
        if word != "success":
            raise OutcomeUnknown("Przelewy24 does not say what became of the verify", code=word)
        proof = captured(PaymentStatus.PAID, order_id, payment.amount)
        return replace(seen, word=word, status=PaymentStatus.PAID, proof=proof, collectable=False)

    def _looked(self, payment: Payment, source: Source) -> Observation:
        told = self._call("GET", f"transaction/by/sessionId/{quote(payment.reference, safe='')}")
        if told is None:
            return replace(self._not_found(payment), source=source)
        with unclear_is_unknown():
            data = object_of(told, "data")
            self._require_about(data, sessionId=payment.reference)
            amount = from_digits(data.get("amount"), data.get("currency"), mapping.PLACES)
            word = str(data.get("status"))
            status, agreed = mapping.STATUSES.get(word), word == mapping.AGREED
            paid = status is PaymentStatus.PAID
            # A try that came to nothing has a number, too, and the next one another.
            order_id = mapping.order_id_of(data) if paid or agreed else None
        if agreed and amount != payment.amount:
            status, agreed = PaymentStatus.AUTHORIZED, False  # held until a person has decided
        back = self._given_back(payment, order_id, word, amount) if order_id and paid else None
        return self._seen(
            payment.reference,
            source,
            word,
            status=None if back else status,
            amount=amount,
            gateway_reference=order_id,
            proof=back or captured(status, order_id or "", amount),
            collectable=agreed and payment.gateway_reference in (None, order_id),
        )

    def _given_back(self, payment: Payment, order_id: str, word: str, amount: Money) -> Proof | None:
        """What left by P24's panel and is not recorded yet, known by its running total."""
        returned, currency = word == mapping.RETURNED, payment.amount.currency
        if amount.currency != currency or not (returned or payment.captured.is_positive):
            return None
        listed = self._refunds(payment, order_id)
        total = amount - payment.refunded - payment.reserved
        if listed or not returned:
            done = [one for one in listed if mapping.REFUNDS.get(one[1]) is RefundStatus.DONE]
            total = Money.sum((gone for name, _, gone in done if not name.startswith(mapping.OURS)), currency)
        fresh = total - payment.refunded_outside
        proof = Proof(FactKind.REFUNDED, f"{order_id}:refunded:{total.minor}", fresh)
        return proof if fresh.is_positive else None

    def refund(self, payment: Payment, refund: Refund) -> Observation:
        order_id = self._reference(payment)
        fields = mapping.refund_body(payment, refund, order_id, payment.extra.get(STATUS_URL, ""))
        try:
            told = self._call("POST", "transaction/refund", fields)
        except GatewayRejected as refused:
            if refused.code not in KNOWN:
                raise
            seen = self.look_refund(payment, refund)
            if seen.refund is None:
                raise OutcomeUnknown("a refund that is known, but not listed", code=refused.code) from refused
            return replace(seen, source=Source.REFUND)
        with unclear_is_unknown():
            taken = mapping.taken(told or {}, order_id, payment.amount.currency.code)
            return self._refund_seen(payment, refund, Source.REFUND, *taken)

    def look_refund(self, payment: Payment, refund: Refund) -> Observation:
        for name, word, amount in self._refunds(payment, self._reference(payment)):
            if name == mapping.request_id(refund):
                status = mapping.REFUNDS.get(word)
                return self._refund_seen(payment, refund, Source.LOOK, word, status, amount=amount)
        return self._not_found(payment)

    def _refunds(self, payment: Payment, order_id: str) -> list[tuple[str, str, Money]]:
        """Of each refund its requestId, its word and its amount."""
        told = self._call("GET", f"refund/by/orderId/{order_id}")
        if told is None:
            return []
        with unclear_is_unknown():
            data, code = object_of(told, "data"), payment.amount.currency.code
            self._require_about(data, sessionId=payment.reference, currency=code)
            self._require_about({"orderId": str(data.get("orderId"))}, orderId=order_id)
            return mapping.refunds_of(data, code)

    def _call(
        self, method: str, path: str, fields: Mapping[str, object] | None = None, names: str = ""
    ) -> dict[str, Any] | None:
        """The JSON of a success, signed over ``names``; None where a question found nothing."""
        signed = {"sign": sign(fields or {}, names, self._settings.crc)} if names else {}
        answer = self._client.send(
            method,
            f"api/v1/{path}",
            headers=payloads.basic_auth(str(self._settings.shop["posId"]), self._settings.api_key),
            content=payloads.as_json({**fields, **signed}) if fields else payloads.NO_CONTENT,
            safe=method == "GET",
        )
        if answer.status == 404 and method == "GET":
            return None
        return success_of(answer, self.LABEL, mapping.refusal)
