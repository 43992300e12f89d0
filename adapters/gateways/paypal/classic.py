"""Classic payments: a form to PayPal's page, and IPN that PayPal confirms when asked (sheet, section 10)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from adapters.gateways.paypal import mapping
from adapters.gateways.paypal.settings import Settings
from adapters.wire.amounts import from_decimal
from adapters.wire.hosted import HostedAccount, by_word
from adapters.wire.links import join
from adapters.wire.payloads import FORM_TYPE, Content, form_fields
from adapters.wire.signing import REFUSED
from application.errors import InvalidSignature, OutcomeUnknown
from application.ports import gateway as port
from domain.money import Money
from domain.observation import Observation, Proof, RefundNews, Source
from domain.payment import NextStep, NextStepKind, PaymentStatus
from domain.quote import OrderLine
from domain.refund import RefundStatus
from domain.transaction import FactKind

PAGE: Final = "/cgi-bin/webscr"
STATUSES: Final = by_word(
    {
        PaymentStatus.PAID: "Completed",
        PaymentStatus.IN_PROGRESS: "Pending Processed Created",
        PaymentStatus.FAILED: "Denied Failed Expired",
        PaymentStatus.CANCELLED: "Voided",
    }
)
MONEY_BACK: Final[Mapping[str, FactKind]] = {
    "Refunded": FactKind.REFUNDED,
    "Reversed": FactKind.CHARGED_BACK,
    "Canceled_Reversal": FactKind.DISPUTE_WON,
}
_CHARSET: Final = re.compile(rb"(?:^|&)charset=([A-Za-z0-9_-]{1,40})(?:&|$)")


class ClassicGateway(HostedAccount):
    """PayPal is asked about every message; nothing else can be asked, and refunds are made at PayPal."""

    CODE, LABEL, CURRENCIES = "paypal", "PayPal", mapping.CURRENCIES
    BASES: ClassVar[Mapping[str, str]] = {
        "live": "https://www.paypal.com",
        "test": "https://www.sandbox.paypal.com",
    }
    HOSTS: ClassVar[Mapping[str, Sequence[str]]] = {
        "live": ("ipnpb.paypal.com",),
        "test": ("ipnpb.sandbox.paypal.com",),
    }
    CAPABILITIES = port.Capabilities(
        temperament=port.Temperament.SIGNED_CALLBACK, repeatable_start=True, starts_by_form=True
    )
    PANEL, REPLY = ("notify_url", HostedAccount.PANEL[1]), port.Reply()
    _settings: Settings

    @property
    def _post_back(self) -> str:
        own = self._base in self.BASES.values()
        return join(f"https://{self.HOSTS[self.environment][0]}" if own else self._base, PAGE)

    def accepts(self, amount: Money, country: str, basket_lines: Sequence[OrderLine]) -> str:
        return super().accepts(amount, country, basket_lines) or mapping.misfit(amount)

    def start(self, brief: port.Brief) -> port.Started:
        payment = brief.payment
        fields = {
            "cmd": "_xclick",
            "charset": "utf-8",
            "business": self._settings.business,
            "item_name": (brief.description or brief.order_reference)[:127],
            "amount": mapping.value_of(payment.amount),
            "currency_code": payment.amount.currency.code,
            "invoice": f"INV-{payment.reference}",
            "custom": payment.reference,
            "no_shipping": "1",
            "notify_url": brief.callback_url,
            "return": brief.return_url,
            "cancel_return": mapping.cancel_url(brief),
        }
        return port.Started(NextStep(NextStepKind.FORM, join(self._base, PAGE), tuple(fields.items())))

    def read_callback(self, message: port.InboundMessage) -> port.NeedsProof:
        """Raises InvalidSignature for what cannot be for this account, so PayPal is not asked in vain."""
        told = _fields(message.body)
        receivers = {told.get(name, "").lower() for name in ("receiver_email", "receiver_id", "business")}
        is_test = told.get("test_ipn") == "1"
        if self._settings.business.lower() not in receivers or is_test is not (self.environment == "test"):
            raise InvalidSignature(REFUSED)
        return port.NeedsProof()

    def prove(self, message: port.InboundMessage, hint: Mapping[str, str]) -> tuple[Observation, ...]:
        self.read_callback(message)
        asked = Content(b"cmd=_notify-validate&" + message.body, FORM_TYPE)
        match self._client.send("POST", self._post_back, content=asked, safe=True).body.strip():
            case b"VERIFIED":
                return self._told(_fields(message.body))
            case b"INVALID":
                raise InvalidSignature(REFUSED)
            case _:
                raise OutcomeUnknown("PayPal does not say whether it sent this", code="ipn")

    def _told(self, told: Mapping[str, str]) -> tuple[Observation, ...]:
        word = told.get("payment_status", "")
        if not word:  # about a subscription, a dispute's case: no payment moved
            return ()
        txn, parent = told.get("txn_id", ""), told.get("parent_txn_id", "")
        status, back = STATUSES.get(word), MONEY_BACK.get(word)
        kind = FactKind.CAPTURED if status is PaymentStatus.PAID else back
        proof = news = None
        if kind is not None:
            amount = from_decimal(told.get("mc_gross", "").removeprefix("-"), told.get("mc_currency"))
            proof = Proof(kind, txn or f"{parent}:{word}", amount)
            news = RefundNews(RefundStatus.DONE, amount, txn) if kind is FactKind.REFUNDED else None
        return (
            self._seen(
                told.get("custom") or told.get("invoice", "").removeprefix("INV-"),
                Source.CALLBACK,
                word,
                status=status,
                amount=proof.amount if proof else None,
                gateway_reference=(parent if back else txn if proof else "") or None,
                event_id=f"{txn or parent}:{word}",
                proof=proof,
                refund=news,
                failure=told.get("reason_code") or word if status is PaymentStatus.FAILED else "",
            ),
        )


def _fields(body: bytes) -> dict[str, str]:
    """The fields in the charset they name themselves; windows-1252 when they name none."""
    found = _CHARSET.search(body)
    return form_fields(body, InvalidSignature, found[1].decode() if found else "windows-1252")
