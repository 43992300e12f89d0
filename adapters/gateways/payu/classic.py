"""PayU's classic API (platnosci.pl): a signed form, a message that only says "ask", and asking.

Source: PayU's classic API as django-getpaid speaks it; numbers of errors and Payment/cancel as open-source
connectors of its time list them. Texts are UTF-8, amounts grosze.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Final

from adapters.gateways.payu.mapping import PLACES, customer_ip
from adapters.gateways.payu.settings import ClassicSettings
from adapters.wire.account import LOOK_AFTER
from adapters.wire.amounts import from_digits, to_digits
from adapters.wire.errors import unclear_is_unknown
from adapters.wire.hosted import HostedAccount, by_word, captured
from adapters.wire.links import join
from adapters.wire.payloads import as_form, form_fields, text_of
from adapters.wire.signing import (
    REFUSED,
    current_and_previous,
    digest,
    require_match,
    unreadable_is_refused,
)
from application.errors import (
    GatewayError,
    GatewayRejected,
    GatewayUnavailable,
    InvalidSignature,
    OutcomeUnknown,
)
from application.phrases import Phrase
from application.ports import gateway as port
from application.ports.gateway import Operation
from domain.money import Money
from domain.observation import Observation, Source
from domain.payment import NextStep, NextStepKind, Payment, PaymentStatus

STATUSES: Final = by_word(
    {
        PaymentStatus.IN_PROGRESS: "1 4",
        PaymentStatus.CANCELLED: "2",
        PaymentStatus.FAILED: "3 7",
        PaymentStatus.AUTHORIZED: "5",
        PaymentStatus.PAID: "99",
    }
)
"""888 and every other word say nothing: the next look may."""

FORM: Final = (
    "pos_id pay_type session_id pos_auth_key amount desc desc2 trsDesc order_id first_name last_name "
    "payback_login street street_hn street_an city post_code country email phone language client_ip ts"
)
ASKED: Final = "pos_id session_id ts"
DONE: Final = "trans_pos_id trans_session_id trans_ts"
TOLD: Final = "trans_pos_id trans_session_id trans_order_id trans_status trans_amount trans_desc trans_ts"
"""What each signature covers."""

TEST: Final = "t"
NO_SUCH: Final = "500"
NOT_US: Final = frozenset({"100", "103", "202", "209"})
PERHAPS: Final = frozenset({"", "200", "201", "599", "999"})
LONGEST_TEXT: Final = 50


def signed(fields: Mapping[str, str], names: str, key: str) -> str:
    """MD5 over the values in the order of ``names``, a missing one empty, and the key last."""
    return digest("md5", *(fields.get(name, "").encode() for name in names.split()), key.encode())


class PayuClassic(HostedAccount):
    """Our reference is the session, so PayU can always be asked. Refunds are made in its panel."""

    CODE, LABEL, CURRENCIES = "payu", "PayU", frozenset({"PLN"})
    HINT = Phrase("Card, bank transfer or, in PLN, BLIK. You go to %(method)s and come back", method="")
    CAPABILITIES = port.Capabilities(
        temperament=port.Temperament.GO_AND_LOOK,
        operations=frozenset({Operation.LOOK, Operation.COLLECT, Operation.CAPTURE, Operation.VOID}),
        repeatable_start=True,
        starts_by_form=True,
        needs_customer_ip=True,
        locales=frozenset({"pl", "en"}),
        look_after=LOOK_AFTER,
    )
    BASES: ClassVar[Mapping[str, str]] = dict.fromkeys(("live", "test"), "https://secure.payu.com")

    GAVE_UP = ("error",)
    _settings: ClassicSettings

    @property
    def currencies(self) -> frozenset[str]:
        """The form names no currency: it is always PLN."""
        return self.CURRENCIES

    def panel_urls(self, base_url: str) -> tuple[port.PanelUrl, ...]:
        back = join(base_url, f"returns/{self.account}/%orderId%")
        return (
            port.PanelUrl(
                "UrlOnline", join(base_url, f"callbacks/{self.account}"), "Reports; answered with OK."
            ),
            port.PanelUrl("UrlPositive", back, "PayU fills in what stands between the percent signs."),
            port.PanelUrl("UrlNegative", f"{back}?error=%error%", "As above."),
        )

    def start(self, brief: port.Brief) -> port.Started:
        """A form to post; in test it asks for PayU's test payment. ``order_id`` leads the shopper back."""
        payment, settings = brief.payment, self._settings
        if payment.amount.currency.code not in self.currencies:
            raise GatewayRejected("PayU's classic form takes PLN only", code="currency")
        described = " ".join((brief.description or brief.order_reference).split())
        first, _, last = " ".join(brief.buyer.name.split()).rpartition(" ")
        fields = {
            "pos_id": settings.pos_id,
            "pos_auth_key": settings.pos_auth_key,
            "pay_type": TEST if self.environment == "test" else "",
            "session_id": payment.reference,
            "amount": to_digits(payment.amount, PLACES),
            "desc": described[:LONGEST_TEXT].rstrip(),
            "order_id": payment.token,
            "first_name": first or last,
            "last_name": last if first else "",
            "email": brief.buyer.email,
            "language": self._language(brief.locale, settings.lang),
            "client_ip": customer_ip(brief),
            "js": "0",
        }
        if settings.signing:
            fields["ts"] = self._stamp()
            fields["sig"] = signed(fields, FORM, settings.key1)
        filled = tuple((name, value) for name, value in fields.items() if value)
        return port.Started(NextStep(NextStepKind.FORM, join(self._base, "paygw/UTF/NewPayment"), filled))

    def read_callback(self, message: port.InboundMessage) -> tuple[Observation, ...]:
        with unreadable_is_refused():
            fields = form_fields(message.body)
        require_match(fields.get("sig"), [signed(fields, ASKED, key) for key in self._keys()])
        if fields.get("pos_id") != self._settings.pos_id:
            raise InvalidSignature(REFUSED)
        session = text_of(fields, "session_id")
        return (self._seen(session, Source.CALLBACK, "UrlOnline", event_id=f"{session}:{fields.get('ts')}"),)

    def look(self, payment: Payment) -> Observation:
        return self._unless_unheard(payment, lambda: self._looked(payment, Source.LOOK), NO_SUCH)

    def collect(self, payment: Payment, key: str) -> Observation:
        return self._done(payment, "confirm", Source.COLLECT)

    def capture(self, payment: Payment, amount: Money, key: str) -> Observation:
        self._require_whole(payment, amount)
        return self._done(payment, "confirm", Source.CAPTURE)

    def void(self, payment: Payment, key: str) -> Observation:
        return self._done(payment, "cancel", Source.VOID)

    def _done(self, payment: Payment, act: str, source: Source) -> Observation:
        """What became of money that waited for our word; money that does not wait is left as it is."""
        with self._client.operation():
            seen = self._looked(payment, source)
            waits = seen.status is PaymentStatus.AUTHORIZED
            if not waits or (act == "confirm" and seen.amount != payment.amount):
                return seen
            self._call(payment, act, DONE)
            try:
                seen = self._looked(payment, source)
            except GatewayError as error:
                raise OutcomeUnknown(f"PayU took the {act}, but does not say what came of it") from error
            if seen.status is PaymentStatus.AUTHORIZED:
                raise OutcomeUnknown(f"PayU took the {act}, and the money waits still", code=seen.word)
            return seen

    def _looked(self, payment: Payment, source: Source) -> Observation:
        told = self._call(payment, "get", TOLD)
        with unclear_is_unknown():
            word, amount = text_of(told, "trans_status"), from_digits(told.get("trans_amount"), "PLN", PLACES)
        status = STATUSES.get(word)
        waits = status is PaymentStatus.AUTHORIZED and amount == payment.amount
        seen = self._seen(
            payment.reference,
            source,
            word,
            status=status,
            amount=amount,
            gateway_reference=told.get("trans_id") or None,
            proof=captured(status, payment.reference, amount),
            failure=word if status is PaymentStatus.FAILED else "",
            collectable=waits and self._settings.capture == "auto",
        )
        is_test = told.get("trans_pay_type") == TEST
        return replace(seen, environment="test" if is_test else seen.environment)

    def _call(self, payment: Payment, act: str, names: str) -> dict[str, str]:
        """The lines of a signed answer about this very payment."""
        asked = {"pos_id": self._settings.pos_id, "session_id": payment.reference, "ts": self._stamp()}
        asked["sig"] = signed(asked, ASKED, self._settings.key1)
        path = f"paygw/UTF/Payment/{act}/txt"
        answer = self._client.send("POST", path, content=as_form(asked), safe=act == "get")
        if not answer.is_success:
            raise GatewayRejected("PayU refused", code=str(answer.status))
        told = _lines(answer.body)
        if told.get("status") != "OK":
            raise _refusal(told.get("error_nr", ""))
        with unclear_is_unknown():
            require_match(told.get("trans_sig"), [signed(told, names, key) for key in self._keys()])
        if [told.get(f"trans_{name}") for name in ("pos_id", "session_id")] != list(asked.values())[:2]:
            raise OutcomeUnknown("PayU answered about another payment")
        return told

    def _keys(self) -> tuple[str, ...]:
        return current_and_previous(self._settings.key2, self._settings.key2_previous)

    def _stamp(self) -> str:
        return str(int(self._now().timestamp()))


def _lines(body: bytes) -> dict[str, str]:
    """``name : value`` by line. Raises OutcomeUnknown when a name stands twice, and for no UTF-8."""
    try:
        pairs = [line.partition(":") for line in body.decode().split("\n") if line.strip()]
    except UnicodeDecodeError as error:
        raise OutcomeUnknown("PayU answered in another encoding") from error
    told = {name.strip(): value.strip() for name, _, value in pairs}
    if len(told) != len(pairs):
        raise OutcomeUnknown("PayU answered with a name that stands twice")
    return told


def _refusal(number: str) -> GatewayError:
    if number in NOT_US:
        return GatewayUnavailable("PayU does not take these credentials", code=number)
    if number in PERHAPS:
        return OutcomeUnknown("PayU does not say what came of it", code=number)
    return GatewayRejected("PayU refused", code=number)
