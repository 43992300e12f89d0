"""An order, its attempts, and what gateways say about them one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from domain.events import Event, OrderPaid, order_events, payment_events
from domain.money import Money
from domain.observation import Observation, Proof, Source
from domain.order import ClosedBy, Order, OrderStatus, StockHold
from domain.payment import Payment, PaymentStatus
from domain.settlement import Circumstances, Decision, decide
from domain.transaction import FactKind
from tests.builders import NOW, a_payment, an_observation, an_order, an_order_line, money

WHOLE = money("100.00 PLN")


@dataclass
class Story:
    """Keeps what a database would keep: the aggregates, the facts, the events, the questions."""

    order: Order
    payments: list[Payment]
    goods_free: bool = True
    facts: dict[tuple[str, str], Money] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    verdicts: list[str] = field(default_factory=list)

    @property
    def payment(self) -> Payment:
        return self.payments[0]

    def tell(self, seen: Observation, to: int = 0) -> Decision:
        """Decide, keep what came of it, answer the decision."""
        payment = self.payments[to]
        others = [one for place, one in enumerate(self.payments) if place != to]
        known = seen.proof is not None and (seen.proof.kind.value, seen.proof.gateway_id) in self.facts
        made = decide(self.order, payment, seen, Circumstances(NOW, others, known, self.goods_free))
        if made.proof is not None:
            self.facts[made.proof.kind.value, made.proof.gateway_id] = made.proof.amount
        self.events += [*order_events(self.order, made.order), *payment_events(payment, made.payment)]
        self.questions += [question.kind.value for question in made.questions]
        self.verdicts.append(made.verdict.value)
        self.order, self.payments[to] = made.order, made.payment
        return made

    @property
    def state(self) -> tuple[str, str]:
        return self.order.status.value, self.payment.status.value

    @property
    def times_paid(self) -> int:
        return sum(isinstance(event, OrderPaid) for event in self.events)


def a_story(status: str = "in_progress", *, attempts: int = 1, **order: Any) -> Story:
    """An order over 100.00 PLN with attempts out; ``status`` is where the first one stands."""
    placed = an_order(
        an_order_line(price=str(WHOLE)), environment="test", **{"stock": StockHold.HELD} | order
    )
    payments = [
        a_payment(placed, account=f"account-{number}", status=PaymentStatus.IN_PROGRESS, look_at=NOW)
        for number in range(attempts)
    ]
    payments[0] = replace(payments[0], status=PaymentStatus(status))
    if placed.status is OrderStatus.OPEN and any(payment.holds_order for payment in payments):
        placed = placed.await_payment()
    return Story(placed, payments)


def closed_story(by: ClosedBy, *, goods_free: bool = True) -> Story:
    """An order that ended unpaid, and whose session at the gateway was paid nevertheless."""
    story = a_story()
    story.order = story.order.close(by, "over")
    story.payments[0] = story.payment.move(PaymentStatus.CANCELLED, NOW)
    story.goods_free = goods_free
    return story


def said(payment: Payment, status: str, **changes: Any) -> Observation:
    """A word without money."""
    usual: dict[str, Any] = {"status": PaymentStatus(status), "word": status.upper(), "proof": None}
    return an_observation(payment, **(usual | changes))


def captured(payment: Payment, amount: str = "", gateway_id: str = "", **changes: Any) -> Observation:
    """Money came in; the whole amount, unless told otherwise."""
    told = money(amount) if amount else payment.amount
    proof = Proof(FactKind.CAPTURED, gateway_id or f"capture-{payment.id}", told)
    return an_observation(payment, **({"amount": told, "proof": proof} | changes))


def part(payment: Payment, amount: str, gateway_id: str, source: Source, **changes: Any) -> Observation:
    return captured(
        payment, amount, gateway_id, **({"source": source, "status": PaymentStatus.PARTIALLY_PAID} | changes)
    )


def went_back(
    payment: Payment, kind: FactKind, amount: str = "", gateway_id: str = "", **changes: Any
) -> Observation:
    """Money left: a panel's refund, a reversal, a dispute lost or won."""
    told = money(amount) if amount else payment.amount
    proof = Proof(kind, gateway_id or f"{kind}-{payment.id}", told)
    usual = {"amount": told, "proof": proof, "status": None, "word": kind.value}
    return an_observation(payment, **(usual | changes))


def kinds(questions: Sequence[str]) -> str:
    return " ".join(questions)
