"""One Ogone account (PSPID) behind the port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, Final

from adapters.gateways.ogone import mapping
from adapters.gateways.ogone.settings import Settings
from adapters.gateways.ogone.signature import genuine, shasign
from adapters.wire import hosted
from adapters.wire.account import LOOK_AFTER
from adapters.wire.errors import unclear_is_unknown
from adapters.wire.links import join
from adapters.wire.payloads import as_form, text_of, xml_attributes
from adapters.wire.signing import current_and_previous
from application.errors import GatewayRejected, OutcomeUnknown, UnsupportedOperation
from application.ports import gateway as port
from application.ports.gateway import Operation
from domain.money import Money
from domain.observation import Observation, Source
from domain.payment import NextStep, NextStepKind, Payment, PaymentStatus
from domain.quote import OrderLine
from domain.refund import Refund

PATHS: Final = {"test": "ncol/test", "live": "ncol/prod"}
_HELD: Final = (PaymentStatus.AUTHORIZED, PaymentStatus.PAID)


class OgoneAccount(hosted.HostedAccount):
    """An attempt is an order (ORDERID) with a payment (PAYID), and everything done to that has a number."""

    CODE, LABEL, CURRENCIES = "ogone", "Ogone", mapping.CURRENCIES
    CAPABILITIES = port.Capabilities(
        temperament=port.Temperament.SIGNED_CALLBACK,
        operations=hosted.REFUNDS | {Operation.LOOK, Operation.CAPTURE, Operation.VOID},
        callback_methods=frozenset({"GET", "POST"}),
        repeatable_refund=False,
        starts_by_form=True,
        locales=frozenset(mapping.LANGUAGES),
        look_after=LOOK_AFTER,
    )
    BASES: ClassVar = {"test": "https://ogone.test.v-psp.com", "live": "https://secure.ogone.com"}
    HIDDEN = ("PSWD",)
    GAVE_UP = ("cancelled", "STATUS=1")
    _settings: Settings

    @property
    def capabilities(self) -> port.Capabilities:
        """Without an API user there is nothing but the page and its feedback."""
        known = super().capabilities
        return known if self._settings.api_user else replace(known, operations=frozenset())

    def panel_urls(self, base_url: str) -> tuple[port.PanelUrl, ...]:
        url = join(base_url, f"callbacks/{self.account}")
        note = "Technical information, Transaction feedback: direct HTTP server-to-server request"
        fields = ("accepted, on hold or uncertain", "cancelled by the client or too many rejections")
        return tuple(port.PanelUrl(f"URL if the payment's status is {field}", url, note) for field in fields)

    def accepts(self, amount: Money, country: str, basket_lines: Sequence[OrderLine]) -> str:
        refused = super().accepts(amount, country, basket_lines)
        too_long = not refused and len(mapping.digits(amount, self._settings)) > 15
        return "more than Ogone can write" if too_long else refused

    def start(self, brief: port.Brief) -> port.Started:
        settings = self._settings
        fields = mapping.form_fields(brief, settings, self._language(brief.locale, settings.lang))
        fields["SHASIGN"] = shasign(fields, settings.sha_in, settings.sha)
        page = join(self._base, f"{PATHS[self.environment]}/orderstandard_utf8.asp")
        return port.Started(NextStep(NextStepKind.FORM, page, tuple(fields.items())))

    def read_callback(self, message: port.InboundMessage) -> tuple[Observation, ...] | port.NeedsProof:
        told = self._genuine(message)
        word = text_of(told, "STATUS")
        if word in mapping.ASKED or (word in mapping.REFUNDS and not mapping.movement(told)):
            return port.NeedsProof({"reference": text_of(told, "ORDERID"), "word": word})
        seen = self._refund_told(told) if word in mapping.REFUNDS else self._told(told, Source.CALLBACK)
        return (replace(seen, event_id=told["SHASIGN"]),)

    def prove(self, message: port.InboundMessage, hint: Mapping[str, str]) -> tuple[Observation, ...]:
        """Its signature is its proof; as it leaves open what happened, the core then looks."""
        self._genuine(message)
        return (self._seen(hint["reference"], Source.CALLBACK, hint["word"]),)

    def _genuine(self, message: port.InboundMessage) -> dict[str, str]:
        passphrases = current_and_previous(self._settings.sha_out, self._settings.sha_out_previous)
        return genuine(message, passphrases, self._settings.sha)

    def _told(self, told: Mapping[str, str], source: Source) -> Observation:
        """What feedback or an answer says of a payment. Raises GatewayProtocolError."""
        reference, word = text_of(told, "ORDERID"), text_of(told, "STATUS")
        status = mapping.STATUSES.get(word)
        if status is PaymentStatus.AUTHORIZED and self._settings.authorized_is_paid:
            status = PaymentStatus.PAID
        if status not in _HELD:
            failure = told.get("NCERROR", "") if status is PaymentStatus.FAILED else ""
            return self._seen(reference, source, word, status=status, failure=failure)
        payid, amount = text_of(told, "PAYID"), mapping.money_of(told)
        shown = hosted.receipt(told.get("CARDNO"), authorization_code=told.get("ACCEPTANCE"))
        return self._money_seen(reference, source, word, status, amount, payid, receipt=shown)

    def _refund_told(self, told: Mapping[str, str]) -> Observation:
        reference, word, payid = (text_of(told, name) for name in ("ORDERID", "STATUS", "PAYID"))
        return self._news_seen(reference, word, mapping.news_of(told), payid)

    def look(self, payment: Payment) -> Observation:
        """How things stand. That money went back is told without a sum, so it proves nothing."""
        try:
            told = self._ask("query", payment)
        except GatewayRejected as refused:
            if refused.code != mapping.NOBODYS:
                raise
            return self._not_found(payment)
        with unclear_is_unknown():
            seen = self._told(told, Source.LOOK)
        if payment.is_out and seen.word == mapping.INVALID:
            return replace(seen, status=PaymentStatus.FAILED, failure=told.get("NCERROR", ""))
        unclear = payment.is_out and mapping.is_refund(seen.word)
        return replace(seen, status=PaymentStatus.UNKNOWN) if unclear else seen

    def capture(self, payment: Payment, amount: Money, key: str) -> Observation:
        self._require_whole(payment, amount)
        return self._maintain(payment, "SAS", Source.CAPTURE, PaymentStatus.PAID)

    def void(self, payment: Payment, key: str) -> Observation:
        return self._maintain(payment, "DES", Source.VOID, PaymentStatus.CANCELLED)

    def _maintain(
        self, payment: Payment, operation: str, source: Source, wanted: PaymentStatus
    ) -> Observation:
        """Do it unless it was done. Raises OutcomeUnknown while it is under way."""
        with self._client.operation(), unclear_is_unknown():
            seen = self._told(self._ask("query", payment), source)
            if seen.status is PaymentStatus.AUTHORIZED:
                amount = mapping.digits(payment.amount, self._settings)
                told = self._ask("maintenance", payment, OPERATION=operation, AMOUNT=amount)
                seen = self._told(told, source)
        if seen.status is not wanted:
            raise OutcomeUnknown("Ogone has not done it yet", code=seen.word)
        return seen

    def refund(self, payment: Payment, refund: Refund) -> Observation:
        operation = "RFS" if refund.amount >= payment.amount - payment.returned else "RFD"
        amount = mapping.digits(refund.amount, self._settings)
        told = self._ask("maintenance", payment, OPERATION=operation, AMOUNT=amount)
        with unclear_is_unknown():
            word, named, made = text_of(told, "STATUS"), mapping.money_of(told), mapping.movement(told)
        sum_of_it = None if named == payment.amount else named  # the payment's need not be the refund's
        status = mapping.REFUNDS.get(word)
        return self._refund_seen(payment, refund, Source.REFUND, word, status, made, sum_of_it)

    def look_refund(self, payment: Payment, refund: Refund) -> Observation:
        """By its number, once Ogone told that; else by the last operation, the only one there is to see."""
        told = self._ask("query", payment, PAYIDSUB=refund.gateway_id.partition("/")[2])
        with unclear_is_unknown():
            news = mapping.news_of(told)
        if news and news.gateway_id and news.gateway_id == refund.gateway_id:
            news = replace(news, amount=refund.amount)  # an answer may name the payment's instead
        return self._refund_among(payment, refund, [news] if news else [])

    def _ask(self, page: str, payment: Payment, **wish: str) -> dict[str, str]:
        """What DirectLink answers about this payment, by upper-case names.

        Raises GatewayRejected (its code is NCERROR), OutcomeUnknown, UnsupportedOperation.
        """
        settings, known = self._settings, payment.gateway_reference
        if not settings.api_user:
            raise UnsupportedOperation("there is no API user to ask with", code="api_user")
        number = wish.pop("PAYIDSUB", "")  # no field that is signed
        fields = {
            "PSPID": settings.pspid,
            "USERID": settings.api_user,
            "PSWD": settings.api_password,
            **({"PAYID": known} if known else {"ORDERID": payment.reference}),
            **wish,
        }
        fields["SHASIGN"] = shasign(fields, settings.sha_in, settings.sha)
        answer = self._client.send(
            "POST",
            f"{PATHS[self.environment]}/{page}direct_utf8.asp",
            content=as_form(fields | ({"PAYIDSUB": number} if number else {})),
            safe=page == "query",
        )
        if not answer.is_success:
            raise GatewayRejected("Ogone refused", code=str(answer.status))
        with unclear_is_unknown():
            attributes = xml_attributes(answer.body, "ncresponse")
        told = {name.upper(): value for name, value in attributes.items()}
        mapping.require_done(told, is_question=page == "query")
        if told.get("ORDERID") != payment.reference or known not in (None, told.get("PAYID")):
            raise OutcomeUnknown("Ogone answered about another payment")
        return told
