"""One Webpay commerce code behind the port: the shopper's yes is money only once we commit it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote

from adapters.gateways.webpay import mapping
from adapters.gateways.webpay.settings import BASES, CURRENCIES, Settings
from adapters.wire.account import LOOK_AFTER, NO_REFERENCE, NOT_FOUND, Facts
from adapters.wire.amounts import from_number
from adapters.wire.errors import unclear_is_unknown
from adapters.wire.hosted import REFUNDS, HostedAccount
from adapters.wire.links import next_page
from adapters.wire.payloads import JSON_TYPE, NO_CONTENT, as_json, text_of
from application.errors import GatewayError, GatewayProtocolError, GatewayRejected, OutcomeUnknown
from application.ports import gateway as port
from application.ports.gateway import Operation
from domain.money import Money
from domain.observation import Observation, Proof, Source
from domain.payment import NextStep, NextStepKind, Payment, PaymentStatus
from domain.quote import OrderLine
from domain.refund import Refund, RefundStatus
from domain.transaction import FactKind

TRANSACTIONS: Final = "/rswebpaytransaction/api/webpay/v1.2/transactions"
ALREADY_CAPTURED: Final = 309


class WebpayGateway(HostedAccount):
    """Everything is found by the token of the transaction, which only the answer to its creation tells."""

    CODE, LABEL, BASES, CURRENCIES = "webpay", "Webpay Plus", BASES, CURRENCIES
    CAPABILITIES = port.Capabilities(
        temperament=port.Temperament.OUR_ANSWER_DECIDES,
        operations=REFUNDS
        | {Operation.LOOK, Operation.COLLECT, Operation.CAPTURE, Operation.PARTIAL_CAPTURE},
        callback_methods=frozenset(),
        time_to_pay=timedelta(minutes=15),
        repeatable_refund=False,
        bank_plans=True,
        look_after=LOOK_AFTER,
    )
    _settings: Settings

    @property
    def _deferred(self) -> bool:
        return self._settings.capture == "manual"

    def accepts(self, amount: Money, country: str, basket_lines: Sequence[OrderLine]) -> str:
        long = len(amount.text) > mapping.LONGEST_AMOUNT
        return "more than Webpay can write" if long else super().accepts(amount, country, basket_lines)

    def start(self, brief: port.Brief) -> port.Started:
        told = self._call("POST", "", mapping.create_body(brief))
        with unclear_is_unknown():
            token = text_of(told, "token")
        page = next_page(told.get("url"), self.origins, self.environment)
        return port.Started(NextStep(NextStepKind.FORM, page, (("token_ws", token),)), token)

    def read_return(self, message: port.InboundMessage) -> port.ReturnHint:
        return mapping.return_of(message.parameters())

    def look(self, payment: Payment) -> Observation:
        if not payment.gateway_reference:
            # Its start is over, and nobody was ever told the token: nobody can pay it.
            status = PaymentStatus.FAILED if payment.status is PaymentStatus.UNKNOWN else None
            return self._seen(payment.reference, Source.LOOK, NO_REFERENCE, status=status)
        try:
            return self._told(payment, self._status(payment), Source.LOOK)
        except GatewayRejected as refused:
            if not mapping.is_unknown_token(refused.code):
                raise
            return self._not_found(payment)

    def collect(self, payment: Payment, key: str) -> Observation:
        with self._client.operation():
            try:
                told = self._call("PUT", self._path(payment))
            except GatewayRejected as refused:
                return self._refused(payment, refused.code)
        return _clear(self._told(payment, told, Source.COLLECT))

    def _refused(self, payment: Payment, words: str) -> Observation:
        """A commit is answered once, and its refusals are not contractual: the status tells what is true.

        Raises GatewayRejected when nothing was or will be taken by it, OutcomeUnknown when nobody knows.
        """
        try:
            seen = replace(self.look(payment), source=Source.COLLECT)
        except GatewayError as error:
            raise OutcomeUnknown(
                "Webpay refused to commit, and its status is not known", code=words
            ) from error
        if seen.status is not PaymentStatus.IN_PROGRESS and seen.word != NOT_FOUND:
            return _clear(seen)
        if mapping.OVER in words:
            return replace(seen, status=PaymentStatus.CANCELLED, failure=words)
        if seen.word == NOT_FOUND or mapping.TOO_EARLY in words:
            raise GatewayRejected("Webpay has nothing to commit", code=words)
        raise OutcomeUnknown("Webpay does not say what came of the commit", code=words)

    def capture(self, payment: Payment, amount: Money, key: str) -> Observation:
        with self._client.operation():
            held = self._status(payment)
            with unclear_is_unknown():
                total, status = mapping.amount_of(payment, held), mapping.status_of(held, deferred=True)
            if status is PaymentStatus.PAID and not payment.captured.is_positive:
                return self._taken(payment, amount if total == payment.amount else total, held)
            if status is not PaymentStatus.AUTHORIZED:
                raise GatewayRejected("Webpay holds nothing to capture", code=str(held.get("status")))
            wish = {
                "buy_order": payment.reference,
                "authorization_code": str(held.get("authorization_code") or ""),
                "capture_amount": amount.decimal,
            }
            done = self._call("PUT", f"{self._path(payment)}/capture", wish)
        _require_done(done)
        with unclear_is_unknown():
            taken = from_number(done.get("captured_amount"), amount.currency.code)
        return self._taken(payment, taken, held)

    def refund(self, payment: Payment, refund: Refund) -> Observation:
        wish = {"amount": refund.amount.decimal}
        told = self._call("POST", f"{self._path(payment)}/refunds", wish)
        with unclear_is_unknown():
            word, amount = text_of(told, "type"), self._paid(payment, payment.amount) - payment.returned
            if word != "REVERSED":
                if word != "NULLIFIED":
                    raise GatewayProtocolError(f"a refund of the kind {word[:20]!r}")
                _require_done(told)
                amount = from_number(told.get("nullified_amount"), amount.currency.code)
        return self._refund_seen(payment, refund, Source.REFUND, word, RefundStatus.DONE, amount=amount)

    def look_refund(self, payment: Payment, refund: Refund) -> Observation:
        """Webpay keeps a balance, not a list: what is gone beyond what we know is ours, or not there yet."""
        told = self._status(payment)
        with unclear_is_unknown():
            paid = self._paid(payment, mapping.amount_of(payment, told))
            news = mapping.gone_of(told, paid) - payment.returned
        if not news.is_positive:
            return self._not_found(payment)
        if news != max(payment.reserved, refund.amount):
            raise OutcomeUnknown("another sum went back than was asked for", code="balance")
        return self._refund_seen(payment, refund, Source.LOOK, text_of(told, "status"), RefundStatus.DONE)

    def _told(self, payment: Payment, told: Mapping[str, Any], source: Source) -> Observation:
        """What a commit or status reply says of this payment. Raises OutcomeUnknown for another's."""
        with unclear_is_unknown():
            word, status = text_of(told, "status"), mapping.status_of(told, deferred=self._deferred)
            paid = self._paid(payment, mapping.amount_of(payment, told))
            gone = mapping.gone_of(told, paid)
        token, news = self._reference(payment), gone - payment.returned
        if payment.is_capturing and word == mapping.CAPTURED and payment.intent != f"capture {paid}":
            raise OutcomeUnknown("captured, but how much only a repeated capture tells", code=word)
        known = payment.captured.is_positive
        if word == mapping.REVERSED and self._deferred and not known and not payment.is_capturing:
            status, paid, news = PaymentStatus.CANCELLED, payment.amount, news - news
        if news.is_positive and not payment.reserved.is_positive and (known or gone == paid):
            kind = FactKind.REVERSED if word == mapping.REVERSED else FactKind.REFUNDED
            proof = Proof(kind, f"{token}:refunded:{gone.minor}", news)
            return self._seen(payment.reference, source, word, gateway_reference=token, proof=proof)
        told_of: Facts = {"receipt": mapping.receipt_of(told)}
        if status is PaymentStatus.FAILED:
            told_of["failure"] = str(told.get("response_code"))
        if status is PaymentStatus.AUTHORIZED:
            told_of["capture_before"] = mapping.capture_before(told)
        return self._money_seen(payment.reference, source, word, status, paid, token, **told_of)

    def _taken(self, payment: Payment, amount: Money, told: Mapping[str, Any]) -> Observation:
        """A capture that was made: a transaction is captured once, whole or in part."""
        token = self._reference(payment)
        more: Facts = {"proof": Proof(FactKind.CAPTURED, token, amount), "receipt": mapping.receipt_of(told)}
        status = PaymentStatus.PAID if amount >= payment.amount else PaymentStatus.PARTIALLY_PAID
        word = mapping.CAPTURED
        return self._money_seen(payment.reference, Source.CAPTURE, word, status, amount, token, **more)

    def _paid(self, payment: Payment, told: Money) -> Money:
        """What came in: once captured, the sum that the capture told, as a later status may tell another."""
        return payment.captured if self._deferred and payment.captured.is_positive else told

    def _status(self, payment: Payment) -> dict[str, Any]:
        return self._call("GET", self._path(payment), safe=True)

    def _path(self, payment: Payment) -> str:
        return f"/{quote(self._reference(payment), safe='')}"

    def _call(
        self, method: str, path: str, body: Mapping[str, object] | None = None, *, safe: bool = False
    ) -> dict[str, Any]:
        headers = {
            "Tbk-Api-Key-Id": self._settings.commerce_code,
            "Tbk-Api-Key-Secret": self._settings.api_key,
            "Content-Type": JSON_TYPE,
        }
        content = NO_CONTENT if body is None else as_json(body)
        answer = self._client.send(
            method, f"{TRANSACTIONS}{path}", headers=headers, content=content, safe=safe
        )
        if not answer.is_success:
            raise GatewayRejected("Webpay refused", code=mapping.refusal_of(answer))
        return answer.json()


def _clear(seen: Observation) -> Observation:
    """What a commit came to. Raises OutcomeUnknown for a word we do not know."""
    if seen.status is None and seen.proof is None:
        raise OutcomeUnknown("Webpay does not say what came of the commit", code=seen.word)
    return seen


def _require_done(told: Mapping[str, Any]) -> None:
    """Raises GatewayRejected for a code that says no, OutcomeUnknown for none, or one that says "already"."""
    code = told.get("response_code")
    if type(code) is not int or code == ALREADY_CAPTURED:
        raise OutcomeUnknown("Webpay does not say whether it did that", code=str(code)[:20])
    if code != 0:
        raise GatewayRejected("Webpay refused", code=str(code))
