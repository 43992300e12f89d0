"""Tpay's classic panel: a signed form, and the old API for those who have its key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final
from urllib.parse import quote

from adapters.gateways.tpay import mapping
from adapters.gateways.tpay.account import PANELS, SHARED, TpayAccount, error_url
from adapters.gateways.tpay.mapping import CHARGEBACK, Notice, paid_proof, paid_status, plain, told_money
from adapters.gateways.tpay.signature import form_sum
from adapters.wire.account import LOOK_AFTER, NO_REFERENCE, Facts
from adapters.wire.amounts import to_decimal
from adapters.wire.errors import unclear_is_unknown
from adapters.wire.links import join
from adapters.wire.payloads import as_form, text_of
from application.errors import GatewayRejected, OutcomeUnknown
from application.ports.gateway import Brief, Capabilities, Operation, Started
from domain.money import Money
from domain.observation import Observation, Source
from domain.payment import NextStep, NextStepKind, Payment, PaymentStatus
from domain.refund import Refund, RefundStatus

_FINAL: Final = frozenset("ERR31 ERR32 ERR41 ERR42 ERR43 ERR44 ERR45 ERR54 ERR96 ERR97 ERR98".split())  # noqa: SIM905
_NO_SUCH: Final = frozenset({"ERR44", "ERR54"})


class TpayForm(TpayAccount):
    """Without a key of the API: only notifications tell what became of a form."""

    BASES: ClassVar[Mapping[str, str]] = PANELS
    CAPABILITIES: ClassVar[Capabilities] = replace(SHARED, starts_by_form=True)
    PANEL = (
        "notification address (result_url)",
        "Sent with every form, if the panel lets a form override it. By POST, with the JWS on.",
    )

    @property
    def currencies(self) -> frozenset[str]:
        """The form names no currency: it is always PLN."""
        return self.CURRENCIES

    def start(self, brief: Brief) -> Started:
        payment = brief.payment
        if payment.amount.currency.code not in self.currencies:
            raise GatewayRejected("Tpay's form takes PLN only", code="currency")
        merchant, amount = self._settings.merchant_id, to_decimal(payment.amount, mapping.PLACES)
        code, joined = self._settings.security_code, self._settings.joined_sum
        fields = {
            "id": merchant,
            "amount": amount,
            "description": plain(brief.description) or plain(brief.order_reference),
            "crc": payment.reference,
            "md5sum": form_sum(merchant, amount, payment.reference, code, joined=joined),
            "result_url": brief.callback_url,
            "return_url": brief.return_url,
            "return_error_url": error_url(brief),
            "language": self._language(brief.locale, self._settings.lang).upper(),
            "email": brief.buyer.email if len(brief.buyer.email) <= 64 else "",
            "name": brief.buyer.name[:128],
        }
        filled = tuple((name, value) for name, value in fields.items() if value)
        return Started(NextStep(NextStepKind.FORM, join(self._panel, ""), filled))


class TpayClassic(TpayForm):
    """With a key of the API. Asks by Tpay's title, which the first notification with money tells.

    Source: tpay-php, TransactionApi and BasicRefunds.
    """

    CAPABILITIES: ClassVar[Capabilities] = replace(
        TpayForm.CAPABILITIES,
        operations=frozenset({Operation.LOOK, Operation.REFUND, Operation.PARTIAL_REFUND}),
        look_after=LOOK_AFTER,
    )

    def look(self, payment: Payment) -> Observation:
        if not (title := payment.gateway_reference):
            return self._seen(payment.reference, Source.LOOK, NO_REFERENCE)
        return self._unless_unheard(payment, lambda: self._standing_of(payment, title), *_NO_SUCH)

    def _standing_of(self, payment: Payment, title: str) -> Observation:
        told = self._call("transaction/get", {"title": title}, safe=True)
        if told.get("chargeback_time") or told.get("status") == "chargeback":
            return self._given_back(payment, title)
        return self._looked(payment.reference, title, payment.amount, told)

    def _asked_about(self, notice: Notice) -> Observation:
        if notice.word == CHARGEBACK:
            return self._bare(notice)
        told = self._call("transaction/get", {"title": notice.title}, safe=True)
        return self._looked(notice.crc, notice.title, notice.asked, told)

    def _looked(self, reference: str, title: str, asked: Money, told: Mapping[str, Any]) -> Observation:
        with unclear_is_unknown():
            word, paid = text_of(told, "status"), told_money(told.get("amount_paid"), "PLN")
            if told_money(told.get("amount"), "PLN") != asked:
                raise OutcomeUnknown("Tpay answered about another amount")
        is_paid = word == "correct" and paid.is_positive
        status = paid_status(asked, paid) if is_paid else PaymentStatus.IN_PROGRESS
        proof = paid_proof(status, title, paid)
        is_test = mapping.told_text(told.get("test_mode")) not in ("", "0")
        paid_by: Facts = {"proof": proof, "gateway_reference": title if proof else None}
        seen = self._money_seen(reference, Source.LOOK, word, status, asked, title, **paid_by)
        return replace(seen, environment="test" if is_test else seen.environment)

    def _given_back(self, payment: Payment, title: str) -> Observation:
        """The answer names no sum: without refunds of ours all of it went back, else nobody can tell."""
        whole = payment.captured if payment.captured.is_positive else payment.amount
        proof = None if payment.returned.is_positive else self._gone(payment, title, whole)
        return self._seen(
            payment.reference, Source.LOOK, CHARGEBACK.lower(), gateway_reference=title, proof=proof
        )

    def refund(self, payment: Payment, refund: Refund) -> Observation:
        wish = {"title": self._reference(payment)}
        part = {"chargeback_amount": to_decimal(refund.amount, mapping.PLACES)}
        if refund.amount == payment.captured:
            self._call("chargeback/transaction", wish)
        else:
            self._call("chargeback/any", wish | part)
        return self._refund_seen(payment, refund, Source.REFUND, "result 1", RefundStatus.DONE)

    def _call(self, method: str, fields: Mapping[str, str], *, safe: bool = False) -> dict[str, Any]:
        """The answer of a success. Raises GatewayRejected with Tpay's code, or the HTTP status."""
        content = as_form({**fields, "api_password": self._settings.api_password, "json": "1"})
        path = f"/api/gw/{quote(self._settings.api_key, safe='')}/{method}"
        answer = self._client.send("POST", path, content=content, safe=safe)
        if not answer.is_success:
            raise GatewayRejected("Tpay refused", code=str(answer.status))
        told = answer.json()
        if str(told.get("result")) == "1":
            return told
        code = str(told.get("err") or "")
        if code in _FINAL:
            raise GatewayRejected("Tpay refused", code=code)
        raise OutcomeUnknown("Tpay does not say what came of it", code=code)
