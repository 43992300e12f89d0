"""One PayU point of sale behind the port. Source: PayU REST API 2.1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Final
from urllib.parse import parse_qs, urlsplit

from adapters.gateways.payu import mapping
from adapters.gateways.payu.settings import Settings
from adapters.gateways.payu.signature import HEADERS, require_genuine
from adapters.wire.account import LOOK_AFTER, NO_REFERENCE, utc_now
from adapters.wire.errors import unclear_is_unknown
from adapters.wire.hosted import REFUNDS, HostedAccount
from adapters.wire.http import Answer
from adapters.wire.links import join, next_page
from adapters.wire.payloads import NO_CONTENT, as_form, as_json, json_object, object_of, objects_of, text_of
from adapters.wire.signing import REFUSED, current_and_previous
from adapters.wire.tokens import Token, TokenCache, token_granted
from application import errors
from application.errors import GatewayError, GatewayRejected, InvalidSignature, OutcomeUnknown
from application.phrases import Phrase
from application.ports import gateway as port
from application.ports.gateway import Operation
from domain.money import Money
from domain.observation import Observation, Source
from domain.payment import NextStep, Payment, PaymentStatus
from domain.refund import Refund

OAUTH: Final = "/pl/standard/user/oauth/authorize"
ORDERS: Final = "/api/v2_1/orders"
NOT_UNIQUE: Final = "ERROR_ORDER_NOT_UNIQUE"
NO_SUCH: Final = "DATA_NOT_FOUND"
_GOOD: Final = frozenset({"SUCCESS", "WARNING_CONTINUE_REDIRECT"})


class PayuGateway(HostedAccount):
    """Orders are captured whole. Everything is found again by PayU's order id, which only an answer tells."""

    CODE, LABEL, CURRENCIES = "payu", "PayU", mapping.CURRENCIES
    HINT = Phrase("Card, bank transfer or, in PLN, BLIK. You go to %(method)s and come back", method="")
    CAPABILITIES = port.Capabilities(
        temperament=port.Temperament.SIGNED_CALLBACK,
        operations=REFUNDS | {Operation.LOOK, Operation.CAPTURE, Operation.VOID, Operation.CLOSE},
        repeatable_start=True,
        needs_customer_ip=True,
        proof_headers=frozenset(HEADERS),
        locales=mapping.LANGUAGES,
        look_after=LOOK_AFTER,
    )
    BASES: ClassVar[Mapping[str, str]] = {
        "live": "https://secure.payu.com",
        "test": "https://secure.snd.payu.com",
    }
    GAVE_UP, REPLY = ("error",), port.Reply()
    PAGES = ("https://*.payu.com",)  # like merch-prod.snd.payu.com (2026-11)
    _settings: Settings

    def __init__(
        self, settings: Settings, *, account: str, environment: str, now: Callable[[], datetime] = utc_now
    ) -> None:
        super().__init__(settings, account=account, environment=environment, now=now)
        self._tokens = TokenCache(self._fetch_token)

    def panel_urls(self, base_url: str) -> tuple[port.PanelUrl, ...]:
        collect = "off" if self._settings.capture == "manual" else "on"
        note = f"Sent with every order: nothing to type. Automatic collection of the POS: {collect}."
        return (port.PanelUrl("notifyUrl", join(base_url, f"callbacks/{self.account}"), note),)

    def check(self) -> str:
        with self._client.operation():
            self._tokens.get()
        return "PayU grants an access token; the second key is proved by the first notification."

    def start(self, brief: port.Brief) -> port.Started:
        body = mapping.order_body(brief, self._settings, self._now())
        with self._client.operation():
            answer = self._send("POST", ORDERS, body, redirects=True)
            location, is_json = answer.headers.get("location", ""), answer.body.lstrip().startswith(b"{")
            try:
                told = _successful(answer) if is_json or answer.status != 302 or not location else {}
            except _Refused as refused:
                if refused.code != NOT_UNIQUE:
                    raise
                return self._resumed(brief.payment, refused)
        page = str(told.get("redirectUri") or location)
        order_id = str(told.get("orderId") or "") or _id_in(page)
        if not page and not order_id:
            raise OutcomeUnknown("PayU answered without an order")
        if not page:
            return port.Started(NextStep.nothing(), order_id)
        return port.Started(
            NextStep.redirect(next_page(page, self.origins, self.environment)), order_id or None
        )

    def _resumed(self, payment: Payment, refused: _Refused) -> port.Started:
        """PayU has this attempt, but never tells its page twice: look, and close it if it is unused."""
        order_id = refused.told.get("orderId")
        if not isinstance(order_id, str) or not order_id:
            raise OutcomeUnknown("PayU has the order, but does not say which", code=refused.code)
        seen = self._looked(payment, order_id, Source.START)
        if seen.status is None:
            raise OutcomeUnknown("PayU has the order in a state we do not know", code=seen.word)
        if seen.word == "NEW":
            seen = self._cancelled(payment, order_id, Source.START)
        return port.Started(NextStep.nothing(), order_id, seen)

    def read_callback(self, message: port.InboundMessage) -> tuple[Observation, ...]:
        keys = current_and_previous(self._settings.second_key, self._settings.second_key_previous)
        require_genuine(message.body, message.headers, keys, accept_md5=self._settings.accept_md5)
        told = json_object(message.body)
        if "order" in told:
            order = object_of(told, "order")
            if order.get("merchantPosId") != self._settings.pos_id:
                raise InvalidSignature(REFUSED)
            return (self._order_seen(order, Source.CALLBACK),)
        if "refund" in told:
            return (self._refund_told(told),)
        return (self._seen(str(told.get("extOrderId") or ""), Source.CALLBACK, "unknown kind"),)

    def _order_seen(self, order: Mapping[str, Any], source: Source) -> Observation:
        """An order is captured whole, so its id names the capture."""
        word, order_id = text_of(order, "status"), text_of(order, "orderId")
        status, amount = mapping.STATUSES.get(word), mapping.amount_of(order)
        reference = str(order.get("extOrderId") or "")
        event_id = f"{order_id}:{word}:{amount}" if source is Source.CALLBACK else ""
        return self._money_seen(reference, source, word, status, amount, order_id, event_id=event_id)

    def _refund_told(self, told: Mapping[str, Any]) -> Observation:
        refund = object_of(told, "refund")
        word, news = text_of(refund, "status"), mapping.refund_news(refund)
        reference, order_id = str(told.get("extOrderId") or ""), text_of(told, "orderId")
        event_id = f"refund:{text_of(refund, 'refundId')}:{word}:{refund.get('amount')}"
        return self._news_seen(reference, word, news, order_id, event_id=event_id)

    def look(self, payment: Payment) -> Observation:
        known = payment.gateway_reference
        if not known:
            return self._seen(payment.reference, Source.LOOK, NO_REFERENCE)
        return self._unless_unheard(payment, lambda: self._looked(payment, known, Source.LOOK), NO_SUCH)

    def _looked(self, payment: Payment, order_id: str, source: Source) -> Observation:
        told = _successful(self._send("GET", f"{ORDERS}/{order_id}"))
        with unclear_is_unknown():
            found = objects_of(told, "orders")
            known = [(one.get("orderId"), one.get("extOrderId")) for one in found]
            if known != [(order_id, payment.reference)]:
                raise OutcomeUnknown("PayU answered about another order")
            return self._order_seen(found[0], source)

    def capture(self, payment: Payment, amount: Money, key: str) -> Observation:
        self._require_whole(payment, amount)
        order_id = self._reference(payment)
        with self._client.operation():
            _successful(self._send("POST", f"{ORDERS}/{order_id}/captures"))
            try:
                return self._looked(payment, order_id, Source.CAPTURE)
            except GatewayError as error:
                raise OutcomeUnknown("PayU took the capture, but does not say what came of it") from error

    def void(self, payment: Payment, key: str) -> Observation:
        return self._cancelled(payment, self._reference(payment), Source.VOID)

    def _cancelled(self, payment: Payment, order_id: str, source: Source) -> Observation:
        """Drop an order that is not completed: nobody can pay it any more."""
        _successful(self._send("DELETE", f"{ORDERS}/{order_id}"))
        cancelled = PaymentStatus.CANCELLED
        return self._seen(payment.reference, source, "CANCELED", status=cancelled, gateway_reference=order_id)

    def refund(self, payment: Payment, refund: Refund) -> Observation:
        path = f"{ORDERS}/{self._reference(payment)}/refunds"
        told = _successful(self._send("POST", path, mapping.refund_body(payment, refund)))
        with unclear_is_unknown():
            return self._refund_answered(payment, refund, object_of(told, "refund"), Source.REFUND)

    def look_refund(self, payment: Payment, refund: Refund) -> Observation:
        told = _believed(self._send("GET", f"{ORDERS}/{self._reference(payment)}/refunds"))
        with unclear_is_unknown():
            for found in objects_of(told, "refunds"):
                if refund.key == found.get("extRefundId") or (
                    refund.gateway_id and refund.gateway_id == found.get("refundId")
                ):
                    return self._refund_answered(payment, refund, found, Source.LOOK)
        return self._not_found(payment)

    def _refund_answered(
        self, payment: Payment, refund: Refund, told: Mapping[str, Any], source: Source
    ) -> Observation:
        word, news = text_of(told, "status"), mapping.refund_news(told)
        if news is None or news.key not in ("", refund.key):
            raise OutcomeUnknown("PayU's answer does not say what became of the refund", code=word)
        return self._refund_seen(payment, refund, source, word, news.status, news.gateway_id, news.amount)

    def _send(
        self, method: str, path: str, body: Mapping[str, object] | None = None, *, redirects: bool = False
    ) -> Answer:
        content = as_json(body) if body is not None else NO_CONTENT
        with self._client.operation():
            return self._tokens.send(
                lambda token: self._client.send(
                    method,
                    path,
                    headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
                    content=content,
                    safe=method == "GET",
                    redirects=redirects,
                )
            )

    def _fetch_token(self) -> Token:
        asked = {
            "grant_type": "client_credentials",
            "client_id": self._settings.client_id or self._settings.pos_id,
            "client_secret": self._settings.client_secret,
        }
        return token_granted(self._client.send("POST", OAUTH, content=as_form(asked), safe=True), self.label)


class _Refused(GatewayRejected):
    """PayU said no; ``told`` is what stood beside its status, like the id of an order it already has."""

    def __init__(self, code: str, told: Mapping[str, Any]) -> None:
        super().__init__("PayU refused", code=code)
        self.told = told


def _believed(answer: Answer) -> dict[str, Any]:
    """The JSON of a success. Raises _Refused with PayU's own code."""
    if answer.is_success:
        return answer.json()
    try:
        told = json_object(answer.body)
    except errors.GatewayProtocolError:
        told = {}
    status = told.get("status")
    words = status if isinstance(status, dict) else {}
    literal = words.get("codeLiteral") if words.get("statusCode") != NOT_UNIQUE else ""
    raise _Refused(str(literal or words.get("statusCode") or answer.status), told)


def _successful(answer: Answer) -> dict[str, Any]:
    """As ``_believed``, and PayU must say so itself."""
    told = _believed(answer)
    status = told.get("status")
    if not isinstance(status, dict) or status.get("statusCode") not in _GOOD:
        raise OutcomeUnknown("PayU answered without saying SUCCESS")
    return told


def _id_in(page: str) -> str:
    return "".join(parse_qs(urlsplit(page).query).get("orderId", [])[:1])
