"""One Moip v2 account behind the port. Source: Moip v2 reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

from adapters.gateways.moip import mapping
from adapters.gateways.moip.settings import Settings
from adapters.wire.account import LOOK_AFTER
from adapters.wire.amounts import to_scaled
from adapters.wire.errors import unclear_is_unknown
from adapters.wire.hosted import REFUNDS, HostedAccount
from adapters.wire.links import next_page
from adapters.wire.payloads import (
    NO_CONTENT,
    as_json,
    basic_auth,
    json_object,
    object_of,
    objects_of,
    text_of,
)
from adapters.wire.signing import current_and_previous, require_match
from application.errors import OutcomeUnknown
from application.phrases import Phrase
from application.ports import gateway as port
from domain.observation import Observation, Source
from domain.payment import NextStep, Payment, PaymentStatus
from domain.refund import Refund


class Moip(HostedAccount):
    """Our reference is the order's ownId, which Moip does not keep unique: an order is created once."""

    CODE, LABEL, CURRENCIES = "moip", "Moip", frozenset({"BRL"})
    HINT = Phrase("Card, boleto or bank debit. You go to %(method)s and come back", method="")
    CAPABILITIES: ClassVar[port.Capabilities] = port.Capabilities(
        temperament=port.Temperament.GO_AND_LOOK,
        operations=REFUNDS | {port.Operation.LOOK},
        repeatable_refund=False,
        bank_plans=True,
        proof_headers=frozenset({"authorization"}),
        look_after=LOOK_AFTER,
    )
    BASES: ClassVar[Mapping[str, str]] = {
        "live": "https://api.moip.com.br",
        "test": "https://sandbox.moip.com.br",
    }
    PAGES = ("https://*.moip.com.br",)

    PANEL = (
        "target of POST /v2/preferences/notifications",
        "Events ORDER.*, PAYMENT.*, REFUND.*; media WEBHOOK. The answer's token is webhook_token.",
    )
    _settings: Settings

    @property
    def capabilities(self) -> port.Capabilities:
        return replace(self.CAPABILITIES, time_to_pay=timedelta(days=self._settings.days_to_pay))

    def start(self, brief: port.Brief) -> port.Started:
        told = self._call("POST", "orders", mapping.order(brief))
        self._require_about(told, ownId=brief.payment.reference)
        with unclear_is_unknown():
            if mapping.amount_of(told) != brief.payment.amount:
                raise OutcomeUnknown("Moip answered with another amount")
            page = next_page(mapping.page_of(told), self.origins, self.environment)
            return port.Started(NextStep.redirect(page), text_of(told, "id"))

    def read_callback(self, message: port.InboundMessage) -> tuple[Observation, ...]:
        """A hint: whoever knows the webhook's token may make us look, and no more."""
        tokens = current_and_previous(self._settings.webhook_token, self._settings.webhook_token_previous)
        require_match(message.headers.get("authorization"), tokens)
        told = json_object(message.body)
        word = text_of(told, "event")
        kind = word.partition(".")[0].lower()
        if kind not in ("order", "payment", "refund"):
            return ()
        about = object_of(object_of(told, "resource"), kind)
        if kind == "order":
            return (self._seen(text_of(about, "ownId"), Source.CALLBACK, word),)
        return (self._seen("", Source.CALLBACK, word, gateway_reference=mapping.order_id(about)),)

    def look(self, payment: Payment) -> Observation:
        with self._client.operation():
            known = payment.gateway_reference or self._searched(payment)
            if not known:
                return self._not_found(payment)
            return self._unless_unheard(payment, lambda: self._looked(payment, known), "404")

    def _looked(self, payment: Payment, known: str) -> Observation:
        told = self._call("GET", _path(known))
        self._require_about(told, ownId=payment.reference, id=known)
        with unclear_is_unknown():
            return self._standing(
                payment,
                text_of(told, "status"),
                mapping.status_of(told),
                (mapping.amount_of(told), known),
                mapping.gone(told),
                failure=mapping.failure_of(told),
                receipt=mapping.receipt_of(told),
            )

    def _searched(self, payment: Payment) -> str:
        """The id of the order whose answer was lost, the paid one if there are two; empty: there is none."""
        told = self._call("GET", f"orders?{urlencode({'q': payment.reference})}")
        with unclear_is_unknown():
            ours = [one for one in objects_of(told, "orders") if one.get("ownId") == payment.reference]
            ours.sort(key=lambda one: mapping.STATUSES.get(str(one.get("status"))) is PaymentStatus.PAID)
            return text_of(ours[-1], "id") if ours else ""

    def refund(self, payment: Payment, refund: Refund) -> Observation:
        """Back to the card; Moip refuses to return a boleto or debit without a bank account."""
        known = self._reference(payment)
        part = {} if refund.amount == payment.amount else {"amount": to_scaled(refund.amount)}
        told = self._call("POST", f"{_path(known)}/refunds", part)
        with unclear_is_unknown():
            word, gateway_id = text_of(told, "status"), text_of(told, "id")
            amount, status = mapping.amount_of(told), mapping.REFUNDS.get(word)
            if mapping.order_id(told) != known:
                raise OutcomeUnknown("Moip answered about another order")
        return self._refund_seen(
            payment, refund, Source.REFUND, word, status, gateway_id=gateway_id, amount=amount
        )

    def look_refund(self, payment: Payment, refund: Refund) -> Observation:
        told = self._call("GET", f"{_path(self._reference(payment))}/refunds")
        with unclear_is_unknown():
            return self._refund_among(payment, refund, mapping.refunds_of(told))

    def _call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        content = NO_CONTENT if body is None else as_json(body)
        if method == "GET":  # what is not there is known by its HTTP status
            return self._json(method, f"v2/{path}", self._basic, content)
        return self._json(method, f"v2/{path}", self._basic, content, mapping.first_error)

    @property
    def _basic(self) -> dict[str, str]:
        return basic_auth(self._settings.token, self._settings.key)


def _path(order_id: str) -> str:
    return f"orders/{quote(order_id, safe='')}"
