"""Tpay's OpenAPI: transactions and refunds in JSON behind an access token.

Source: Tpay, "First transaction"; tpay-openapi-php; the words of refunds from the published API description.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final
from urllib.parse import quote

from adapters.gateways.tpay import mapping
from adapters.gateways.tpay.account import SHARED, TpayAccount, error_url
from adapters.gateways.tpay.mapping import paid_proof, paid_status, told_money
from adapters.gateways.tpay.settings import Settings
from adapters.wire.account import LOOK_AFTER, NO_REFERENCE, NOT_FOUND
from adapters.wire.errors import unclear_is_unknown
from adapters.wire.hosted import REFUNDS
from adapters.wire.links import next_page
from adapters.wire.payloads import NO_CONTENT, as_form, as_json, objects_of, text_of
from adapters.wire.tokens import Token, TokenCache, token_granted
from application.errors import GatewayRejected, GatewayUnavailable, OutcomeUnknown
from application.ports.gateway import Brief, Capabilities, Operation, Started
from domain.money import Money
from domain.observation import Observation, RefundNews, Source
from domain.payment import NextStep, Payment, PaymentStatus
from domain.refund import Refund, RefundStatus

TRANSACTION: Final = "transaction_id"
"""Under this name a payment keeps the id that calls take; messages carry only the title."""
_LISTS: Final = ("refundsList", "refundsNoAccountList", "refundsCardsList")
_STANDING: Final = ("correct", "success", "pending")
"""Words of a transaction whose money stays; any other, without refunds that explain it, is asked about."""
_STATUSES: Final = {
    "correct": PaymentStatus.PAID,
    "success": PaymentStatus.PAID,
    "canceled": PaymentStatus.CANCELLED,
}


class TpayOpenApi(TpayAccount):
    """Transactions are known to shoppers and messages by their title, to calls by their id."""

    BASES: ClassVar[Mapping[str, str]] = {
        "live": "https://api.tpay.com",
        "test": "https://openapi.sandbox.tpay.com",
    }
    PAGES: ClassVar[tuple[str, ...]] = ("https://*.tpay.com",)
    CAPABILITIES: ClassVar[Capabilities] = replace(
        SHARED,
        operations=REFUNDS | {Operation.LOOK, Operation.VOID, Operation.CLOSE},
        look_after=LOOK_AFTER,
    )

    def __init__(self, settings: Settings, **place: Any) -> None:
        super().__init__(settings, **place)
        self._tokens = TokenCache(self._fetch_token)

    def check(self) -> str:
        self._tokens.get()
        return "Tpay grants an access token; the security code is proved by the first notification."

    def start(self, brief: Brief) -> Started:
        told = self._call("POST", "/transactions", self._transaction(brief))
        with unclear_is_unknown():
            payments = told.get("payments")
            if isinstance(payments, dict) and payments.get("errors"):
                raise GatewayRejected("Tpay opened the transaction with errors", code=_code(payments))
            page = next_page(told.get("transactionPaymentUrl"), self.origins, self.environment)
            extra = {TRANSACTION: text_of(told, "transactionId")}
            return Started(NextStep.redirect(page), text_of(told, "title"), extra=extra)

    def _transaction(self, brief: Brief) -> dict[str, object]:
        amount, buyer = brief.payment.amount, brief.buyer
        payer = {"email": buyer.email, "name": buyer.name or buyer.email, "phone": buyer.phone}
        return {
            "amount": mapping.number(amount),
            "currency": amount.currency.code,
            "description": mapping.plain(brief.description) or mapping.plain(brief.order_reference),
            "hiddenDescription": brief.payment.reference,
            "lang": self._language(brief.locale, self._settings.lang),
            "payer": {name: value for name, value in payer.items() if value},
            "callbacks": {
                "payerUrls": {"success": brief.return_url, "error": error_url(brief)},
                "notification": {"url": brief.callback_url},
            },
        }

    def look(self, payment: Payment) -> Observation:
        if TRANSACTION not in payment.extra:
            return self._seen(payment.reference, Source.LOOK, NO_REFERENCE)
        try:
            told = self._call("GET", self._path(payment), safe=True)
        except GatewayRejected as error:
            if error.code != NOT_FOUND:
                raise
            return self._not_found(payment)
        with unclear_is_unknown():
            ours = (payment.extra[TRANSACTION], payment.reference, payment.amount)
            title, word, currency = text_of(told, "title"), text_of(told, "status"), told.get("currency")
            amount = told_money(told.get("amount"), currency)
            if (text_of(told, "transactionId"), text_of(told, "hiddenDescription"), amount) != ours:
                raise OutcomeUnknown("Tpay answered about another transaction")
            payments = told.get("payments")
            came = payments.get("amountPaid") if isinstance(payments, dict) else None
            paid = amount if came is None else told_money(came, currency)
        if payment.captured.is_positive or word == "refund":
            return self._given_back(payment, word)
        status = _STATUSES.get(word, PaymentStatus.IN_PROGRESS)
        if status is PaymentStatus.PAID:
            status = paid_status(amount, paid)
        proof = paid_proof(status, title, paid)
        return self._money_seen(payment.reference, Source.LOOK, word, status, amount, title, proof=proof)

    def _given_back(self, payment: Payment, word: str) -> Observation:
        """What went back beyond what we know of; while a refund of ours is open it cannot be told apart."""
        done = [each.amount for each in self._refunds(payment) if each.status is RefundStatus.DONE]
        title = payment.gateway_reference or payment.extra[TRANSACTION]
        proof = self._gone(payment, title, Money.sum(done, payment.amount.currency))
        event_id = proof.gateway_id if proof else ""
        seen = self._seen(payment.reference, Source.LOOK, word, event_id=event_id, proof=proof)
        is_ended = word not in _STANDING and payment.captured.is_positive
        unexplained = is_ended and not (proof or payment.reserved.is_positive or payment.is_gone)
        return replace(seen, took_back=title if unexplained else "")

    def void(self, payment: Payment, key: str) -> Observation:
        self._call("POST", f"{self._path(payment)}/cancel", {})
        return self._seen(
            payment.reference,
            Source.VOID,
            "canceled",
            status=PaymentStatus.CANCELLED,
            gateway_reference=payment.gateway_reference,
        )

    def refund(self, payment: Payment, refund: Refund) -> Observation:
        wish = {"amount": mapping.number(refund.amount)}
        told = self._call("POST", f"{self._path(payment)}/refunds", wish)
        gateway_id = mapping.told_text(told.get("refundId"))
        return self._refund_seen(payment, refund, Source.REFUND, "asked for", RefundStatus.SENT, gateway_id)

    def look_refund(self, payment: Payment, refund: Refund) -> Observation:
        """By its id; when that was never told, a refund of the same sum that nobody else accounts for."""
        seen = self._mine_among(payment, refund, self._refunds(payment))
        if seen is None:
            return self._not_found(payment)
        word, status = seen.status.value, seen.status
        return self._refund_seen(payment, refund, Source.LOOK, word, status, seen.gateway_id, seen.amount)

    def _refunds(self, payment: Payment) -> list[RefundNews]:
        """Every refund of the transaction, in Tpay's order."""
        told = self._call("GET", f"{self._path(payment)}/refunds", safe=True)
        with unclear_is_unknown():
            listed = [each for name in _LISTS if told.get(name) for each in objects_of(told, name)]
            return [_refund_news(each, payment.amount.currency.code) for each in listed]

    def _path(self, payment: Payment) -> str:
        """Where the transaction stands. Raises GatewayUnavailable when its id was never told."""
        if TRANSACTION not in payment.extra:
            raise GatewayUnavailable("Tpay never told its own id", code=NO_REFERENCE)
        return f"/transactions/{quote(payment.extra[TRANSACTION], safe='')}"

    def _call(
        self, method: str, path: str, body: Mapping[str, object] | None = None, *, safe: bool = False
    ) -> dict[str, Any]:
        """The answer of a success. Raises GatewayRejected with Tpay's code or ``not_found``."""
        content = NO_CONTENT if body is None else as_json(body)
        with self._client.operation():
            answer = self._tokens.send(
                lambda token: self._client.send(
                    method, path, headers={"Authorization": f"Bearer {token}"}, content=content, safe=safe
                )
            )
        if answer.status == 404:
            raise GatewayRejected("Tpay has no such transaction", code=NOT_FOUND)
        told = answer.json()
        if not answer.is_success or told.get("result") in ("error", "failed"):
            raise GatewayRejected("Tpay refused", code=_code(told) or str(answer.status))
        if told.get("result") != "success":
            raise OutcomeUnknown("Tpay does not say that it is done", code=str(told.get("result")))
        return told

    def _fetch_token(self) -> Token:
        asked = {"client_id": self._settings.client_id, "client_secret": self._settings.client_secret}
        answer = self._client.send("POST", "/oauth/auth", content=as_form(asked), safe=True)
        return token_granted(answer, self.LABEL)


def _refund_news(told: Mapping[str, Any], currency: str) -> RefundNews:
    """Raises GatewayProtocolError; a word we do not know is a refund whose outcome is unknown."""
    status = mapping.REFUNDS.get(text_of(told, "status"), RefundStatus.UNKNOWN)
    amount = told_money(told.get("amount"), told.get("currency") or currency)
    return RefundNews(status, amount, mapping.told_text(told.get("refundId")))


def _code(told: Mapping[str, Any]) -> str:
    """The first error's code, in either of the shapes that answers have."""
    listed = told.get("errors") or told.get("violations")
    first = listed[0] if isinstance(listed, list) and listed else None
    return mapping.told_text(first.get("errorCode")) if isinstance(first, dict) else ""
