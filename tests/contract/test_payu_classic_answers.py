"""PayU's classic answers that no sandbox would give: line by line, and how far each is believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from adapters.gateways.payu.classic import STATUSES, PayuClassic
from adapters.sandbox import payu_classic
from adapters.testing.builders import a_payment
from application.errors import GatewayRejected, GatewayUnavailable, OutcomeUnknown
from application.ports.gateway import PaymentGateway
from domain.money import Money
from domain.payment import Payment, PaymentStatus
from tests.contract.payu_stand import BLOCK, md5
from tests.contract.stand import account


def answer_to(payment: Payment, **changes: str) -> str:
    told = {
        "status": "OK",
        "trans_id": "234748067",
        "trans_pos_id": payu_classic.POS_ID,
        "trans_session_id": payment.reference,
        "trans_order_id": "77",
        "trans_amount": str(payment.amount.minor),
        "trans_status": "99",
        "trans_desc": "Zamówienie 77: żółte",
        "trans_ts": "1400000099000",
        **changes,
    }
    covered = ("pos_id", "session_id", "order_id", "status", "amount", "desc", "ts")
    told.setdefault("trans_sig", md5(*(told.get(f"trans_{name}", "") for name in covered), payu_classic.KEY2))
    return "".join(f"{name} : {value}\r\n" for name, value in told.items())


@dataclass(slots=True)
class Script:
    """One answer for every question, and the questions."""

    gateway: PaymentGateway
    payment: Payment
    text: str = ""
    status: int = 200
    encoding: str = "utf-8"
    confirmed: list[Callable[[], object]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)

    def respond(self, request: Request) -> Response:
        self.asked.append(request.form.to_dict())
        return Response(self.text.encode(self.encoding), self.status, content_type="text/plain")

    def confirm(self, request: Request) -> Response:
        """Yes, and then what the test wants to be different."""
        self.confirmed.pop()()
        told = request.form["pos_id"], request.form["session_id"], "1400000099999"
        lines = zip(
            ("pos_id", "session_id", "ts", "sig"), (*told, md5(*told, payu_classic.KEY2)), strict=True
        )
        return Response("status:OK\n" + "".join(f"trans_{name}:{value}\n" for name, value in lines))


@pytest.fixture
def script(httpserver: HTTPServer) -> Script:
    gateway = account({**BLOCK, "base_url": httpserver.url_for("/payu"), "timeout": 1})
    made = Script(gateway, a_payment(gateway, Money.of(1999, "PLN")))
    asked = httpserver.expect_request("/payu/paygw/UTF/Payment/get/txt", method="POST")
    asked.respond_with_handler(made.respond)
    confirming = httpserver.expect_request("/payu/paygw/UTF/Payment/confirm/txt", method="POST")
    confirming.respond_with_handler(made.confirm)
    return made


def test_a_question_is_signed_with_the_first_key(script: Script) -> None:
    script.text = answer_to(script.payment)
    seen = script.gateway.look(script.payment)
    (asked,) = script.asked
    assert asked["sig"] == md5(asked["pos_id"], script.payment.reference, asked["ts"], payu_classic.KEY1)
    assert abs(int(asked["ts"]) - datetime.now(UTC).timestamp()) < 60
    assert (seen.status, seen.gateway_reference) == (PaymentStatus.PAID, "234748067")


@pytest.mark.parametrize(
    ("word", "status"),
    [*STATUSES.items(), ("888", None), ("6", None), ("100", None), ("9", None), ("COMPLETED", None)],
)
def test_every_status_has_its_meaning(script: Script, word: str, status: PaymentStatus | None) -> None:
    script.text = answer_to(script.payment, trans_status=word)
    seen = script.gateway.look(script.payment)
    assert (seen.word, seen.status) == (word, status)
    assert (seen.proof is not None) == (word == "99")
    assert seen.failure == (word if word in ("3", "7") else "")


@pytest.mark.parametrize(
    "changes",
    [
        {"trans_pos_id": "9999"},
        {"trans_session_id": "SOMEBODYELSE"},
        {"trans_sig": ""},
        {"trans_sig": "0" * 32},
        {"trans_amount": "19.99"},
        {"trans_amount": "-1999"},
        {"trans_amount": ""},
        {"trans_status": ""},
        {"trans_desc": "x\r\ntrans_status : 99"},
        {"trans_id": "1\r\ntrans_id : 2"},
    ],
)
def test_an_answer_that_makes_no_sense_or_is_about_another_is_unknown(
    script: Script, changes: dict[str, str]
) -> None:
    script.text = answer_to(script.payment, **changes)
    with pytest.raises(OutcomeUnknown):
        script.gateway.look(script.payment)
    script.text = answer_to(script.payment)
    assert script.gateway.look(script.payment).proof


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("status:ERROR\nerror_nr:103\n", GatewayUnavailable),
        ("status:ERROR\nerror_nr:209\n", GatewayUnavailable),
        ("status:ERROR\nerror_nr:501\n", GatewayRejected),
        ("status:ERROR\nerror_nr:200\n", OutcomeUnknown),
        ("status:ERROR\nerror_nr:999\n", OutcomeUnknown),
        ("status:ERROR\n", OutcomeUnknown),
        ("", OutcomeUnknown),
    ],
)
def test_an_error_says_whether_anything_is_known(script: Script, text: str, problem: type[Exception]) -> None:
    script.text = text
    with pytest.raises(problem):
        script.gateway.look(script.payment)


def test_an_answer_in_another_encoding_is_unknown_and_a_refused_call_refused(script: Script) -> None:
    script.text, script.encoding = answer_to(script.payment), "iso-8859-2"
    with pytest.raises(OutcomeUnknown):
        script.gateway.look(script.payment)
    script.text, script.status = "no", 403
    with pytest.raises(GatewayRejected):
        script.gateway.look(script.payment)


def test_a_receipt_that_changes_nothing_yet_is_unknown(script: Script) -> None:
    script.text = answer_to(script.payment, trans_status="5")
    script.confirmed.append(lambda: None)
    with pytest.raises(OutcomeUnknown):
        script.gateway.collect(script.payment, "k")


def test_a_receipt_whose_outcome_payu_does_not_tell_is_unknown(script: Script) -> None:
    script.text = answer_to(script.payment, trans_status="5")
    script.confirmed.append(lambda: setattr(script, "text", "status:ERROR\nerror_nr:501\n"))
    with pytest.raises(OutcomeUnknown):
        script.gateway.collect(script.payment, "k")


def test_a_receipt_that_frees_the_money_proves_it(script: Script) -> None:
    script.text = answer_to(script.payment, trans_status="5")
    script.confirmed.append(lambda: setattr(script, "text", answer_to(script.payment)))
    assert script.gateway.collect(script.payment, "k").proof


@pytest.mark.parametrize(("kind", "environment"), [("t", "test"), ("m", "live")])
def test_a_test_payment_never_settles_in_live(script: Script, kind: str, environment: str) -> None:
    live = account({**BLOCK, "base_url": "https://gateway.example"}, "live")
    assert isinstance(live, PayuClassic)
    assert isinstance(script.gateway, PayuClassic)
    live._client = script.gateway._client
    script.text = answer_to(script.payment, trans_pay_type=kind)
    assert live.look(script.payment).environment == environment
