"""The port every payment gateway implements: small, synchronous, typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from domain.basket import Address, Basket, Buyer
from domain.money import Money
from domain.observation import Observation
from domain.order import Order
from domain.payment import NextStep, Payment
from domain.quote import OrderLine, Quote
from domain.refund import Refund
from domain.settlement import Verdict


class Temperament(StrEnum):
    """Who proves what: a signed message, an answer to our question, our collecting call, or our answer."""

    SIGNED_CALLBACK = "signed_callback"
    GO_AND_LOOK = "go_and_look"
    CONFIRM_TO_COLLECT = "confirm_to_collect"
    OUR_ANSWER_DECIDES = "our_answer_decides"
    DIRECT = "direct"
    """Nothing on the wire: offline promises and methods that settle at once."""


class Operation(StrEnum):
    LOOK = "look"
    COLLECT = "collect"
    REFUND = "refund"
    PARTIAL_REFUND = "partial_refund"
    LOOK_REFUND = "look_refund"
    CAPTURE = "capture"
    PARTIAL_CAPTURE = "partial_capture"
    VOID = "void"
    CLOSE = "close"
    """The gateway's session can be ended so that nobody can pay it any more (``void`` does it)."""
    CONFIRM = "confirm"
    """A person confirms the money (offline methods)."""


@dataclass(frozen=True, slots=True)
class MethodOption:
    """Something the shopper chooses with a method, like the number of parts: (value, words) per choice."""

    name: str
    label: str
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an adapter declares; an undeclared operation raises UnsupportedOperation before any I/O.

    ``callback_methods`` are the HTTP methods of its callbacks (none: it has no callbacks). ``time_to_pay``
    None: no deadline. ``repeatable_start``: the gateway deduplicates a start by our key, and
    ``repeatable_refund`` a refund. ``starts_by_form``: a start itself sends nothing. ``unsigned``: anybody
    can write its messages. ``needs_customer_ip``: a start without the shopper's address is refused.
    ``ships_before_money``: goods may leave against the promise. ``bank_plans``: on the gateway's page the
    shopper's bank may offer instalments that only it knows.
    """

    temperament: Temperament
    operations: frozenset[Operation] = frozenset()
    callback_methods: frozenset[str] = frozenset({"POST"})
    time_to_pay: timedelta | None = timedelta(minutes=30)
    repeatable_start: bool = False
    repeatable_refund: bool = True
    starts_by_form: bool = False
    unsigned: bool = False
    needs_customer_ip: bool = False
    ships_before_money: bool = False
    bank_plans: bool = False
    proof_headers: frozenset[str] = frozenset()
    """Lower-case names of the headers a message is proved by: kept with it, so it can be judged again."""
    locales: frozenset[str] = frozenset()
    look_after: tuple[timedelta, ...] = ()
    """The growing schedule of reconciliation, counted from the last change; the last step repeats."""


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A request as it came: raw body bytes first. ``headers`` have lower-case names; query and form keep
    their order and repetitions. ``remote`` is the peer's address behind the trusted proxies."""

    method: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    query: tuple[tuple[str, str], ...] = ()
    form: tuple[tuple[str, str], ...] = ()
    remote: str = ""
    payment_id: str = ""
    received_at: datetime | None = None
    """When it came: a time-stamped proof is as fresh as it was then, however late it is judged."""

    def parameters(self) -> dict[str, str]:
        """The merged view, POST over GET; offered only after the message has proved itself."""
        return dict(self.query) | dict(self.form)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer in the gateway's own dialect."""

    body: bytes = b""
    status: int = 200
    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Brief:
    """Everything a gateway may want to know to start: money, lines, people, addresses of ours.

    ``lines`` add up to ``payment.amount``. ``customer_ip`` is empty when unknown (a script).
    """

    payment: Payment
    order_reference: str
    description: str
    lines: tuple[OrderLine, ...]
    buyer: Buyer
    billing_address: Address | None
    delivery_address: Address | None
    locale: str
    deadline: datetime | None
    callback_url: str
    return_url: str
    customer_ip: str = ""
    user_agent: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Started:
    """The gateway accepted the attempt. ``observation`` is set when it settled something at once.

    ``approved``: the promise is good enough to accept the order before any money is seen.
    """

    next_step: NextStep
    gateway_reference: str | None = None
    observation: Observation | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
    approved: bool = False


