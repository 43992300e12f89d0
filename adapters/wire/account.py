"""What every gateway account answers alike, so that an adapter says only what is particular to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final, TypedDict, Unpack

from adapters.wire.http import HttpClient
from adapters.wire.links import GIVEN_UP, is_listed, join
from adapters.wire.probe import nobodys_payment
from adapters.wire.scrub import Scrubber
from adapters.wire.settings import GatewaySettings, Networks
from application.errors import GatewayRejected, GatewayUnavailable, InvalidSignature, UnsupportedOperation
from application.phrases import Phrase
from application.ports.gateway import (
    Capabilities,
    InboundMessage,
    MethodOption,
    NeedsProof,
    Operation,
    PanelUrl,
    Reply,
    ReturnHint,
)
from domain.basket import Basket
from domain.money import Money
from domain.observation import Observation, Proof, RefundNews, Source
from domain.order import Order
from domain.payment import Payment, PaymentStatus
from domain.quote import OrderLine, Quote
from domain.refund import Refund
from domain.settlement import Verdict

NOT_FOUND: Final = "not_found"
"""The word of a look that found nothing: as far as the gateway tells, it never acted."""
NO_REFERENCE: Final = "no_reference"
"""The word of a look that could not even ask: the gateway wants its own id, and we never got one."""
LOOK_AFTER: Final = tuple(timedelta(minutes=count) for count in (1, 2, 5, 10, 30, 60, 180, 720))


def utc_now() -> datetime:
    """The present moment, timezone-aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What one configured account is and can do."""

    account: str
    code: str
    label: str
    environment: str
    capabilities: Capabilities
    hint: str = ""
    offer: bool = True
    currencies: frozenset[str] = frozenset()
    origins: tuple[str, ...] = ()
    allowed_ips: Networks = ()

    @classmethod
    def of(
        cls,
        settings: GatewaySettings,
        capabilities: Capabilities,
        *,
        account: str,
        code: str,
        label: str,
        environment: str,
        currencies: frozenset[str] = frozenset(),
        origins: tuple[str, ...] = (),
    ) -> Profile:
        """The adapter's own facts, overlaid by what the merchant's block says."""
        return cls(
            account=account,
            code=code,
            label=settings.label or label,
            hint=settings.hint,
            environment=environment,
            offer=settings.offer,
            capabilities=capabilities,
            currencies=frozenset(settings.currencies) or currencies,
            origins=origins,
            allowed_ips=settings.allowed_ips,
        )


def http_client(
    settings: GatewaySettings,
    *,
    account: str,
    base_url: str,
    environment: str,
    hidden: Sequence[str] = (),
    hosts: Sequence[str] = (),
) -> HttpClient:
    """A client for the account that shows none of its secrets, nor fields called one of ``hidden``.

    ``hosts`` are spoken to beside the one of ``base_url``.
    """
    return HttpClient(
        account,
        base_url,
        environment=environment,
        total=settings.timeout,
        allow_hosts=hosts,
        scrubber=Scrubber(settings.secrets(), hidden),
    )


class Facts(TypedDict, total=False):
    """What an observation may say beside its reference, source and word; see ``Observation``."""

    status: PaymentStatus | None
    amount: Money | None
    gateway_reference: str | None
    event_id: str
    proof: Proof | None
    refund: RefundNews | None
    failure: str
    capture_before: datetime | None
    collectable: bool
    answer_decides: bool
    receipt: Mapping[str, str]


class ConfiguredAccount:
    """The answers that do not depend on the gateway. Operations that are not overridden raise before any I/O.

    Nothing here succeeds by doing nothing: messages are refused, operations are unsupported. ``PANEL`` is the
    field of the gateway's panel that wants our address, and a note; ``GAVE_UP`` what stands in the way back
    of somebody who gave up, as ``name`` or ``name=value``; ``REPLY`` acknowledges every message; ``HINT`` is
    what shoppers read where the block has none, about ``method``, its label.
    """

    PANEL: ClassVar[tuple[str, str]] = ("callback address", "Sent with every payment: nothing to type.")
    REPLY: ClassVar[Reply] = Reply(b"OK")
    HINT: ClassVar[Phrase | None] = None
    GAVE_UP: ClassVar[tuple[str, ...]] = (GIVEN_UP.partition("=")[0],)

    def __init__(self, profile: Profile, http: HttpClient | None = None) -> None:
        self._profile, self._http = profile, http

    @property
    def account(self) -> str:
        return self._profile.account

    @property
    def code(self) -> str:
        return self._profile.code

    @property
    def label(self) -> str:
        return self._profile.label

    @property
    def hint(self) -> str:
        return self._profile.hint or (self.HINT.about(method=self.label) if self.HINT else "")

    @property
    def environment(self) -> str:
        return self._profile.environment

    @property
    def offer(self) -> bool:
        return self._profile.offer

    @property
    def capabilities(self) -> Capabilities:
        return self._profile.capabilities

    @property
    def currencies(self) -> frozenset[str]:
        return self._profile.currencies

    @property
    def origins(self) -> tuple[str, ...]:
        return self._profile.origins

    @property
    def down_since(self) -> datetime | None:
        """When (UTC) the gateway stopped answering this process; None: it answers, or was never asked."""
        return self._http.breaker.down_since if self._http else None

    @property
    def clock_skew(self) -> timedelta | None:
        """How far the gateway's clock is ahead of ours, by its last answer; None: it told no time."""
        return self._http.clock_skew if self._http else None

    @property
    def transformer(self) -> Callable[[Basket, Quote], Quote] | None:
        return None

    def panel_urls(self, base_url: str) -> tuple[PanelUrl, ...]:
        """Where messages go, under the field of the panel that wants it."""
        if not self.capabilities.callback_methods:
            return ()
        field, note = self.PANEL
        return (PanelUrl(field, join(base_url, f"callbacks/{self.account}"), note),)

    def admits(self, remote: str) -> bool:
        return is_listed(remote, self._profile.allowed_ips)

    def check(self) -> str:
        """Ask about a payment nobody made, where the gateway can be asked; "not found" proves who we are."""
        if Operation.LOOK not in self.capabilities.operations:
            return ""
        nobodys = nobodys_payment(
            account=self.account,
            code=self.code,
            environment=self.environment,
            currencies=self.currencies,
            now=utc_now(),
        )
        try:
            with self._http.operation() if self._http else nullcontext():
                word = self.look(nobodys).word
        except GatewayRejected as error:
            if error.code in ("", "401", "403"):
                raise
            return f"It answers ({error.code}), which proves the address but not the credentials."
        except GatewayUnavailable as error:
            if error.code != NO_REFERENCE:
                raise
            return ""
        except UnsupportedOperation:  # these settings leave it nothing to ask with
            return ""
        if word == NO_REFERENCE:
            return ""
        known = word if word != NOT_FOUND else "not found"
        return f"Asked about a payment that nobody made: {known}."

    def accepts(self, amount: Money, country: str, basket_lines: Sequence[OrderLine]) -> str:
        if not amount.is_positive:
            return "there is nothing to pay"
        if self.currencies and amount.currency.code not in self.currencies:
            return f"{amount.currency} is not taken"
        return ""

    def options(self, amount: Money) -> tuple[MethodOption, ...]:
        return ()

    def instructions(self, order: Order, payment: Payment) -> Mapping[str, str]:
        return {}

    def read_callback(self, message: InboundMessage) -> tuple[Observation, ...] | NeedsProof:
        raise InvalidSignature("this account has no callbacks")

    def prove(self, message: InboundMessage, hint: Mapping[str, str]) -> tuple[Observation, ...]:
        raise InvalidSignature("this account proves its messages at once")

    def acknowledge(self, verdict: Verdict, seen: Observation | None = None) -> Reply:
        return self.REPLY

    def read_return(self, message: InboundMessage) -> ReturnHint:
        carried = message.parameters()
        marks = [mark.partition("=")[::2] for mark in self.GAVE_UP]
        found = [carried.get(name, "") == value if value else carried.get(name) for name, value in marks]
        return ReturnHint(aborted=any(found), parameters=carried)

    def look(self, payment: Payment) -> Observation:
        raise self._unsupported(Operation.LOOK)

    def collect(self, payment: Payment, key: str) -> Observation:
        raise self._unsupported(Operation.COLLECT)

    def capture(self, payment: Payment, amount: Money, key: str) -> Observation:
        raise self._unsupported(Operation.CAPTURE)

    def void(self, payment: Payment, key: str) -> Observation:
        raise self._unsupported(Operation.VOID)

    def refund(self, payment: Payment, refund: Refund) -> Observation:
        raise self._unsupported(Operation.REFUND)

    def look_refund(self, payment: Payment, refund: Refund) -> Observation:
        raise self._unsupported(Operation.LOOK_REFUND)

    def _unsupported(self, operation: Operation) -> UnsupportedOperation:
        return UnsupportedOperation(f"{self.label} cannot do this: {operation}", code=operation.value)

    def _require_whole(self, payment: Payment, amount: Money) -> None:
        """Raises UnsupportedOperation for a capture of less, or more, than was authorised."""
        if amount != payment.amount:
            raise self._unsupported(Operation.PARTIAL_CAPTURE)

    def _seen(self, reference: str, source: Source, word: str, **facts: Unpack[Facts]) -> Observation:
        """An observation made by this account in its environment."""
        return Observation(
            account=self.account,
            reference=reference,
            environment=self.environment,
            source=source,
            word=word,
            **facts,
        )
