"""Przelewy24 against the contract suite, the vectors of its protocol, and its notifications."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from adapters.gateways.przelewy24 import signature
from adapters.sandbox import credentials
from adapters.sandbox import przelewy24_wire as other_side
from adapters.testing.builders import a_brief, a_payment, a_refund, told_the_reference
from adapters.testing.callbacks import ProvenCallbackContract
from adapters.testing.collects import CollectContract
from adapters.testing.contract import GatewayContract
from adapters.testing.harness import Claim
from adapters.testing.quiet import listening
from adapters.testing.wires import WireContract, decided, paid
from application.errors import GatewayProtocolError, InvalidSignature
from application.ports.gateway import InboundMessage, PaymentGateway
from domain.money import Money
from domain.payment import Payment, PaymentStatus
from tests.contract.stand import HttpSandbox, account, wait_for

CRC = "a1b2c3d4e5f60718"
DEMO: dict[str, object] = {"adapter": "przelewy24", "merchant_id": 123456, "crc": CRC, "api_key": "apikey0"}
TOKEN = "D35CD73C0E-37C7B5-059083-E8EFB7FA96"

V1 = {"sessionId": "ord-1001", "merchantId": 123456, "amount": 12345, "currency": "PLN"}
V1_SIGN = "15355cba9591e9b9aa0d9c6c95010a32ada8627e17aafbfc20ebdac5d3a0d8a1f2b47d1d20b8e2d87dd176d5a73e15e5"
V2 = {
    "merchantId": 123456,
    "posId": 123456,
    "sessionId": "ord-1001",
    "amount": 12345,
    "originAmount": 12345,
    "currency": "PLN",
    "orderId": 3000000123,
    "methodId": 25,
    "statement": "p24-A12-B34-C56/zażółć",
}
V2_SIGN = "3290f026bfeef7c50df42b40552fef3c9ae6af6cd7fdc0ec68137211a498df9ad90726ccae5ebcb5c06727d003e8108d"
V3 = {"sessionId": "ord-1001", "orderId": 3000000123, "amount": 12345, "currency": "PLN"}
V3_SIGN = "39b6553be376c44cf78e4c498bea82dcd0c6eeb90bfbe489739c2becb2c5216de17b6d2ebbfd0e8792a2660ee371a305"
V4 = {
    "orderId": 3000000123,
    "sessionId": "ord-1001",
    "refundsUuid": "5d6b0f0c-1a2b-4c3d-8e9f-00112233445",
    "merchantId": 123456,
    "requestId": "req-1",
    "amount": 2345,
    "currency": "PLN",
    "timestamp": 1709290000,
    "status": 0,
}
V4_SIGN = "eb7ba8f4e576a8c96bb1ffcf9645cc6d872e6634665f2e761416bd043a1c7f71f1f8a83d38c9a8187faeb92586fdf624"
VECTORS = (
    (signature.REGISTER, other_side.REGISTER, V1, V1_SIGN),
    (signature.NOTICE, other_side.NOTICE, V2, V2_SIGN),
    (signature.VERIFY, other_side.VERIFY, V3, V3_SIGN),
    (signature.REFUND, other_side.REFUND_NOTICE, V4, V4_SIGN),
)


def sha384(told: Mapping[str, Any], crc: str, *unsigned: str) -> str:
    """The sign over all but the ``unsigned`` fields, in the order they stand."""
    signed = {name: value for name, value in told.items() if name not in unsigned} | {"crc": crc}
    text = json.dumps(signed, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha384(text.encode()).hexdigest()


def message(told: Mapping[str, Any], sign: str) -> InboundMessage:
    text = json.dumps({**told, "sign": sign}, ensure_ascii=False, separators=(",", ":"))
    return InboundMessage("POST", text.encode(), {"content-type": "application/json"})


@dataclass(slots=True)
class Przelewy24Harness:
    """Przelewy24 in the sandbox, with deadlines short enough to wait for."""

    sandbox: HttpSandbox
    block: dict[str, object]
    timeout: float = 0.8
    pays_as: str = "authorized"
    collect_names_money: bool = False
    tells_declines: bool = False
    secret_keys: tuple[str, ...] = ("crc",)
    published: Mapping[str, str] = field(default_factory=lambda: {"crc": CRC, "api_key": "apikey0"})
    statuses: frozenset[str] = frozenset({"paid"})
    gateway: PaymentGateway = field(init=False)

    def __post_init__(self) -> None:
        self.gateway = self.build()

    @property
    def secrets(self) -> tuple[str, ...]:
        basic = base64.b64encode(f"123456:{self.block['api_key']}".encode()).decode()
        return str(self.block["crc"]), str(self.block["api_key"]), basic

    def build(self, environment: str = "test", **changes: object) -> PaymentGateway:
        block = {**self.block, "timeout": self.timeout, **changes}
        return account({key: value for key, value in block.items() if value is not None}, environment)

    def notice(self, payment: Payment, money: Money, shop: int = 123456) -> dict[str, Any]:
        return {
            **V2,
            "merchantId": shop,
            "posId": shop,
            "sessionId": payment.reference,
            "amount": money.minor,
            "originAmount": payment.amount.minor,
            "currency": money.currency.code,
        }

    def callback(self, claim: Claim, *, secret: str | None = None) -> InboundMessage:
        told = self.notice(claim.payment, claim.money, 654321 if claim.foreign else 123456)
        return message(told, sha384(told, CRC if secret is None else secret))

    def signed(self, body: bytes) -> InboundMessage:
        """The body inside a genuine message: the sign covers some fields and leaves room for others."""
        if not body.startswith(b"{"):
            return InboundMessage("POST", body)
        genuine = self.callback(Claim(a_payment(self.gateway))).body
        return InboundMessage("POST", genuine[:-1] + b"," + body[1:])

    def every_one_byte_change(self, genuine: InboundMessage) -> Iterator[InboundMessage]:
        for place, byte in enumerate(genuine.body):
            changed = genuine.body[:place] + bytes([byte ^ 1]) + genuine.body[place + 1 :]
            yield replace(genuine, body=changed)

    def forgeries(self, genuine: InboundMessage) -> Iterator[InboundMessage]:
        told = json.loads(genuine.body)
        sign = told.pop("sign")
        escaped = json.dumps(told | {"crc": CRC}, separators=(",", ":"))
        for forged in (
            *("", "none", "é" * 96, sign.upper(), sign[:-1], f"{sign} "),
            hashlib.sha384(escaped.encode()).hexdigest(),
            hashlib.sha256(escaped.encode()).hexdigest(),
            hashlib.md5(escaped.encode(), usedforsecurity=False).hexdigest(),
        ):
            yield message(told, forged)
        yield replace(genuine, body=json.dumps(told).encode())
        for name in told:
            less = {key: value for key, value in told.items() if key != name}
            yield message(less, sha384(less, CRC))
        yield message(told | {"merchantId": "123456"}, sha384(told | {"merchantId": "123456"}, CRC))


@pytest.fixture
def harness(sandbox_url: str) -> Iterator[Przelewy24Harness]:
    sandbox = HttpSandbox(sandbox_url, "przelewy24")
    yield Przelewy24Harness(sandbox, dict(credentials(sandbox_url)["przelewy24"]))
    sandbox.clear()


class TestPrzelewy24(GatewayContract, ProvenCallbackContract, CollectContract, WireContract):
    """The contract."""


@pytest.mark.parametrize(("ours", "theirs", "told", "sign"), VECTORS)
def test_the_worked_signs_are_made_on_both_sides(
    ours: str, theirs: str, told: Mapping[str, Any], sign: str
) -> None:
    backwards = dict(reversed(told.items()))
    assert signature.sign(backwards, ours, CRC) == sign
    assert other_side.sign(backwards, theirs, CRC) == sign


def test_an_escaped_polish_letter_would_be_another_sign() -> None:
    escaped = json.dumps(V2 | {"crc": CRC}, separators=(",", ":"))
    assert hashlib.sha384(escaped.encode()).hexdigest() != V2_SIGN


def worked_payment(gateway: PaymentGateway) -> Payment:
    return replace(a_payment(gateway, Money.of(12345, "PLN")), reference="ord-1001")


def test_the_worked_registration_leads_to_its_page(httpserver: HTTPServer) -> None:
    gateway = account({**DEMO, "base_url": httpserver.url_for("/p24")})
    heard: list[Request] = []

    def register(request: Request) -> Response:
        heard.append(request)
        return Response(json.dumps({"data": {"token": TOKEN}, "responseCode": 0}))

    httpserver.expect_request("/p24/api/v1/transaction/register").respond_with_handler(register)
    brief = a_brief(gateway, payment=worked_payment(gateway))
    started = gateway.start(replace(brief, description="Zażółć gęślą jaźń / ☕", locale="pl_PL"))
    assert started.next_step.url == httpserver.url_for(f"/p24/trnRequest/{TOKEN}")
    assert started.gateway_reference is None
    assert heard[0].headers["Authorization"] == "Basic MTIzNDU2OmFwaWtleTA="
    told = json.loads(heard[0].data)
    assert {name: told[name] for name in V1} == V1
    assert told["sign"] == V1_SIGN
    assert (told["description"], told["language"]) == ("Zażółć gęślą jaźń / ☕", "pl")
    assert (told["urlStatus"], told["urlReturn"]) == (brief.callback_url, brief.return_url)
    assert told["posId"] == 123456
    assert 28 <= told["timeLimit"] <= 30


def test_the_worked_verify_is_sent_with_our_own_money(httpserver: HTTPServer) -> None:
    gateway, heard = account({**DEMO, "base_url": httpserver.url_for("/p24")}), []

    def verify(request: Request) -> Response:
        heard.append(json.loads(request.data))
        return Response('{"data":{"status":"success"},"responseCode":0}')

    look = {"data": {**V3, "status": 1}, "responseCode": 0}
    httpserver.expect_request("/p24/api/v1/transaction/by/sessionId/ord-1001").respond_with_json(look)
    httpserver.expect_request("/p24/api/v1/transaction/verify", "PUT").respond_with_handler(verify)
    payment = worked_payment(gateway)
    seen = gateway.collect(payment, "key")
    assert heard == [{"merchantId": 123456, "posId": 123456, **V3, "sign": V3_SIGN}]
    assert (seen.status, seen.gateway_reference) == (PaymentStatus.PAID, "3000000123")
    assert seen.proof is not None
    assert (seen.proof.gateway_id, seen.proof.amount) == ("3000000123", payment.amount)


def test_the_worked_notification_is_a_hint_and_no_money() -> None:
    (seen,) = account(DEMO).read_callback(message(V2, V2_SIGN))
    assert (seen.reference, seen.gateway_reference) == ("ord-1001", "3000000123")
    assert (seen.status, seen.proof, seen.refund, seen.collectable) == (None, None, None, False)


def test_the_worked_refund_notification_is_a_hint_and_no_money() -> None:
    gateway = account(DEMO)
    (seen,) = gateway.read_callback(message(V4, V4_SIGN))
    assert (seen.reference, seen.gateway_reference) == ("ord-1001", "3000000123")
    assert (seen.status, seen.proof, seen.refund) == (None, None, None)
    rejected = V4 | {"status": 1}
    (other,) = gateway.read_callback(message(rejected, sha384(rejected, CRC, "requestId", "timestamp")))
    assert seen.event_id != other.event_id


@pytest.mark.parametrize("name", [name for name in V4 if name not in ("requestId", "timestamp")])
def test_a_bent_refund_notification_is_refused(name: str) -> None:
    bent = V4[name] + 1 if isinstance(V4[name], int) else f"{V4[name]}0"  # type: ignore[operator]
    with pytest.raises(InvalidSignature):
        account(DEMO).read_callback(message(V4 | {name: bent}, V4_SIGN))


def test_a_refund_notification_of_another_shop_is_refused() -> None:
    foreign = V4 | {"merchantId": 654321}
    with pytest.raises(InvalidSignature):
        account(DEMO).read_callback(message(foreign, sha384(foreign, CRC, "requestId", "timestamp")))


def test_a_point_of_sale_of_its_own_signs_in_and_is_expected() -> None:
    gateway = account({**DEMO, "pos_id": 77})
    ours = V2 | {"posId": 77}
    assert gateway.read_callback(message(ours, sha384(ours, CRC)))
    with pytest.raises(InvalidSignature):
        gateway.read_callback(message(V2, V2_SIGN))


@pytest.mark.parametrize("change", [{"orderId": "3000000123"}, {"orderId": 0}, {"sessionId": ""}])
def test_a_genuine_notification_that_names_nothing_is_unreadable(change: dict[str, Any]) -> None:
    told = V2 | change
    with pytest.raises(GatewayProtocolError):
        account(DEMO).read_callback(message(told, sha384(told, CRC)))


def test_what_the_sandbox_sends_is_what_we_believe(harness: Przelewy24Harness) -> None:
    gateway = harness.gateway
    with listening() as shop:
        brief = a_brief(gateway, callback_url=f"{shop.url}/cb")
        started = gateway.start(brief)
        harness.sandbox.finish(harness.sandbox.open(started), "authorized")
        held = gateway.collect(brief.payment, "key")
        known = told_the_reference(brief.payment, held.gateway_reference)
        payment = replace(known, extra={"status_url": f"{shop.url}/refunds"})
        gateway.refund(payment, a_refund(payment, 100))
        wait_for(lambda: len(shop.heard) == 2)
    assert [heard.path for heard in shop.heard] == ["/cb", "/refunds"]
    notices = [
        gateway.read_callback(InboundMessage(heard.method, heard.body, heard.headers))[0]
        for heard in shop.heard
    ]
    assert {notice.reference for notice in notices} == {payment.reference}
    assert "zażółć" in shop.heard[0].body.decode()
    assert started.extra == {"status_url": f"{shop.url}/cb"}


def test_nothing_is_sent_for_somebody_who_did_not_pay(harness: Przelewy24Harness) -> None:
    with listening() as shop:
        brief = a_brief(harness.gateway, callback_url=f"{shop.url}/cb")
        harness.sandbox.finish(harness.sandbox.open(harness.gateway.start(brief)), "declined")
        assert harness.gateway.look(brief.payment).status is PaymentStatus.IN_PROGRESS
        assert not shop.heard


def test_a_verified_payment_is_not_verified_again(harness: Przelewy24Harness) -> None:
    payment = paid(harness)
    harness.sandbox.arm("status_5xx", "collect")
    assert harness.gateway.collect(payment, "key").status is PaymentStatus.PAID


def test_a_look_of_what_was_paid_says_that_it_waits_for_us(harness: Przelewy24Harness) -> None:
    seen = harness.gateway.look(decided(harness, "authorized"))
    assert (seen.word, seen.status, seen.collectable) == ("1", PaymentStatus.IN_PROGRESS, True)
    assert not harness.gateway.look(decided(harness, "pending")).collectable
