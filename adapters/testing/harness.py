"""What an adapter's author writes down so that the contract suite can drive the adapter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from application.ports.gateway import InboundMessage, PaymentGateway, Started
from domain.money import Money
from domain.payment import Payment


class GatewayHarness(Protocol):
    """An account under test."""

    @property
    def gateway(self) -> PaymentGateway: ...


@dataclass(frozen=True, slots=True)
class Claim:
    """What a callback says. ``status`` is paid, authorized, declined or cancelled; ``word`` overrides it with
    a word of the gateway's own, known or not. ``foreign`` names another merchant account."""

    payment: Payment
    status: str = "paid"
    amount: Money | None = None
    word: str = ""
    foreign: bool = False

    @property
    def money(self) -> Money:
        return self.payment.amount if self.amount is None else self.amount


class CallbackHarness(GatewayHarness, Protocol):
    """An account whose callbacks prove themselves. Sign here with code of your own, never the adapter's."""

    @property
    def secret_keys(self) -> Sequence[str]:
        """The settings that sign; each has a twin with the suffix ``_previous``."""
        ...

    @property
    def published(self) -> Mapping[str, str]:
        """A setting that must be refused in live, with its published value; empty if there is none."""
        ...

    @property
    def statuses(self) -> frozenset[str]:
        """Which statuses of a Claim this gateway has a word for."""
        ...

    def build(self, environment: str = "test", **changes: object) -> PaymentGateway:
        """Another account with some settings changed; raises what ``registry.load`` raises."""
        ...

    def callback(self, claim: Claim, *, secret: str | None = None) -> InboundMessage:
        """The genuine message that says so, signed with the right secret or the one given."""
        ...

    def signed(self, body: bytes) -> InboundMessage:
        """A genuine signature over any bytes at all."""
        ...

    def every_one_byte_change(self, message: InboundMessage) -> Iterable[InboundMessage]:
        """The message with one byte changed in everything the recipe covers, and in the signature."""
        ...

    def forgeries(self, message: InboundMessage) -> Iterable[InboundMessage]:
        """The message without a signature, with an empty one, another algorithm, a digest beyond ASCII."""
        ...


class Sandbox(Protocol):
    """The other side of the wire, as far as a test pulls its strings."""

    @property
    def address(self) -> str:
        """Where it listens."""
        ...

    def arm(self, kind: str, on: str, **parameters: Any) -> None:
        """Make the next call of an operation (create, look, refund, capture, cancel, token) go wrong."""
        ...

    def open(self, started: Started) -> str:
        """What ``finish`` calls the session; a form is posted first, as the shopper's browser would."""
        ...

    def finish(self, session: str, status: str = "paid") -> None:
        """Decide a session as its shopper would."""
        ...

    def session(self, reference: str) -> Mapping[str, Any] | None:
        """The ledger's one session with our reference: amount, places, currency, status, refunds. Raises when
        there are several."""
        ...


@runtime_checkable
class Agreeing(Protocol):
    """A harness whose shopper's yes reaches the shop by the browser, and is kept with the payment."""

    def agreed(self, payment: Payment, session: str) -> Payment:
        """The payment as the return left it."""
        ...


class WireHarness(GatewayHarness, Protocol):
    """An account that speaks to a sandbox over real HTTP."""

    @property
    def sandbox(self) -> Sandbox: ...

    @property
    def pays_as(self) -> str:
        """What the shopper's yes makes of a session: ``paid``, or ``authorized`` until we collect it."""
        ...

    @property
    def timeout(self) -> float:
        """The total deadline of ``gateway``'s calls, in seconds; short, as many tests wait for it."""
        ...

    @property
    def secrets(self) -> Sequence[str]:
        """Values that no log and no recorded exchange may show."""
        ...

    def build(self, environment: str = "test", **changes: object) -> PaymentGateway:
        """Another account with some settings changed."""
        ...
