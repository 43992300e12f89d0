"""One Dotpay shop behind the port."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from adapters.gateways.dotpay import mapping, signature
from adapters.gateways.dotpay.mapping import REFUNDS, Told
from adapters.gateways.dotpay.settings import Settings
from adapters.wire import hosted
from adapters.wire.account import LOOK_AFTER, Facts
from adapters.wire.amounts import to_decimal
from adapters.wire.errors import unclear_is_unknown
from adapters.wire.links import join
from adapters.wire.payloads import NO_CONTENT, Content, as_json, basic_auth, form_fields, objects_of
from adapters.wire.signing import REFUSED, current_and_previous
from application.errors import (
    GatewayProtocolError,
    GatewayRejected,
    GatewayUnavailable,
    InvalidSignature,
    OutcomeUnknown,
)
from application.phrases import Phrase
from application.ports import gateway as port
from application.ports.gateway import Operation
from domain.observation import Observation, RefundNews, Source
from domain.payment import NextStep, NextStepKind, Payment, PaymentStatus
from domain.refund import Refund, RefundStatus

PATHS: Final = {
    "live": ("t2/", "s2/login/api/v1/"),
    "test": ("test_payment/", "test_seller/api/v1/"),
}
MOST_PAGES: Final = 5
_RANKS: Final = {"completed": 2, "rejected": 0}
"""Which of several tries of one attempt speaks for it; any other word ranks between."""


class DotpayAccount(hosted.HostedAccount):
    """Each try of the shopper is an operation with its own number; the completed one names the payment."""

    CODE, LABEL, CURRENCIES = "dotpay", "Dotpay", mapping.CURRENCIES
    HINT = Phrase("Card, bank transfer or, in PLN, BLIK. You go to %(method)s and come back", method="")
    CAPABILITIES = port.Capabilities(
        temperament=port.Temperament.SIGNED_CALLBACK,
        operations=hosted.REFUNDS | {Operation.LOOK},
        repeatable_refund=False,
        starts_by_form=True,
        locales=mapping.LANGUAGES,
        look_after=LOOK_AFTER,
    )
    BASES = dict.fromkeys(PATHS, "https://ssl.dotpay.pl")
    PANEL = (
        "URLC",
        'Sent with every payment while "block external urlc" is off; type it here if that is on.',
    )
    GAVE_UP = ("status=FAIL", "error_code")
    _settings: Settings

    @property
    def capabilities(self) -> port.Capabilities:
        """Without a panel user nothing can be asked; the oldest messages do not tell whose refund it is."""
        known, can_ask = super().capabilities, bool(self._settings.api_user)
        if can_ask and self._settings.api_version:
            return known
        return replace(known, operations=frozenset({Operation.LOOK} if can_ask else ()))

    @property
    def hint(self) -> str:
        narrowed = self._settings.channel
        return self._profile.hint if narrowed else super().hint

    def start(self, brief: port.Brief) -> port.Started:
        settings = self._settings
        fields = mapping.form_fields(brief, settings, self._language(brief.locale, settings.lang))
        fields["chk"] = signature.chk(fields, settings.pin)
        page = join(self._base, settings.form_path or PATHS[self.environment][0])
        return port.Started(NextStep(NextStepKind.FORM, page, tuple(fields.items())))

    def read_callback(self, message: port.InboundMessage) -> tuple[Observation, ...] | port.NeedsProof:
        told = form_fields(message.body, InvalidSignature)
        is_oldest = self._settings.accept_md5 and "signature" not in told
        pins = current_and_previous(self._settings.pin, self._settings.pin_previous)
        (signature.require_genuine_md5 if is_oldest else signature.require_genuine)(told, pins)
        if told.get("id") != self._settings.shop_id:
            raise InvalidSignature(REFUSED)
        if is_oldest:
            return self._read_oldest(told)
        return (self._operation_seen(Told.in_callback(told), Source.CALLBACK, told["signature"]),)

    def _read_oldest(self, told: Mapping[str, str]) -> tuple[Observation, ...] | port.NeedsProof:
        """The MD5 covers what the account gets, not what the shop asked for: both must agree."""
        word, number, control = (told.get(name, "") for name in ("t_status", "t_id", "control"))
        asked = told.get("orginal_amount") or f"{told.get('amount')} {self._settings.account_currency}"
        amount, _, currency = asked.partition(" ")
        read = Told(number, "payment", mapping.OLDEST.get(word, word), amount, currency, control)
        if word == "4":
            read = replace(read, number=f"{number}:refund", kind="refund", related=number)
        covered = replace(read, amount=told.get("amount", ""), currency=self._settings.account_currency)
        if word in ("2", "4") and read.money != covered.money:
            if Operation.LOOK not in self.capabilities.operations:
                raise GatewayProtocolError("only the seller API could tell which of the two sums is true")
            return port.NeedsProof({"number": number, "control": control})
        return (self._operation_seen(read, Source.CALLBACK, told["md5"]),)

    def prove(self, message: port.InboundMessage, hint: Mapping[str, str]) -> tuple[Observation, ...]:
        found = self._operation(hint["number"])
        if found is None:
            raise GatewayUnavailable("Dotpay does not know the operation yet", code="404")
        if found.control != hint["control"]:
            raise InvalidSignature(REFUSED)
        return (self._operation_seen(found, Source.CALLBACK),)

    def _operation_seen(self, told: Told, source: Source, event_id: str = "") -> Observation:
        if told.kind == "refund":
            back = REFUNDS.get(told.word)
            news = RefundNews(back, told.money, told.number, told.refund_key) if back else None
            return self._news_seen(told.control, told.word, news, told.related, event_id=event_id)
        if told.kind != "payment":
            return self._seen(told.control, source, f"{told.kind} {told.word}", event_id=event_id)
        if told.related:
            raise GatewayProtocolError("a payment that is related to another operation")
        status, amount = mapping.STATUSES.get(told.word), told.money
        facts: Facts = {"event_id": event_id, "receipt": hosted.receipt(told.card)}
        if status is not PaymentStatus.PAID:
            facts["gateway_reference"] = None
        return self._money_seen(told.control, source, told.word, status, amount, told.number, **facts)

    def look(self, payment: Payment) -> Observation:
        self._require(Operation.LOOK)
        with self._client.operation(), unclear_is_unknown():
            if payment.gateway_reference:
                known = self._operation(payment.gateway_reference)
                tries = [known] if known else []
            else:
                found = self._search(mapping.mark(payment.reference))
                tries = [one for one in found if (one.kind, one.control) == ("payment", payment.reference)]
            if not tries:
                return self._not_found(payment)
            best = max(tries, key=lambda one: _RANKS.get(one.word, 1))
            if (best.kind, best.control) != ("payment", payment.reference):
                raise OutcomeUnknown("Dotpay answered about another payment")
            return self._operation_seen(best, Source.LOOK)

    def refund(self, payment: Payment, refund: Refund) -> Observation:
        self._require(Operation.REFUND)
        if refund.amount.currency.code != self._settings.account_currency:
            # The call names no currency, and no source says which one Dotpay takes it for.
            raise GatewayRejected("only money in the account's own currency is sent back", code="currency")
        wish = {
            "amount": Decimal(to_decimal(refund.amount)),
            "description": mapping.refund_mark(refund.key),
            "control": payment.reference,
        }
        if self._api("POST", f"payments/{self._reference(payment)}/refund/", as_json(wish)) is None:
            raise GatewayRejected("Dotpay does not know the payment", code="404")
        return self._refund_seen(payment, refund, Source.REFUND, "accepted", RefundStatus.SENT)

    def look_refund(self, payment: Payment, refund: Refund) -> Observation:
        self._require(Operation.LOOK_REFUND)
        with self._client.operation(), unclear_is_unknown():
            for told in self._search(mapping.refund_mark(refund.key)):
                if (told.kind, told.refund_key) == ("refund", refund.key):
                    status, number = REFUNDS.get(told.word), told.number
                    return self._refund_seen(
                        payment, refund, Source.LOOK, told.word, status, gateway_id=number, amount=told.money
                    )
        return self._not_found(payment)

    def _require(self, operation: Operation) -> None:
        if operation not in self.capabilities.operations:
            raise self._unsupported(operation)

    def _operation(self, number: str) -> Told | None:
        """The operation of this number; None when Dotpay has none."""
        told = self._api("GET", f"operations/{number}/?format=json")
        found = self._own(told) if told is not None else None
        if found and found.number != number:
            raise OutcomeUnknown("Dotpay answered about another operation")
        return found

    def _search(self, description: str) -> Iterator[Told]:
        """Every operation whose description holds this text, page by page."""
        path = f"operations/?{urlencode({'description': description, 'format': 'json'})}"
        for _ in range(MOST_PAGES):
            told = self._api("GET", path) or {}
            yield from map(self._own, objects_of(told, "results"))
            path = str(told.get("next") or "")
            if not path:
                return
        raise OutcomeUnknown("Dotpay lists more operations than one payment can have")

    def _own(self, told: Mapping[str, Any]) -> Told:
        if str(told.get("account_id")) != self._settings.shop_id:
            raise OutcomeUnknown("Dotpay answered about another shop")
        return Told.in_answer(told)

    def _api(self, method: str, path: str, content: Content = NO_CONTENT) -> dict[str, Any] | None:
        """What the seller API answers; None for a 404."""
        settings = self._settings
        answer = self._client.send(
            method,
            path if "://" in path else join(settings.api_path or PATHS[self.environment][1], path),
            headers={**basic_auth(settings.api_user, settings.api_password), "Accept": "application/json"},
            content=content,
            safe=method == "GET",
        )
        if answer.status == 404:
            return None
        if not answer.is_success:
            raise GatewayRejected("Dotpay refused", code=str(answer.status))
        return answer.json()