@dataclass(frozen=True, slots=True)
class NeedsProof:
    """The proof itself needs a fetch: store, acknowledge, let the worker prove it with ``prove``.

    ``answer_decides``: a yes would take money, so it is not acknowledged; it comes again.
    """

    hint: Mapping[str, str] = field(default_factory=dict)
    answer_decides: bool = False


@dataclass(frozen=True, slots=True)
class ReturnHint:
    """What the browser carried: decides nothing. ``aborted``: the shopper gave up over there.

    ``collect``: the way back of somebody who agreed; the collecting call tells whether that is true, with
    what stands in ``extra`` (a card's token), which is kept with the payment and nowhere else.
    """

    aborted: bool = False
    collect: bool = False
    parameters: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PanelUrl:
    """What to type into which field of the gateway's own panel."""

    field: str
    url: str
    note: str = ""


class PaymentGateway(Protocol):
    """One merchant account at one gateway.

    Calls that speak to the gateway (check, start, look, collect, refund, look_refund, capture, void) raise
    GatewayUnreachable, OutcomeUnknown, GatewayRejected, GatewayUnavailable or UnsupportedOperation, nothing
    else. Reading calls are pure.
    """

    @property
    def account(self) -> str: ...

    @property
    def code(self) -> str:
        """The adapter's code, like ``payu``."""
        ...

    @property
    def label(self) -> str:
        """The public name a shopper reads."""
        ...

    @property
    def hint(self) -> str:
        """What happens next, in one sentence for the shopper; empty: the page says it."""
        ...

    @property
    def environment(self) -> str: ...

    @property
    def offer(self) -> bool: ...

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def currencies(self) -> frozenset[str]:
        """ISO codes; empty means any."""
        ...

    @property
    def origins(self) -> tuple[str, ...]:
        """Hosts it may send the shopper to, as CSP sources."""
        ...

    @property
    def transformer(self) -> Callable[[Basket, Quote], Quote] | None:
        """An own way from a priced basket to what is ordered (a fee, say); None: the usual one."""
        ...

    def panel_urls(self, base_url: str) -> tuple[PanelUrl, ...]: ...

    def admits(self, remote: str) -> bool:
        """Whether a message may come from this address at all: a second wall, before any proof is read."""
        ...

    def check(self) -> str:
        """What a harmless authenticated call proved of the credentials, in a sentence for staff.

        Empty: they cannot be checked without moving money. Raises the errors of a call; GatewayRejected and
        GatewayUnavailable mean that the gateway does not take them.
        """
        ...

    def accepts(self, amount: Money, country: str, basket_lines: Sequence[OrderLine]) -> str:
        """Empty when this account takes it, else the reason in a sentence for staff."""
        ...

    def options(self, amount: Money) -> tuple[MethodOption, ...]:
        """What the shopper chooses beside the method, for this amount; empty for most."""
        ...

    def instructions(self, order: Order, payment: Payment) -> Mapping[str, str]:
        """What the shopper needs to pay a promise (account number, title...); empty for online methods."""
        ...

    def start(self, brief: Brief) -> Started: ...

    def read_callback(self, message: InboundMessage) -> tuple[Observation, ...] | NeedsProof:
        """Prove the raw bytes, then translate. Raises InvalidSignature, GatewayProtocolError."""
        ...

    def prove(self, message: InboundMessage, hint: Mapping[str, str]) -> tuple[Observation, ...]:
        """Make sure of a message that NeedsProof, by asking. Raises InvalidSignature when it is a lie,
        GatewayProtocolError, and another GatewayError while nobody can tell."""
        ...

    def acknowledge(self, verdict: Verdict, seen: Observation | None = None) -> Reply:
        """Pure. ``seen`` is what was settled; None: it was stored, and is judged later."""
        ...

    def read_return(self, message: InboundMessage) -> ReturnHint: ...

    def look(self, payment: Payment) -> Observation:
        """Ask, by our reference or the gateway's; never moves money, always safe to repeat."""
        ...

    def collect(self, payment: Payment, key: str) -> Observation: ...

    def capture(self, payment: Payment, amount: Money, key: str) -> Observation: ...

    def void(self, payment: Payment, key: str) -> Observation: ...

    def refund(self, payment: Payment, refund: Refund) -> Observation: ...

    def look_refund(self, payment: Payment, refund: Refund) -> Observation: ...


class Gateways(Protocol):
    """The configured accounts."""

    def get(self, account: str) -> PaymentGateway:
        """Raises UnknownAccount."""
        ...

    def all(self) -> tuple[PaymentGateway, ...]:
        """In the merchant's order."""
        ...
