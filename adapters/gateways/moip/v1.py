"""One account of Moip's days before v2: an XML instruction, and unsigned notices (NASP) that are asked about.

Source: Moip "alpha" web service, recorded answers of ConsultarInstrucao. Here amounts of the service are
reais with a point, and only ``valor`` of a notice is whole centavos.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Final
from urllib.parse import quote
from xml.etree import ElementTree as Xml

from adapters.gateways.moip.gateway import Moip
from adapters.wire.amounts import from_decimal, from_digits, to_decimal
from adapters.wire.errors import require_success, unclear_is_unknown
from adapters.wire.hosted import by_word
from adapters.wire.links import join, next_page
from adapters.wire.payloads import NO_CONTENT, Content, form_fields, text_of
from application.errors import GatewayRejected, OutcomeUnknown
from application.ports.gateway import Brief, Capabilities, InboundMessage, Operation, Started
from domain.observation import Observation, Source
from domain.payment import NextStep, Payment, PaymentStatus
from domain.refund import Refund
from domain.transaction import FactKind

STATUSES: Final = by_word(
    {
        PaymentStatus.PAID: "1 4 7 9",
        None: "8",
        PaymentStatus.IN_PROGRESS: "6 11 10 3 2",
        PaymentStatus.FAILED: "5",
    }
)
"""The furthest first: of several tries at one instruction that one counts. 7 and 9 went back since; 8 is
under review, and what we have stays."""
WAY_OUT: Final = {"7": FactKind.CHARGED_BACK, "9": FactKind.REFUNDED}
TOKEN: Final = re.compile(r"[A-Za-z0-9]{1,100}", re.ASCII)


class MoipV1(Moip):
    """Instructions are known by the token that Moip answers; refunds are made in its panel."""

    CAPABILITIES: ClassVar[Capabilities] = replace(
        Moip.CAPABILITIES,
        operations=frozenset({Operation.LOOK}),
        proof_headers=frozenset(),
        unsigned=True,
    )
    BASES: ClassVar[Mapping[str, str]] = {
        "live": "https://www.moip.com.br",
        "test": "https://desenvolvedor.moip.com.br/sandbox",
    }

    PANEL = (
        "URL de notificação (NASP)",
        "Sent with every instruction, too. Unsigned: Moip is always asked back.",
    )

    def start(self, brief: Brief) -> Started:
        told = self._asked("POST", "ws/alpha/EnviarInstrucao/Unica", _instruction(brief))
        token = told.findtext("Resposta/Token") or ""
        if told.findtext("Resposta/Status") != "Sucesso":
            raise _refused(told, "Resposta")
        if not TOKEN.fullmatch(token):
            raise OutcomeUnknown("Moip answered without a token")
        page = next_page(join(self._base, f"Instrucao.do?token={token}"), self.origins, self.environment)
        return Started(NextStep.redirect(page), token)

    def read_callback(self, message: InboundMessage) -> tuple[Observation, ...]:
        """Anybody can write such a notice, so it only says whom to ask about. ``valor`` is whole centavos."""
        told = form_fields(message.body, charset="latin-1")
        reference, amount = text_of(told, "id_transacao"), from_digits(told.get("valor"), "BRL")
        word = text_of(told, "status_pagamento")
        return (replace(self._seen(reference, Source.CALLBACK, word), amount=amount),)

    def look(self, payment: Payment) -> Observation:
        token = quote(self._reference(payment), safe="")
        told = self._asked("GET", f"{self._settings.query_path}/{token}")
        if told.findtext("RespostaConsultar/Status") != "Sucesso":
            raise _refused(told, "RespostaConsultar")
        tries = {_code(one): one for one in reversed(told.findall("RespostaConsultar/Autorizacao/Pagamento"))}
        word = next((code for code in STATUSES if code in tries), next(iter(tries), ""))
        if not word:
            return self._seen(payment.reference, Source.LOOK, "none", status=PaymentStatus.IN_PROGRESS)
        found = tries[word]
        total, code = found.find("TotalPago"), found.findtext("CodigoMoIP")
        if total is None or not code:
            raise OutcomeUnknown("Moip tells of a payment without its sum or number")
        with unclear_is_unknown():
            amount = from_decimal(total.text, total.get("Moeda", "BRL"))
        gone = {WAY_OUT[word]: amount} if word in WAY_OUT else {}
        return self._standing(payment, word, STATUSES.get(word), (amount, code), gone)

    def refund(self, payment: Payment, refund: Refund) -> Observation:
        raise self._unsupported(Operation.REFUND)

    def look_refund(self, payment: Payment, refund: Refund) -> Observation:
        raise self._unsupported(Operation.LOOK_REFUND)

    def _asked(self, method: str, path: str, content: Content = NO_CONTENT) -> Xml.Element:
        """The answer, children by name. A document type is refused, so nothing is expanded or fetched."""
        safe = method == "GET"
        answer = self._client.send(method, path, headers=self._basic, content=content, safe=safe)
        require_success(answer, self.LABEL)
        try:
            text = answer.body.decode("utf-8")
            if "<!DOCTYPE" in text:
                raise OutcomeUnknown("Moip answered with a document type")
            return Xml.fromstring(text)  # noqa: S314 -- without a document type there are no entities
        except (UnicodeDecodeError, Xml.ParseError) as problem:
            raise OutcomeUnknown("Moip's answer is no XML") from problem


def _instruction(brief: Brief) -> Content:
    root = Xml.Element("EnviarInstrucao")
    wish = Xml.SubElement(root, "InstrucaoUnica")
    Xml.SubElement(wish, "Razao").text = brief.description or brief.order_reference
    value = Xml.SubElement(Xml.SubElement(wish, "Valores"), "Valor", moeda=brief.payment.amount.currency.code)
    value.text = to_decimal(brief.payment.amount)
    Xml.SubElement(wish, "IdProprio").text = brief.payment.reference
    Xml.SubElement(wish, "URLRetorno").text = brief.return_url
    Xml.SubElement(wish, "URLNotificacao").text = brief.callback_url
    payer = Xml.SubElement(wish, "Pagador")
    Xml.SubElement(payer, "Nome").text = brief.buyer.name or brief.buyer.email
    Xml.SubElement(payer, "Email").text = brief.buyer.email
    return Content(Xml.tostring(root, "utf-8"), "text/xml; charset=UTF-8")


def _code(tried: Xml.Element) -> str:
    status = tried.find("Status")
    return "" if status is None else status.get("Tipo", "")


def _refused(told: Xml.Element, where: str) -> GatewayRejected | OutcomeUnknown:
    """Falha names a reason; anything else is no answer at all."""
    error = told.find(f"{where}/Erro")
    if told.findtext(f"{where}/Status") != "Falha" or error is None:
        return OutcomeUnknown("Moip does not say what came of it")
    return GatewayRejected("Moip refuses", code=error.get("Codigo", ""))
