"""A gateway made of a dict and a script: says what a test makes it say, remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from application.errors import GatewayProtocolError, GatewayRejected, InvalidSignature, UnknownAccount
from application.ports.gateway import (
    Brief,
    Capabilities,
    InboundMessage,
    MethodOption,
    NeedsProof,
    Operation,
    PanelUrl,
    PaymentGateway,
    Reply,
    ReturnHint,
    Started,
    Temperament,
)
from domain.basket import Basket
from domain.money import Money
from domain.observation import Observation, Proof, RefundNews, Source
from domain.order import Order
from domain.payment import NextStep, Payment, PaymentStatus
from domain.quote import OrderLine, Quote
from domain.refund import Refund, RefundStatus
from domain.settlement import Verdict
from domain.transaction import FactKind

SCHEDULE = (timedelta(minutes=1), timedelta(minutes=5))
ALL = frozenset(Operation)
Script = Callable[..., Any]


@dataclass
class FakeGateway:
    """``script`` maps a power (``start``, ``look``) to a function that plays it, or to an error to raise."""

    account: str = "fake"
    temperament: Temperament = Temperament.SIGNED_CALLBACK
    operations: frozenset[Operation] = ALL
    currencies: frozenset[str] = frozenset()
    environment: str = "test"
    offer: bool = True
    refuses: str = ""
    time_to_pay: timedelta | None = timedelta(minutes=30)
    repeatable_start: bool = False
    ships_before_money: bool = False
    unsigned: bool = False
    callback_methods: frozenset[str] = frozenset({"POST"})
    allowed_ips: tuple[str, ...] = ()
    script: dict[str, Script | Exception] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    briefs: list[Brief] = field(default_factory=list)
    answers: list[tuple[Verdict, Observation | None]] = field(default_factory=list)
    code: str = "fake"
    label: str = "Fake"
    hint: str = ""
    origins: tuple[str, ...] = ("https://pay.example",)
    transformer: Callable[[Basket, Quote], Quote] | None = None

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            temperament=self.temperament,
            operations=self.operations,
            callback_methods=self.callback_methods,
            time_to_pay=self.time_to_pay,
            repeatable_start=self.repeatable_start,
            ships_before_money=self.ships_before_money,
            unsigned=self.unsigned,
            proof_headers=frozenset({"x-proof"}),
            look_after=SCHEDULE if Operation.LOOK in self.operations else (),
        )

    def times(self, power: str) -> int:
        return sum(name == power for name, _ in self.calls)

    def _play(self, power: str, reference: str, *args: object, usual: Callable[[], Any]) -> Any:
        self.calls.append((power, reference))
        scripted = self.script.get(power)
        if isinstance(scripted, Exception):
            raise scripted
        return scripted(*args) if scripted is not None else usual()

    # -- settings

    def panel_urls(self, base_url: str) -> tuple[PanelUrl, ...]:
        return ()

    def admits(self, remote: str) -> bool:
        return not self.allowed_ips or remote in self.allowed_ips

    def check(self) -> str:
        return ""

    def accepts(self, amount: Money, country: str, basket_lines: Sequence[OrderLine]) -> str:
        return self.refuses

    def options(self, amount: Money) -> tuple[MethodOption, ...]:
        return ()

    def instructions(self, order: Order, payment: Payment) -> Mapping[str, str]:
        return {}

    # -- calls

    def start(self, brief: Brief) -> Started:
        self.briefs.append(brief)
        session = f"session-{brief.payment.reference}"
        step = NextStep.redirect(f"https://pay.example/{session}")
        return self._play("start", brief.payment.reference, brief, usual=lambda: Started(step, session))  # type: ignore[no-any-return]

    def look(self, payment: Payment) -> Observation:
        usual = lambda: self.says(payment, "in_progress", source=Source.LOOK)  # noqa: E731
        return self._play("look", payment.reference, payment, usual=usual)  # type: ignore[no-any-return]

    def collect(self, payment: Payment, key: str) -> Observation:
        return self._money(payment, key, "collect", payment.amount)

    def capture(self, payment: Payment, amount: Money, key: str) -> Observation:
        return self._money(payment, key, "capture", amount)

    def void(self, payment: Payment, key: str) -> Observation:
        self.keys.append(key)
        usual = lambda: self.says(payment, "cancelled", source=Source.VOID)  # noqa: E731
        return self._play("void", payment.reference, payment, usual=usual)  # type: ignore[no-any-return]

    def _money(self, payment: Payment, key: str, power: str, amount: Money) -> Observation:
        self.keys.append(key)
        part = payment.captured + amount < payment.amount
        status = "partially_paid" if part else "paid"
        usual = lambda: self.says(payment, status, amount, id=key, source=Source(power))  # noqa: E731
        return self._play(power, payment.reference, payment, amount, usual=usual)  # type: ignore[no-any-return]

    def refund(self, payment: Payment, refund: Refund) -> Observation:
        self.keys.append(refund.key)
        usual = lambda: self.gave_back(payment, refund)  # noqa: E731
        return self._play("refund", payment.reference, payment, refund, usual=usual)  # type: ignore[no-any-return]

    def look_refund(self, payment: Payment, refund: Refund) -> Observation:
        usual = lambda: self.gave_back(payment, refund)  # noqa: E731
        return self._play("look_refund", payment.reference, payment, refund, usual=usual)  # type: ignore[no-any-return]

    # -- messages

    def read_callback(self, message: InboundMessage) -> tuple[Observation, ...] | NeedsProof:
        """A JSON list of what ``said`` takes; the header ``x-proof`` is the signature."""
        if message.headers.get("x-proof") != "proven":
            raise InvalidSignature
        if "read_callback" in self.script:
            return self._play("read_callback", "", message, usual=tuple)  # type: ignore[no-any-return]
        return self._listed(message)

    def _listed(self, message: InboundMessage) -> tuple[Observation, ...]:
        try:
            body = json.loads(message.body or message.parameters().get("data", ""))
        except ValueError as error:
            raise GatewayProtocolError("not JSON") from error
        return tuple(self._read(one) for one in body)

    def _read(self, told: dict[str, Any]) -> Observation:
        amount = Money.of(told["minor"], told["currency"]) if "minor" in told else None
        status = PaymentStatus(told["status"]) if told.get("status") else None
        proof = None
        if status in (PaymentStatus.PAID, PaymentStatus.PARTIALLY_PAID) and amount is not None:
            proof = Proof(FactKind.CAPTURED, told["id"], amount)
        return Observation(
            account=self.account,
            reference=told["reference"],
            environment=self.environment,
            source=Source.CALLBACK,
            word=told.get("word", told.get("status", "")),
            status=status,
            amount=amount,
            gateway_reference=told.get("session"),
            event_id=told.get("event", ""),
            proof=proof,
            answer_decides=told.get("answer_decides", False),
        )

    def acknowledge(self, verdict: Verdict, seen: Observation | None = None) -> Reply:
        self.answers.append((verdict, seen))
        return Reply(b"OK")

    def prove(self, message: InboundMessage, hint: Mapping[str, str]) -> tuple[Observation, ...]:
        return self._play("prove", "", message, usual=lambda: self._listed(message))  # type: ignore[no-any-return]

    def read_return(self, message: InboundMessage) -> ReturnHint:
        parameters = message.parameters()
        status = parameters.get("status")
        extra = {"token": parameters["token"]} if "token" in parameters else {}
        return ReturnHint(status == "aborted", status == "agreed", parameters, extra)

    # -- what it may say

    def says(
        self, payment: Payment, status: str, amount: Money | None = None, *, id: str = "", **changes: Any
    ) -> Observation:
        """A word about a payment, with the capture that proves it when it is paid."""
        told = payment.amount if amount is None else amount
        paid = status in ("paid", "partially_paid")
        usual: dict[str, Any] = {
            "account": self.account,
            "reference": payment.reference,
            "environment": self.environment,
            "source": Source.LOOK,
            "word": status.upper(),
            "status": PaymentStatus(status) if status else None,
            "amount": told,
            "proof": Proof(FactKind.CAPTURED, id or f"capture-{payment.reference}", told) if paid else None,
        }
        return Observation(**(usual | changes))

    def gave_back(
        self, payment: Payment, refund: Refund, status: str = "done", **changes: Any
    ) -> Observation:
        """What became of a refund of ours."""
        gateway_id = f"refund-{refund.key}"
        news = RefundNews(RefundStatus(status), refund.amount, gateway_id, refund.key)
        proof = Proof(FactKind.REFUNDED, gateway_id, refund.amount) if status == "done" else None
        usual: dict[str, Any] = {"source": Source.REFUND, "refund": news, "proof": proof}
        return self.says(payment, "", **(usual | changes))


class FakeGateways:
    """The configured accounts."""

    def __init__(self, *gateways: PaymentGateway) -> None:
        self.known = {gateway.account: gateway for gateway in gateways}

    def get(self, account: str) -> PaymentGateway:
        if account not in self.known:
            raise UnknownAccount(account)
        return self.known[account]

    def all(self) -> tuple[PaymentGateway, ...]:
        return tuple(self.known.values())


def signed(*told: dict[str, Any], **changes: Any) -> InboundMessage:
    """A message that proves itself."""
    usual: dict[str, Any] = {
        "method": "POST",
        "body": json.dumps(told).encode(),
        "headers": {"x-proof": "proven", "content-type": "application/json", "cookie": "secret"},
        "remote": "192.0.2.7",
    }
    return InboundMessage(**(usual | changes))


def told(payment: Payment, status: str, **changes: Any) -> dict[str, Any]:
    """What a callback says of a payment."""
    usual: dict[str, Any] = {
        "reference": payment.reference,
        "status": status,
        "minor": payment.amount.minor,
        "currency": payment.amount.currency.code,
        "id": f"capture-{payment.reference}",
        "event": f"{payment.reference}-{status}",
    }
    return usual | changes


def refused(code: str = "51") -> GatewayRejected:
    return GatewayRejected("no", code=code)
