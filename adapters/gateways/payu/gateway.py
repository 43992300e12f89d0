"""One PayU point of sale behind the port."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from adapters.gateways.payu import client, mapping
from adapters.gateways.payu.client import PayuClient, Refused
from adapters.gateways.payu.settings import BASES, Settings
from adapters.gateways.payu.signature import HEADERS, require_genuine
from adapters.wire.account import (
    LOOK_AFTER,
    NO_REFERENCE,
    NOT_FOUND,
    ConfiguredAccount,
    Profile,
    http_client,
    utc_now,
)
from adapters.wire.errors import unclear_is_unknown
from adapters.wire.http import HttpClient
from adapters.wire.links import join, next_page, origin
from adapters.wire.payloads import json_object, object_of, text_of
from adapters.wire.signing import REFUSED, current_and_previous
from application.errors import (
    GatewayError,
    GatewayRejected,
    GatewayUnavailable,
    InvalidSignature,
    OutcomeUnknown,
)
from application.ports.gateway import (
    Brief,
    Capabilities,
    InboundMessage,
    Operation,
    PanelUrl,
    PaymentGateway,
    Reply,
    ReturnHint,
    Started,
    Temperament,
)
from domain.money import Money
from domain.observation import Observation, Source
from domain.payment import NextStep, Payment, PaymentStatus
from domain.refund import Refund
from domain.settlement import Verdict

CODE: Final = "payu"
CAPABILITIES: Final = Capabilities(
    temperament=Temperament.SIGNED_CALLBACK,
    operations=frozenset(
        {
            Operation.LOOK,
            Operation.REFUND,
            Operation.PARTIAL_REFUND,
            Operation.LOOK_REFUND,
            Operation.CAPTURE,
            Operation.VOID,
            Operation.CLOSE,
        }
    ),
    repeatable_start=True,
    needs_customer_ip=True,
    proof_headers=frozenset(HEADERS),
    locales=mapping.LANGUAGES,
    look_after=LOOK_AFTER,
)


def build(
    settings: Settings, *, account: str, environment: str, now: Callable[[], datetime] = utc_now
) -> PaymentGateway:
    """The account these settings describe."""
    base = settings.base_url or BASES[environment]
    # Payment pages stand on hosts beside the API's, like merch-prod.snd.payu.com (2026-11).
    pages = ("https://*.payu.com",) if base in BASES.values() else ()
    profile = Profile.of(
        settings,
        CAPABILITIES,
        account=account,
        code=CODE,
        label="PayU",
        environment=environment,
        currencies=mapping.CURRENCIES,
        origins=(origin(base), *pages),
    )
    http = http_client(settings, account=account, base_url=base, environment=environment)
    return PayuGateway(profile, settings, http, now)


class PayuGateway(ConfiguredAccount):
    """Orders are captured whole. Everything is found again by PayU's order id, which only an answer tells."""

    def __init__(
        self, profile: Profile, settings: Settings, http: HttpClient, now: Callable[[], datetime]
    ) -> None:
        super().__init__(profile, http)
        self._settings, self._payu, self._now = settings, PayuClient(settings, http), now

    def panel_urls(self, base_url: str) -> tuple[PanelUrl, ...]:
        collect = "off" if self._settings.capture == "manual" else "on"
        note = f"Sent with every order: nothing to type. Automatic collection of the POS: {collect}."
        return (PanelUrl("notifyUrl", join(base_url, f"callbacks/{self.account}"), note),)

    def check(self) -> str:
        self._payu.authorise()
        return "PayU grants an access token; the second key is proved by the first notification."

    def start(self, brief: Brief) -> Started:
        if brief.customer_ip in ("", "0.0.0.0", "::"):  # noqa: S104 -- compared, not bound
            raise GatewayRejected("PayU wants the shopper's address", code="customer_ip")
        body = mapping.order_body(brief, self._settings, self._now())
        with self._payu.operation():
            try:
                told, location = self._payu.create(body)
            except Refused as refused:
                if refused.code != client.NOT_UNIQUE:
                    raise
                return self._resumed(brief.payment, refused)
        return self._started(told, location)

    def _started(self, told: Mapping[str, Any], location: str) -> Started:
        page = str(told.get("redirectUri") or location)
        order_id = str(told.get("orderId") or "") or _id_in(page)
        if not page and not order_id:
            raise OutcomeUnknown("PayU answered without an order")
        step = (
            NextStep.redirect(next_page(page, self.origins, self.environment)) if page else NextStep.nothing()
        )
        return Started(step, order_id or None)

    def _resumed(self, payment: Payment, refused: Refused) -> Started:
        """PayU has this attempt, but never tells its page twice: look, and close it if it is unused."""
        order_id = refused.told.get("orderId")
        if not isinstance(order_id, str) or not order_id:
            raise OutcomeUnknown("PayU has the order, but does not say which", code=refused.code)
        seen = self._looked(payment, order_id, Source.START)
        if seen.status is None:
            raise OutcomeUnknown("PayU has the order in a state we do not know", code=seen.word)
        if seen.word == "NEW":
            self._payu.cancel(order_id)
            seen = self._cancelled(payment, order_id, Source.START)
        return Started(NextStep.nothing(), order_id, seen)

    def read_callback(self, message: InboundMessage) -> tuple[Observation, ...]:
        keys = current_and_previous(self._settings.second_key, self._settings.second_key_previous)
        require_genuine(message.body, message.headers, keys, accept_md5=self._settings.accept_md5)
        told = json_object(message.body)
        if "order" in told:
            return (self._order_seen(object_of(told, "order")),)
        if "refund" in told:
            return (self._refund_told(told),)
        return (self._seen(str(told.get("extOrderId") or ""), Source.CALLBACK, "unknown kind"),)

    def _order_seen(self, order: Mapping[str, Any]) -> Observation:
        if order.get("merchantPosId") != self._settings.pos_id:
            raise InvalidSignature(REFUSED)
        word, order_id, amount = text_of(order, "status"), text_of(order, "orderId"), mapping.amount_of(order)
        return self._seen(
            str(order.get("extOrderId") or ""),
            Source.CALLBACK,
            word,
            status=mapping.STATUSES.get(word),
            amount=amount,
            gateway_reference=order_id,
            event_id=f"{order_id}:{word}:{amount}",
            proof=mapping.capture_of(order),
        )

    def _refund_told(self, told: Mapping[str, Any]) -> Observation:
        refund = object_of(told, "refund")
        word, news = text_of(refund, "status"), mapping.refund_news(refund)
        return self._seen(
            str(told.get("extOrderId") or ""),
            Source.CALLBACK,
            word,
            gateway_reference=text_of(told, "orderId"),
            event_id=f"refund:{text_of(refund, 'refundId')}:{word}:{refund.get('amount')}",
            proof=mapping.refund_proof(news),
            refund=news,
        )

    def acknowledge(self, verdict: Verdict, seen: Observation | None = None) -> Reply:
        return Reply()

    def read_return(self, message: InboundMessage) -> ReturnHint:
        carried = message.parameters()
        return ReturnHint(aborted=bool(carried.get("error")), parameters=carried)

    def look(self, payment: Payment) -> Observation:
        if not payment.gateway_reference:
            return self._seen(payment.reference, Source.LOOK, NO_REFERENCE)
        try:
            return self._looked(payment, payment.gateway_reference, Source.LOOK)
        except Refused as refused:
            if refused.code != client.NOT_FOUND:
                raise
            return self._seen(payment.reference, Source.LOOK, NOT_FOUND)

    def _looked(self, payment: Payment, order_id: str, source: Source) -> Observation:
        order = self._payu.order(order_id)
        with unclear_is_unknown():
            if (text_of(order, "orderId"), text_of(order, "extOrderId")) != (order_id, payment.reference):
                raise OutcomeUnknown("PayU answered about another order")
            word = text_of(order, "status")
            return self._seen(
                payment.reference,
                source,
                word,
                status=mapping.STATUSES.get(word),
                amount=mapping.amount_of(order),
                gateway_reference=order_id,
                proof=mapping.capture_of(order),
            )

    def capture(self, payment: Payment, amount: Money, key: str) -> Observation:
        self._require_whole(payment, amount)
        order_id = _order_id(payment)
        with self._payu.operation():
            self._payu.capture(order_id)
            try:
                return self._looked(payment, order_id, Source.CAPTURE)
            except GatewayError as error:
                raise OutcomeUnknown("PayU took the capture, but does not say what came of it") from error

    def void(self, payment: Payment, key: str) -> Observation:
        self._payu.cancel(_order_id(payment))
        return self._cancelled(payment, _order_id(payment), Source.VOID)

    def _cancelled(self, payment: Payment, order_id: str, source: Source) -> Observation:
        return self._seen(
            payment.reference, source, "CANCELED", status=PaymentStatus.CANCELLED, gateway_reference=order_id
        )

    def refund(self, payment: Payment, refund: Refund) -> Observation:
        made = self._payu.refund(_order_id(payment), mapping.refund_body(payment, refund))
        return self._refund_seen(payment, refund, made, Source.REFUND)

    def look_refund(self, payment: Payment, refund: Refund) -> Observation:
        for found in self._payu.refunds(_order_id(payment)):
            if refund.key == found.get("extRefundId") or (
                refund.gateway_id and refund.gateway_id == found.get("refundId")
            ):
                return self._refund_seen(payment, refund, found, Source.LOOK)
        return self._seen(payment.reference, Source.LOOK, NOT_FOUND)

    def _refund_seen(
        self, payment: Payment, refund: Refund, told: Mapping[str, Any], source: Source
    ) -> Observation:
        with unclear_is_unknown():
            news = mapping.refund_news(told)
            if news is None or news.key not in ("", refund.key):
                raise OutcomeUnknown("PayU's answer does not say what became of the refund")
            return self._seen(
                payment.reference,
                source,
                text_of(told, "status"),
                gateway_reference=payment.gateway_reference,
                proof=mapping.refund_proof(news),
                refund=news,
            )


def _order_id(payment: Payment) -> str:
    if not payment.gateway_reference:
        raise GatewayUnavailable(
            "PayU is asked by its own order id, and it never told one", code=NO_REFERENCE
        )
    return payment.gateway_reference


def _id_in(page: str) -> str:
    return "".join(parse_qs(urlsplit(page).query).get("orderId", [])[:1])
