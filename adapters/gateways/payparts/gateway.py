"""One PayParts store behind the port."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from adapters.gateways.payparts import mapping, signature
from adapters.gateways.payparts.settings import BASE, Settings
from adapters.gateways.payparts.signature import Names, require_genuine, sign
from adapters.wire.account import LOOK_AFTER
from adapters.wire.errors import unclear_is_unknown
from adapters.wire.hosted import REFUNDS, HostedAccount, captured
from adapters.wire.links import join, next_page
from adapters.wire.payloads import as_json, json_object, text_of
from adapters.wire.signing import REFUSED, current_and_previous, unreadable_is_refused
from application.errors import GatewayError, GatewayRejected, InvalidSignature, OutcomeUnknown
from application.ports import gateway as port
from application.ports.gateway import Operation
from domain.money import Money
from domain.observation import Observation, Source
from domain.payment import CLOSED, NextStep, Payment, PaymentStatus
from domain.quote import OrderLine
from domain.refund import Refund, RefundStatus

HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "UTF-8"}
"""As the manual writes them."""
JSON_TYPE: Final = "application/json; charset=UTF-8"
UNHEARD_OF: Final = ("Платеж не найден", "Платіж не знайдено")
_TOKEN: Final = re.compile(r"[0-9A-Za-z_-]{8,128}", re.ASCII)


class PayPartsGateway(HostedAccount):
    """Nothing the bank answers covers the amount, and it repeats nothing safely: it is asked by order id."""

    CODE, LABEL, CURRENCIES = "payparts", "PrivatBank PayParts", frozenset({mapping.CURRENCY})
    BASES = dict.fromkeys(("test", "live"), BASE)
    HIDDEN, PANEL = ("ownerName",), ("responseUrl", HostedAccount.PANEL[1])
    CAPABILITIES = port.Capabilities(
        temperament=port.Temperament.SIGNED_CALLBACK,
        operations=REFUNDS - {Operation.LOOK_REFUND} | {Operation.LOOK, Operation.CAPTURE, Operation.VOID},
        repeatable_refund=False,
        look_after=LOOK_AFTER,
    )
    _settings: Settings

    @property
    def currencies(self) -> frozenset[str]:
        """No message names a currency: it is always the hryvnia."""
        return self.CURRENCIES

    @property
    def _passwords(self) -> tuple[str, ...]:
        return current_and_previous(self._settings.password, self._settings.password_previous)

    def accepts(self, amount: Money, country: str, basket_lines: Sequence[OrderLine]) -> str:
        least, most = self._settings.minimum, self._settings.maximum
        fits = least <= amount.decimal <= most
        unfit = "" if fits else f"takes {least} to {most} {mapping.CURRENCY} at once"
        return super().accepts(amount, country, basket_lines) or unfit

    def options(self, amount: Money) -> tuple[port.MethodOption, ...]:
        return mapping.options(amount, self._settings)

    def start(self, brief: port.Brief) -> port.Started:
        parts, kind = mapping.chosen(brief.options, self._settings)
        body, signed = mapping.payment_body(brief, self._settings, parts, kind)
        path = "payment/hold" if self._settings.capture == "manual" else "payment/create"
        told = self._accepted(self._say(path, body, signed, brief.payment, signature.CREATED))
        token = str(told.get("token"))
        if not _TOKEN.fullmatch(token):
            raise OutcomeUnknown("the bank answered without a token we know", code="token")
        page = next_page(join(self._base, f"payment?token={token}"), self.origins, self.environment)
        made = {"parts_count": parts, "merchant_type": kind}
        return port.Started(NextStep.redirect(page), mapping.order_id(brief.payment), extra=made)

    def read_callback(self, message: port.InboundMessage) -> tuple[Observation, ...]:
        with unreadable_is_refused():
            told = json_object(message.body)
        require_genuine(told, (signature.CALLBACK,), self._passwords)
        if told.get("storeId") != self._settings.store_id:
            raise InvalidSignature(REFUSED)
        return (self._told(told, Source.CALLBACK),)

    def look(self, payment: Payment) -> Observation:
        wish = {"showRefund": "true", "showAmount": "true", "showInfo": "true"}
        told = self._say("payment/state", wish, (), payment, signature.STATE, safe=True)
        if told.get("state") != "SUCCESS":
            if told.get("message") in UNHEARD_OF:
                return self._not_found(payment)
            raise OutcomeUnknown(f"the bank does not say: {_words(told)}", code=_words(told))
        with unclear_is_unknown():
            if mapping.amount_of(told) not in (None, payment.amount):
                raise OutcomeUnknown("the bank answered about another amount", code="amount")
            return self._told(told, Source.LOOK)

    def capture(self, payment: Payment, amount: Money, key: str) -> Observation:
        self._require_whole(payment, amount)
        return self._moved(payment, "payment/confirm", Source.CAPTURE)

    def void(self, payment: Payment, key: str) -> Observation:
        return self._moved(payment, "payment/cancel", Source.VOID)

    def _moved(self, payment: Payment, path: str, source: Source) -> Observation:
        """Confirm or cancel what is held; the reply may not cover the outcome, so the state is asked for."""
        with self._client.operation():
            told = self._say(path, {}, (), payment, signature.MOVED)
            try:
                seen = self.look(payment)
            except GatewayError as error:
                raise OutcomeUnknown("the bank does not say what came of it", code=error.code) from error
        if seen.status is PaymentStatus.AUTHORIZED:
            self._accepted(told)
        if seen.status not in (PaymentStatus.PAID, PaymentStatus.CANCELLED):
            raise OutcomeUnknown("the bank has not done it yet", code=seen.word)
        return replace(seen, source=source)

    def refund(self, payment: Payment, refund: Refund) -> Observation:
        wish = {"amount": refund.amount.decimal, **mapping.recipient(self._settings)}
        signed = (mapping.kopecks(refund.amount),)
        told = self._accepted(self._say("payment/decline", wish, signed, payment, signature.STATE))
        return self._refund_seen(payment, refund, Source.REFUND, told["state"], RefundStatus.DONE)

    def _say(
        self,
        path: str,
        wish: Mapping[str, object],
        signed: Iterable[str],
        payment: Payment,
        recipes: Sequence[Names],
        *,
        safe: bool = False,
    ) -> dict[str, Any]:
        """The bank's signed answer about this payment. Raises OutcomeUnknown for any other."""
        ours = {"storeId": self._settings.store_id, "orderId": mapping.order_id(payment)}
        proof = sign(self._settings.password, *ours.values(), *signed)
        content = replace(as_json({**ours, **wish, "signature": proof}), media_type=JSON_TYPE)
        answer = self._client.send("POST", path, headers=HEADERS, content=content, safe=safe)
        told = answer.json()
        if not answer.is_success or not told.get("signature"):
            raise OutcomeUnknown(f"an answer without proof: {_words(told)}", code=str(answer.status))
        with unclear_is_unknown():
            require_genuine(told, recipes, self._passwords)
        if {name: told.get(name) for name in ours} != ours:
            raise OutcomeUnknown("the bank answered about something else")
        return told

    @staticmethod
    def _accepted(told: dict[str, Any]) -> dict[str, Any]:
        """The answer, unless it is the bank's refusal. Raises GatewayRejected with its text."""
        match told.get("state"):
            case "SUCCESS":
                return told
            case "FAIL":
                raise GatewayRejected(f"the bank refused: {_words(told)}", code=_words(told))
            case _:
                raise OutcomeUnknown("the bank says neither yes nor no")

    def _told(self, told: Mapping[str, Any], source: Source) -> Observation:
        order, word = text_of(told, "orderId"), text_of(told, "paymentState")
        reference, amount = mapping.order_of(order)
        status = mapping.STATUSES.get(word) if amount is not None else None
        is_look = source is Source.LOOK
        return self._seen(
            reference,
            source,
            word,
            status=status,
            amount=amount,
            gateway_reference=order,
            event_id="" if is_look else f"{order}:{word}",
            proof=captured(status, order, amount) if amount is not None else None,
            failure=_words(told) if status in CLOSED else "",
            receipt=mapping.receipt(told) if is_look else {},
        )


def _words(told: Mapping[str, Any]) -> str:
    """What the bank says to it, for staff."""
    return str(told.get("message") or told.get("errorMessage") or told.get("state") or "nothing")[:200]
