"""What accounts with a wire have in common: the client, their own id at the gateway, the shape of answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final, Protocol, TypeVar, Unpack

from adapters.wire.account import (
    NO_REFERENCE,
    NOT_FOUND,
    ConfiguredAccount,
    Facts,
    Profile,
    http_client,
    utc_now,
)
from adapters.wire.errors import SettingsError, success_of
from adapters.wire.links import origin
from adapters.wire.payloads import NO_CONTENT, Content
from adapters.wire.settings import GatewaySettings
from application.errors import GatewayRejected, GatewayUnavailable, OutcomeUnknown
from application.ports.gateway import Capabilities, Operation, PaymentGateway
from domain.money import Money
from domain.observation import Observation, Proof, RefundNews, Source
from domain.payment import Payment, PaymentStatus
from domain.refund import Refund, RefundStatus
from domain.transaction import FactKind

REFUNDS: Final = frozenset({Operation.REFUND, Operation.PARTIAL_REFUND, Operation.LOOK_REFUND})
"""What most gateways can do with money they took."""
RefundTold = tuple[str, RefundStatus | None, str, Money | None]
"""What an answer says of a refund, for ``_refund_seen``: word, meaning, the gateway's id, sum or None."""
Meaning = TypeVar("Meaning")


class Build(Protocol):
    """What an adapter's package exports as ``build``: a class of accounts does, or a choice among some."""

    def __call__(self, settings: Any, *, account: str, environment: str) -> PaymentGateway: ...


def by_word(words: Mapping[Meaning, str]) -> dict[str, Meaning]:
    """A gateway's words, listed with blanks between them behind what they mean, turned round."""
    return {word: meaning for meaning, listed in words.items() for word in listed.split()}


