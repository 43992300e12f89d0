"""Moip's v1, for old accounts: the instruction, the NASP notice, and the question behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from pytest_httpserver import HTTPServer

from adapters.gateways.moip import Settings, build
from adapters.gateways.moip.v1 import TOKEN
from adapters.sandbox import credentials
from adapters.sandbox.moip import Moip
from adapters.testing.builders import a_brief, a_payment, told_the_reference
from adapters.testing.contract import GatewayContract
from adapters.testing.hints import HintContract
from adapters.testing.wires import WireContract, paid, started
from application.errors import GatewayProtocolError, GatewayRejected, GatewayUnavailable, OutcomeUnknown
from application.ports.gateway import InboundMessage, Operation, PaymentGateway
from domain.money import Money
from domain.observation import Proof
from domain.payment import Payment, PaymentStatus
from domain.transaction import FactKind
from tests.contract.moip_stand import KEY, USER, Wire
from tests.contract.stand import HttpSandbox
from tests.contract.test_moip import MoipHarness

EXAMPLE = (
    '<InstrucaoUnica><Razao>Pedido 7</Razao><Valores><Valor moeda="BRL">21.90</Valor></Valores>'
    "<IdProprio>7-1700000000.5</IdProprio><URLRetorno>"
)
ANSWER = (
    '<ns1:EnviarInstrucaoUnicaResponse xmlns:ns1="http://www.moip.com.br/ws/alpha/"><Resposta>{}</Resposta>'
    "</ns1:EnviarInstrucaoUnicaResponse>"
)
CODES = {
    "1": "paid",
    "2": "in_progress",
    "3": "in_progress",
    "4": "paid",
    "5": "failed",
    "6": "in_progress",
    "7": "paid",
    "8": None,
    "9": "paid",
    "10": "in_progress",
    "11": "in_progress",
    "12": None,
}


@dataclass(slots=True)
class OldHarness(MoipHarness):
    """The same account, spoken to as before v2."""

    def build(self, environment: str = "test", **changes: object) -> PaymentGateway:
        return super(OldHarness, self).build(environment, api="v1", **changes)

    def hints(self, payment: Payment) -> Iterator[InboundMessage]:
        for code in CODES:
            yield nasp(payment.reference, code)


def nasp(reference: str, code: str = "1", **changes: str) -> InboundMessage:
    fields = {
        "id_transacao": reference,
        "valor": "2190",
        "status_pagamento": code,
        "cod_moip": "13847342",
        "forma_pagamento": "3",
        "tipo_pagamento": "CartaoDeCredito",
        "email_consumidor": "ada@example.com",
        "classificacao": "Falha na comunicação",
    }
    told = {name: value for name, value in (fields | changes).items() if value}
    return InboundMessage("POST", urlencode(told, encoding="latin-1").encode())


@pytest.fixture
def harness(sandbox_url: str) -> Iterator[OldHarness]:
    sandbox = HttpSandbox(sandbox_url, "moip")
    yield OldHarness(sandbox, dict(credentials(sandbox_url)["moip"]))
    sandbox.clear()


class TestMoipV1(GatewayContract, HintContract, WireContract):
    """The contract."""


# -- the worked example


class OldWire(Wire):
    """Answers in XML."""

    def gateway(self) -> PaymentGateway:
        base = self.server.url_for("/sandbox")
        settings = Settings(api="v1", token=USER, key=KEY, base_url=base)
        return build(settings, account="acc", environment="test")

    def told(self, inner: str) -> None:
        self.answers.append((200, ANSWER.format(inner).encode()))

    def listed(self, *tries: str) -> None:
        name, listed = "ConsultarTokenResponse", "".join(tries)
        inner = f"<Status>Sucesso</Status><Autorizacao>{listed}</Autorizacao>"
        body = f"<a:{name} xmlns:a='x'><RespostaConsultar>{inner}</RespostaConsultar></a:{name}>"
        self.answers.append((200, body.encode()))


@pytest.fixture
def wire(httpserver: HTTPServer) -> OldWire:
    return OldWire(httpserver)


def tried(code: str, amount: str = "21.90", name: str = "0000.0005.3231") -> str:
    return (
        f'<Pagamento><TotalPago Moeda="BRL">{amount}</TotalPago><TaxaMoIP Moeda="BRL">0.46</TaxaMoIP>'
        f'<Status Tipo="{code}">Autorizado</Status><CodigoMoIP>{name}</CodigoMoIP></Pagamento>'
    )


def known(gateway: PaymentGateway, **changes: Any) -> Payment:
    payment = told_the_reference(a_payment(gateway, Money.of(2190, "BRL")), "D2O0U1W2")
    return replace(payment, **changes)


def test_an_instruction_is_sent_as_in_the_example(wire: OldWire) -> None:
    gateway = wire.gateway()
    payment = replace(a_payment(gateway, Money.of(2190, "BRL")), reference="7-1700000000.5")
    wire.told("<ID>200807272314444710000000000022</ID><Status>Sucesso</Status><Token>D2O0U1W2</Token>")
    begun = gateway.start(replace(a_brief(gateway, payment=payment), description="Pedido 7"))
    assert begun.next_step.url == wire.page("sandbox/Instrucao.do?token=D2O0U1W2")
    assert begun.gateway_reference == "D2O0U1W2"
    method, path, header, body = wire.said[0]
    assert (method, path) == ("POST", "/sandbox/ws/alpha/EnviarInstrucao/Unica")
    assert header.startswith("Basic VE9LRU4w")
    assert EXAMPLE in body
    assert "http://127.0.0.1:9/callbacks</URLNotificacao>" in body


def test_our_test_and_live_hosts_are_moip_s() -> None:
    settings = Settings(api="v1", token="t", key="k")
    test = build(settings, account="acc", environment="test")
    live = build(settings, account="acc", environment="live")
    assert "https://desenvolvedor.moip.com.br" in test.origins
    assert "https://www.moip.com.br" in live.origins


def test_the_sandbox_takes_the_example(sandbox_url: str) -> None:
    root, auth = f"{sandbox_url}/moip", (Moip.settings["token"], Moip.settings["key"])
    wish = f"<EnviarInstrucao>{EXAMPLE}http://127.0.0.1:9/</URLRetorno></InstrucaoUnica></EnviarInstrucao>"
    made = requests.post(f"{root}/ws/alpha/EnviarInstrucao/Unica", data=wish, auth=auth, timeout=5)
    token = made.text.partition("<Token>")[2].partition("</Token>")[0]
    assert TOKEN.fullmatch(token)
    page = requests.get(f"{root}/Instrucao.do", params={"token": token}, timeout=5)
    assert page.url == f"{root}/pay/{token}"
    assert "21.90 BRL" in page.text


def test_what_is_written_freely_is_escaped(wire: OldWire) -> None:
    gateway = wire.gateway()
    wire.told("<Status>Sucesso</Status><Token>T1</Token>")
    gateway.start(replace(a_brief(gateway), description="Ch\u00e1 & <b>caf\u00e9</b>"))
    assert "<Razao>Ch\u00e1 &amp; &lt;b&gt;caf\u00e9&lt;/b&gt;</Razao>" in wire.said[0][3]


def test_a_refused_instruction_names_its_error(wire: OldWire) -> None:
    gateway = wire.gateway()
    wire.told('<ID>1</ID><Status>Falha</Status><Erro Codigo="102">Id Proprio ja foi utilizado</Erro>')
    with pytest.raises(GatewayRejected) as refusal:
        gateway.start(a_brief(gateway))
    assert refusal.value.code == "102"


@pytest.mark.parametrize(
    "inner",
    [
        "<Status>Sucesso</Status>",
        "<Status>Sucesso</Status><Token>../x</Token>",
        "<Token>D2O0U1W2</Token>",
        "<Status>Falha</Status>",
        "<Status>Sneeze</Status><Erro Codigo='1'/>",
    ],
)
def test_an_instruction_s_answer_that_says_nothing_is_unknown(wire: OldWire, inner: str) -> None:
    gateway = wire.gateway()
    wire.told(inner)
    with pytest.raises(OutcomeUnknown):
        gateway.start(a_brief(gateway))


DOUBTFUL = (
    b'<!DOCTYPE a [<!ENTITY b "Sucesso">]><a><Resposta><Status>&b;</Status><Token>T1</Token></Resposta></a>'
)


@pytest.mark.parametrize("body", [DOUBTFUL, b"\xff\xfe<\x00", b"<a>", b"{}", b""])
def test_xml_that_could_play_tricks_is_not_read(wire: OldWire, body: bytes) -> None:
    gateway = wire.gateway()
    wire.answers.append((200, body))
    with pytest.raises(OutcomeUnknown):
        gateway.start(a_brief(gateway))


@pytest.mark.parametrize(("status", "error"), [(401, GatewayUnavailable), (404, GatewayRejected)])
def test_a_refusal_by_http_is_one(wire: OldWire, status: int, error: type[Exception]) -> None:
    wire.answers.append((status, ANSWER.format("<Status>Sucesso</Status><Token>T1</Token>").encode()))
    with pytest.raises(error):
        wire.gateway().start(a_brief(wire.gateway()))


# -- the notice


def test_valor_is_whole_centavos(harness: OldHarness) -> None:
    [seen] = harness.gateway.read_callback(nasp("7-1700000000.5"))  # type: ignore[misc]
    assert (seen.reference, seen.word) == ("7-1700000000.5", "1")
    assert seen.amount == Money.of(2190, "BRL")


@pytest.mark.parametrize("missing", ["id_transacao", "valor", "status_pagamento"])
def test_a_notice_that_lacks_a_field_is_unreadable(harness: OldHarness, missing: str) -> None:
    with pytest.raises(GatewayProtocolError):
        harness.gateway.read_callback(nasp("7", **{missing: ""}))


@pytest.mark.parametrize("valor", ["21.90", "21,90", "-1", "1e3"])
def test_an_amount_in_reais_is_unreadable(harness: OldHarness, valor: str) -> None:
    with pytest.raises(GatewayProtocolError):
        harness.gateway.read_callback(nasp("7", valor=valor))


# -- the question


@pytest.mark.parametrize(("code", "status"), CODES.items())
def test_every_code_means_what_the_sheet_says(wire: OldWire, code: str, status: str | None) -> None:
    gateway = wire.gateway()
    payment = known(gateway)
    wire.listed(tried(code))
    seen = gateway.look(payment)
    assert wire.said[0][:2] == ("GET", "/sandbox/ws/alpha/ConsultarInstrucao/D2O0U1W2")
    assert (seen.word, seen.status) == (code, PaymentStatus(status) if status else None)
    proof = Proof(FactKind.CAPTURED, "0000.0005.3231", payment.amount) if status == "paid" else None
    assert (seen.proof, seen.gateway_reference) == (proof, "D2O0U1W2")


@pytest.mark.parametrize(("code", "kind"), [("7", FactKind.CHARGED_BACK), ("9", FactKind.REFUNDED)])
def test_what_left_is_told_once_the_capture_is_on_record(wire: OldWire, code: str, kind: FactKind) -> None:
    gateway = wire.gateway()
    payment = known(gateway, captured=Money.of(2190, "BRL"), status=PaymentStatus.PAID)
    wire.listed(tried(code))
    assert gateway.look(payment).proof == Proof(kind, f"0000.0005.3231:{kind.value}:2190", payment.amount)


@pytest.mark.parametrize(
    ("codes", "word"), [("521", "1"), ("325", "3"), ("94", "4"), ("55", "5"), ("", "none"), ("98", "9")]
)
def test_of_several_tries_the_furthest_counts(wire: OldWire, codes: str, word: str) -> None:
    gateway = wire.gateway()
    wire.listed(*(tried(code) for code in codes))
    seen = gateway.look(known(gateway))
    assert seen.word == word
    assert (seen.status is PaymentStatus.IN_PROGRESS) == (word in ("3", "none"))


def test_money_that_came_twice_is_told_newest_first(wire: OldWire) -> None:
    gateway = wire.gateway()
    wire.listed(tried("1", name="0000.0005.3232"), tried("1"))
    proof = gateway.look(known(gateway)).proof
    assert proof is not None
    assert proof.gateway_id == "0000.0005.3232"


@pytest.mark.parametrize("inner", [tried("1", "21,90"), tried("1", name=""), tried("1").replace("BRL", "?")])
def test_a_payment_that_cannot_be_read_is_unknown(wire: OldWire, inner: str) -> None:
    gateway = wire.gateway()
    wire.listed(inner)
    with pytest.raises(OutcomeUnknown):
        gateway.look(known(gateway))


def test_the_place_of_the_question_can_be_set(wire: OldWire) -> None:
    settings = Settings(api="v1", token=USER, key=KEY, base_url=wire.page("x"), query_path="other")
    gateway = build(settings, account="acc", environment="test")
    wire.listed(tried("1"))
    gateway.look(known(gateway))
    assert wire.said[0][1] == "/x/other/D2O0U1W2"


# -- against the sandbox


def test_a_panel_refund_is_seen_by_a_look(harness: OldHarness) -> None:
    payment = paid(harness)
    wish = {"session": payment.gateway_reference}
    assert requests.post(f"{harness.sandbox.address}/_panel/refund", json=wish, timeout=5).ok
    recorded = replace(payment, captured=payment.amount, status=PaymentStatus.PAID)
    proof = harness.gateway.look(recorded).proof
    assert proof is not None
    assert (proof.kind, proof.amount) == (FactKind.REFUNDED, payment.amount)


def test_a_boleto_waits_and_refunds_are_made_in_the_panel(harness: OldHarness) -> None:
    assert harness.gateway.capabilities.operations == {Operation.LOOK}
    payment, session = started(harness)
    harness.sandbox.finish(session, "pending")
    seen = harness.gateway.look(payment)
    assert (seen.word, seen.status) == ("3", PaymentStatus.IN_PROGRESS)


def test_an_unknown_token_is_refused(harness: OldHarness) -> None:
    with pytest.raises(GatewayRejected):
        harness.gateway.look(told_the_reference(a_payment(harness.gateway), "T9"))
    assert "235" in harness.gateway.check()
