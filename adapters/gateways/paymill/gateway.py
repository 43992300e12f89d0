"""One PAYMILL account behind the port. Source: PAYMILL API 2.1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from adapters.gateways.paymill import mapping
from adapters.gateways.paymill.settings import Settings
from adapters.wire.account import LOOK_AFTER
from adapters.wire.amounts import to_digits
from adapters.wire.errors import unclear_is_unknown
from adapters.wire.hosted import REFUNDS, HostedAccount
from adapters.wire.links import origin
from adapters.wire.payloads import NO_CONTENT, as_form, basic_auth, json_object, object_of, text_of
from application.errors import GatewayRejected, GatewayUnavailable, OutcomeUnknown
from application.phrases import Phrase
from application.ports import gateway as port
from application.ports.gateway import Operation
from domain.money import Money
from domain.observation import Observation, Source
from domain.payment import NextStep, NextStepKind, Payment, PaymentStatus
from domain.refund import Refund

TOKEN: Final = "token"  # noqa: S105 -- the name of a field
NOTHING_YET: Final = "none"
"""The word of a look that found no transaction: nobody paid so far."""


class Paymill(HostedAccount):
    """Cards become tokens on a page of ours, and money when we charge them; our reference is the description.

    There are no idempotency keys: before every charge we look whether there is one.
    """

    CODE, LABEL, CURRENCIES = "paymill", "PAYMILL", mapping.CURRENCIES
    CAPABILITIES = port.Capabilities(
        temperament=port.Temperament.GO_AND_LOOK,
        operations=REFUNDS | {Operation.LOOK, Operation.COLLECT, Operation.CAPTURE, Operation.VOID},
        starts_by_form=True,
        unsigned=True,
        repeatable_refund=False,
        look_after=LOOK_AFTER,
    )
    BASES = dict.fromkeys(("live", "test"), "https://api.paymill.com/v2.1")
    HIDDEN = (TOKEN,)
    PANEL = (
        "Webhook URL",
        "Events: transaction.*, refund.*, chargeback.executed. Unsigned: we always ask back.",
    )
    _settings: Settings

    @property
    def hint(self) -> str:
        asks = Phrase("You enter your card on the next page") if self._settings.means == "card" else ""
        return super().hint or asks

    @property
    def origins(self) -> tuple[str, ...]:
        return (*super().origins, origin(self._settings.bridge_url))

    def start(self, brief: port.Brief) -> port.Started:
        """A page of ours with PAYMILL's script; a redirect payment gets its checksum first."""
        amount = brief.payment.amount
        fields = {"amount_int": to_digits(amount), "currency": amount.currency.code}
        if self._settings.means != "card":
            told = self._call("POST", "checksums", mapping.checksum(brief, self._settings.means))
            with unclear_is_unknown():
                fields = {"checksum": text_of(told, "id")}
        page = {"public_key": self._settings.public_key, "reference": brief.payment.reference, **fields}
        return port.Started(NextStep(NextStepKind.PAGE, self._settings.bridge_url, tuple(page.items())))

    def read_callback(self, message: port.InboundMessage) -> tuple[Observation, ...]:
        event = object_of(json_object(message.body), "event")
        word, resource = text_of(event, "event_type"), object_of(event, "event_resource")
        found = resource.get("transaction", resource)
        if not isinstance(found, dict):
            return (self._seen("", Source.CALLBACK, word, gateway_reference=str(found)),)
        return (self._seen(str(found.get("description") or ""), Source.CALLBACK, word),)

    def read_return(self, message: port.InboundMessage) -> port.ReturnHint:
        carried = message.parameters()
        token = carried.pop(TOKEN, "")[:64]
        extra = {TOKEN: token} if token else {}
        return port.ReturnHint("cancelled" in carried, bool(token), parameters=carried, extra=extra)

    def look(self, payment: Payment) -> Observation:
        return self._looked(payment, Source.LOOK)

    def collect(self, payment: Payment, key: str) -> Observation:
        """Charge, or reserve, the card behind the token, unless that happened before."""
        with self._client.operation():
            seen = self._looked(payment, Source.COLLECT)
            if seen.word != NOTHING_YET:
                return seen
            if not payment.extra.get(TOKEN):
                raise GatewayRejected("there is no card to charge", code=TOKEN)
            held = self._settings.capture == "manual"
            path = "preauthorizations" if held else "transactions"
            told = self._call("POST", path, {TOKEN: payment.extra[TOKEN], **mapping.priced(payment)})
            return self._told(payment, told, Source.COLLECT)

    def capture(self, payment: Payment, amount: Money, key: str) -> Observation:
        self._require_whole(payment, amount)
        with self._client.operation():
            found = self._found(payment)
            with unclear_is_unknown():
                if mapping.status_of(found) is PaymentStatus.AUTHORIZED:
                    wish = {"preauthorization": mapping.preauthorization(found), **mapping.priced(payment)}
                    found = self._call("POST", "transactions", wish)
            return self._told(payment, found, Source.CAPTURE)

    def void(self, payment: Payment, key: str) -> Observation:
        with self._client.operation():
            with unclear_is_unknown():
                held = mapping.preauthorization(self._found(payment))
            self._call("DELETE", f"preauthorizations/{held}")
        return self._seen(payment.reference, Source.VOID, "deleted", status=PaymentStatus.CANCELLED)

    def refund(self, payment: Payment, refund: Refund) -> Observation:
        told = self._call("POST", f"refunds/{self._charge(payment)}", mapping.refund_body(refund))
        with unclear_is_unknown():
            return self._refund_seen(payment, refund, Source.REFUND, *mapping.refund_of(told, payment))

    def look_refund(self, payment: Payment, refund: Refund) -> Observation:
        told = self._call("GET", f"transactions/{self._charge(payment)}")
        with unclear_is_unknown():
            for one in mapping.refunds_of(told):
                if one.get("description") == refund.key:
                    return self._refund_seen(payment, refund, Source.LOOK, *mapping.refund_of(one, payment))
        return self._not_found(payment)

    def _charge(self, payment: Payment) -> str:
        return payment.capture_reference or self._reference(payment)

    def _found(self, payment: Payment) -> dict[str, Any]:
        """The transaction with our reference that is furthest. Raises GatewayRejected: there is none."""
        wanted = urlencode({"description": payment.reference, "order": "created_at_desc"})
        told = self._call("GET", f"transactions?{wanted}")
        with unclear_is_unknown():
            if found := mapping.furthest(told, payment.reference):
                return found
        raise GatewayRejected("PAYMILL has no such transaction", code=NOTHING_YET)

    def _looked(self, payment: Payment, source: Source) -> Observation:
        try:
            return self._told(payment, self._found(payment), source)
        except GatewayRejected as nothing:
            if nothing.code != NOTHING_YET:
                raise
            return self._seen(payment.reference, source, NOTHING_YET, status=PaymentStatus.IN_PROGRESS)

    def _told(self, payment: Payment, told: Mapping[str, Any], source: Source) -> Observation:
        self._require_about(told, description=payment.reference)
        if told.get("livemode") is not (self.environment == "live"):
            raise OutcomeUnknown("PAYMILL answered in another mode", code="livemode")
        with unclear_is_unknown():
            status, amount, charge = mapping.status_of(told), mapping.amount_of(told), text_of(told, "id")
            word, code = text_of(told, "status"), mapping.code_of(told)
            gone = {mapping.way_out(told): mapping.gone(told)}
        refused = code if status is PaymentStatus.FAILED else 0
        return self._standing(
            payment,
            f"{word} {code or ''}".strip(),
            status,
            (amount, charge),
            gone,
            source=source,
            failure=str(refused or ""),
            receipt=mapping.receipt(told, refused),
        )

    def _call(self, method: str, path: str, fields: Mapping[str, str] | None = None) -> dict[str, Any]:
        """What stands under ``data``; a list under ``items``."""
        answer = self._client.send(
            method,
            path,
            headers=basic_auth(self._settings.private_key, ""),
            content=as_form(fields) if fields else NO_CONTENT,
            safe=method == "GET",
        )
        if (answer.status in (401, 403) and method == "GET") or answer.status == 401:
            raise GatewayUnavailable("PAYMILL does not let this account in", code=str(answer.status))
        if not answer.is_success:
            raise GatewayRejected("PAYMILL refuses", code=mapping.refusal(answer.body) or str(answer.status))
        told = answer.json()
        data = told.get("data")
        with unclear_is_unknown():
            if told.get("mode") != self.environment and data != []:
                raise OutcomeUnknown("PAYMILL answered in another mode", code="mode")
            return {"items": data} if isinstance(data, list) else object_of(told, "data")