class HostedAccount(ConfiguredAccount):
    """One merchant account at a gateway with a page of its own.

    A subclass says ``CODE``, ``LABEL``, ``CAPABILITIES``, ``CURRENCIES`` (ISO codes; empty: any), ``BASES``
    by environment, ``PAGES`` (CSP sources of its pages beside the base of the API), ``HOSTS`` (other hosts
    that are spoken to, by environment; like the pages only with a base of the gateway's own) and ``HIDDEN``
    (fields no record may show); and of which kind its ``_settings`` are. Raises SettingsError for the base
    of another environment, and for settings that are not sound.
    """

    CODE: ClassVar[str]
    LABEL: ClassVar[str]
    CAPABILITIES: ClassVar[Capabilities]
    CURRENCIES: ClassVar[frozenset[str]] = frozenset()
    BASES: ClassVar[Mapping[str, str]]
    PAGES: ClassVar[Sequence[str]] = ()
    HOSTS: ClassVar[Mapping[str, Sequence[str]]] = {}
    HIDDEN: ClassVar[Sequence[str]] = ()

    def __init__(
        self,
        settings: GatewaySettings,
        *,
        account: str,
        environment: str,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        settings.require_sound(account, environment)
        self._settings: GatewaySettings = settings
        self._base, self._now = settings.base_url or self.BASES[environment], now
        others = {origin(base) for base in self.BASES.values()} - {origin(self.BASES[environment])}
        if origin(self._base) in others:
            raise SettingsError(f"gateways.{account}.base_url", f"is a host that is not for {environment}")
        own = self._base in self.BASES.values()
        pages, hosts = (self.PAGES, self.HOSTS.get(environment, ())) if own else ((), ())
        profile = Profile.of(
            settings,
            self.CAPABILITIES,
            account=account,
            code=self.CODE,
            label=self.LABEL,
            environment=environment,
            currencies=self.CURRENCIES,
            origins=(origin(self._base), *pages),
        )
        self._client = http_client(
            settings,
            account=account,
            base_url=self._base,
            environment=environment,
            hidden=self.HIDDEN,
            hosts=hosts,
        )
        super().__init__(profile, self._client)

    def _reference(self, payment: Payment) -> str:
        """The gateway's id of the attempt. Raises GatewayUnavailable when none was ever told."""
        if not payment.gateway_reference:
            raise GatewayUnavailable(f"{self.label} never told its own id", code=NO_REFERENCE)
        return payment.gateway_reference

    def _json(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        content: Content = NO_CONTENT,
        why: Callable[[bytes], str] = lambda body: "",
    ) -> dict[str, Any]:
        """The JSON of a success; a GET only reads, and may be repeated. Raises as ``success_of`` does."""
        answer = self._client.send(method, path, headers=headers, content=content, safe=method == "GET")
        return success_of(answer, self.LABEL, why)

    def _require_about(self, told: Mapping[str, Any], **ours: object) -> None:
        """Raises OutcomeUnknown for an answer in which one of ``ours`` stands as something else."""
        if any(told.get(name) != value for name, value in ours.items()):
            raise OutcomeUnknown(f"{self.LABEL} answered about another payment")

    def _not_found(self, payment: Payment) -> Observation:
        """A look that found nothing."""
        return self._seen(payment.reference, Source.LOOK, NOT_FOUND)

    def _unless_unheard(self, payment: Payment, look: Callable[[], Observation], *codes: str) -> Observation:
        """What ``look`` sees; a refusal with one of ``codes`` says that there is nothing to see."""
        try:
            return look()
        except GatewayRejected as refused:
            if refused.code not in codes:
                raise
            return self._not_found(payment)

    def _money_seen(
        self,
        reference: str,
        source: Source,
        word: str,
        status: PaymentStatus | None,
        amount: Money,
        gateway_id: str,
        /,
        **more: Unpack[Facts],
    ) -> Observation:
        """An attempt at ``amount``; once PAID that is proved, under the gateway's id of the attempt.

        ``more`` as ``_seen`` takes it, and over all that.
        """
        more.setdefault("gateway_reference", gateway_id)
        more.setdefault("proof", captured(status, gateway_id, amount))
        facts: Facts = {"status": status, "amount": amount, **more}
        return self._seen(reference, source, word, **facts)

    def _news_seen(
        self,
        reference: str,
        word: str,
        news: RefundNews | None,
        gateway_id: str | None,
        **more: Unpack[Facts],
    ) -> Observation:
        """What a message says of a refund, ours or not; DONE proves money. None: a word we do not know."""
        facts: Facts = {"gateway_reference": gateway_id, "refund": news, "proof": refunded(news), **more}
        return self._seen(reference, Source.CALLBACK, word, **facts)

    def _gone(
        self, payment: Payment, gateway_id: str, total: Money, kind: FactKind = FactKind.REFUNDED
    ) -> Proof | None:
        """What left by a running total and is not recorded yet; None while a refund of ours is open."""
        known = payment.charged_back if kind is FactKind.CHARGED_BACK else payment.returned
        if payment.reserved.is_positive or total.currency != known.currency or total <= known:
            return None
        return Proof(kind, f"{gateway_id}:{kind.value}:{total.minor}", total - known)

    def _standing(
        self,
        payment: Payment,
        word: str,
        status: PaymentStatus | None,
        money: tuple[Money, str],
        gone: Mapping[FactKind, Money],
        *,
        source: Source = Source.LOOK,
        failure: str = "",
        receipt: Mapping[str, str] | None = None,
    ) -> Observation:
        """What a look found: money under the gateway's id of it, and once that is on record what left since.

        ``gone`` are running totals; one movement is told at a time.
        """
        amount, gateway_id = money
        proof = captured(status, gateway_id, amount)
        if proof and payment.captured.is_positive:
            lost = (self._gone(payment, gateway_id, total, kind) for kind, total in gone.items())
            proof = next(filter(None, lost), proof)
        return self._seen(
            payment.reference,
            source,
            word,
            status=None if proof and proof.kind is not FactKind.CAPTURED else status,
            amount=amount,
            gateway_reference=payment.gateway_reference or gateway_id,
            proof=proof,
            failure=failure,
            receipt=receipt or {},
        )

    def _mine_among(
        self, payment: Payment, refund: Refund, listed: Sequence[RefundNews]
    ) -> RefundNews | None:
        """Our refund in the gateway's list, oldest first: by its id, else what nobody else accounts for.

        Raises OutcomeUnknown when several refunds are open and the list does not tell them apart.
        """
        mine = [each for each in listed if each.gateway_id == refund.gateway_id]
        if not refund.gateway_id:
            alive = [each for each in listed if each.status is not RefundStatus.REFUSED]
            surplus = Money.sum((each.amount for each in alive), payment.amount.currency) - payment.returned
            others = payment.reserved - refund.amount
            if surplus < refund.amount:
                return None
            if others.is_positive and surplus < refund.amount + others:
                raise OutcomeUnknown(f"{self.label} does not say which of several refunds is ours")
            mine = [each for each in alive if each.amount == refund.amount]
        return mine[-1] if mine else None

    def _refund_among(self, payment: Payment, refund: Refund, listed: Sequence[RefundNews]) -> Observation:
        """What the gateway's list says of our refund. Raises as ``_mine_among``, and for an unknown word."""
        seen = self._mine_among(payment, refund, listed)
        if seen is None:
            return self._not_found(payment)
        word, status = seen.status.value, None if seen.status is RefundStatus.UNKNOWN else seen.status
        return self._refund_seen(payment, refund, Source.LOOK, word, status, seen.gateway_id, seen.amount)

    def _language(self, locale: str, default: str) -> str:
        """The shopper's language where the gateway lists it, else the account's."""
        language = locale.replace("-", "_").split("_")[0].lower()
        return language if language in self.capabilities.locales else default

    def _refund_seen(
        self,
        payment: Payment,
        refund: Refund,
        source: Source,
        word: str,
        status: RefundStatus | None,
        gateway_id: str = "",
        amount: Money | None = None,
    ) -> Observation:
        """News of a refund of ours; DONE proves money. Raises OutcomeUnknown for another sum or no status.

        ``amount`` None: the answer names none, and it is the one we asked for.
        """
        if status is None or amount not in (None, refund.amount):
            raise OutcomeUnknown(f"{self.label} does not say what became of the refund", code=word)
        news = RefundNews(status, refund.amount, gateway_id, refund.key)
        return self._seen(
            payment.reference,
            source,
            word,
            gateway_reference=payment.gateway_reference,
            proof=refunded(news),
            refund=news,
        )


def captured(status: PaymentStatus | None, gateway_id: str, amount: Money) -> Proof | None:
    """The money that a PAID proves, under the gateway's id of it."""
    return Proof(FactKind.CAPTURED, gateway_id, amount) if status is PaymentStatus.PAID else None


def refunded(news: RefundNews | None) -> Proof | None:
    """The money that a DONE proves to have gone back; its id is the gateway's, else our key."""
    if news is None or news.status is not RefundStatus.DONE:
        return None
    return Proof(FactKind.REFUNDED, news.gateway_id or news.key, news.amount)


def receipt(card: object = "", **shown: object) -> dict[str, str]:
    """What the shopper's receipt shows, by our own names; of a card's mask only the last four digits."""
    digits = str(card or "")[-4:]
    told = {**shown, "card": digits if digits.isdecimal() else ""}
    return {name: str(value)[:40] for name, value in told.items() if value}
