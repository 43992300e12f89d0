"""What both of Tpay's interfaces share: the notification, its proofs and its answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar, Final

from adapters.gateways.tpay.mapping import ASKS, CHARGEBACK, LANGUAGES, PLACES, Notice, fields_of
from adapters.gateways.tpay.settings import Settings
from adapters.gateways.tpay.signature import HEADER, Seal, notice_sum, seal_of
from adapters.wire.account import http_client, utc_now
from adapters.wire.amounts import to_decimal
from adapters.wire.certificates import Certificates, require_rsa_signed
from adapters.wire.errors import SettingsError
from adapters.wire.hosted import HostedAccount
from adapters.wire.http import HttpClient
from adapters.wire.links import adding, join, origin
from adapters.wire.signing import REFUSED, current_and_previous, require_match, unreadable_is_refused
from application.errors import GatewayProtocolError, InvalidSignature
from application.phrases import Phrase
from application.ports import gateway as port
from application.ports.gateway import Operation
from domain.observation import Observation, Source
from domain.settlement import Verdict

PANELS: Final = {"live": "https://secure.tpay.com", "test": "https://secure.sandbox.tpay.com"}
KEPT: Final = timedelta(hours=2)
_UNUSED: Final = "unused kind"
SHARED: Final = port.Capabilities(
    temperament=port.Temperament.SIGNED_CALLBACK,
    repeatable_refund=False,
    proof_headers=frozenset({HEADER}),
    locales=LANGUAGES,
)


class TpayAccount(HostedAccount):
    """Believes a notification whose bytes are sealed by Tpay and whose fields know the security code."""

    CODE: ClassVar[str] = "tpay"
    LABEL: ClassVar[str] = "Tpay"
    HINT = Phrase("Card, bank transfer or, in PLN, BLIK. You go to %(method)s and come back", method="")
    CURRENCIES: ClassVar[frozenset[str]] = frozenset({"PLN"})
    HIDDEN: ClassVar[tuple[str, ...]] = ("api_password",)
    GAVE_UP, REPLY = ("result=error",), port.Reply(b"TRUE")
    _settings: Settings

    def __init__(
        self,
        settings: Settings,
        *,
        account: str,
        environment: str,
        now: Callable[[], datetime] = utc_now,
        http: HttpClient | None = None,
    ) -> None:
        """``http`` fetches certificates; its host is the only one that may be named in a seal."""
        super().__init__(settings, account=account, environment=environment, now=now)
        theirs = (origin(self._base) + "/").endswith(".tpay.com/")
        panel = settings.panel_url or (PANELS[environment] if theirs else self._base)
        if origin(panel) in set(PANELS.values()) - {PANELS[environment]}:
            raise SettingsError(f"gateways.{account}.panel_url", f"is a host that is not for {environment}")
        self._panel, self._shelf = panel, join(panel, "x509/")
        self._certificates = Certificates(
            http or http_client(settings, account=account, base_url=panel, environment=environment),
            pinned=settings.certificate,
            roots=settings.root_certificate,
            root_url=f"{self._shelf}tpay-jws-root.pem",
            lasts=KEPT,
        )

    def read_callback(self, message: port.InboundMessage) -> tuple[Observation, ...] | port.NeedsProof:
        if self._is_unsealed(message):
            self._notice_of_stranger(message)
            return port.NeedsProof()
        seal, at = self._seal(message), message.received_at or self._now()
        known = self._certificates.known(seal.address, at)
        try:
            require_rsa_signed(seal.signature, seal.covered, known, at)
        except InvalidSignature:
            if known and not self._certificates.forget(seal.address, at):
                raise
            return port.NeedsProof(answer_decides=self._notice_of_stranger(message).word == ASKS)
        fields = fields_of(message.body)
        if "tr_id" not in fields:
            return (self._seen("", Source.CALLBACK, f"{_UNUSED} {fields.get('type', '')}".strip()),)
        notice = self._notice(fields)
        if self._leaves_open(notice):
            return port.NeedsProof()
        return (self._observed(notice, message),)

    def prove(self, message: port.InboundMessage, hint: Mapping[str, str]) -> tuple[Observation, ...]:
        notice = self._notice_of_stranger(message)
        if self._is_unsealed(message):
            return (self._asked_about(notice),)
        seal, at = self._seal(message), message.received_at or self._now()
        try:
            found = self._certificates.fetch(seal.address, at)
        except InvalidSignature as error:
            raise GatewayProtocolError("the certificate it names is not one of Tpay's") from error
        require_rsa_signed(seal.signature, seal.covered, found, at)
        return (self._bare(notice) if self._leaves_open(notice) else self._observed(notice, message),)

    def _is_unsealed(self, message: port.InboundMessage) -> bool:
        """Only md5 proves it, and this account puts up with that."""
        return not message.headers.get(HEADER) and not self._settings.require_jws

    def _leaves_open(self, notice: Notice) -> bool:
        """A chargeback repeats the sums of the payment: how much went back has to be asked."""
        return notice.word == CHARGEBACK and Operation.LOOK in self.capabilities.operations

    def _seal(self, message: port.InboundMessage) -> Seal:
        seal = seal_of(message)
        if not seal.address.startswith(self._shelf):
            raise InvalidSignature(REFUSED)
        return seal

    def _notice_of_stranger(self, message: port.InboundMessage) -> Notice:
        """What the message says; only somebody with the security code makes us fetch or ask for it."""
        with unreadable_is_refused():
            return self._notice(fields_of(message.body))

    def _notice(self, fields: Mapping[str, str]) -> Notice:
        notice = Notice.of(fields)
        if notice.merchant != self._settings.merchant_id:
            raise InvalidSignature(REFUSED)
        codes = current_and_previous(self._settings.security_code, self._settings.security_code_previous)
        told = (notice.merchant, notice.title, to_decimal(notice.asked, PLACES), notice.crc)
        require_match(fields.get("md5sum"), [notice_sum(*told, code) for code in codes])
        return notice

    def _observed(self, notice: Notice, message: port.InboundMessage) -> Observation:
        """A shopper may get several titles for one crc: only money binds the attempt to one of them.

        Every delivery of a question is a new one: what was refused once may not pass as a repetition.
        """
        told = f"{notice.title}:{notice.word}:{notice.error}:{notice.paid}"
        seen = self._seen(
            notice.crc,
            Source.CALLBACK,
            f"{notice.word} {notice.error}" if notice.is_refused_sum else notice.word,
            status=notice.status,
            amount=notice.asked,
            gateway_reference=notice.title if notice.proof else None,
            event_id=f"{told}:{message.received_at}" if notice.word == ASKS else told,
            proof=notice.proof,
            failure="" if notice.error == "none" else notice.error,
            receipt={"paid_at": notice.at} if notice.proof and notice.at else {},
        )
        return replace(
            seen,
            environment="test" if notice.is_test else seen.environment,
            answer_decides=notice.word == ASKS,
            took_back=notice.title if notice.word == CHARGEBACK else "",
        )

    def _bare(self, notice: Notice) -> Observation:
        """That something happened, but not what: to be looked at."""
        return self._seen(notice.crc, Source.CALLBACK, notice.word)

    def _asked_about(self, notice: Notice) -> Observation:
        """What Tpay itself says of a notification that only md5 proves."""
        return self._bare(notice)

    def acknowledge(self, verdict: Verdict, seen: Observation | None = None) -> port.Reply:
        if seen and seen.answer_decides and verdict not in (Verdict.APPLIED, Verdict.DUPLICATE):
            return port.Reply(b"FALSE")
        if seen and seen.word.startswith(f"{_UNUSED} "):
            return port.Reply(b'{"result":true}', content_type="application/json")
        return super().acknowledge(verdict, seen)


def error_url(brief: port.Brief) -> str:
    """Where the shopper goes who did not pay: our way back, marked."""
    return adding(brief.return_url, "result=error")
